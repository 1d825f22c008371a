using Seawall.MySql.Framing;

namespace Seawall.MySql.Results;

/// <summary>What kind of thing changed in a session.</summary>
/// <remarks>https://dev.mysql.com/doc/dev/mysql-server/latest/mysql__com_8h.html (enum_session_state_type)</remarks>
public enum SessionChangeKind : byte
{
    /// <summary>System variables: pairs of name and value.</summary>
    SystemVariables = 0,

    /// <summary>The current schema.</summary>
    Schema = 1,

    /// <summary>Something that cannot be named (user variables, temporary tables, prepared statements): '1'.</summary>
    State = 2,

    /// <summary>GTIDs of what was committed.</summary>
    Gtids = 3,

    /// <summary>Characteristics of the open or the next transaction, as the statement that restores them.</summary>
    TransactionCharacteristics = 4,

    /// <summary>The state of the transaction: eight letters.</summary>
    TransactionState = 5,
}

/// <summary>One change of a session.</summary>
public readonly ref struct SessionChange(SessionChangeKind kind, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
{
    /// <summary>What changed.</summary>
    public SessionChangeKind Kind { get; } = kind;

    /// <summary>The variable's name, for <see cref="SessionChangeKind.SystemVariables"/>.</summary>
    public ReadOnlySpan<byte> Name { get; } = name;

    /// <summary>The new value.</summary>
    public ReadOnlySpan<byte> Value { get; } = value;
}

/// <summary>
/// Walks over the session changes of an OK packet. Several variables may share one entry (MariaDB) or have one each
/// (MySQL); both come out one by one.
/// </summary>
/// <remarks>https://mariadb.com/docs/server/reference/clientserver-protocol/4-server-response-packets/ok_packet</remarks>
public ref struct SessionChangeReader
{
    private FieldReader _entries;
    private FieldReader _variables;

    /// <summary>Walks over <see cref="OkPacket.SessionChanges"/>.</summary>
    public SessionChangeReader(ReadOnlySpan<byte> changes)
    {
        _entries = new FieldReader(changes);
        _variables = new FieldReader(default);
    }

    /// <summary>Whether everything so far was well formed.</summary>
    public readonly bool IsValid => _entries.IsValid && _variables.IsValid;

    /// <summary>The change that <see cref="MoveNext"/> came to.</summary>
    public SessionChange Current { get; private set; }

    /// <summary>Goes on to the next change; false at the end, or when the bytes make no sense.</summary>
    public bool MoveNext()
    {
        while (IsValid)
        {
            if (!_variables.IsAtEnd)
                return NextVariable();
            if (_entries.IsAtEnd)
                return false;
            var kind = (SessionChangeKind)_entries.Int1();
            var data = new FieldReader(_entries.LengthEncodedBytes());
            if (!_entries.IsValid)
                return false;
            switch (kind)
            {
                case SessionChangeKind.SystemVariables:
                    _variables = data;
                    continue;
                case SessionChangeKind.State:
                    Current = new SessionChange(kind, default, data.ToEnd()); // A sign without a length.
                    return true;
                case SessionChangeKind.Gtids:
                    _ = data.Int1(); // The encoding of the set; 0 is text, the only one there is.
                    goto default;
                default:
                    Current = new SessionChange(kind, default, data.LengthEncodedBytes());
                    return data.IsValid;
            }
        }
        return false;
    }

    private bool NextVariable()
    {
        var name = _variables.LengthEncodedBytes();
        Current = new SessionChange(SessionChangeKind.SystemVariables, name, _variables.LengthEncodedBytes());
        return _variables.IsValid;
    }
}
