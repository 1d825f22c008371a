using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// Keeps the answers to reads of groups that may be answered from these in a brown-out, and answers from them. Everything that can be seen and
/// shapes an answer must be the same; what a view or a stored function asks for cannot be seen, and whoever names the group vouches for it. One
/// for each loop.
/// </summary>
internal sealed class Keeping(FrontDoor door, KeptAnswers answers, Func<Measures> measures)
{
    /// <summary>One is kept anew when the one that is kept has had this part of its time: copying each would be for nothing.</summary>
    private const int RenewPart = 4;

    /// <summary>Longer than any turn of a loop, within which its own clock stands still.</summary>
    private const int TurnMsMax = 10_000;

    /// <summary>Records that wait to be used again.</summary>
    private const int SparesMax = 16;

    // Whose answers say who asks, or are to be different each time. Parts of names: in doubt it is not kept.
    private static readonly byte[][] s_words =
        ["uuid"u8.ToArray(), "rand"u8.ToArray(), "sys_guid"u8.ToArray(), "random_bytes"u8.ToArray(), "sql_no_cache"u8.ToArray()];

    private readonly Stack<AnswerRecord> _spares = new();

    /// <summary>Answers a statement from what is kept; false when there is nothing, or nothing for it.</summary>
    internal bool TryAnswer(Statement statement, BrownoutGroup group)
    {
        if (Find(statement, group.KeepMsMax) is not { } answer)
            return false;
        var session = statement.Session;
        Bequest.NoteKeptAnswer(session, (long)answer.Rows);
        door.Meter.KeptAnswers++;
        session.Wire.Send(answer.Bytes);
        return true;
    }

    /// <summary>Whether it would be.</summary>
    internal bool CouldAnswer(Statement statement, BrownoutGroup group) => Find(statement, group.KeepMsMax) is not null;

    /// <summary>Its answer is to be kept, if it may be and is not kept already.</summary>
    internal void Want(Statement statement, Hold hold)
    {
        var loop = door.Loop;
        if (statement.Answer.Record is not null || !MayBeKept(statement)
            || Known(statement, hold.KeepMsMax / RenewPart) is not null)
            return;
        statement.Hold(); // Its text is its name.
        var record = _spares.TryPop(out var spare) ? spare : new AnswerRecord(KeptAnswers.AnswerBytesMax);
        record.BegunMs = loop.NowMs;
        statement.Answer.Record = record;
    }

    /// <summary>The statement has been answered, or not.</summary>
    internal void Note(Statement statement, bool isComplete)
    {
        if (statement.Answer.Record is { } record && isComplete && IsSame(statement) && record.Bytes is { IsEmpty: false } bytes)
        {
            answers.Add(new KeptAnswer(KeyOf(statement), statement.Text.ToArray(), bytes.ToArray(), statement.Answer.Facts.Rows, record.BegunMs,
                statement.IsOnReplica), measures().Options.KeptBytesMax);
        }
    }

    /// <summary>It has ended. Whatever it was, if it may have written, nothing older is for this session.</summary>
    internal void End(Statement statement)
    {
        if (statement.Answer.Record is { } record)
        {
            statement.Answer.Record = null;
            record.Clear();
            if (_spares.Count < SparesMax)
                _spares.Push(record);
        }
        if (!statement.Facts.IsHarmless && MayWrite(statement))
            statement.Session.WroteMs = measures().KeepsAnswers ? door.Loop.ClockMs : door.Loop.NowMs + TurnMsMax;
    }

    // Whatever is not certain not to: most programs begin with SET or a schema, and would find nothing that is old enough.
    private static bool MayWrite(Statement statement)
    {
        const StatementTraits Hides = StatementTraits.Anything | StatementTraits.Compound | StatementTraits.CallsProcedure
            | StatementTraits.ExecutesText | StatementTraits.CallsUnknownFunction | StatementTraits.UsesSequence;
        var facts = statement.Facts;
        var isKnown = statement.Kind is CommandKind.InitDb or CommandKind.StatementPrepare || facts is
        {
            Statements: <= 1,
            Kind: StatementKind.Set or StatementKind.Use or StatementKind.Begin or StatementKind.Select or StatementKind.Values or StatementKind.Table
                or StatementKind.Show or StatementKind.Describe or StatementKind.Explain or StatementKind.Do or StatementKind.Empty,
        };
        // With a transaction open, some of these end it.
        return !isKnown || statement.WasInTransaction || (facts.Traits & Hides) != 0;
    }

    private KeptAnswer? Find(Statement statement, int ageMsMax) => MayBeKept(statement) ? Known(statement, ageMsMax) : null;

    private KeptAnswer? Known(Statement statement, int ageMsMax)
    {
        var session = statement.Session;
        var answer = answers.Find(KeyOf(statement), statement.Text, door.Loop.NowMs - ageMsMax);
        // What the session has written is in whatever began afterwards, if the primary has answered it; a replica may have been late.
        return answer is null || (session.WroteMs != 0 && (answer.IsOfReplica || answer.BegunMs <= session.WroteMs)) ? null : answer;
    }

    // Nothing of the session may be part of its answer that the key does not have, and nothing of the answer may stay with the session.
    private static bool MayBeKept(Statement statement)
    {
        var session = statement.Session;
        return statement is { Kind: CommandKind.Query, IsWhole: true, ReplySequence: 1, IsKilled: false, Traces: null, Recast: null }
            && Placement.OfText(CommandKind.Query, statement.Facts) == PlaceReason.None
            && statement.Facts is { Kind: StatementKind.Select or StatementKind.With, Statements: 1 }
            && (statement.Facts.Hints & (StatementHints.HasFrom | StatementHints.HidesFoundRows)) == StatementHints.HasFrom
            && (statement.Attributes.IsEmpty || statement.Attributes[0] == 0)
            && statement.Decision.Needs == PreviousFacts.None
            && session is { InTransaction: false, Lease: null, Pins: null, KeepsFacts: false, HasStatusInDoubt: false, Owed: null, Untold: null }
            && session.Status.HasFlag(ServerStatus.Autocommit)
            && (session.Settings.Schema is null || !Placement.IsOfServer(session.Settings.Schema))
            && !NamesWhatDiffers(statement.Text);
    }

    // The answer is nothing but rows, and says nothing of its session.
    private static bool IsSame(Statement statement)
    {
        const ServerStatus Other = ServerStatus.InTransaction | ServerStatus.MoreResults | ServerStatus.CursorExists
            | ServerStatus.SessionStateChanged | ServerStatus.OutParameters;
        var facts = statement.Answer.Facts;
        return facts is { HasStatus: true, IsError: false, HadWarnings: false, HasSessionChanges: false, HasNamelessChange: false, OwesReport: false }
            && (facts.Status & Other) == 0 && facts.Status.HasFlag(ServerStatus.Autocommit)
            && statement is { Cancellation: null, Traces: null, Recast: null, SequenceShift: 0, NeedsCleanDiagnostics: false }
            && ReferenceEquals(statement.Session.Settings, statement.SettingsBefore);
    }

    private static AnswerKey KeyOf(Statement statement) => new(statement.Session.Account!, statement.Session.Settings,
        (ulong)statement.Session.Capabilities, statement.Session.GlobalsEpoch, statement.Server.Version!.IsMariaDb, KeptAnswers.HashOf(statement.Text));

    private static bool NamesWhatDiffers(ReadOnlySpan<byte> text)
    {
        foreach (var word in s_words)
        {
            for (var i = 0; i + word.Length <= text.Length; i++)
            {
                if (System.Text.Ascii.EqualsIgnoreCase(text.Slice(i, word.Length), word))
                    return true;
            }
        }
        return false;
    }
}
