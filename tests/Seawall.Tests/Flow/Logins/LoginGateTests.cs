using System.Net;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.Engine.Loops;
using Seawall.Testing;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Logins;

/// <summary>In a storm of logins the low classes are refused first, before anything is done that costs something.</summary>
public sealed class LoginGateTests
{
    private static readonly PeerNetworks s_reports = PeerNetworks.Read(["10.0.0.0/8"], out _)!;

    private static readonly OverloadOptions s_options = new()
    {
        Mode = OverloadMode.Enforce,
        Rules =
        [
            new(StatementClass.Critical, null, null, null, MayRaise: false) { Digests = [7] },
            new(StatementClass.Critical, "shop", null, s_reports, MayRaise: false),
            new(StatementClass.Background, null, null, s_reports, MayRaise: false),
            new(StatementClass.Low, null, "reports", null, MayRaise: false),
            new(StatementClass.Background, null, null, null, MayRaise: false) { Listener = "side" },
        ],
    };

    [Theory]
    [InlineData("10.1.1.1", "main", null, null, StatementClass.Critical)] // It may be shop.
    [InlineData("10.1.1.1", "main", "shop", null, StatementClass.Critical)]
    [InlineData("10.1.1.1", "main", "other", null, StatementClass.Background)]
    [InlineData("192.0.2.1", "main", null, null, StatementClass.Normal)]
    [InlineData("192.0.2.1", "main", "other", "reports", StatementClass.Low)]
    [InlineData("192.0.2.1", "side", "other", null, StatementClass.Background)]
    [InlineData("192.0.2.1", "side", null, null, StatementClass.Low)] // It may be in reports.
    public void A_login_has_the_best_class_that_it_may_turn_out_to_have(
        string from, string listener, string? user, string? schema, StatementClass expected) =>
        Assert.Equal(expected, LoginGate.ClassOf(s_options, new(PeerAddress.From(IPAddress.Parse(from), 0), listener, user, schema)));

    [Theory]
    [InlineData(OverloadMode.Enforce, 0, 0, false, "")]
    [InlineData(OverloadMode.Enforce, 29, 0, false, "")]
    [InlineData(OverloadMode.Enforce, 30, 0, false, "30 logins are under way, of 100 that may be (clients.logins_max), and class background may have 30")]
    [InlineData(OverloadMode.Enforce, 0, 3, false, "3 pieces of cryptography of logins wait for a processor, of 10 that may (clients.crypto_max)")]
    [InlineData(OverloadMode.Observe, 30, 0, false, "30 logins")]
    [InlineData(OverloadMode.Off, 99, 9, true, "")]
    [InlineData(OverloadMode.Off, 0, 10, true, "10 pieces of cryptography")]
    public void A_class_may_begin_below_its_share(OverloadMode mode, int logins, int crypto, bool needsCrypto, string words)
    {
        var measures = Measures.Of(s_options with { Mode = mode }, [], null);
        var gate = new LoginGate(() => measures, () => new ClientOptions { LoginsMax = 100, CryptoMax = 10 }, () => logins, () => crypto);

        var refusal = gate.Ask(new(PeerAddress.From(IPAddress.Parse("10.1.1.1"), 0), "main", "other"), needsCrypto);

        Assert.Equal(words.Length > 0, refusal is not null);
        Assert.Contains(words, refusal?.Message ?? "", StringComparison.Ordinal);
        if (refusal is not null)
            Assert.Equal(mode == OverloadMode.Enforce || crypto == 10, refusal.IsEnforced);
    }

    [Fact]
    public void Low_classes_are_refused_in_place_of_the_greeting_and_a_little_later()
    {
        using var world = Storm(silent: 3);
        var began = world.World.Clock.ElapsedMs;

        var refused = world.Connect(new(), "10.1.1.1").LogIn();

        Assert.Equal(1040, refused.Error!.Code);
        Assert.Contains("and class background may have 30 hundredths (overload.background_login_share); trying again is safe",
            refused.Error.Message, StringComparison.Ordinal);
        Assert.InRange(world.World.Clock.ElapsedMs - began, 10, 130);
        Assert.True(world.Connect().LogIn().IsIn);
        Assert.Equal((1, 1), (world.Count(meter => meter.LoginsRefusedByClass), world.Count(meter => meter.Tarpitted)));
    }

    [Fact]
    public void A_low_account_is_refused_before_its_password_is_looked_at()
    {
        using var world = Storm(silent: 6);

        var refused = world.Connect(new() { User = "boss", Password = "wrong" }).LogIn();

        Assert.Equal((1040, "08004"), (refused.Error!.Code, refused.Error.State));
        Assert.Contains("and class low may have 60", refused.Error.Message, StringComparison.Ordinal);
        Assert.True(world.Connect().LogIn().IsIn);
    }

    [Fact]
    public void Whoever_is_refused_pushes_nobody_out()
    {
        using var world = Storm(silent: 9);

        Assert.Equal(1040, world.Connect(new(), "10.1.1.1").LogIn().Error!.Code);

        Assert.Equal((9, 0), (world.Engine.LoginCount, world.Count(meter => meter.LoginsPushedOut)));
        Assert.Equal(1040, world.Connect().LogIn().Error!.Code); // Normal ones have nine of ten.
    }

    [Fact]
    public void Observing_lets_everybody_in_and_counts_each_once()
    {
        using var world = Storm(silent: 6, mode: OverloadMode.Observe);

        Assert.True(world.Connect(new(), "10.1.1.1").LogIn().IsIn);
        Assert.True(world.Connect(new() { User = "boss", Password = "other" }).LogIn().IsIn);

        Assert.Equal((2, 0), (world.Count(meter => meter.LoginsRefusedByClass), world.Count(meter => meter.Tarpitted)));
    }

    [Fact]
    public void The_tarpit_has_so_many_places_and_who_leaves_it_early_is_forgotten()
    {
        using var world = Storm(silent: 3, tarpitMax: 2);
        var began = world.World.Clock.ElapsedMs;
        var clients = Enumerable.Range(0, 6).Select(_ => world.Connect(new(), "10.1.1.1")).ToArray();
        clients[0].Cut();

        var refused = clients[1..].Select(client => client.BeginLogIn()).ToArray();

        Assert.All(refused, login => Assert.Equal(1040, login.Value.Error!.Code));
        Assert.InRange(world.Count(meter => meter.Tarpitted), 1, 2);
        Assert.True(world.World.Clock.ElapsedMs - began < 150);
        world.World.RunFor(200);
        Assert.Equal(0, world.Engine.House.Tarpit.Count);
    }

    [Fact]
    public void A_client_that_asks_again_at_once_hears_of_the_next_refusal_a_little_later()
    {
        using var world = Storm(silent: 0);
        world.Engine.Brownouts.Begin("all", 0, TimeSpan.FromMinutes(5), "test", "");
        var client = world.Client();
        var began = world.World.Clock.ElapsedMs;
        Assert.Equal(1041, client.Query("SELECT 1").Code);
        Assert.True(world.World.Clock.ElapsedMs - began < 10);

        for (var i = 0; i < 10; i++)
            Assert.Equal(1041, client.Query("SELECT 1").Code);

        Assert.InRange(world.World.Clock.ElapsedMs - began, 100, 1_200);
        Assert.Equal(10, world.Count(meter => meter.Tarpitted));
        world.World.RunFor(2_000);
        began = world.World.Clock.ElapsedMs;
        Assert.Equal(1041, client.Query("SELECT 1").Code);
        Assert.True(world.World.Clock.ElapsedMs - began < 10);
    }

    // Ten logins may be under way, and so many are by clients that say nothing.
    private static EngineWorld Storm(int silent, OverloadMode mode = OverloadMode.Enforce, int tarpitMax = 5_000)
    {
        var world = new EngineWorld(new()
        {
            Prepare = server => server.Accounts.Add(new FakeAccount("boss", "other")),
            With = options => options with
            {
                Clients = options.Clients with { LoginsMax = 10, LoginMsMax = 60_000 },
                Overload = options.Overload with
                {
                    Mode = mode,
                    TarpitMax = tarpitMax,
                    TarpitsStatements = true,
                    Rules =
                    [
                        new(StatementClass.Background, null, null, s_reports, MayRaise: false),
                        new(StatementClass.Low, "boss", null, null, MayRaise: false),
                    ],
                    Brownouts = [new() { Name = "all", Classes = [StatementClass.Normal] }],
                },
            },
        });
        for (var i = 0; i < silent; i++)
            world.Connect();
        world.Pump(() => world.Engine.LoginCount == silent, "silent clients");
        return world;
    }
}
