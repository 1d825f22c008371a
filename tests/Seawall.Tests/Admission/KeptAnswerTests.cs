using System.Text;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>Brown-outs in which statements are answered with the answers of a moment ago.</summary>
public sealed class KeptAnswerTests : IDisposable
{
    private const string Read = "SELECT name FROM items";

    private const int KeepMs = 20_000;

    private readonly EngineWorld _world = GateWorld.With(8, overload => overload with
    {
        Brownouts =
        [
            new() { Name = "shop", Level = 1, Action = BrownoutAction.Cache, KeepMsMax = KeepMs, Pace = new(1, 1, 0), Classes = [StatementClass.Normal] },
        ],
    });

    private int _version;

    public KeptAnswerTests() => Change();

    [Fact]
    public void What_was_answered_a_moment_ago_is_the_answer_while_the_brown_out_lasts_and_no_longer()
    {
        var (first, second) = (_world.Client(), _world.Client());
        Assert.Equal("1", first.Query(Read).Scalar);
        Change();
        _world.World.RunFor(6_000);
        Assert.Equal("2", second.Query(Read).Scalar); // Nobody is answered with it while all is well.
        Change();

        Begin();
        var before = Asked(Read);
        for (var i = 0; i < 5; i++)
            Assert.Equal(["2", "x"], second.Query(Read).Only.Rows.Select(row => row[0]));
        Assert.Equal("2", second.Query("SELECT FOUND_ROWS()").Scalar);
        Assert.Equal(0, first.Query(Read).Only.Warnings);
        Assert.Equal(before, Asked(Read));
        Assert.Equal(6, View.Answered);

        _world.World.RunFor(KeepMs + 1_000); // It is too old now, and one in a second may ask.
        Assert.Equal("3", second.Query(Read).Scalar);
        Change();
        Assert.Equal("3", first.Query(Read).Scalar);
        _world.Engine.Brownouts.End(null, "ann");
        Assert.Equal("4", first.Query(Read).Scalar);
    }

    [Fact]
    public void What_is_not_known_goes_at_a_pace_and_is_known_then()
    {
        var client = _world.Client();
        Begin();
        Assert.True(client.Query(Read).IsOk);
        Assert.Equal(1041, client.Query("SELECT other FROM items").Code);
        Assert.True(client.Query(Read).IsOk);
        Assert.Contains("is answered with what is known, which this is not", client.Query("SELECT other FROM items").Error!.Message, StringComparison.Ordinal);
    }

    // M13, for groups that are answered with what is known: nobody else's answers are kept (decision 101).
    [Fact]
    public void A_hundred_who_ask_for_what_was_just_forgotten_are_one_question_to_the_server()
    {
        var clients = Enumerable.Range(0, 100).Select(_ => _world.Client()).ToArray();
        _world.World.RunFor(100);
        // The control: as many as the server can take, one after the other.
        Assert.InRange(AskAtOnce(), 8, 100);

        _world.Apply(options => options with
        {
            Overload = options.Overload with { Brownouts = [.. options.Overload.Brownouts.Select(group => group with { Pace = new(100, 1, 2_000) })] },
        });
        Begin();
        for (var window = 0; window < 3; window++)
        {
            Change();
            _world.World.RunFor(KeepMs + 1_000);
            Assert.Equal(1, AskAtOnce());
        }
        Assert.Equal(297, View.Answered);
        Assert.InRange(_world.Engine.KeptAnswers.Bytes, 1, 4_096);

        int AskAtOnce()
        {
            var before = Asked(Read);
            var replies = clients.Select(client => client.BeginQuery(Read)).ToArray();
            _world.World.RunFor(3_000);
            Assert.All(replies, reply => Assert.True(reply.IsDone));
            if (View.Order is not null)
                Assert.All(replies, reply => Assert.Equal($"{_version}", reply.Value.Scalar));
            return Asked(Read) - before;
        }
    }

    [Fact]
    public void Nobody_gets_what_is_for_another_account_schema_setting_or_protocol()
    {
        Assert.Equal("1", _world.Client().Query(Read).Scalar);
        Change();
        Begin();
        Assert.Equal("1", _world.Client().Query(Read).Scalar);

        Others(_world.Client(new FakeClientOptions { User = "boss", Password = "other" }));
        Others(_world.Client(new FakeClientOptions { Capabilities = FakeClientOptions.Old }));
        Others(_world.Client(new FakeClientOptions { Schema = "reports" }));
        Others(With(_world.Client(), "SET sql_mode = 'ANSI'"));
        Assert.Equal("1", _world.Client().Query(Read).Scalar);
        // Who has only set something has written nothing.
        var asked = Asked(Read);
        Assert.Equal("2", With(_world.Client(), "SET sql_mode = 'ANSI'").Query(Read).Scalar);
        Assert.Equal(asked, Asked(Read));
        Others(With(_world.Client(), "BEGIN"));
        Others(With(_world.Client(), "SET @mine = 1"));
        Others(With(_world.Client(), "SET autocommit = 0"));
        Others(With(_world.Client(), "CREATE TEMPORARY TABLE temporary (name int)"));
    }

    [Fact]
    public void Whoever_has_written_since_reads_what_he_has_written()
    {
        var (writer, other) = (_world.Client(), _world.Client());
        Assert.Equal("1", other.Query(Read).Scalar);
        Begin();
        Assert.Equal("1", writer.Query(Read).Scalar);
        _world.World.RunFor(1_100);
        Assert.True(writer.Query("UPDATE").IsOk);
        Change();
        Assert.Equal("1", other.Query(Read).Scalar);
        _world.World.RunFor(1_100);
        Assert.Equal("2", writer.Query(Read).Scalar);
        // What it has made known is newer than what it has written.
        Assert.Equal(("2", "2"), (writer.Query(Read).Scalar, other.Query(Read).Scalar));
    }

    [Fact]
    public void Whoever_was_told_of_what_others_have_written_reads_that()
    {
        Assert.Equal("1", _world.Client().Query(Read).Scalar);
        Change();
        Begin();
        var told = With(_world.Client(), "SET @seawall_min_gtid = '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5'");
        Others(told);
        Assert.Equal("2", told.Query(Read).Scalar);
    }

    [Theory]
    [InlineData("SELECT name, UUID() FROM items")]
    [InlineData("SELECT rand() FROM items")]
    [InlineData("SELECT 1")]
    [InlineData("SELECT name FROM items FOR UPDATE")]
    [InlineData("SELECT @@version FROM items")]
    [InlineData("SELECT CONNECTION_ID() FROM items")]
    [InlineData("SELECT mine() FROM items")]
    [InlineData("SELECT name FROM items LIMIT 1, 2")]
    [InlineData("SELECT name INTO @a FROM items")]
    [InlineData("SELECT user FROM mysql.user")]
    public void What_may_be_another_answer_for_somebody_else_is_not_kept(string sql)
    {
        _world.Server.When(sql, new FakeRows(["a"], [["1"]]));
        Assert.True(_world.Client().Query(sql).IsOk);
        Assert.Equal(0, _world.Engine.KeptAnswers.Count);
    }

    [Fact]
    public void Errors_and_warnings_are_not_kept_nor_what_is_too_long()
    {
        _world.Server.When("SELECT a FROM items", new FakeError(1146, "no", "42S02"));
        _world.Server.When("SELECT b FROM items", new FakeRows(["b"], [[new string('x', 70_000)]]));
        var client = _world.Client();
        client.Query("SELECT a FROM items");
        Assert.True(client.Query("SELECT b FROM items").IsOk);
        Assert.Equal(0, _world.Engine.KeptAnswers.Count);
        Assert.True(client.Query(Read).IsOk);
        Assert.Equal(1, _world.Engine.KeptAnswers.Count);
        _world.World.RunFor(KeepMs + 1_000);
        Assert.Equal((0, 0), _world.Engine.KeptAnswers);
    }

    [Fact]
    public void Observed_it_is_counted_and_everybody_asks_the_server()
    {
        _world.Apply(options => options with { Overload = options.Overload with { Mode = OverloadMode.Observe } });
        var client = _world.Client();
        Assert.True(client.Query(Read).IsOk);
        Begin();
        Change();
        Assert.Equal("2", client.Query(Read).Scalar);
        Assert.Equal(1, View.Answered);
    }

    [Fact]
    public void The_oldest_make_room_for_new_ones()
    {
        var answers = new KeptAnswers();
        object account = new(), settings = new();
        for (var i = 0; i < 200; i++)
            answers.Add(new(Key($"{i}"), Encoding.UTF8.GetBytes($"{i}"), new byte[1_000], 1, i, false), 50_000);
        Assert.True(answers.Size is { Count: > 30, Bytes: <= 50_000 });
        Assert.Null(answers.Find(Key("1"), "1"u8, 0));
        Assert.NotNull(answers.Find(Key("199"), "199"u8, 0));
        Assert.Null(answers.Find(Key("199"), "199"u8, 200));
        Assert.Null(answers.Find(Key("199"), "another with that number"u8, 0));

        // One in the place of another: neither is left behind.
        for (var i = 0; i < 1_000; i++)
            answers.Add(new(Key("a"), "a"u8.ToArray(), new byte[1_000], 1, 1_000 + i, false), 50_000);
        answers.Forget(10_000);
        Assert.Equal((0, 0), answers.Size);

        AnswerKey Key(string text) => new(account, settings, 0, 0, false, KeptAnswers.HashOf(Encoding.UTF8.GetBytes(text)));
    }

    public void Dispose() => _world.Dispose();

    private BrownoutView View => _world.Engine.Brownouts.View().Single();

    private void Begin() => _world.Engine.Brownouts.Begin(null, 1, TimeSpan.FromMinutes(10), "ann", "");

    // The table has something else from now on.
    private void Change() => _world.Server.When(Read, new FakeRows(["name"], [[$"{++_version}"], ["x"]]));

    private int Asked(string sql) => _world.Server.Connections.Sum(connection => connection.Commands.Count(command => command.Text == sql));

    private FakeClient With(FakeClient client, string sql)
    {
        _world.World.RunFor(1_100); // One in a second.
        Assert.True(client.Query(sql).IsOk);
        return client;
    }

    // It asks the server, or hears that it may not; after a second, when one may.
    private void Others(FakeClient client)
    {
        _world.World.RunFor(1_100);
        var asked = Asked(Read);
        Assert.Equal("2", client.Query(Read).Scalar);
        Assert.Equal(asked + 1, Asked(Read));
    }
}
