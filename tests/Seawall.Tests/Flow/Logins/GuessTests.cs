using Seawall.Engine.Flow.Clients;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Logins;

/// <summary>Wrong passwords, again and again: slow for whoever does it, and for nobody else.</summary>
public sealed class GuessTests
{
    private const string Guesser = "203.0.113.66";
    private static readonly FakeClientOptions s_app = new();
    private static readonly FakeClientOptions s_wrong = new() { Password = "guess" };
    private static readonly FakeClientOptions s_nobody = new() { User = "nob", Password = "guess" };

    [Theory]
    [InlineData("app")]
    [InlineData("nob")]
    public void Each_wrong_password_makes_the_next_one_wait_twice_as_long_up_to_a_limit(string user)
    {
        using var world = new EngineWorld(Fast());

        var pauses = Enumerable.Range(0, 10).Select(_ => TimeOf(world, s_wrong with { User = user }, Guesser)).ToArray();

        Assert.All(pauses[..3], pause => Assert.InRange(pause, 0, 240));
        Assert.Equal([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000], pauses[3..].Select(Rounded));
        Assert.Equal(7, world.Count(meter => meter.LoginsSlowed));
        var line = Assert.Single(world.Log.Lines, line => line.Contains("wrong passwords for", StringComparison.Ordinal));
        Assert.Contains($"3 wrong passwords for '{user}' from {Guesser}", line, StringComparison.Ordinal);
        Assert.Contains("clients.wrong_password_ms_max = 5000", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_else_waits()
    {
        using var world = new EngineWorld(Fast());
        for (var i = 0; i < 6; i++)
            TimeOf(world, s_wrong, Guesser);

        Assert.InRange(TimeOf(world, s_app, "198.51.100.7"), 0, 240);
        Assert.InRange(TimeOf(world, s_app with { User = "other" }, Guesser), 0, 240);
    }

    [Fact]
    public void A_right_password_waits_its_turn_and_ends_the_slowness()
    {
        using var world = new EngineWorld(Fast());
        for (var i = 0; i < 5; i++)
            TimeOf(world, s_wrong, Guesser);

        var right = world.Connect(s_app, fromAddress: Guesser);
        var waited = TimeOf(world, right, out var reply);

        Assert.True(reply.IsIn);
        Assert.Equal(1_000, Rounded(waited));
        Assert.InRange(TimeOf(world, s_app, Guesser), 0, 240);
        Assert.InRange(TimeOf(world, s_wrong, Guesser), 0, 240);
        Assert.Equal(1, world.Engine.House.Brake.Count);
    }

    [Fact]
    public void Those_who_wait_behind_a_right_password_go_on_with_it()
    {
        using var world = new EngineWorld(Fast() with { Loops = 3 });
        for (var i = 0; i < 5; i++)
            TimeOf(world, s_wrong, Guesser);
        // A program with the right password fills its pool: the first waits a second, the others would wait one more each.
        var logins = Enumerable.Range(0, 8).Select(_ => world.Connect(s_app, fromAddress: Guesser).BeginLogIn()).ToArray();

        var began = world.World.Clock.GetTimestamp();
        Assert.All(logins, login => Assert.True(login.Value.IsIn));

        Assert.Equal(1_000, Rounded(Milliseconds(world, began)));
    }

    [Fact]
    public void To_guess_in_parallel_or_to_hang_up_early_is_not_faster()
    {
        using var world = new EngineWorld(Fast());
        for (var i = 0; i < 5; i++)
            TimeOf(world, s_wrong, Guesser);
        var began = world.World.Clock.GetTimestamp();

        var logins = Enumerable.Range(0, 50).Select(_ => world.Connect(s_wrong, fromAddress: Guesser).BeginLogIn()).ToArray();
        var codes = logins.Select(login => login.Value.Code).ToArray();

        // 1 s, 2 s, and then 5 s each: within what a login may take, those few; the others are turned away, unlooked at.
        Assert.InRange(codes.Count(code => code == 1045), 1, 10);
        Assert.Equal(50, codes.Count(code => code is 1045 or 1040));
        Assert.InRange(Milliseconds(world, began), 1_000, 10_000);
        Assert.Equal(codes.Count(code => code == 1040), world.Count(meter => meter.LoginsRefusedSlowed));
        // And nobody has booked the account away for hours.
        world.World.RunFor(10_000);
        Assert.InRange(TimeOf(world, s_app, Guesser), 0, 5_200);
    }

    [Fact]
    public void Whoever_hangs_up_when_asked_for_the_password_itself_was_wrong_as_well()
    {
        using var world = new EngineWorld(Fast() with
        {
            Prepare = server => server.Accounts[1] = new FakeAccount("app", "secret", "caching_sha2_password"),
        });
        var sha2 = s_wrong with { Plugin = "caching_sha2_password" };
        for (var i = 0; i < 3; i++)
        {
            var client = world.Connect(sha2, fromAddress: Guesser);
            client.Link.ToServer.CutAfter(150); // In the middle of what comes after the first proof.
            client.LogIn();
        }

        Assert.Equal(250, Rounded(TimeOf(world, sha2, Guesser)));
    }

    [Fact]
    public void A_client_without_a_password_guesses_nothing()
    {
        using var world = new EngineWorld(Fast());

        for (var i = 0; i < 10; i++)
            Assert.InRange(TimeOf(world, s_app with { Password = "" }, Guesser), 0, 240);
        Assert.Equal(0, world.Engine.House.Brake.Count);
    }

    [Fact]
    public void Wrong_passwords_are_forgotten_after_a_while()
    {
        using var world = new EngineWorld(Fast());
        for (var i = 0; i < 6; i++)
            TimeOf(world, s_wrong, Guesser);

        world.World.RunFor(GuessBrake.ForgetMs + 1_000);

        Assert.InRange(TimeOf(world, s_wrong, Guesser), 0, 240);
    }

    [Fact]
    public void Whoever_waits_counts_among_the_logins_of_its_source()
    {
        using var world = new EngineWorld(Fast(clients => clients with { LoginsPerSourceMax = 2 }));
        for (var i = 0; i < 6; i++)
            TimeOf(world, s_wrong, Guesser);

        var waiting = world.Connect(s_wrong, fromAddress: Guesser).BeginLogIn();
        world.Connect(s_nobody, fromAddress: Guesser);
        world.World.RunFor(100);

        Assert.Equal(1040, world.Connect(s_app with { User = "other" }, fromAddress: Guesser).LogIn().Code);
        Assert.True(world.Connect(s_app, fromAddress: "198.51.100.7").LogIn().IsIn);
        Assert.Equal(1045, waiting.Value.Code);
    }

    [Fact]
    public void It_may_be_switched_off()
    {
        using var world = new EngineWorld(Fast(clients => clients with { WrongPasswordMsMax = 0 }));

        for (var i = 0; i < 10; i++)
            Assert.InRange(TimeOf(world, s_wrong, Guesser), 0, 240);
        Assert.Equal(0, world.Engine.House.Brake.Count);
    }

    private static EngineWorldOptions Fast(Func<ClientOptions, ClientOptions>? with = null) => new()
    {
        Prepare = server => server.Accounts.Add(new FakeAccount("other", "secret")),
        With = options => options with { Clients = with?.Invoke(options.Clients) ?? options.Clients },
    };

    // What a refusal takes besides a pause: the servers are asked for news of the account, at most every 100 ms.
    private static int Rounded(int milliseconds) => milliseconds / 250 * 250;

    private static int TimeOf(EngineWorld world, FakeClientOptions who, string from) => TimeOf(world, world.Connect(who, fromAddress: from), out _);

    private static int TimeOf(EngineWorld world, FakeClient client, out LoginReply reply)
    {
        var began = world.World.Clock.GetTimestamp();
        reply = client.LogIn();
        var took = Milliseconds(world, began);
        client.Cut();
        world.World.RunFor(1);
        return took;
    }

    private static int Milliseconds(EngineWorld world, long since) => (int)world.World.Clock.GetElapsedTime(since).TotalMilliseconds;
}
