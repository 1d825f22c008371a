using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow.Clients;

/// <summary>A statement that a client has prepared. Nothing of it is on a server until it is executed there.</summary>
internal sealed class PreparedStatement(uint id, PreparedText text, StatementFacts facts, int parameters)
{
    /// <summary>The client's number for it.</summary>
    internal uint Id { get; } = id;

    /// <summary>What was prepared.</summary>
    internal PreparedText Text { get; } = text;

    /// <summary>What the lexer says of it.</summary>
    internal StatementFacts Facts { get; } = facts;

    /// <summary>What to count its executions by.</summary>
    internal ulong Shape { get; } = StatementShape.Of(text.Text);

    /// <summary>How many parameters it has.</summary>
    internal int Parameters { get; } = parameters;

    /// <summary>
    /// Whether no other statement of the same text shares the server's with it. To prepare what sets a user variable gives that another character
    /// set, so it must not be done once more because another one has a piece of a parameter there, or a cursor. Its session is pinned.
    /// </summary>
    internal bool IsAlone { get; } = (facts.Traits & StatementTraits.UserVariableWrite) != 0;

    /// <summary>
    /// The types of the parameters as the client sent them last, two bytes each: a client sends them once, and another
    /// server connection must be told again.
    /// </summary>
    internal byte[]? ParameterTypes { get; set; }

    /// <summary>What its text has that the client did not write; null when there is nothing.</summary>
    internal FactTraces? Traces { get; init; }

    /// <summary>The number of its digest, once <see cref="IsDigested"/>; null when it cannot be told.</summary>
    internal ulong? Digest { get; set; }

    /// <summary>Whether somebody has wanted to know <see cref="Digest"/>.</summary>
    internal bool IsDigested { get; set; }

    /// <summary>Whether Seawall answers it itself: no server has it.</summary>
    internal bool IsOwn { get; init; }

    /// <summary>Whether a piece was sent for a parameter that there is not: until it is reset it cannot be executed.</summary>
    internal bool HasStrayPiece { get; set; }

    /// <summary>Whether a piece could be given to no server: the next execution would be another one without it.</summary>
    internal bool HasLostPiece { get; set; }

    /// <summary>An execution has come: what it tells of types holds for those after it, whatever becomes of it.</summary>
    internal void NoteTypes(in ExecutionHead head)
    {
        if (!head.HasTypes || Parameters == 0 || head.Count < Parameters)
            return;
        if (ParameterTypes is not { } known || !head.TypesAre(known))
            ParameterTypes = head.CopyTypes(Parameters);
    }
}

/// <summary>The prepared statements of one client.</summary>
internal sealed class PreparedStatements
{
    /// <summary>
    /// As many as one client may have; half of the default of the server's own limit for everybody (16,382), so that one
    /// client cannot use it up.
    /// </summary>
    internal const int CountMax = 8191;

    /// <summary>
    /// As long as the texts of one client may be together: they are kept, to be prepared again elsewhere, and 8,191 of the
    /// longest would be 8 GiB. An application has some thousand statements of a few kilobytes.
    /// </summary>
    internal const int BytesMax = 64 * 1024 * 1024;

    // MariaDB's number for the statement that was prepared last: its drivers send the execution along with the preparation.
    private const uint LastId = uint.MaxValue;

    private readonly Dictionary<uint, PreparedStatement> _statements = [];
    private PreparedStatement? _last;
    private uint _lastId;
    private long _bytes;
    private int _variableReaders;

    /// <summary>How many there are.</summary>
    internal int Count => _statements.Count;

    /// <summary>Whether any of them reads user variables.</summary>
    internal bool ReadVariables => _variableReaders > 0;

    /// <summary>Those that do.</summary>
    internal IEnumerable<PreparedStatement> VariableReaders => _statements.Values.Where(ReadsVariables);

    /// <summary>Whether there is room for another one.</summary>
    internal bool HasRoom => _statements.Count < CountMax && _bytes < BytesMax;

    /// <summary>The number that the next statement gets.</summary>
    internal uint NextId => _lastId + 1;

    /// <summary>Adds a statement under <see cref="NextId"/>; <paramref name="text"/> is held by the caller and now by this.</summary>
    internal PreparedStatement Add(PreparedText text, StatementFacts facts, int parameters, FactTraces? traces, bool isOwn = false)
    {
        var statement = new PreparedStatement(++_lastId, text, facts, parameters) { Traces = traces, IsOwn = isOwn };
        _statements.Add(statement.Id, statement);
        _bytes += text.Text.Length;
        _variableReaders += ReadsVariables(statement) ? 1 : 0;
        return _last = statement;
    }

    /// <summary>
    /// The statement of that number, or null; where <paramref name="knowsLast"/>, -1 is the one that was prepared last.
    /// </summary>
    internal PreparedStatement? Find(uint id, bool knowsLast) =>
        id == LastId && knowsLast ? _last : _statements.GetValueOrDefault(id);

    /// <summary>
    /// A preparation begins. Should it fail, an execution that was sent along with it must not run the statement before.
    /// </summary>
    internal void ForgetLast() => _last = null;

    /// <summary>Forgets a statement; whether there was one.</summary>
    internal bool Remove(uint id)
    {
        if (!_statements.Remove(id, out var statement))
            return false;
        _bytes -= statement.Text.Text.Length;
        _variableReaders -= ReadsVariables(statement) ? 1 : 0;
        statement.Text.Release();
        if (ReferenceEquals(_last, statement))
            _last = null;
        return true;
    }

    /// <summary>Forgets all of them.</summary>
    internal void Clear()
    {
        foreach (var statement in _statements.Values)
            statement.Text.Release();
        _statements.Clear();
        _bytes = _variableReaders = 0;
        _last = null;
    }

    private static bool ReadsVariables(PreparedStatement statement) => (statement.Facts.Traits & StatementTraits.UserVariableRead) != 0;
}
