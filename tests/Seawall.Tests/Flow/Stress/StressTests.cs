using Seawall.MySql.Compression;
using Seawall.MySql.Handshakes;
using Seawall.Testing;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Stress;

/// <summary>
/// Many clients do things at random on a few server connections that break at random, in worlds whose order is left to
/// chance: every answer must belong to its question and to the session that asked. <c>SEAWALL_LONG=1</c> runs more of it.
/// </summary>
public sealed class StressTests(ITestOutputHelper output)
{
    private static readonly FakeServerKind[] s_kinds =
        [FakeServerKind.MySql97, FakeServerKind.MariaDb1011, FakeServerKind.MySql97WithEof, FakeServerKind.MySql56];

    private static bool IsLong => Environment.GetEnvironmentVariable("SEAWALL_LONG") == "1";

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, IsLong ? 400 : 12)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Every_answer_belongs_to_its_question_and_its_session(int seed) =>
        Run(seed, IsLong ? 10_000 : 3_000, _ => { });

    [Fact]
    public void A_setting_that_goes_astray_is_noticed() =>
        // The control: a server that says yes to a SET and sets nothing.
        Assert.ThrowsAny<Exception>(() => Run(1, 3_000, server => server.When("SET time_zone", new FakeOk())));

    private void Run(int seed, int steps, Action<FakeServer> sabotage)
    {
        var random = new Random(seed);
        var kind = s_kinds[seed % s_kinds.Length];
        var size = random.Next(1, 5);
        // Both sides compress as they like, which must make no difference to anybody.
        var compression = (CompressionKind)random.Next(kind.Offered.HasFlag(Capabilities.Zstd) ? 3 : 2);
        output.WriteLine($"seed {seed}: {kind}, a pool of {size}, {compression}");
        using var world = new EngineWorld(new()
        {
            Seed = seed,
            IsChaotic = true,
            Kind = kind,
            Loops = 2,
            With = options => options with { Pools = options.Pools with { SizeMax = size, WaitMsMax = 600_000 } },
            WithServer = server => server with { Dial = new(PerSecond: 1_000, Burst: 100), Compression = compression },
        });
        world.Server.When("SELECT broken", new FakeError(1234, "broken"));
        sabotage(world.Server);
        var clients = Enumerable.Range(0, 12).Select(i => new StressClient(world, random, i)).ToArray();

        for (var step = 0; step < steps; step++)
        {
            clients[random.Next(clients.Length)].Step();
            if (random.Next(3) == 0)
                world.World.RunFor(random.Next(3));
            world.World.ThrowBugs();
        }
        Finish(world, clients);

        output.WriteLine($"{clients.Sum(client => client.Checked)} checked, {clients.Sum(client => client.Lost)} lost");
        Assert.True(clients.Sum(client => client.Checked) > 200);
    }

    private static void Finish(EngineWorld world, StressClient[] clients)
    {
        for (var round = 0; round < 200 && clients.Any(client => client.IsBusy); round++)
        {
            world.World.RunFor(5);
            foreach (var client in clients)
            {
                if (client.IsBusy)
                    client.Step();
                client.Release();
            }
        }
        world.World.RunFor(100);
        foreach (var client in clients.Where(client => client.IsBusy))
            client.Step();
        Assert.DoesNotContain(clients, client => client.IsBusy);
    }
}
