using System.Net;
using System.Net.Sockets;
using Seawall.Control.Settings;

namespace Seawall.Tests.Settings;

/// <summary>A settings file of a test's own, and names that lead where the test wants.</summary>
internal sealed class SettingsFile : IDisposable
{
    /// <summary>The least that can be used.</summary>
    internal const string Least = "[[servers]]\nname = \"db\"\naddress = \"127.0.0.1:3306\"\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("seawall-settings-").FullName;

    internal SettingsFile(string text)
    {
        Path = System.IO.Path.Combine(_folder, "seawall.toml");
        Text = text;
        Reader = new SettingsReader(TimeProvider.System, LookUp);
    }

    internal string Path { get; }

    internal string Text
    {
        get;
        set
        {
            field = value;
            File.WriteAllText(Path, value);
            Protect(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    /// <summary>Names, and where they lead.</summary>
    internal Dictionary<string, string> Names { get; } = new() { ["localhost"] = "127.0.0.1", ["db1"] = "10.0.0.1" };

    internal SettingsReader Reader { get; }

    internal SettingsSource Source => SettingsSource.File(Path);

    /// <summary>Puts a file beside it.</summary>
    internal string Beside(string name, string text, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        var path = System.IO.Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        Protect(path, mode);
        return path;
    }

    internal static void Protect(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, mode);
    }

    internal SettingsReading Read() => Reader.Read(Source, CancellationToken.None).GetAwaiter().GetResult();

    internal SeawallSettings Good() => Read() is { Settings: { } settings } ? settings
        : throw new InvalidOperationException(string.Join('\n', Read().Problems));

    internal string[] Errors() => [.. Read().Problems.Where(problem => problem.IsError)
        .Select(problem => problem.ToString().Replace(Path, "file", StringComparison.Ordinal))];

    internal static SettingsReading Read(string text)
    {
        using var file = new SettingsFile(text);
        return file.Read();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Task<IPAddress[]> LookUp(string host, CancellationToken cancel) => Names.TryGetValue(host, out var address)
        ? Task.FromResult(new[] { IPAddress.Parse(address) })
        : Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound));
}
