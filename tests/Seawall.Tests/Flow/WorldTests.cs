using Seawall.Testing;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow;

public sealed class WorldTests
{
    public static TheoryData<FakeServerKind> Kinds =>
        [FakeServerKind.MySql56, FakeServerKind.MySql97, FakeServerKind.MySql97WithEof, FakeServerKind.MariaDb1011];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_statement_goes_to_a_server_and_its_answer_comes_back(FakeServerKind kind)
    {
        using var world = new EngineWorld(new() { Kind = kind });
        var client = world.Client();

        Assert.Equal(["hello", null], client.Query("SELECT 'hello', NULL").Row);
    }

    [Fact]
    public void A_seed_gives_the_same_world_again()
    {
        Assert.Equal(Run(7), Run(7));

        static string Run(int seed)
        {
            using var world = new EngineWorld(new() { Seed = seed, IsChaotic = true, Loops = 2 });
            var clients = Enumerable.Range(0, 8).Select(_ => world.Client()).ToArray();
            var replies = clients.Select((client, i) => client.BeginQuery($"SELECT '{i}', SLEEP(0.0{i})")).ToArray();
            foreach (var reply in replies)
                Assert.Equal(2, reply.Value.Row.Count);
            return $"{world.World.Clock.Ticks} {string.Join(' ', world.World.Network.Links.Select(link => link.ToServer.Written))}";
        }
    }

    [Fact]
    public void What_is_left_behind_is_noticed()
    {
        // The control of the checks: somebody who came in and never leaves.
        var world = new EngineWorld();
        world.Engine.House.TryEnter();

        Assert.Throws<InvalidOperationException>(world.Dispose);
    }
}
