using System.CommandLine;
using System.Net.Sockets;
using System.Security.Cryptography;
using Seawall.Rehearsal.Targets;
using Seawall.Rehearsals;
using Xunit;

namespace Seawall.Tests.Rehearsal;

/// <summary>Command lines of <c>seawall rehearse</c> that make no sense are refused before a server hears of them; there is none here.</summary>
public sealed class RehearsalOptionsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("seawall-rehearse").FullName;

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified); // Its file goes with it.

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _socket.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("--budgets @empty", "--budgets @/empty: it has no table [budgets]")]
    [InlineData("--budgets @nothing", "--budgets: ")]
    [InlineData("--html @no/report.html", "--html: @/no/report.html cannot be written: there is no folder @/no")]
    [InlineData("--json @", "cannot be written: it is a folder")]
    [InlineData("--html /proc/report.html", "--html: /proc/report.html cannot be written: ")]
    [InlineData("--html @same --json @same", "--html and --json name one file")]
    [InlineData("--sign-key @key.pem", "--sign-key signs the JSON")]
    [InlineData("--json @v.json --sign-key @empty", "--sign-key @/empty: it is no private ECDSA key")]
    [InlineData("--json @v.json --sign-key @public.pem", "it is no private ECDSA key")]
    [InlineData("--json @v.json --sign-key @rsa.pem", "it is no private ECDSA key")]
    [InlineData("--json @v.json --sign-key @nothing", "--sign-key: ")]
    [InlineData("--json @w.json --sign-key @key.pem", "--sign-key: @/w.json.sig cannot be written: it is a folder")]
    [InlineData("--old-pid 0", "--old-pid 0: there is no such process")]
    [InlineData("--new-pid 2000000000", "--new-pid 2000000000: there is no such process")]
    [InlineData("--rate-max 50", "--rate-max 50 is below --from")]
    [InlineData("--reconnects 5", "--reconnects is about a restart: name what does it with --old-restart and --new-restart")]
    [InlineData("--restart-seconds 5", "--restart-seconds is about a restart")]
    [InlineData("--new-restart \t", "--old-restart and --new-restart name commands; '' is none")]
    [InlineData("--write", "--write is about a capture")]
    [InlineData("--accounts @empty", "--accounts is about a capture")]
    [InlineData("--capture-key @empty", "--capture-key is about a capture")]
    [InlineData("--capture @nothing", "--capture: there is no capture '@/nothing'")]
    [InlineData("--capture @", "--capture: there is no capture in '@/'")]
    [InlineData("--capture @w.json.sig", "--capture: '@/w.json.sig' has 2 captures: name one of them, @/w.json.sig/a for instance")]
    [InlineData("--capture @nothing --accounts @lines", "--accounts @/lines: line 3 has not the form USER=PASSWORD")]
    [InlineData("--old-password-file @nothing", "--old-password-file: ")]
    [InlineData("--old mysql://dba@h/shop", "--old: a DSN ends with the port")]
    [InlineData("--new mysql://dba@h?socket=@nothing", "--new: there is no socket @/nothing on this machine")]
    [InlineData("--new mysql://dba@h?tls=verify", "--new: tls=verify needs ca=FILE")]
    [InlineData("--new mysql://dba@h?tls=verify&ca=@nothing", "--new: tls=verify cannot use ca=@/nothing: ")]
    [InlineData("--new mysql://dba@h?tls=verify&ca=@empty", "--new: ca=@/empty has no certificate (PEM) in it")]
    public async Task What_cannot_come_to_anything_is_refused_with_the_option_and_its_value(string line, string words)
    {
        await MakeFiles();

        var problem = await Assert.ThrowsAsync<RehearsalException>(() => Read(line));

        Assert.Contains(words.Replace("@", _folder, StringComparison.Ordinal), problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("marker", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--speed 100", "--speed must be from 0.1 to 10; it is 100")]
    [InlineData("--speed NaN", "--speed must be from 0.1 to 10; it is NaN")]
    [InlineData("--time-box 0", "--time-box must be from 1 to ")]
    [InlineData("--samples 0", "--samples must be from 1 to 10000; it is 0")]
    [InlineData("--passes 0", "--passes must be from 1 to 100; it is 0")]
    [InlineData("--peak -5", "--peak must be from ")]
    [InlineData("--reconnects 5000", "--reconnects must be from 1 to 4000; it is 5000")]
    [InlineData("--step-seconds 0.5", "--step-seconds must be from 1 to 600; it is 0.5")]
    public void A_value_beyond_its_limits_is_refused_and_not_cut_down(string line, string words)
    {
        var parsed = Parse(line, out _);

        Assert.StartsWith(words, Assert.Single(parsed.Errors).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_makes_sense_is_taken_and_no_file_is_left_behind_by_looking()
    {
        await MakeFiles();
        await File.WriteAllTextAsync(At("there.html"), "an earlier report", Cancel);

        var order = await Read("--html @there.html --json @v.json --sign-key @key.pem --time-box 60 --new mysql://dba@h?socket=@s&tls=required");

        Assert.Equal((TimeSpan.FromMinutes(1), 20, At("s")), (order.TimeBox, order.Samples, order.New.Dsn.Socket));
        Assert.Equal("an earlier report", await File.ReadAllTextAsync(At("there.html"), Cancel));
        Assert.False(File.Exists(At("v.json")) || File.Exists(At("v.json.sig")));
        Assert.Equal("empty: none was given (--old-password-file FILE, SEAWALL_OLD_PASSWORD)", order.Old.Dsn.PasswordBasis);
    }

    private string At(string name) => Path.Combine(_folder, name);

    private async Task MakeFiles()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var rsa = RSA.Create(2048);
        foreach (var (name, text) in ((string, string)[])
            [("empty", ""), ("key.pem", key.ExportPkcs8PrivateKeyPem()), ("public.pem", key.ExportSubjectPublicKeyInfoPem()),
                ("rsa.pem", rsa.ExportPkcs8PrivateKeyPem()), ("lines", "# who\napp=pw\nmarker-of-a-password\n")])
        {
            await File.WriteAllTextAsync(At(name), text, Cancel);
        }
        Directory.CreateDirectory(At("w.json.sig"));
        foreach (var name in (string[])["a-00001.swcap", "b-00001.swcap", "b-00002.swcap"])
            await File.WriteAllTextAsync(Path.Combine(At("w.json.sig"), name), "", Cancel);
        _socket.Bind(new UnixDomainSocketEndPoint(At("s")));
    }

    private Task<RehearsalOrder> Read(string line)
    {
        var parsed = Parse(line, out var options);
        Assert.Empty(parsed.Errors);
        return options.Read(parsed, isReplay: false, Cancel);
    }

    // "@" stands for the folder.
    private ParseResult Parse(string line, out RehearsalOptions options)
    {
        options = new RehearsalOptions();
        var command = new RootCommand();
        options.AddTo(command, measures: true, probes: true, loads: true, restarts: true, replays: true);
        string[] words = line.Replace("@", $"{_folder}/", StringComparison.Ordinal).Replace($"dba{_folder}/", "dba@", StringComparison.Ordinal).Split(' ');
        foreach (var name in (string[])["--old", "--new"])
            words = words.Contains(name) ? words : [.. words, name, "mysql://dba@127.0.0.1:1"];
        return command.Parse(words);
    }
}
