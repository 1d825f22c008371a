using System.Text;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow;

/// <summary>
/// Seawall has the servers report everything that changes in a session; a client that asked for reports is shown what a
/// server would show it, and no more.
/// </summary>
internal static class SessionChangeFilter
{
    /// <summary>Room for what is shown. What does not fit is left out: a report is a courtesy.</summary>
    internal const int LengthMax = 1024;

    /// <summary>Copies what the client may see into <paramref name="shown"/> and returns its length.</summary>
    internal static int Write(ReadOnlySpan<byte> changes, ClientTracking tracking, Span<byte> shown)
    {
        var length = 0;
        var reader = new SessionChangeReader(changes);
        while (reader.MoveNext())
        {
            var change = reader.Current;
            var isShown = change.Kind switch
            {
                SessionChangeKind.Schema => tracking.Schema,
                SessionChangeKind.SystemVariables => tracking.Shows(change.Name),
                // Seawall asked for none of these: if they are there, the server or the client's own SET did.
                SessionChangeKind.Gtids or SessionChangeKind.TransactionCharacteristics
                    or SessionChangeKind.TransactionState => true,
                SessionChangeKind.State => tracking.State,
                // Kinds of servers to come: nobody here knows what is in them, nor does a client of today.
                _ => false,
            };
            if (isShown)
                length += WriteChange(change, shown[length..]);
        }
        return length;
    }

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

    // A kind, a length, and one or two strings with their lengths. All of them are short: a byte of length is enough.
    private static int WriteChange(in SessionChange change, Span<byte> into)
    {
        if (change.Kind == SessionChangeKind.State)
            return WriteState(into);
        var isVariable = change.Kind == SessionChangeKind.SystemVariables;
        var isGtids = change.Kind == SessionChangeKind.Gtids;
        var inner = (isVariable ? 1 + change.Name.Length : isGtids ? 1 : 0) + 1 + change.Value.Length;
        if (inner >= 0xFB || inner + 2 > into.Length)
            return 0;
        into[0] = (byte)change.Kind;
        into[1] = (byte)inner;
        var at = 2;
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
        into[0] = (byte)text.Length;
        text.CopyTo(into[1..]);
        return 1 + text.Length;
    }
}
