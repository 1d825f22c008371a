using System.Collections.Immutable;
using Seawall.Captures;
using Seawall.Captures.Records;
using Seawall.Engine.Captures;
using Seawall.Engine.Flow.Clients;
using Seawall.MySql.Commands;

namespace Seawall.Engine.Flow;

/// <summary>Puts what a session and a statement are into the words of captures.</summary>
internal static class CaptureWords
{
    /// <summary>What the client has set besides what its login has.</summary>
    internal static ImmutableArray<KeyValuePair<string, string>> Settings(Session session)
    {
        var pairs = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        foreach (var (name, value) in session.Settings?.Variables ?? [])
        {
            if (pairs.Count < CaptureLimits.Pairs && session.LoginSettings?[name] != value)
                pairs.Add(new(name, value));
        }
        return pairs.ToImmutable();
    }

    /// <summary>The numbers of a statement that has ended.</summary>
    internal static void Fill(ref CommandFigures figures, Statement statement, CommandDraft draft, CapturePlan plan, long now)
    {
        var session = statement.Session;
        var tally = draft.Tally;
        var facts = statement.Answer.Facts;
        var isAnswered = tally is { IsBegun: true, CompleteAt: not 0 };
        figures.Connection = session.Id;
        figures.StartUs = plan.UsOf(statement.StartedAt);
        figures.FirstByteUs = tally.FirstAt == 0 ? uint.MaxValue : Since(statement.StartedAt, tally.FirstAt, plan);
        figures.DurationUs = Since(statement.StartedAt, isAnswered ? tally.CompleteAt : now, plan);
        figures.Command = statement.Kind;
        figures.Verb = statement.Facts.Kind;
        figures.Sample = plan.OneIn > 0 ? SampleReason.Window : SampleReason.Reservoir;
        figures.End = isAnswered || statement.Shape == MySql.Results.ResponseShape.None ? CommandEnd.Answered
            : session.Wire.IsClosed || session.Wire.PeerGone ? CommandEnd.ClientLost
            : tally.IsBegun ? CommandEnd.ServerLost
            : CommandEnd.AnsweredHere;
        figures.StatementId = statement.Prepared?.Id ?? 0;
        figures.ParameterCount = (ushort)(statement.Prepared?.Parameters ?? 0);
        figures.Status = session.Status;
        if (!tally.IsBegun)
            return;
        figures.Results = tally.Results;
        figures.Rows = tally.Rows;
        figures.Affected = tally.Affected;
        figures.InsertId = facts.LastInsertId;
        figures.Warnings = facts.IsError ? (ushort)0 : facts.Warnings;
        figures.ErrorCode = facts.ErrorCode;
        figures.RowsInOrder = tally.Hasher.InOrder;
        figures.RowsInAnyOrder = tally.Hasher.InAnyOrder;
        figures.Columns = tally.Hasher.Columns;
        figures.ResponseBytes = tally.Bytes;
        figures.ResponsePackets = tally.Packets;
        if (statement.Kind != CommandKind.StatementPrepare || facts.IsError || !isAnswered)
            return;
        figures.StatementId = session.Prepared.NextId - 1;
        figures.ParameterCount = facts.Prepared.Parameters;
    }

    /// <summary>
    /// The values of a command that names a prepared statement, in a form that needs nothing else to be read: with types, which a client sends
    /// once, and without names. False when they are not all here. Good until the loop's writer is used again.
    /// </summary>
    internal static bool TryFindParameters(
        Statement statement, PreparedStatement prepared, ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> parameters)
    {
        const int BehindId = 1 + 4;
        parameters = payload[Math.Min(BehindId, payload.Length)..];
        if (statement.Kind != CommandKind.StatementExecute)
            return true;
        var count = prepared.Parameters;
        var head = ExecutionHead.Read(payload, count, statement.Session.SendsAttributes);
        parameters = default;
        if (!head.IsValid)
            return false;
        if (count == 0)
            return true;
        // Where the values of attributes begin behind those of parameters cannot be told when some of those came in pieces.
        if (head.Count != count || !(head.HasTypes || prepared.ParameterTypes is { Length: > 0 }))
            return false;
        var writer = statement.Session.Wire.Loop.Writer.Clear().Begin(0);
        head.Write(writer, count, withNames: false, prepared.ParameterTypes);
        writer.Raw(payload[head.ValuesAt..]);
        parameters = writer.OpenPayload[ExecutionHead.CountAt..];
        return true;
    }

    private static uint Since(long from, long to, CapturePlan plan) =>
        (uint)Math.Clamp((to - from) * plan.UsPerTick, 0, uint.MaxValue - 1);
}
