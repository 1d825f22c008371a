using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Seawall.MySql.Statements;

/// <summary>What a parenthesis after a word means.</summary>
internal enum WordCall : byte
{
    /// <summary>A call of a stored or loadable function: the word is just a name.</summary>
    Unknown,

    /// <summary>No call: a keyword.</summary>
    None,

    /// <summary>A call of a built-in function, where the server has it.</summary>
    BuiltIn,

    /// <summary>LAST_INSERT_ID, which reads or writes.</summary>
    LastInsertId,
}

/// <summary>A word that is known.</summary>
/// <param name="Text">It, in lower case.</param>
/// <param name="Word">What it is as a keyword or variable.</param>
/// <param name="Call">What a parenthesis after it means.</param>
/// <param name="Age">In which servers it is a function: an index into <see cref="BuiltInFunctions.Ages"/>.</param>
/// <param name="Traits">What calling it does.</param>
internal readonly record struct WordEntry(
    ReadOnlyMemory<byte> Text, Word Word, WordCall Call, byte Age, StatementTraits Traits)
{
    /// <summary>On which servers it is a function only where the parenthesis touches it.</summary>
    internal AttachedOn Attached { get; init; }
}

/// <summary>Servers on which a name is one of their own functions only where a parenthesis touches it.</summary>
[Flags]
internal enum AttachedOn : byte
{
    /// <summary>Nowhere: white space changes nothing.</summary>
    None = 0,

    /// <summary>MySQL.</summary>
    MySql = 1,

    /// <summary>MariaDB.</summary>
    MariaDb = 2,
}

/// <summary>
/// Finds words without regard to case, without a string: a hash of the first and the last eight bytes, then one
/// comparison.
/// </summary>
internal static class WordTable
{
    // A quarter full at most: a name, which most words are, is nearly always done with at the first look.
    private const int Bits = 12;
    private const int LengthMax = 64;
    private const ulong Lower = 0x2020202020202020;
    private const uint LowerHalf = 0x20202020;

    private static readonly ushort[] s_slots = new ushort[1 << Bits];
    private static readonly Key[] s_keys;
    private static readonly WordEntry[] s_entries;

#pragma warning disable CA1810 // The three arrays are filled together.
    static WordTable()
    {
        var words = new Dictionary<string, WordEntry>(StringComparer.Ordinal);
        foreach (var word in Enum.GetValues<Word>())
            Add(words, Spell(word), word, WordCall.Unknown, 0, StatementTraits.None);
        foreach (var word in BuiltInFunctions.NeverCalled.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            Add(words, word, Word.None, WordCall.None, 0, StatementTraits.None);
        for (var age = 0; age < BuiltInFunctions.Ages.Length; age++)
        {
            foreach (var name in BuiltInFunctions.Ages[age].Names.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
                Add(words, name, Word.None, WordCall.BuiltIn, (byte)age, StatementTraits.None);
        }
        foreach (var (name, traits) in BuiltInFunctions.Remarkable)
            Add(words, name, Word.None, WordCall.BuiltIn, words[name].Age, traits);
        foreach (var (servers, names) in BuiltInFunctions.Attached)
        {
            foreach (var name in names.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
                words[name] = words[name] with { Attached = servers };
        }
        Add(words, "last_insert_id", Word.LastInsertId, WordCall.LastInsertId, 0, StatementTraits.None);
        s_entries = [default, .. words.Values];
        s_keys = new Key[s_entries.Length];
        for (var i = 1; i < s_entries.Length; i++)
            Insert(i);
    }
#pragma warning restore CA1810

    /// <summary>The word, or the empty entry when it is none that is known.</summary>
    internal static ref readonly WordEntry Find(ReadOnlySpan<byte> word)
    {
        if (word.Length - 1 >= LengthMax)
            return ref s_entries[0];
        var key = Key.Of(word);
        for (var slot = key.Slot; ; slot = (slot + 1) & (s_slots.Length - 1))
        {
            var index = s_slots[slot];
            if (index == 0 || (s_keys[index] == key && HasMiddle(index, word)))
                return ref s_entries[index];
        }
    }

    /// <summary>A keyword as SQL spells it, in lower case.</summary>
    internal static string Spell(Word word)
    {
        if (word == Word.None)
            return "";
        var name = new StringBuilder();
        foreach (var letter in word.ToString())
        {
            if (char.IsAsciiLetterUpper(letter) && name.Length > 0)
                name.Append('_');
            name.Append(char.ToLowerInvariant(letter));
        }
        return name.ToString();
    }

    // Sixteen bytes are in the key; names as long as "session_track_transaction_info" have more between.
    private static bool HasMiddle(int index, ReadOnlySpan<byte> word)
    {
        if (word.Length <= 16)
            return true;
        var text = s_entries[index].Text.Span;
        for (var i = 8; i < word.Length - 8; i++)
        {
            if ((word[i] | 0x20) != (text[i] | 0x20))
                return false;
        }
        return true;
    }

    private static void Add(
        Dictionary<string, WordEntry> words, string name, Word word, WordCall call, byte age, StatementTraits traits)
    {
        if (name.Length == 0)
            return;
        if (words.TryGetValue(name, out var known) && word == Word.None)
            word = known.Word;
        words[name] = new WordEntry(Encoding.ASCII.GetBytes(name), word, call, age, traits);
    }

    private static void Insert(int index)
    {
        var key = s_keys[index] = Key.Of(s_entries[index].Text.Span);
        var slot = key.Slot;
        while (s_slots[slot] != 0)
            slot = (slot + 1) & (s_slots.Length - 1);
        s_slots[slot] = (ushort)index;
    }

    private readonly record struct Key(ulong First, ulong Last, int Length)
    {
        internal int Slot =>
            (int)((First ^ BitOperations.RotateLeft(Last, 29) ^ ((ulong)Length << 58)) * 0x9E3779B97F4A7C15 >> (64 - Bits));

        // All bytes of a word are letters, digits, '_', '$' or above 0x7F, so setting 0x20 folds nothing but case.
        internal static Key Of(ReadOnlySpan<byte> word) => word.Length switch
        {
            >= 8 => new Key(
                BinaryPrimitives.ReadUInt64LittleEndian(word) | Lower,
                BinaryPrimitives.ReadUInt64LittleEndian(word[^8..]) | Lower, word.Length),
            >= 4 => new Key(
                BinaryPrimitives.ReadUInt32LittleEndian(word) | LowerHalf,
                BinaryPrimitives.ReadUInt32LittleEndian(word[^4..]) | LowerHalf, word.Length),
            _ => Short(word),
        };

        private static Key Short(ReadOnlySpan<byte> word) => word.Length switch
        {
            3 => new Key((word[0] | 0x20u) | (word[1] | 0x20u) << 8 | (word[2] | 0x20u) << 16, 0, 3),
            2 => new Key((word[0] | 0x20u) | (word[1] | 0x20u) << 8, 0, 2),
            1 => new Key(word[0] | 0x20u, 0, 1),
            _ => default,
        };
    }
}
