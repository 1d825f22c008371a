using System.Globalization;
using Seawall.MySql.Commands;
using Seawall.MySql.Compression;
using Seawall.MySql.Results;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Worlds;
using Xunit;

namespace Seawall.Tests.Flow.Stress;

/// <summary>A client that does things at random and knows what each answer must say: what it asked, and what it has set.</summary>
internal sealed class StressClient(EngineWorld world, Random random, int number)
{
    private static readonly string[] s_schemas = ["shop", "mail", "test"];

    private FakeClient _client = world.Client(OptionsOf(number));
    private Pending<Reply>? _pending;
    private Pending<PrepareReply>? _preparing;
    private Action<Reply> _check = _ => { };
    private string? _schema;
    private string _zone = "SYSTEM";
    private string? _variable;
    private string _insertId = "0";
    private bool _inTransaction;
    private uint? _prepared;
    private int _asked;
    private string _did = "";

    /// <summary>Answers that were checked to the last word.</summary>
    internal int Checked { get; private set; }

    /// <summary>Answers that told of a lost server.</summary>
    internal int Lost { get; private set; }

    internal bool IsBusy => _pending is not null || _preparing is not null;

    // One in three of each: plain, zlib, zstd.
    private static FakeClientOptions OptionsOf(int number) =>
        new() { Capabilities = FakeClientOptions.Modern | CompressionKinds.FlagOf((CompressionKind)(number % 3)) };

    private bool KeepsConnection => _inTransaction || _variable is not null;

    /// <summary>Looks at the answer if there is one, or asks something.</summary>
    internal void Step()
    {
        if (_preparing is { IsDone: true } prepared)
            NotePrepared(prepared.Value);
        else if (_pending is { IsDone: true } answered)
            Check(answered.Value);
        else if (!IsBusy)
            Ask(random.Next(100));
    }

    /// <summary>Ends what would keep others waiting.</summary>
    internal void Release()
    {
        if (!IsBusy && KeepsConnection)
            Reset();
    }

    private void Ask(int dice)
    {
        // Whoever keeps a connection comes to an end soon, or there would be little to share.
        if (KeepsConnection && random.Next(3) == 0)
            dice = _variable is null ? 75 : 94;
        switch (dice)
        {
            case < 30:
                Question();
                break;
            case < 45:
                Execute();
                break;
            case < 55:
                var zone = $"+0{random.Next(1, 9)}:00";
                Query($"SET time_zone='{zone}'", _ => _zone = zone);
                break;
            case < 63:
                var schema = s_schemas[random.Next(3)];
                if (dice % 2 == 0)
                    Query($"USE {schema}", _ => _schema = schema);
                else
                    Command(CommandKind.InitDb, schema, _ => _schema = schema);
                break;
            case < 70:
                Query("BEGIN", _ => _inTransaction = true);
                break;
            case < 80:
                Query(dice % 2 == 0 ? "COMMIT" : "ROLLBACK", _ => _inTransaction = false);
                break;
            case < 86:
                Query("INSERT INTO t VALUES (1)", reply =>
                    _insertId = reply.Only.InsertId.ToString(CultureInfo.InvariantCulture));
                break;
            case < 90:
                var value = $"v{_asked}";
                Query($"SET @mine='{value}'", _ => _variable = value);
                break;
            case < 93:
                Query("SELECT broken", _ => { }, code: 1234);
                break;
            case < 96:
                Reset();
                break;
            case < 98:
                Leave();
                break;
            default:
                CutServer();
                break;
        }
    }

    private void Question()
    {
        var tag = $"{number}.{_asked}";
        string?[] due = [tag, _schema, _zone, _insertId];
        if (_variable is null)
            Query($"SELECT '{tag}', DATABASE(), @@time_zone, LAST_INSERT_ID()", reply => Assert.Equal(due, reply.Row));
        else
            Query("SELECT @mine", reply => Assert.Equal(_variable, reply.Scalar));
    }

    private void Execute()
    {
        if (_prepared is not { } id)
        {
            if (random.Next(3) > 0)
            {
                Question();
                return;
            }
            Prepare();
            return;
        }
        var tag = $"{number}.{_asked}p";
        string?[] due = [tag, _schema, _zone];
        Begin($"execute {tag}", _client.BeginExecute(id, [tag]), reply => Assert.Equal(due, reply.Row), 0);
    }

    private void Prepare()
    {
        _asked++;
        _preparing = _client.BeginPrepare("SELECT ?, DATABASE(), @@time_zone");
    }

    private void NotePrepared(PrepareReply reply)
    {
        _preparing = null;
        if (reply is { Error: null, IsCut: false })
            _prepared = reply.Id;
        else
            Replace();
    }

    private void Reset() => Command(CommandKind.ResetConnection, "", _ =>
    {
        (_zone, _variable, _insertId, _inTransaction, _prepared) = ("SYSTEM", null, "0", false, null);
    });

    private void Leave()
    {
        _client.Cut();
        Replace();
    }

    private void CutServer()
    {
        var pooled = world.Pooled.ToArray();
        if (pooled.Length > 0)
            pooled[random.Next(pooled.Length)].Cut();
    }

    private void Replace()
    {
        if (!_client.Wire.IsClosed)
            _client.Cut();
        _client = world.Client(OptionsOf(number));
        _pending = null;
        _preparing = null;
        (_schema, _zone, _variable, _insertId, _inTransaction, _prepared) = (null, "SYSTEM", null, "0", false, null);
    }

    private void Query(string sql, Action<Reply> check, int code = 0) => Begin(sql, _client.BeginQuery(sql), check, code);

    private void Command(CommandKind kind, string text, Action<Reply> check) =>
        Begin($"{kind} {text}", _client.BeginCommand(kind, System.Text.Encoding.UTF8.GetBytes(text)), check, 0);

    private void Begin(string what, Pending<Reply> pending, Action<Reply> check, int code)
    {
        _asked++;
        _did = what;
        _pending = pending;
        _check = reply =>
        {
            Assert.True(reply.Code == code && !reply.IsCut, $"client {number}, {what}: {reply}");
            check(reply);
            // What the session is told of its transaction is what it did.
            if (reply.Error is null)
                Assert.True(_inTransaction == reply.Results[^1].Status.HasFlag(ServerStatus.InTransaction), $"{what}: {reply}");
        };
    }

    private void Check(Reply reply)
    {
        _pending = null;
        if (reply.IsCut || reply.Code == 2013)
        {
            // A lost server is told as such, and costs the conversation only when something was open there.
            Lost++;
            if (reply.IsCut || KeepsConnection)
                Replace();
            return;
        }
        try
        {
            _check(reply);
        }
        catch (Exception wrong)
        {
            throw new InvalidOperationException($"client {number} did '{_did}' and got {reply}", wrong);
        }
        Checked++;
    }
}
