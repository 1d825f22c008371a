using System.Collections.Concurrent;

namespace Seawall.Engine.Flow;

/// <summary>
/// The text of a prepared statement together with the settings under which it was prepared: two clients that agree in both
/// can use the same statement on a server connection. One object for each value as long as anybody holds it.
/// </summary>
internal sealed class PreparedText
{
    private readonly PreparedTexts _texts;
    private int _holders;

    internal PreparedText(PreparedTexts texts, byte[] text, SessionSettings settings)
    {
        _texts = texts;
        Text = text;
        Settings = settings;
    }

    /// <summary>The statement, in the client's character set.</summary>
    internal byte[] Text { get; }

    /// <summary>The schema, SQL mode and character sets that gave the text its meaning.</summary>
    internal SessionSettings Settings { get; }

    /// <summary>One more client or server connection holds it; false when it was just dropped.</summary>
    internal bool TryHold()
    {
        while (true)
        {
            var holders = Volatile.Read(ref _holders);
            if (holders < 0)
                return false;
            if (Interlocked.CompareExchange(ref _holders, holders + 1, holders) == holders)
                return true;
        }
    }

    /// <summary>One holder less; the last one drops it.</summary>
    internal void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0 && Interlocked.CompareExchange(ref _holders, -1, 0) == 0)
            _texts.Drop(this);
    }
}

/// <summary>All texts that are prepared somewhere. Thread-safe; asked only when a client prepares a statement.</summary>
internal sealed class PreparedTexts
{
    private readonly ConcurrentDictionary<Key, PreparedText> _texts = new();

    /// <summary>How many there are.</summary>
    internal int Count => _texts.Count;

    /// <summary>The object for a text under these settings, held once for the caller.</summary>
    internal PreparedText Hold(ReadOnlySpan<byte> text, SessionSettings settings)
    {
        var lookup = new Key(text.ToArray(), settings);
        while (true)
        {
            var found = _texts.GetOrAdd(lookup, static (key, texts) => new(texts, key.Text, key.Settings), this);
            if (found.TryHold())
                return found;
            Drop(found); // Whoever dropped it is not done yet: help, and make a new one.
        }
    }

    internal void Drop(PreparedText text) =>
        _texts.TryRemove(new KeyValuePair<Key, PreparedText>(new(text.Text, text.Settings), text));

    private readonly struct Key(byte[] text, SessionSettings settings) : IEquatable<Key>
    {
        internal byte[] Text { get; } = text;

        internal SessionSettings Settings { get; } = settings;

        public bool Equals(Key other) =>
            ReferenceEquals(Settings, other.Settings) && Text.AsSpan().SequenceEqual(other.Text);

        public override bool Equals(object? obj) => obj is Key other && Equals(other);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.AddBytes(Text);
            hash.Add(Settings);
            return hash.ToHashCode();
        }
    }
}
