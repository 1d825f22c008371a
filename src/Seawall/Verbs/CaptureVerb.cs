using System.CommandLine;
using System.Globalization;
using Seawall.Captures.Files;
using Seawall.Captures.Imports;
using Seawall.Captures.Records;
using Seawall.Control;

namespace Seawall.Verbs;

/// <summary><c>seawall capture</c>: makes captures of servers' logs and of packets, and says what is in one.</summary>
internal static class CaptureVerb
{
    /// <summary>What its help ends with.</summary>
    internal const string More =
        """
        Captures of the running front door are started and stopped on its admin port: CAPTURE START, CAPTURE STOP, SHOW CAPTURES.
        docs/rehearsal.md says what they are for.

        Exit status: 0 done, whatever could not be read of the file, which is told; 1 it cannot be read or written, or nothing of it
        is what it should be; 2 wrong usage.
        """;

    private static readonly Option<string?> s_key = new("--key-file")
    {
        Description = "The key that the capture is, or is to be, encrypted under: 32 bytes, or 64 hexadecimal digits",
        HelpName = "FILE",
    };

    internal static Command Make() => new("capture", "Make a capture of a log or of packets, or say what is in one.") { Import(), Show(), List() };

    private static Command Import()
    {
        var slow = File("--slow-log", "A slow query log of MySQL (5.6 and later) or MariaDB");
        var general = File("--general-log", "A general query log of MySQL (5.6 and later) or MariaDB");
        var packets = File("--pcap", "A packet capture (pcap, pcapng) of clients and a server, without TLS");
        var port = new Option<int>("--port") { Description = "The server's port in a packet capture", DefaultValueFactory = _ => 3306, HelpName = "N" };
        var into = new Option<string>("--out") { Description = "The capture: FOLDER/NAME", Required = true, HelpName = "FOLDER/NAME" };
        var literals = new Option<string>("--literals")
        {
            Description = "\"keep\" keeps values, which a replay needs; passwords never are",
            DefaultValueFactory = _ => "redact",
            HelpName = "redact|keep",
        };
        literals.AcceptOnlyFromAmong("redact", "keep");
        var command = new Command("import", "Make a capture of a log or of packets.") { slow, general, packets, port, into, literals, s_key };
        command.SetAction(parsed =>
        {
            var sources = new[] { (slow, CaptureOrigin.SlowLog), (general, CaptureOrigin.GeneralLog), (packets, CaptureOrigin.Packets) }
                .Where(pair => parsed.GetValue(pair.Item1) is not null).ToArray();
            if (sources is not [var (option, origin)])
                return ExitCodes.SayUsage("name one file: --slow-log, --general-log or --pcap");
            if (!CaptureFiles.IsName(Path.GetFileName(parsed.GetValue(into)!)))
                return ExitCodes.SayUsage("--out FOLDER/NAME: the name has letters, digits, '_', '-' and '.', 64 at most");
            return Guarded(parsed.GetValue(s_key), key => Import(parsed.GetValue(option)!, origin, parsed.GetValue(into)!,
                parsed.GetValue(literals) == "keep", key, parsed.GetValue(port), parsed.InvocationConfiguration.Output));
        });
        return command;
    }

    private static int Import(string file, CaptureOrigin origin, string into, bool keepsLiterals, CaptureKey? key, int port, TextWriter output)
    {
        using var from = System.IO.File.OpenRead(file);
        using var writer = new CaptureWriter(new CaptureForm
        {
            Folder = Path.GetDirectoryName(Path.GetFullPath(into))!,
            Key = key,
            Head = new CaptureHead { Name = Path.GetFileName(into), Origin = origin, KeepsLiterals = keepsLiterals, Seawall = SeawallVersion.Text },
        });
        var report = origin switch
        {
            CaptureOrigin.SlowLog => SlowLog.Import(from, writer, keepsLiterals),
            CaptureOrigin.GeneralLog => GeneralLog.Import(from, writer, keepsLiterals),
            CaptureOrigin.Packets or CaptureOrigin.FrontDoor => PacketLog.Import(from, writer, keepsLiterals, port),
        };
        // The wrong file, or one of another kind: a capture of nothing would pass for one.
        if (report.Connections == 0 && report.Commands == 0)
        {
            System.IO.File.Delete(CaptureFiles.PathOf(Path.GetDirectoryName(Path.GetFullPath(into))!, Path.GetFileName(into), segment: 1));
            var unread = report.Unread.OrderByDescending(pair => pair.Value).Select(pair => $"{pair.Value} {pair.Key}").FirstOrDefault();
            return Fail($"'{file}': nothing of it can be read as a {KindOf(origin)}{(unread is null ? "" : $" (not read: {unread})")}");
        }
        writer.Append(new CaptureEnd { Reason = "imported", Connections = (ulong)report.Connections, Commands = (ulong)report.Commands });
        writer.FlushToDisk();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{into}: {report.Connections} connections, {report.Commands} commands, {writer.Bytes} bytes"));
        if (report.Withheld > 0)
            output.WriteLine($"texts left out, because they may hold passwords or values: {report.Withheld}");
        foreach (var (reason, count) in report.Unread.OrderByDescending(pair => pair.Value))
            output.WriteLine($"not read: {count} {reason}");
        foreach (var missing in report.Missing)
            output.WriteLine($"not in such a file: {missing}");
        if (!keepsLiterals)
            output.WriteLine("values are left out: it cannot be replayed with the same results (--literals keep)");
        return ExitCodes.Done;
    }

    private static string KindOf(CaptureOrigin origin) => origin switch
    {
        CaptureOrigin.SlowLog => "slow log",
        CaptureOrigin.GeneralLog => "general log",
        CaptureOrigin.Packets or CaptureOrigin.FrontDoor => "packet capture",
    };

    private static Command Show()
    {
        var path = new Argument<string>("capture") { Description = "A file, FOLDER/NAME, or a folder with one capture" };
        var command = new Command("show", "Say what is in a capture.") { path, s_key };
        command.SetAction(parsed => Guarded(parsed.GetValue(s_key), key => Show(parsed.GetValue(path)!, key, parsed.InvocationConfiguration.Output)));
        return command;
    }

    private static int Show(string path, CaptureKey? key, TextWriter output)
    {
        var files = CaptureFiles.Find(path);
        if (files.Count == 0)
            return Fail(CaptureFiles.WhyNone(path));
        using var reader = CaptureReader.Open(files, key);
        var summary = new CaptureSummary();
        while (reader.Next() is { } record)
            summary.Add(record);
        foreach (var line in summary.Lines())
            output.WriteLine(line);
        var damage = reader.Damage;
        if (damage.Problem is not null)
            return Fail($"'{path}' cannot be read whole: {damage.Problem}");
        if (!damage.IsNone)
            output.WriteLine($"damaged: {damage.Blocks} blocks, {damage.Records} records; {damage.TornEnds} files break off (as after a crash)");
        return ExitCodes.Done;
    }

    private static Command List()
    {
        var folder = new Argument<string>("folder") { Description = "A folder with captures" };
        var command = new Command("list", "List the captures of a folder.") { folder };
        command.SetAction(parsed => Guarded(null, _ =>
        {
            foreach (var capture in CaptureFiles.List(parsed.GetValue(folder)!))
            {
                parsed.InvocationConfiguration.Output.WriteLine(
                    string.Create(CultureInfo.InvariantCulture, $"{capture.Name}  {capture.Segments.Count} files  {capture.Bytes} bytes"));
            }
            return ExitCodes.Done;
        }));
        return command;
    }

    private static int Guarded(string? keyFile, Func<CaptureKey?, int> run)
    {
        string? problem = null;
        using var key = keyFile is null ? null : CaptureKey.Read(keyFile, out problem);
        if (problem is not null)
            return Fail(problem);
        try
        {
            return run(key);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return Fail(failure.Message);
        }
    }

    private static int Fail(string problem)
    {
        Console.Error.WriteLine($"seawall: {problem}");
        return ExitCodes.Failed;
    }

    private static Option<string?> File(string name, string meaning) => new(name) { Description = meaning, HelpName = "FILE" };
}
