using System.Buffers.Binary;
using System.Text;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow;

/// <summary>
/// Seawall has the servers report everything that changes in a session; a client that asked for reports is shown what a
/// server would show it, and no more.
/// </summary>
internal static class SessionChangeFilter
{
    /// <summary>Room for what is shown, but for long reports (<see cref="RoomFor"/>).</summary>
    internal const int LengthMax = 1024;

    // All variables of a server are some 20,000 bytes. What does not fit is left out: a report is a courtesy.
    private const int LongMax = 64 * 1024;

    /// <summary>
    /// The room that a report may need: variables that share an entry get one each, with at most 4 bytes about it, and none is
    /// shorter than 2.
    /// </summary>
    internal static int RoomFor(int length) => Math.Min(length, LongMax) * 3;

    /// <summary>Copies what the client may see into <paramref name="shown"/> and returns its length.</summary>
    internal static int Write(ReadOnlySpan<byte> changes, ClientTracking tracking, Span<byte> shown)
    {
        var length = 0;
        var reader = new SessionChangeReader(changes);
        while (reader.MoveNext())
        {
            if (Shows(tracking, reader.Current))
                length += WriteChange(reader.Current, shown[length..]);
        }
        return length;
    }

    /// <summary>
    /// The same, with what was not told before behind it, if there is anything to be told now, or <paramref name="isDue"/>.
    /// </summary>
    internal static int Write(
        ReadOnlySpan<byte> changes, ClientTracking tracking, UntoldChanges untold, bool isDue, Span<byte> shown)
    {
        var length = Write(changes, tracking, shown);
        if (length == 0 && !isDue)
            return 0;
        var reader = new SessionChangeReader(changes);
        while (reader.MoveNext())
            untold.Forget(reader.Current);
        return length + untold.Tell(shown[length..]);
    }

    /// <summary>Keeps what the client may see, to be told later; whether there is anything.</summary>
    internal static bool Keep(ReadOnlySpan<byte> changes, ClientTracking tracking, UntoldChanges? untold)
    {
        var isAny = false;
        var reader = new SessionChangeReader(changes);
        while (reader.MoveNext())
        {
            if (!Shows(tracking, reader.Current))
                continue;
            isAny = true;
            untold?.Add(reader.Current);
        }
        return isAny;
    }

    /// <summary>Whether the client may see it.</summary>
    internal static bool Shows(ClientTracking tracking, in SessionChange change) => change.Kind switch
    {
        SessionChangeKind.Schema => tracking.Schema,
        SessionChangeKind.SystemVariables => tracking.Shows(change.Name),
        SessionChangeKind.Gtids => tracking.Gtids,
        // Seawall asked for none of these: if they are there, the server or the client's own SET did.
        SessionChangeKind.TransactionCharacteristics or SessionChangeKind.TransactionState => true,
        SessionChangeKind.State => tracking.State,
        // Kinds of servers to come: nobody here knows what is in them, nor does a client of today.
        _ => false,
    };

    /// <summary>Writes that the session is in a schema now, and returns the length.</summary>
    internal static int WriteSchema(string schema, Span<byte> shown)
    {
        Span<byte> name = stackalloc byte[0xFB];
        if (!Encoding.UTF8.TryGetBytes(schema, name, out var length) || length + 1 >= 0xFB)
            return 0;
        shown[0] = (byte)SessionChangeKind.Schema;
        shown[1] = (byte)(length + 1);
        return 2 + WriteString(name[..length], shown[2..]);
    }

    /// <summary>Writes a change, as a kind, a length, and one or two strings with their lengths, and returns the length of all.</summary>
    internal static int WriteChange(in SessionChange change, Span<byte> into)
    {
        if (change.Kind == SessionChangeKind.State)
            return WriteState(into);
        var isVariable = change.Kind == SessionChangeKind.SystemVariables;
        var isGtids = change.Kind == SessionChangeKind.Gtids;
        var inner = (isVariable ? SizeOf(change.Name.Length) : isGtids ? 1 : 0) + SizeOf(change.Value.Length);
        if (inner > ushort.MaxValue || 1 + SizeOf(inner) > into.Length)
            return 0;
        into[0] = (byte)change.Kind;
        var at = 1 + WriteLength(inner, into[1..]);
        if (isVariable)
            at += WriteString(change.Name, into[at..]);
        else if (isGtids)
            into[at++] = 0; // The encoding: text, the only one there is.
        return at + WriteString(change.Value, into[at..]);
    }

    // The only one whose string has no length of its own.
    private static int WriteState(Span<byte> into)
    {
        ReadOnlySpan<byte> changed = [(byte)SessionChangeKind.State, 1, (byte)'1'];
        return changed.TryCopyTo(into) ? changed.Length : 0;
    }

    private static int WriteString(ReadOnlySpan<byte> text, Span<byte> into)
    {
        var at = WriteLength(text.Length, into);
        text.CopyTo(into[at..]);
        return at + text.Length;
    }

    // optimizer_switch has some 1,000 bytes: of two bytes of length, which 0xFC announces, there is need, and of no more.
    private static int WriteLength(int length, Span<byte> into)
    {
        if (length < 0xFB)
        {
            into[0] = (byte)length;
            return 1;
        }
        into[0] = 0xFC;
        BinaryPrimitives.WriteUInt16LittleEndian(into[1..], (ushort)length);
        return 3;
    }

    private static int SizeOf(int length) => (length < 0xFB ? 1 : 3) + length;
}
