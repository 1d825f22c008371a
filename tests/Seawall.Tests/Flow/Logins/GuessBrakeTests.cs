using System.Globalization;
using System.Net;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Loops;
using Seawall.Testing.Worlds;
using Xunit;

namespace Seawall.Tests.Flow.Logins;

/// <summary>What is remembered of wrong passwords is bounded, and who wants to be forgotten does not get it cheaply.</summary>
public sealed class GuessBrakeTests
{
    private readonly GuessBrake _brake = new(() => new ClientOptions());
    private readonly SimulatedLoop _loop = new World().AddLoop(0);

    [Fact]
    public void A_source_cannot_fill_the_table_nor_push_out_what_it_is_slowed_for()
    {
        var root = KeyOf("root", 1);
        for (var i = 0; i < 6; i++)
            _brake.NoteWrong(root, _loop.NowMs);

        // Many other names from there, each wrong once, twice, ... as often as costs nothing.
        for (var i = 0; i < 10_000; i++)
            _brake.NoteWrong(KeyOf(string.Create(CultureInfo.InvariantCulture, $"name{i}"), 1), _loop.NowMs + i);

        Assert.Equal(GuessBrake.PerSourceMax, _brake.Count);
        Assert.True(_brake.Book(root, _loop, out _) > 0);
    }

    [Fact]
    public void Many_sources_cannot_exhaust_memory_nor_push_out_the_worst()
    {
        var root = KeyOf("root", 1);
        for (var i = 0; i < 6; i++)
            _brake.NoteWrong(root, _loop.NowMs);

        for (var source = 2; source < 60_000; source++)
            _brake.NoteWrong(KeyOf("root", source), _loop.NowMs + source);

        Assert.InRange(_brake.Count, GuessBrake.PartMax, 16 * GuessBrake.PartMax);
        Assert.True(_brake.Book(root, _loop, out _) > 0);
    }

    [Fact]
    public void A_name_of_any_length_takes_no_more_than_one_that_can_be()
    {
        Assert.Equal(128, GuessBrake.KeyOf(new string('x', 60_000), default).User.Length);
        Assert.Equal("app", GuessBrake.KeyOf("app", default).User);
    }

    [Fact]
    public void A_right_password_leaves_nothing_behind()
    {
        var key = KeyOf("app", 1);
        _brake.NoteWrong(key, _loop.NowMs);

        _brake.NoteRight(key);

        Assert.Equal(0, _brake.Count);
    }

    private static GuessKey KeyOf(string user, int source) => GuessBrake.KeyOf(
        user, ClientSource.Of(PeerAddress.From(new IPAddress([10, (byte)(source >> 16), (byte)(source >> 8), (byte)source]), 1)));
}
