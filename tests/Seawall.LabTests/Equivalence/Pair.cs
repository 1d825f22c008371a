using System.Net.Sockets;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;

namespace Seawall.LabTests.Equivalence;

/// <summary>One script's session on both sides.</summary>
internal sealed class Pair : IDisposable
{
    private readonly Ground _ground;
    private bool _hasHadRole;
    private bool _isResetWithRole;
    private bool _hasHadNoSchema;
    private readonly Side _direct;
    private readonly Side _through;
    private readonly Tally _tally;
    private readonly string[] _prepared = [.. Enumerable.Repeat("", Model.SlotCount)];
    private bool _hasOwnError;
    private bool _isOfRange;

    internal Pair(Ground ground, int throughPort, Script script, Tally tally)
    {
        Script = script;
        _ground = ground;
        _tally = tally;
        _direct = new Side(ground.Server.Port, ground.Direct, script);
        _through = new Side(throughPort, ground.Through, script);
        if (_direct.Refusal is not null || _through.Refusal is not null)
            throw new InvalidOperationException($"a login was refused: {_direct.Refusal}, {_through.Refusal}");
        // A server's thread remembers FOUND_ROWS() of the connection that it served before, and its warnings until a table is used.
        Ask(Step.Query("select 1 from information_schema.engines limit 1"));
    }

    internal Script Script { get; }

    /// <summary>Hears what was answered to each step.</summary>
    internal Action<string>? Say { get; init; }

    /// <summary>Both sides have ended the connection, or are no longer alike by what is known to differ.</summary>
    internal bool IsOver { get; private set; }

    /// <summary>Does a step on both sides and compares.</summary>
    internal Difference? Do(Step step)
    {
        Send(step);
        return Read(step);
    }

    internal void Send(Step step)
    {
        _direct.Send(step);
        _through.Send(step);
    }

    /// <summary>Whether Seawall's answer to what was sent has begun, or begins within this time.</summary>
    internal bool HasAnswer(Step step, int waitMs) =>
        step.Kind is CommandKind.Connect or CommandKind.StatementClose or CommandKind.StatementSendLongData || _through.HasAnswer(waitMs);

    internal Difference? Read(Step step)
    {
        var (server, seawall) = (Read(_direct, "the server", step), Read(_through, "Seawall", step));
        _tally.Count(step);
        Say?.Invoke($"{Script.Number}: {step}\n  {string.Join("\n  ", Likeness.Shown(step, server))}");
        Say?.Invoke($" through Seawall\n  {string.Join("\n  ", Likeness.Shown(step, seawall))}");
        _hasHadRole |= step.Text.Contains("set role", StringComparison.OrdinalIgnoreCase);
        _isResetWithRole |= _hasHadRole && step.Kind is (CommandKind.ResetConnection or CommandKind.ChangeUser);
        _hasHadNoSchema |= step is { Kind: CommandKind.ChangeUser, Text: "" };
        NoteOwnError(step, seawall);
        NoteRange(step);
        IsOver = server.IsClosed && seawall.IsClosed;
        if (seawall.Packets.Error?.Message.Contains("no free connection", StringComparison.Ordinal) == true)
            throw new TimeoutException($"script {Script.Number}: {step}: {seawall.Packets.Error}");
        if (Likeness.Compare(step, server, seawall) is not { } difference)
            return null;
        var past = new KnownPast(_hasOwnError, _isResetWithRole, _hasHadNoSchema, _isOfRange, _ground.Server.Kind == LabKind.MySql56);
        if ((KnownDifferences.Name(past, difference, seawall) ?? NameOfPlan(difference)) is not { } known)
            return difference;
        _tally.CountKnown(known);
        if (KnownDifferences.IsHarmless(known))
            return null;
        // One side has run the statement and the other has not, and neither what it said nor what it did can be made the same.
        IsOver = _ground.IsSpoilt = true;
        return null;
    }

    // What names no statement, or one that there is not, is answered by Seawall: until the next statement its error is alone.
    private void NoteOwnError(Step step, SideAnswer seawall)
    {
        if (_ground.Server.Kind != LabKind.MySql97)
            return;
        if (seawall.Packets.Error is { Code: 1047 or 1210 or 1243 or 1421 } && step.Kind != CommandKind.Query)
            _hasOwnError = true;
        else if (step.Kind == CommandKind.Query && !KnownDifferences.AsksForDiagnostics(step))
            _hasOwnError = false;
    }

    private void NoteRange(Step step)
    {
        if (step.Kind == CommandKind.StatementPrepare)
            _prepared[step.Slot] = step.Text;
        if (_ground.Server.Kind != LabKind.MySql97 || (step.Kind == CommandKind.Query && KnownDifferences.AsksForDiagnostics(step)))
            return;
        _isOfRange = step.Kind == CommandKind.Query ? KnownDifferences.ChangesRange(step.Text)
            : step.Kind == CommandKind.StatementExecute && KnownDifferences.ChangesRange(_prepared[step.Slot]);
    }

    /// <summary>What both sides say of warnings.</summary>
    internal string Warnings()
    {
        var said = Ask(Step.Query("show warnings")).Select(answer => answer.Packets.Packets.Count <= 5 ? "none"
            : string.Join(" / ", answer.Packets.Packets.Skip(4).SkipLast(1).Select(packet => packet.Text)));
        return string.Join("\n            ", said);
    }

    // Asked right behind it, both sides tell how they read it.
    private string? NameOfPlan(Difference difference)
    {
        if (_ground.Server.Kind == LabKind.MariaDb || !ServerPlan.CanExplain(difference.Step)
            || !ServerPlan.DifferByFlags(difference.Server, difference.Seawall))
        {
            return null;
        }
        var plans = Ask(ServerPlan.Explain(difference.Step)).Select(answer => ServerPlan.Read(answer.Packets)).ToArray();
        return plans.Contains(null) || plans[0] == plans[1] ? null : KnownDifferences.ColumnOfPlan;
    }

    private SideAnswer[] Ask(Step step)
    {
        Send(step);
        return [_direct.Read(step), _through.Read(step)];
    }

    private SideAnswer Read(Side side, string name, Step step)
    {
        try
        {
            return side.Read(step);
        }
        catch (SocketException)
        {
            throw new TimeoutException($"no answer of {name} to script {Script.Number}: {step}");
        }
    }

    public void Dispose()
    {
        _direct.Dispose();
        _through.Dispose();
    }
}
