using Seawall.LabTests.Lab;

namespace Seawall.LabTests.Equivalence;

/// <summary>Where one session at a time plays: a schema for each side, with the same content.</summary>
internal sealed class Ground : IDisposable
{
    private const int LockWaitTimeout = 1205;
    private const int FolderNotEmpty = 1010;
    private const int PauseMs = 100;

    /// <summary>See <see cref="Plan.PrepareAttemptsMax"/>.</summary>
    internal const int AttemptsMax = 40;

    private const int LooksPerAttempt = 5;

    private readonly RawClient _keeper;
    private readonly Action? _afterwards;
    private readonly int _attemptsMax;

    internal Ground(LabServer server, int number, Action? afterwards = null, int attemptsMax = AttemptsMax)
    {
        _afterwards = afterwards;
        _attemptsMax = attemptsMax;
        Server = server;
        (Direct, Through) = Likeness.Schemas(number);
        _keeper = RawClient.Connect(server.Port, "seawall", "seawall");
    }

    internal LabServer Server { get; }

    internal string Direct { get; }

    internal string Through { get; }

    /// <summary>The script that was played here last.</summary>
    internal int LastScript { get; set; }

    /// <summary>After a difference the content is not the same any more.</summary>
    internal bool IsSpoilt { get; set; } = true;

    /// <summary>Brings the content back.</summary>
    internal void Prepare()
    {
        PrepareHere();
        // Nobody who plays here has seen what was made anew, and a replica may be behind it.
        _afterwards?.Invoke();
    }

    private void PrepareHere()
    {
        for (var attempt = 1; ; attempt++)
        {
            EndXa();
            AwaitLocks();
            // A session may have dropped or renamed what is there.
            if (!IsSpoilt && TryAgain(Direct) is null && TryAgain(Through) is null)
                return;
            IsSpoilt = true;
            if (TryNew() is not { } error)
            {
                IsSpoilt = false;
                return;
            }
            // The session before may hold a lock until Seawall has seen its client go, or have a table made in the meantime.
            if (error.Code is not (LockWaitTimeout or FolderNotEmpty) || attempt == _attemptsMax)
                throw new InvalidOperationException($"the schemas could not be prepared: {error}");
            Thread.Sleep(PauseMs);
        }
    }

    public void Dispose() => _keeper.Dispose();

    // Left behind by a session that was cut off while it had one, with its locks. As long as the server has not seen it go, nobody
    // else can end it; and who tries in the moment in which MariaDB 10.11 sees it leaves the locks there, and nothing that has them.
    private void EndXa()
    {
        for (var look = 1; look <= LooksPerAttempt * _attemptsMax; look++)
        {
            if (!_keeper.Query("xa recover").Packets.Any(row => row.Text.Contains($"{Direct}_x", default) || row.Text.Contains($"{Through}_x", default)))
                return;
            Thread.Sleep(PauseMs);
            foreach (var schema in (string[])[Direct, Through])
                _keeper.Query($"xa rollback '{schema}_x'");
        }
    }

    // Named locks of a session that has gone: a server gives them free when it sees that, and of each side it sees it at another moment. The next
    // session here would hear on one side that somebody has them and on the other that nobody does. Who is never seen to go is found out by that.
    private void AwaitLocks()
    {
        var names = new[] { Direct, Through }.SelectMany(schema => Template.Locks.Select(name => $"{schema}_{name}"));
        var question = $"select {string.Join(" and ", names.Select(name => $"is_free_lock('{name}')"))}";
        for (var look = 1; look <= LooksPerAttempt * _attemptsMax && _keeper.Query(question).FirstValue == "0"; look++)
            Thread.Sleep(PauseMs);
    }

    private RawError? TryAgain(string schema) => _keeper.Query(string.Join(';', Content.Again(schema))).Error;

    private RawError? TryNew() => ((string[])
        [
            "unlock tables; set foreign_key_checks = 1, sql_mode = '', lock_wait_timeout = 1, innodb_lock_wait_timeout = 1",
            .. Content.New(Direct, Server.Kind), .. Content.New(Through, Server.Kind),
        ])
        .Select(text => _keeper.Query(text).Error).FirstOrDefault(error => error is not null);
}
