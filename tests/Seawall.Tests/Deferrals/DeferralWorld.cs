using Seawall.Engine;
using Seawall.Engine.Deferrals;
using Seawall.Engine.Telemetry.Views;
using Seawall.Engine.Watch.Appliers;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;

namespace Seawall.Tests.Deferrals;

/// <summary>An engine with a journal before a server that keeps account of what was committed, and with which id.</summary>
internal sealed class DeferralWorld : IDisposable
{
    private readonly string _folder;
    private readonly bool _ownsFolder;
    private readonly Dictionary<FakeSession, List<string>> _open = [];

    internal DeferralWorld(
        string? folder = null, Func<EngineOptions, EngineOptions>? with = null, Action<FakeServer>? prepare = null, DeferralWorld? before = null,
        Func<ServerOptions, ServerOptions>? withServer = null)
    {
        _ownsFolder = folder is null;
        _folder = folder ?? Directory.CreateTempSubdirectory("seawall-deferral-").FullName;
        Applied = before?.Applied ?? [];
        Committed = before?.Committed ?? [];
        World = new EngineWorld(new()
        {
            With = options => (with ?? (same => same))(options with
            {
                Deferral = new DeferralOptions { Folder = _folder, Rules = [new DeferralRule("mail", null, null)] },
            }),
            WithServer = withServer ?? (same => same),
            Prepare = server =>
            {
                KeepAccount(server);
                prepare?.Invoke(server);
            },
        });
    }

    internal EngineWorld World { get; }

    /// <summary>Ids that have a row, or had one.</summary>
    internal List<string> Applied { get; }

    /// <summary>Statements that were committed, in order.</summary>
    internal List<string> Committed { get; }

    internal DeferralView Rule => View.Rules.Single(rule => rule.Rule == "mail");

    // As the control loop makes them: in a simulated world all is one thread.
    internal DeferralsView View => ApplierViews.All(World.Engine.Views.Applier!, World.Engine.Deferrals.Journal!);

    internal IReadOnlyList<DeadLetterView> DeadLetters => ApplierViews.DeadLetters(World.Engine.Views.Applier!, 100);

    /// <summary>A client in a schema.</summary>
    internal FakeClient Client(string? user = null) => World.Client(new() { Schema = "shop", User = user ?? "app" });

    /// <summary>Says a statement that nobody waits for; its id.</summary>
    internal static string Defer(FakeClient client, string what, string key)
    {
        var result = client.Query($"INSERT INTO t VALUES ('{what}') /*defer_key='{key}'*/").Only;
        const string words = "seawall deferred id=";
        if (result.Error is not null || !result.Info.StartsWith(words, StringComparison.Ordinal))
            throw new InvalidOperationException($"{what} was not deferred: {result.Error} {result.Info}");
        return result.Info[words.Length..];
    }

    /// <summary>What was committed, without what is around it.</summary>
    internal IEnumerable<string> Values => Committed.Select(sql => sql.Split('\'')[1]);

    internal void RunUntil(Func<bool> isDone, string what) => World.Pump(isDone, what);

    public void Dispose()
    {
        World.Dispose();
        if (_ownsFolder)
            Directory.Delete(_folder, recursive: true);
    }

    private void KeepAccount(FakeServer server)
    {
        server.When("SELECT t.TABLE_TYPE", (_, sql) => new FakeRows(["a", "b", "c"],
            [sql.Contains("'plain'", StringComparison.Ordinal) ? ["BASE TABLE", "NO", "MyISAM"] : ["BASE TABLE", "YES", "InnoDB"]]));
        server.When("DELETE FROM seawall.applied", new FakeOk());
        server.When("SELECT 1 FROM seawall.applied", (_, sql) => new FakeRows(["1"], Applied.Contains(sql.Split('\'')[1]) ? [["1"]] : []));
        server.When("INSERT INTO seawall.applied", (session, sql) =>
        {
            var id = sql.Split('\'')[1];
            if (Applied.Contains(id))
                return new FakeError(1062, "Duplicate entry", "23000");
            OpenOf(session).Clear();
            OpenOf(session).Add(id);
            return new FakeOk(1);
        });
        server.When("INSERT INTO t ", (session, sql) =>
        {
            if (OpenOf(session) is [_, ..] open)
                open.Add(sql);
            return new FakeOk(1);
        });
        server.When("COMMIT AND NO CHAIN", (session, _) =>
        {
            Commit(session);
            return new FakeOk();
        });
        server.When("ROLLBACK", (session, _) =>
        {
            OpenOf(session).Clear();
            return null;
        });
    }

    /// <summary>What a session has open becomes true.</summary>
    internal void Commit(FakeSession session)
    {
        Applied.AddRange(OpenOf(session).Take(1));
        Committed.AddRange(OpenOf(session).Skip(1));
        OpenOf(session).Clear();
    }

    private List<string> OpenOf(FakeSession session)
    {
        if (!_open.TryGetValue(session, out var open))
            _open.Add(session, open = []);
        return open;
    }
}
