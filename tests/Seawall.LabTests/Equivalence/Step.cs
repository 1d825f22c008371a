using System.Globalization;
using Seawall.MySql.Commands;

namespace Seawall.LabTests.Equivalence;

/// <summary>
/// One thing that a client does. <see cref="Own"/> in a text stands for the name of the session's own schema, which is
/// another one at the server and through Seawall.
/// </summary>
/// <param name="Kind">The command; <see cref="CommandKind.StatementBulkExecute"/> never is one of them.</param>
/// <param name="Text">The statement, the schema, the piece of a parameter.</param>
/// <param name="Slot">Which of the session's prepared statements.</param>
/// <param name="Values">The values of an execution.</param>
/// <param name="Flag">
/// What a command has besides: the cursor of an execution, the rows of a fetch, the option, the parameter of a piece.
/// </param>
public sealed record Step(CommandKind Kind, string Text, int Slot = 0, object?[]? Values = null, int Flag = 0)
{
    /// <summary>Stands for the session's own schema.</summary>
    public const char Own = '~';

    /// <summary>A statement.</summary>
    public static Step Query(string text) => new(CommandKind.Query, text);

    public override string ToString() => Kind switch
    {
        CommandKind.Query => Text,
        CommandKind.StatementPrepare => $"[prepare {Slot}] {Text}",
        CommandKind.StatementExecute =>
            $"[execute {Slot}{(Flag > 0 ? " with a cursor" : "")}] {string.Join(", ", (Values ?? []).Select(Show))}",
        CommandKind.StatementFetch => $"[fetch {Flag} rows of {Slot}]",
        CommandKind.StatementSendLongData => $"[a piece of parameter {Flag} of {Slot}] {Text}",
        CommandKind.StatementClose or CommandKind.StatementReset => $"[{Kind} {Slot}]",
        CommandKind.SetOption => $"[SetOption {Flag}]",
        _ => $"[{Kind}] {Text}",
    };

    private static string Show(object? value) => value switch
    {
        null => "NULL",
        string text => $"'{text}'",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
