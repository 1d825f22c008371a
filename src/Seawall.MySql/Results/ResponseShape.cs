using Seawall.MySql.Commands;

namespace Seawall.MySql.Results;

/// <summary>What the answer to a command looks like: this alone says where it ends.</summary>
public enum ResponseShape : byte
{
    /// <summary>No answer at all.</summary>
    None,

    /// <summary>OK, ERR, or columns and rows; possibly several of them.</summary>
    Results,

    /// <summary>The prepared statement's number, then its parameters and columns; or ERR.</summary>
    Prepared,

    /// <summary>Column definitions up to an end; or ERR.</summary>
    FieldList,

    /// <summary>Rows up to an end; or ERR.</summary>
    Rows,

    /// <summary>One packet, whatever is in it.</summary>
    OnePacket,
}

/// <summary>Which command has which <see cref="ResponseShape"/>.</summary>
public static class ResponseShapes
{
    /// <summary>The shape of the answer to <paramref name="command"/>.</summary>
    public static ResponseShape Of(CommandKind command) => command switch
    {
        CommandKind.Quit or CommandKind.StatementClose or CommandKind.StatementSendLongData => ResponseShape.None,
        CommandKind.Query or CommandKind.StatementExecute or CommandKind.ProcessInfo
            or CommandKind.StatementBulkExecute => ResponseShape.Results,
        CommandKind.StatementPrepare => ResponseShape.Prepared,
        CommandKind.FieldList => ResponseShape.FieldList,
        CommandKind.StatementFetch => ResponseShape.Rows,
        _ => ResponseShape.OnePacket,
    };
}
