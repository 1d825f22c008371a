using System.Globalization;
using Seawall.MySql.Results;

namespace Seawall.Testing.Clients;

/// <summary>An error as a client got it.</summary>
/// <param name="Code">Its number.</param>
/// <param name="State">Its SQLSTATE.</param>
/// <param name="Message">Its words.</param>
public sealed record ReplyError(ushort Code, string State, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Code} ({State}) {Message}";
}

/// <summary>One result of an answer: an OK, an error or rows.</summary>
public sealed record ReplyResult
{
    /// <summary>The error; null when it is none.</summary>
    public ReplyError? Error { get; init; }

    /// <summary>The names of the columns; empty when there are no rows.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>The rows.</summary>
    public List<string?[]> Rows { get; init; } = [];

    /// <summary>The flags at its end.</summary>
    public ServerStatus Status { get; init; }

    /// <summary>The flags behind its columns; none in the dialect without such an end.</summary>
    public ServerStatus ColumnsStatus { get; init; }

    /// <summary>Rows changed.</summary>
    public ulong AffectedRows { get; init; }

    /// <summary>The number made.</summary>
    public ulong InsertId { get; init; }

    /// <summary>How many warnings.</summary>
    public ushort Warnings { get; init; }

    /// <summary>Words.</summary>
    public string Info { get; init; } = "";

    /// <summary>What the session was told of its own changes.</summary>
    public IReadOnlyList<(SessionChangeKind Kind, string Name, string Value)> Changes { get; init; } = [];
}

/// <summary>Everything that was answered to one command.</summary>
/// <param name="Results">In their order.</param>
/// <param name="IsCut">Whether the connection ended before the answer did.</param>
public sealed record Reply(IReadOnlyList<ReplyResult> Results, bool IsCut)
{
    /// <summary>The only result.</summary>
    public ReplyResult Only => Results is [var only] && !IsCut ? only
        : throw new InvalidOperationException($"one result was due, but the answer was: {this}");

    /// <summary>Whether it all came, and no part is an error.</summary>
    public bool IsOk => !IsCut && Results.Count > 0 && Error is null;

    /// <summary>The first error.</summary>
    public ReplyError? Error => Results.Select(result => result.Error).FirstOrDefault(error => error is not null);

    /// <summary>The number of the first error; 0 when there is none.</summary>
    public int Code => Error?.Code ?? 0;

    /// <summary>The first value of the first row.</summary>
    public string? Scalar => Row[0];

    /// <summary>The first row.</summary>
    public IReadOnlyList<string?> Row => Only.Rows is [var row, ..] ? row
        : throw new InvalidOperationException($"a row was due, but the answer was: {this}");

    /// <inheritdoc/>
    public override string ToString()
    {
        var parts = Results.Select(result => result.Error?.ToString()
            ?? (result.Columns.Count == 0 ? "OK"
                : string.Create(CultureInfo.InvariantCulture, $"{result.Rows.Count} rows")));
        return string.Join("; ", IsCut ? parts.Append("(the connection ended)") : parts);
    }
}

/// <summary>What came of a login.</summary>
/// <param name="Error">Why not; null when the client is in.</param>
/// <param name="Greeted">The plugin that was greeted with.</param>
/// <param name="Exchanges">Packets that the client sent.</param>
/// <param name="IsCut">Whether the connection ended without a word.</param>
public sealed record LoginReply(ReplyError? Error, string Greeted, int Exchanges, bool IsCut)
{
    /// <summary>Whether the client is in.</summary>
    public bool IsIn => Error is null && !IsCut;

    /// <summary>The number of the error; 0 when there is none.</summary>
    public int Code => Error?.Code ?? 0;
}

/// <summary>What came of a preparation.</summary>
/// <param name="Error">Why not.</param>
/// <param name="Id">The statement's number.</param>
/// <param name="Parameters">How many.</param>
/// <param name="Columns">How many.</param>
/// <param name="IsCut">Whether the connection ended before the answer did.</param>
public sealed record PrepareReply(ReplyError? Error, uint Id, int Parameters, int Columns, bool IsCut)
{
    /// <summary>The number of the error; 0 when there is none.</summary>
    public int Code => Error?.Code ?? 0;
}
