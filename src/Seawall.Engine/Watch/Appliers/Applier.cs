using Microsoft.Extensions.Logging;
using Seawall.Engine.Deferrals;
using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;
using Seawall.Engine.Telemetry.Views;

namespace Seawall.Engine.Watch.Appliers;

/// <summary>What an applier works with.</summary>
internal sealed record ApplierContext(
    Loop Loop, FactsBoard Board, SettingsTable Settings, ILearntAccounts Learnt, Func<ServerId, PoolContext> ContextOf,
    Func<ServerId, Sluice> SluiceOf, DeferralDesk Desk, Func<DeferralOptions> Options, ILogger Logger);

/// <summary>
/// Runs deferred statements at the primary: those of one account and key in their order, several lanes at a time, only while there is room to
/// spare. Control loop only.
/// </summary>
internal sealed class Applier(ApplierContext context)
{
    /// <summary>Statements that failed and are kept in memory for people to see; the file beside the journal has more.</summary>
    internal const int DeadLettersMax = 1_000;

    /// <summary>Rows that are taken away at once: a statement of some 10 KiB.</summary>
    private const int SweepBatch = 200;

    /// <summary>Attempts of one statement: after 100 ms, then twice as long each time, up to this.</summary>
    private const int RestMsMax = 10_000;

    private const int RestMs = 100;

    private readonly Dictionary<string, ApplierAccount> _accounts = new(StringComparer.Ordinal);
    private readonly List<ApplierLine> _lines = [];
    private readonly Queue<(Settlement Settlement, long AtUs)> _dead = new();
    private readonly HashSet<string> _said = [];

    /// <summary>Whether it is over.</summary>
    internal bool IsStopped { get; private set; }

    /// <summary>What it works with.</summary>
    internal ApplierContext Context => context;

    /// <summary>The server that it runs them at; null while there is none.</summary>
    internal ServerId? Server => context.Board.Current is { Topology.TakesWrites: true, Primary: { } primary } ? primary.Id : null;

    /// <summary>The accounts that it has statements of.</summary>
    internal IEnumerable<ApplierAccount> Accounts => _accounts.Values;

    /// <summary>Statements that failed, the newest last.</summary>
    internal IEnumerable<(Settlement Settlement, long AtUs)> DeadLetters => _dead;

    /// <summary>Whether there is room to spare at the server.</summary>
    internal bool HasRoom => Server is { } server && context.SluiceOf(server).HasRoomToSpare;

    /// <summary>Takes up what the journal has, and what it gets from now on.</summary>
    internal void Start(IDeferralJournal journal)
    {
        foreach (var letter in journal.DeadLetters.TakeLast(DeadLettersMax))
            _dead.Enqueue(letter);
        Take(journal.Unsettled);
        foreach (var settlement in journal.Ended)
            Sweep(settlement);
        journal.Start(
            accepted => context.Loop.Post(LoopJob.From(_ => Take(accepted))),
            settled => context.Loop.Post(LoopJob.From(_ =>
            {
                foreach (var settlement in settled)
                    Sweep(settlement);
                Wake();
            })));
        new Pulse(this).Start();
    }

    /// <summary>Ends: what runs ends first.</summary>
    internal void Stop()
    {
        IsStopped = true;
        foreach (var line in _lines.ToArray())
            line.Wake();
    }

    /// <summary>
    /// The account that a line should work for: its own as long as that has something, otherwise the one that comes next. Null when nobody has
    /// anything to do now.
    /// </summary>
    internal ApplierAccount? Next(ApplierAccount? own)
    {
        var nowMs = context.Loop.NowMs;
        if (own is not null && own.HasTurn(nowMs))
            return own;
        foreach (var account in _accounts.Values)
        {
            if (account.HasTurn(nowMs) && !_lines.Exists(line => line.Account == account))
                return account;
        }
        return _accounts.Values.FirstOrDefault(account => account.HasTurn(nowMs))
            ?? (own is { Swept.Count: > 0 } && nowMs >= own.NotBeforeMs ? own : null)
            ?? _accounts.Values.FirstOrDefault(account => account.Swept.Count > 0 && nowMs >= account.NotBeforeMs);
    }

    /// <summary>The account as it may log in now; null, and why, when it cannot.</summary>
    internal Account? Find(string user, out string problem)
    {
        var account = context.Board.Current.Accounts.Find(user) ?? context.Learnt.Find(user);
        problem = account is null
            ? $"account '{user}' is not known to Seawall now"
            : $"account '{user}' has not logged in since Seawall started, so that its password is not known";
        return account is { Secrets: { Password: null, NativeKey: null, Sha2Key: null } } ? null : account;
    }

    /// <summary>The whole account waits.</summary>
    internal void Block(ApplierAccount account, string problem)
    {
        account.NotBeforeMs = context.Loop.NowMs + RestOf(account.Failures++);
        account.Problem = problem;
        if (account.Lanes.Count > 0 && _said.Add($"{account.User}: {problem}"))
            EngineLog.DeferralWaits(context.Logger, account.User, account.Lanes.Values.Sum(lane => lane.Waiting.Count), problem);
    }

    /// <summary>The account can log in, and its statements run.</summary>
    internal void Unblock(ApplierAccount account)
    {
        account.Failures = 0;
        if (account.Problem is { } problem)
            _said.Remove($"{account.User}: {problem}");
        account.Problem = null;
    }

    /// <summary>An attempt has ended; the lane is somebody's turn again.</summary>
    internal void Note(ApplierLane lane, ApplyOutcome outcome)
    {
        var statement = lane.Waiting.Peek();
        lane.IsInDoubt = outcome.Result == ApplyResult.Unknown;
        switch (outcome.Result)
        {
            case ApplyResult.Applied:
                Settle(lane, new Settlement(statement, DeferralEnd.Applied));
                break;
            case ApplyResult.Refused:
                if (outcome.IsTable)
                    context.Desk.NoteUnsafe($"{statement.TableSchema}.{statement.Table}");
                Settle(lane, new Settlement(statement, DeferralEnd.Failed, outcome.Code, outcome.Message));
                break;
            case ApplyResult.Blocked:
                Block(lane.Account, outcome.Message);
                lane.Account.Ready.Enqueue(lane);
                break;
            case ApplyResult.Later:
            case ApplyResult.Unknown:
                lane.Account.Resting.Enqueue(lane, context.Loop.NowMs + RestOf(lane.Failures++));
                break;
        }
    }

    /// <summary>Gives a statement up for its age; false when it is young, or nobody knows whether it has run.</summary>
    internal bool TryExpire(ApplierLane lane)
    {
        var statement = lane.Waiting.Peek();
        var ageMs = (NowUs - statement.AcceptedUs) / 1_000;
        if (lane.IsInDoubt || ageMs <= context.Options().AgeMsMax)
            return false;
        Settle(lane, new Settlement(statement, DeferralEnd.Expired,
            Message: $"it was {ageMs} ms old (deferral.age_ms_max = {context.Options().AgeMsMax}){(lane.Account.Problem is { } why ? $": {why}" : "")}"));
        return true;
    }

    /// <summary>A line has ended.</summary>
    internal void Ended(ApplierLine line)
    {
        _lines.Remove(line); // Whoever comes next is woken by the pulse: a bug here must not become a loop.
    }

    /// <summary>Takes ids whose rows are needed no more, at most as many as go at once.</summary>
    internal static List<string> TakeSwept(ApplierAccount account)
    {
        var taken = account.Swept.Take(SweepBatch).ToList();
        account.Swept.RemoveRange(0, taken.Count);
        return taken;
    }

    /// <summary>Whether enough of them have come together, or there is nothing else to do.</summary>
    internal bool MaySweep(ApplierAccount account) =>
        account.Swept.Count >= SweepBatch || (account.Swept.Count > 0 && !account.HasTurn(context.Loop.NowMs));

    private static long RestOf(int failures) => Math.Min(RestMs << Math.Min(failures, 20), RestMsMax);

    private long NowUs => (context.Loop.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private void Take(IReadOnlyList<DeferredStatement> statements)
    {
        foreach (var statement in statements)
        {
            var account = AccountOf(statement.User);
            if (!account.Lanes.TryGetValue(statement.Key, out var lane))
            {
                lane = new ApplierLane(account, statement.Key);
                account.Lanes.Add(statement.Key, lane);
                account.Ready.Enqueue(lane);
            }
            lane.Waiting.Enqueue(statement);
        }
        Wake();
    }

    private ApplierAccount AccountOf(string user)
    {
        if (!_accounts.TryGetValue(user, out var account))
            _accounts.Add(user, account = new ApplierAccount(user));
        return account;
    }

    // Before the next of the lane runs, or at the same time: when it gets lost, the row at the server says the same.
    private void Settle(ApplierLane lane, Settlement settlement)
    {
        lane.Waiting.Dequeue();
        lane.Failures = 0;
        if (lane.Waiting.Count > 0)
            lane.Account.Ready.Enqueue(lane);
        else
            lane.Account.Lanes.Remove(lane.Key);
        context.Desk.TallyOf(settlement.Statement.Rule).Note(settlement.End);
        context.Desk.Journal!.Settle(settlement);
        if (settlement.End == DeferralEnd.Applied)
            return;
        _dead.Enqueue((settlement, NowUs));
        while (_dead.Count > DeadLettersMax)
            _dead.Dequeue();
        EngineLog.DeferralFailed(context.Logger, settlement.Statement.Id, settlement.Statement.Rule, settlement.Statement.User,
            settlement.Code, SnakeCase.Of(settlement.End));
    }

    // Only of those that have run: the others have left no row.
    private void Sweep(Settlement settlement)
    {
        if (settlement.End == DeferralEnd.Applied)
            AccountOf(settlement.Statement.User).Swept.Add(settlement.Statement.Id);
    }

    private void Wake()
    {
        if (IsStopped)
            return;
        foreach (var line in _lines.ToArray()) // One that is woken may end at once.
            line.Wake();
        while (_lines.Count < context.Options().ConnectionsMax && Next(null) is not null
            && _lines.Count < Math.Max(1, _accounts.Values.Sum(account => account.Ready.Count)))
        {
            var line = new ApplierLine(this);
            _lines.Add(line);
            line.Run().Forget(context.Loop.Report);
        }
    }

    // Whoever rests has no timer of his own.
    private sealed class Pulse(Applier applier) : TimerNode
    {
        private const int EveryMs = 100;

        internal void Start() => applier.Context.Loop.Arm(this, EveryMs);

        protected internal override void OnDue()
        {
            if (applier.IsStopped)
                return;
            applier.Wake();
            Start();
        }
    }
}
