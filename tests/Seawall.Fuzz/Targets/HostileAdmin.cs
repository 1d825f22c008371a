using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Seawall.Control;
using Seawall.Control.Admin;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Loops;
using Seawall.Fuzz.Run;
using Seawall.Testing;
using Seawall.Testing.Clients;

namespace Seawall.Fuzz.Targets;

/// <summary>
/// Somebody at the admin port who sends anything, before the login or after it: an error to this one, answers to the next, and
/// every place free again afterwards.
/// </summary>
internal static class HostileAdmin
{
    private const int Choices = 3;

    private static readonly Endpoint s_door = Endpoint.Tcp(IPAddress.Loopback, 3308);

    // These ask other loops and come back by the thread pool, which no simulated world has.
    private static readonly string[] s_asksLoops = ["CLIENT", "PINS", "LOOPS"];

    internal static FuzzTarget Target { get; } = new("hostile-admin", Run,
        () => [.. SeedsOf(), .. Inputs.Seeds.Kept("hostile-admin")])
    {
        PacketsFrom = Choices,
        Words =
        [
            [1, 0, 0, 0, 14], [1, 0, 0, 0, 1], [0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0, 3], [5, 0, 0, 0, 3, .. "HELP"u8],
            [1, 0, 0, 0, 0x1F],
            [.. "SHOW "u8], [.. "WARNINGS"u8], [.. "SHUTDOWN NOW"u8], [.. "admin\0"u8], [.. "caching_sha2_password\0"u8],
        ],
        ShortRun = 200,
    };

    private static void Run(byte[] input)
    {
        if (input.Length < Choices || s_asksLoops.Any(
            word => Encoding.Latin1.GetString(input).Contains(word, StringComparison.OrdinalIgnoreCase)))
        {
            return;
        }
        using var world = new EngineWorld();
        var port = Open(world);
        var random = new Random(input[1]);
        var client = world.ConnectTo(s_door, Admin());
        if ((input[0] & 1) == 0)
            Rule.Holds(client.LogIn().IsIn, "the right password is refused");
        foreach (var piece in Pieces(input[Choices..], random, input[2]))
        {
            client.Send(piece);
            world.World.RunFor(random.Next(3));
        }
        var other = world.ConnectTo(s_door, Admin());
        Ask(other);
        other.Cut();
        world.World.RunFor((input[0] & 2) == 0 ? 100 : 20_000);
        client.Cut();
        world.World.RunFor(2_000);
        // All places at one time: whoever did not leave would be missing one.
        var all = Enumerable.Range(0, AdminPort.ConnectionsMax).Select(_ => world.ConnectTo(s_door, Admin())).ToArray();
        foreach (var next in all)
            Ask(next);
        var stopping = port.Stop(CancellationToken.None);
        world.World.RunFor(10);
        stopping.GetAwaiter().GetResult();
        world.CheckAfterwards();
    }

    private static FakeClientOptions Admin() => new() { User = "admin", Password = "admin-password", TakesAnything = true };

    private static void Ask(FakeClient client)
    {
        var login = client.LogIn();
        Rule.Holds(login.IsIn, $"nobody gets in any more: {login}");
        var help = client.Query("SHOW HELP");
        Rule.Holds(!help.IsCut && help.Only.Rows.Count == AdminDesk.All.Count, $"the next one asked for help and got {help}");
    }

    private static AdminPort Open(EngineWorld world)
    {
        var secret = new LearntSecrets();
        secret.LearnPassword("admin-password"u8);
        var options = new AdminOptions(s_door, "admin", secret);
        var port = new AdminPort(new ControlContext(world.Engine, new NoActions(), () => options, () => null,
            NullLoggerFactory.Instance, TimeProvider.System), () => []);
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null); // Nothing may wait for the thread that waits for it.
        var starting = port.Start(CancellationToken.None);
        world.World.RunFor(1);
        starting.GetAwaiter().GetResult();
        SynchronizationContext.SetSynchronizationContext(context);
        return port;
    }

    private static IEnumerable<byte[]> Pieces(byte[] bytes, Random random, byte sizes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            var size = sizes == 0 ? bytes.Length - at : random.Next(1, Math.Min(bytes.Length - at, 1 + sizes) + 1);
            yield return bytes[at..(at + size)];
            at += size;
        }
    }

    private static IEnumerable<byte[]> SeedsOf()
    {
        foreach (var recording in Inputs.Seeds.Recordings)
        {
            yield return Inputs.Seeds.With([1, 1, 0],
                [.. recording.Login.Where(packet => !packet.IsServers).SelectMany(packet => packet.Bytes)]);
            yield return Inputs.Seeds.With([0, 1, 30], [.. recording.Commands.Take(8).SelectMany(pair => pair.Command)]);
        }
        foreach (var command in AdminDesk.All)
            yield return Inputs.Seeds.With([0, 1, 0], FakeClient.Bytes(MySql.Commands.CommandKind.Query, command.Name));
    }

    private sealed class NoActions : IControlActions
    {
        public IReadOnlyList<SettingRow> Settings => [new("pool.size", "32", "32", "default", true, "connections")];

        public Task<ReloadReport> Reload(CancellationToken cancel) => Task.FromResult(new ReloadReport([], []));

        public IReadOnlyList<(string Server, string Difference)> ServerDifferences => [];

        public Task<string?> AddServer(string name, string address, string? like, string? role, CancellationToken cancel) =>
            Task.FromResult<string?>("not here");

        public string? RemoveServer(string name, bool isForced) => "not here";

        public void RequestShutdown(bool now)
        {
            // Whoever may ask for it gets it; here nothing is to end.
        }
    }
}
