using System.Text;
using Seawall.MySql.Framing;

namespace Seawall.MySql.Results;

/// <summary>
/// What was put into a text in place of something else, and how to take it out of the names that a server makes of the text: a column
/// without a name of its own is called as its expression is written. Immutable.
/// </summary>
public sealed class FactTraces
{
    /// <summary>Names of columns have up to 256 characters; what is longer is none, and stays.</summary>
    private const int NameMax = 1024;

    // Catalog, schema, table, its real name, name, real name.
    private const int NamesOfDefinition = 6;

    private readonly (byte[] Put, byte[] Original)[] _pieces;

    private FactTraces((byte[] Put, byte[] Original)[] pieces) => _pieces = pieces;

    /// <summary>One more piece of text that was put in place of another.</summary>
    public static FactTraces With(FactTraces? traces, string put, string original)
    {
        var piece = (Put: Encoding.Latin1.GetBytes(put), Original: Encoding.Latin1.GetBytes(original));
        // Once only: the client may have written the same itself, around it.
        return traces is not null && traces._pieces.Any(known => known.Put.AsSpan().SequenceEqual(piece.Put))
            ? traces : new([.. traces?._pieces ?? [], piece]);
    }

    /// <summary>Both.</summary>
    public static FactTraces? Join(FactTraces? one, FactTraces? two) =>
        one is null ? two : two is null ? one : new([.. one._pieces, .. two._pieces]);

    /// <summary>Whether anything of it is in the payload of a packet.</summary>
    public bool AreIn(ReadOnlySpan<byte> payload)
    {
        foreach (var (put, _) in _pieces)
        {
            if (payload.IndexOf(put) >= 0)
                return true;
        }
        return false;
    }

    /// <summary>A text without it, as the client wrote it.</summary>
    public byte[] TakeOut(ReadOnlySpan<byte> text)
    {
        var room = new byte[text.Length];
        return WithoutTraces(text, room).ToArray();
    }

    /// <summary>Writes the definition of a column without it, as a payload; one that makes no sense stays as it is.</summary>
    public void WriteDefinition(PacketWriter writer, ReadOnlySpan<byte> definition)
    {
        var reader = new FieldReader(definition);
        for (var i = 0; i < NamesOfDefinition; i++)
            _ = reader.LengthEncodedBytes();
        if (!reader.IsValid)
        {
            writer.Raw(definition);
            return;
        }
        var rest = reader.Rest;
        reader = new FieldReader(definition);
        Span<byte> name = stackalloc byte[NameMax];
        for (var i = 0; i < NamesOfDefinition; i++)
            writer.LengthEncodedBytes(WithoutTraces(reader.LengthEncodedBytes(), name));
        writer.Raw(rest);
    }

    /// <summary>Writes an error without it, as a payload.</summary>
    public void WriteError(PacketWriter writer, ReadOnlySpan<byte> error)
    {
        Span<byte> text = stackalloc byte[NameMax];
        writer.Raw(WithoutTraces(error, text));
    }

    private ReadOnlySpan<byte> WithoutTraces(ReadOnlySpan<byte> text, Span<byte> room)
    {
        if (text.Length > room.Length)
            return text;
        text.CopyTo(room);
        var length = text.Length;
        foreach (var (put, original) in _pieces)
        {
            for (var at = 0; room[at..length].IndexOf(put) is >= 0 and var found; at += original.Length)
            {
                at += found;
                original.CopyTo(room[at..]);
                room[(at + put.Length)..length].CopyTo(room[(at + original.Length)..]);
                length -= put.Length - original.Length;
            }
        }
        return room[..length];
    }
}
