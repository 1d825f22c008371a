using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// The columns of a statement's rows that are the number of the connection: the client must read its own there, by which it
/// can be killed, and not that of whatever server connection answers.
/// </summary>
internal sealed class ClientIds
{
    private readonly ulong _columns;
    private readonly byte[] _types = new byte[IdColumns.CountMax];
    private int _typeCount;

    private ClientIds(ulong columns) => _columns = columns;

    /// <summary>The columns of a text; null when there are none.</summary>
    internal static ClientIds? In(ReadOnlySpan<byte> text, in SqlDialect dialect)
    {
        var columns = IdColumns.Find(text, dialect);
        return columns == 0 ? null : new ClientIds(columns);
    }

    /// <summary>A definition has come; <paramref name="column"/> is its place.</summary>
    internal void Define(int column, ReadOnlySpan<byte> definition)
    {
        if (column >= _types.Length)
            return;
        _types[column] = IdRow.TypeOf(definition);
        _typeCount = column + 1;
    }

    /// <summary>Writes a row of text anew, if it has the number of the server connection where it is looked for.</summary>
    internal bool TryWrite(MySql.Framing.PacketWriter writer, byte sequence, ReadOnlySpan<byte> row, uint server, uint client) =>
        IdRow.TryWriteText(writer, sequence, row, _columns, server, client);

    /// <summary>Changes a row of binary values.</summary>
    internal void Change(Span<byte> row, uint server, uint client) =>
        IdRow.ChangeBinary(row, _types.AsSpan(0, _typeCount), _columns, server, client);
}
