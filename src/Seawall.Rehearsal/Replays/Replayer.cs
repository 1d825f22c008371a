using System.Text;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Seawall.Rehearsal.Logins;
using Seawall.Rehearsal.Traffics;

namespace Seawall.Rehearsal.Replays;

/// <summary>How traffic is replayed.</summary>
internal sealed record ReplayPlan
{
    /// <summary>What an account needs for a replay that only reads.</summary>
    public const string RightsToRead = "SELECT, SHOW VIEW, SHOW DATABASES, EXECUTE";

    /// <summary>What one needs for a replay that writes, on servers that are marked.</summary>
    public const string RightsToWrite = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, "
        + "CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, EVENT, TRIGGER, REFERENCES, SHOW DATABASES";

    /// <summary>How long each server is sent what is not measured, before what is.</summary>
    public const double WarmUpSeconds = 1;

    /// <summary>A pass that is shorter is gone over three times instead of twice: other work comes and goes as fast.</summary>
    public const double ShortSeconds = 30;

    /// <summary>How many times as fast as it was.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>How much of the capture is replayed, in its own seconds.</summary>
    public double SecondsMax { get; init; } = double.PositiveInfinity;

    /// <summary>How often on each server.</summary>
    public int Passes { get; init; } = 2;

    /// <summary>Whether writes are sent too.</summary>
    public bool IsWriting { get; init; }

    /// <summary>Whether a sample of each digest is explained and its rows counted.</summary>
    public bool Examines { get; init; }

    /// <summary>The same in a time that is given: all passes together have it, and each replays the same beginning of the traffic.</summary>
    public ReplayPlan Within(TimeSpan time, Traffic traffic)
    {
        var each = time.TotalSeconds * Speed / (2 * Passes);
        return each < traffic.Seconds ? this with { SecondsMax = each } : this;
    }
}

/// <summary>
/// Sends what clients sent, when they did (or faster or slower, evenly), on as many connections, each with its own login. A connection's commands
/// wait for the answer before, as the client did; connections wait for nobody. Nothing is tried again.
/// </summary>
internal sealed class Replayer(ReplayScript script, ReplayPlan plan, ReplayLedger ledger, TimeProvider time)
{
    /// <summary>Connections at one time; beyond it this machine would be what is measured.</summary>
    private const int OpenMax = 10_000;

    // What was there before is connected before the clock runs, a few at a time.
    private const int BeforehandAtOnce = 16;

    // How often connections that have ended are forgotten.
    private const int SweepEach = 256;

    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(1);

    // Not asked for: the replay writes executions without names, and reads definitions whole.
    private const Capabilities Unwanted = Capabilities.QueryAttributes | Capabilities.MariaDbCachedMetadata | Capabilities.LocalFiles
        | Capabilities.OptionalMetadata | Capabilities.MariaDbExtendedMetadata | Capabilities.MariaDbProgress;

    // What decides answers, and not how a login goes: as the client had it. MySQL 5.6 refuses each change of the user after a login with attributes.
    private const Capabilities Kept = Capabilities.FoundRows | Capabilities.IgnoreSpace | Capabilities.MultiStatements | Capabilities.Interactive
        | Capabilities.ConnectAttributes | Capabilities.MariaDbBulk;

    private long _began;
    private int _open;
    private int _answered;

    /// <summary>Commands that were answered so far, in this pass.</summary>
    public int Answered => _answered;

    /// <summary>One pass. <paramref name="login"/> says how a connection logs in.</summary>
    public async Task Run(ReplayPass pass, Func<TrafficConnection, LoginPlan> login, CancellationToken cancel)
    {
        ledger.Begin(pass);
        _answered = 0;
        var turns = script.IsWriting ? new CommitTurns(Taken().Select(one => one.Turn), script.Turns, CommitTurns.Patience, time) : null;
        var all = script.Connections.Where(one => !one.Connection.HasFailed && one.Connection.At < plan.SecondsMax).ToArray();
        var there = await Beforehand(pass, [.. all.Where(one => one.Connection.WasThere)], login, cancel);
        _began = time.GetTimestamp();
        var tasks = there.Select(one => Serve(pass, one.Script, one.Probe, login, turns, cancel)).ToList();
        try
        {
            foreach (var one in all.Where(one => !one.Connection.WasThere).OrderBy(one => one.Connection.At))
            {
                await Until(one.Connection.At, cancel);
                if (tasks.Count % SweepEach == 0)
                    tasks.RemoveAll(task => task.IsCompletedSuccessfully);
                tasks.Add(Connect(pass, one, login, turns, cancel));
            }
        }
        finally
        {
            // Whoever ended it: no connection outlives the pass.
            await Task.WhenAll(tasks);
        }
        ledger.OutOfOrder += turns?.Late ?? 0;
    }

    private IEnumerable<ScriptedCommand> Taken() => script.Connections.Where(one => !one.Connection.HasFailed && one.Connection.At < plan.SecondsMax)
        .SelectMany(one => one.Commands).Where(one => one.Turn > 0 && one.Command.At < plan.SecondsMax);

    private async Task<List<(ScriptedConnection Script, LoginProbe Probe)>> Beforehand(
        ReplayPass pass, IReadOnlyList<ScriptedConnection> connections, Func<TrafficConnection, LoginPlan> login, CancellationToken cancel)
    {
        var open = new List<(ScriptedConnection, LoginProbe)>();
        try
        {
            foreach (var some in connections.Chunk(BeforehandAtOnce))
            {
                var probes = await Task.WhenAll(some.Select(one => LoginProbe.Run(Fit(one.Connection, login), time, cancel)));
                open.AddRange(some.Zip(probes));
            }
            return open;
        }
        catch
        {
            foreach (var (_, probe) in open)
                probe.Dispose();
            throw;
        }
    }

    private async Task Connect(
        ReplayPass pass, ScriptedConnection one, Func<TrafficConnection, LoginPlan> login, CommitTurns? turns, CancellationToken cancel)
    {
        if (turns is not null)
            await turns.Reach(one.After, cancel);
        var (late, began) = (turns is null ? Late(one.Connection.At) : 0, time.GetTimestamp());
        if (Interlocked.Increment(ref _open) > OpenMax)
        {
            ledger.Add(pass, new(0, late, new LoginOutcome(LoginEnd.Unreachable, 0, "too many connections on this machine")));
            Skip(pass, one.Commands, turns);
            Interlocked.Decrement(ref _open);
            return;
        }
        try
        {
            var probe = await LoginProbe.Run(Fit(one.Connection, login), time, cancel);
            ledger.Add(pass, new(late + time.GetElapsedTime(began).TotalMilliseconds, late, probe.Trace.Outcome));
            await Serve(pass, one, probe, login, turns, cancel);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private async Task Serve(
        ReplayPass pass, ScriptedConnection one, LoginProbe probe, Func<TrafficConnection, LoginPlan> login, CommitTurns? turns, CancellationToken cancel)
    {
        var done = 0;
        try
        {
            if (!probe.Trace.Outcome.IsIn)
                return;
            var session = new ReplaySession(probe, new ProbeSession(probe, time), time);
            if (!await Prepare(session, one.Connection, cancel))
                return;
            var before = Now;
            for (; done < one.Commands.Count && !session.IsLost && one.Commands[done].Command.At < plan.SecondsMax; done++)
            {
                var command = one.Commands[done];
                if (!command.IsSent)
                    continue;
                await Until(command.Command.At, cancel);
                if (command.Command.Kind == CommandKind.ChangeUser)
                    await Change(pass, session, one.Connection, command, before, login, turns, cancel);
                else
                    await Do(pass, session, command, done + 1 < one.Commands.Count ? one.Commands[done + 1] : null, before, turns, cancel);
                before = Now;
            }
            if (one.Connection.Ended is { } ended && !session.IsLost)
                await Until(Math.Min(ended, plan.SecondsMax), cancel);
        }
        finally
        {
            if (!cancel.IsCancellationRequested)
                Skip(pass, one.Commands.Skip(done), turns);
            await probe.Leave(cancel.IsCancellationRequested ? cancel : CancellationToken.None);
        }
    }

    // Functions and views may write although no text shows it: a replay that only reads has its sessions read-only.
    // One that cannot be made so sends nothing.
    private async Task<bool> Prepare(ReplaySession session, TrafficConnection connection, CancellationToken cancel)
    {
        if (!await Guard(session, cancel))
            return false;
        foreach (var (name, value) in connection.Settings)
            await session.Own(SettingText(name, value), cancel);
        return true;
    }

    private async Task<bool> Guard(ReplaySession session, CancellationToken cancel) =>
        script.IsWriting || await session.Own("SET SESSION TRANSACTION READ ONLY", cancel);

    /// <summary>The statement that gives a variable its value; quotes are right for numbers as well, where a server takes them.</summary>
    internal static string SettingText(string name, string value)
    {
        var isNumber = value.Length > 0 && value.All(char.IsAsciiDigit);
        var clean = new string([.. name.Where(one => char.IsAsciiLetterOrDigit(one) || one == '_')]);
        var quoted = value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal);
        return $"SET SESSION {clean} = {(isNumber ? value : $"'{quoted}'")}";
    }

    private async Task Do(
        ReplayPass pass, ReplaySession session, ScriptedCommand command, ScriptedCommand? next, double before, CommitTurns? turns, CancellationToken cancel)
    {
        // It comes after all that was committed when it came then, and does what it does in that order; what it waits for is no lateness.
        if (turns is not null)
            await (command.Turn > 0 ? turns.Wait(command.Turn, cancel) : turns.Reach(command.After, cancel));
        var late = turns is not null ? 0 : Math.Max(0, (Now - Math.Max(before, command.Command.At / plan.Speed)) * 1e3);
        var at = time.GetTimestamp();
        var answer = await session.Do(command, cancel);
        var us = time.GetElapsedTime(at).TotalMicroseconds;
        if (command.Turn > 0)
            turns?.Done(command.Turn);
        if (command.Command.Kind == CommandKind.ResetConnection && !await Guard(session, cancel))
            session.GiveUp();
        if (answer is null)
            return;
        if (answer is { Warnings: > 0, IsOk: true } && command.IsCompared && pass.Number == 0 && next?.Nature is not { AsksForPrevious: true })
            answer = answer with { WarningCodes = await session.Warnings(cancel) };
        ledger.Add(pass, command, answer, us, late);
        Interlocked.Increment(ref _answered);
    }

    // As the account and by the driver by which such a user would log in.
    private async Task Change(
        ReplayPass pass, ReplaySession session, TrafficConnection connection, ScriptedCommand command, double before,
        Func<TrafficConnection, LoginPlan> login, CommitTurns? turns, CancellationToken cancel)
    {
        if (turns is not null)
            await turns.Reach(command.After, cancel);
        var to = login(connection with { User = Encoding.UTF8.GetString(command.Command.Text.Span), Schema = command.Command.Schema });
        var late = turns is not null ? 0 : Math.Max(0, (Now - Math.Max(before, command.Command.At / plan.Speed)) * 1e3);
        var at = time.GetTimestamp();
        var change = await session.ChangeUser(to, cancel);
        ledger.Add(pass, new ReplayedChange(time.GetElapsedTime(at).TotalMilliseconds, change), late);
        if (!session.IsLost && !await Guard(session, cancel))
            session.GiveUp();
        Interlocked.Increment(ref _answered);
    }

    private void Skip(ReplayPass pass, IEnumerable<ScriptedCommand> commands, CommitTurns? turns)
    {
        foreach (var command in commands.Where(one => one.IsSent && one.Command.At < plan.SecondsMax))
        {
            ledger.AddUnanswered(pass);
            if (command.Turn > 0)
                turns?.Done(command.Turn);
        }
    }

    private double Now => time.GetElapsedTime(_began).TotalSeconds;

    private double Late(double due) => Math.Max(0, (Now - (due / plan.Speed)) * 1e3);

    private async Task Until(double due, CancellationToken cancel)
    {
        while ((due / plan.Speed) - Now is > 0 and var left)
            await Task.Delay(left > 0.002 ? TimeSpan.FromSeconds(Math.Min(left - 0.001, 3600)) : s_pace, time, cancel);
        cancel.ThrowIfCancellationRequested();
    }

    private static LoginPlan Fit(TrafficConnection connection, Func<TrafficConnection, LoginPlan> login)
    {
        var plan = login(connection);
        var (wanted, always) = (plan.Profile.Wanted & ~Unwanted, plan.Profile.Always & ~Unwanted);
        if (connection.Capabilities != Capabilities.None)
            (wanted, always) = ((wanted & ~Kept) | (connection.Capabilities & Kept), always & ~Kept);
        // MariaDB's own half is read where this bit is not said.
        if (wanted.HasFlag(Capabilities.MariaDbBulk))
            (wanted, always) = (wanted & ~Capabilities.ClientMySql, always & ~Capabilities.ClientMySql);
        return plan with { Profile = plan.Profile with { Wanted = wanted, Always = always } };
    }
}
