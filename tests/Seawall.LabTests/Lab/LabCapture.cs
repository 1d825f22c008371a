using System.Text;
using Seawall.Captures.Files;
using Seawall.Captures.Imports;
using Seawall.Captures.Records;
using Seawall.Engine.Captures;
using Xunit;

namespace Seawall.LabTests.Lab;

/// <summary>Captures that tests have made, by the front door or from files.</summary>
internal static class LabCapture
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    /// <summary>The front door captures into a folder, values and all.</summary>
    public static CaptureOptions Into(string folder) => new() { Folder = folder, KeepsLiterals = true, FreeBytesMin = 0 };

    /// <summary>Ends the capture that runs, and waits until its files are closed.</summary>
    public static async Task StopAsync(SeawallUnderTest seawall, CancellationToken cancel)
    {
        Assert.True(seawall.Engine.Captures.Stop().IsDone);
        await Eventually.TrueAsync(() => seawall.Engine.Captures.Views()[0].State != CaptureState.Running, s_patience, cancel);
    }

    /// <summary>Makes a capture of a file, values and all.</summary>
    public static ImportReport Import(string file, string folder, string name, Func<Stream, CaptureWriter, bool, ImportReport> import)
    {
        // A server may still be writing it.
        using var from = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var writer = new CaptureWriter(new CaptureForm { Folder = folder, Head = new CaptureHead { Name = name } });
        var report = import(from, writer, true);
        writer.Flush();
        return report;
    }

    /// <summary>All of a capture, which is whole.</summary>
    public static CaptureRecord[] Read(string folder, string name)
    {
        using var reader = CaptureReader.Open(CaptureFiles.Find(Path.Combine(folder, name)));
        var records = reader.Rest().ToArray();
        Assert.True(reader.Damage.IsNone, reader.Damage.ToString());
        return records;
    }

    /// <summary>The text of a command.</summary>
    public static string Text(CommandEvent command) => Encoding.UTF8.GetString(command.Text.Span);
}
