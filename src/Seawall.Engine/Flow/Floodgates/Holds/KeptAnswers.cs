using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow.Floodgates.Holds;

/// <summary>For whom, and to what, an answer is the same to the byte. Both ends' settings are one object for each value.</summary>
/// <param name="Account">The account; a changed one is another object.</param>
/// <param name="Settings">What the session has set, its schema among it.</param>
/// <param name="Capabilities">What shapes packets.</param>
/// <param name="GlobalsEpoch">The global values that it began with.</param>
/// <param name="IsMariaDb">Whose server it is.</param>
/// <param name="TextHash">The text, which is compared as well.</param>
internal readonly record struct AnswerKey(
    object Account, object Settings, ulong Capabilities, int GlobalsEpoch, bool IsMariaDb, ulong TextHash);

/// <summary>An answer as a client got it. Immutable.</summary>
/// <param name="Key">For whom.</param>
/// <param name="Text">To what.</param>
/// <param name="Bytes">Its packets.</param>
/// <param name="Rows">How many rows it has.</param>
/// <param name="BegunMs">When its statement began, at the latest: what was committed before is in it, if the primary gave it.</param>
/// <param name="IsOfReplica">Whether a replica gave it.</param>
internal sealed record KeptAnswer(AnswerKey Key, byte[] Text, byte[] Bytes, ulong Rows, long BegunMs, bool IsOfReplica)
{
    internal int Size => Text.Length + Bytes.Length + OverheadBytes;

    // Objects, places in the table and in the line.
    private const int OverheadBytes = 200;
}

/// <summary>
/// Answers of the last while, for brown-outs in which some statements are answered from these. Bounded; the oldest make room. Thread-safe: by a
/// lock, which only statements of such groups take.
/// </summary>
internal sealed class KeptAnswers
{
    /// <summary>One that is longer is not kept: it would take the place of a thousand.</summary>
    internal const int AnswerBytesMax = 64 * 1024;

    /// <summary>How many are kept at most.</summary>
    internal const int CountMax = 20_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<AnswerKey, KeptAnswer> _answers = [];
    private readonly Queue<KeptAnswer> _line = new();
    private long _bytes;

    /// <summary>How many are kept, and their bytes.</summary>
    internal (int Count, long Bytes) Size
    {
        get
        {
            lock (_lock)
                return (_answers.Count, _bytes);
        }
    }

    /// <summary>The number of a text.</summary>
    internal static ulong HashOf(ReadOnlySpan<byte> text) => Fnv1A.Add(Fnv1A.Basis, text);

    /// <summary>The answer to a text that began at this moment or later; null when there is none.</summary>
    internal KeptAnswer? Find(in AnswerKey key, ReadOnlySpan<byte> text, long sinceMs)
    {
        KeptAnswer? answer;
        lock (_lock)
            _answers.TryGetValue(key, out answer);
        return answer is not null && answer.BegunMs >= sinceMs && text.SequenceEqual(answer.Text) ? answer : null;
    }

    /// <summary>Keeps one, in the place of an older one.</summary>
    internal void Add(KeptAnswer answer, long bytesMax)
    {
        if (answer.Size > bytesMax)
            return;
        lock (_lock)
        {
            if (_answers.TryGetValue(answer.Key, out var before) && before.BegunMs > answer.BegunMs)
                return;
            _answers[answer.Key] = answer;
            _line.Enqueue(answer);
            _bytes += answer.Size;
            while (_line.Count > CountMax || _bytes > bytesMax)
                Drop();
        }
    }

    /// <summary>Lets go of those that began before this. Now and then; whoever is looked for is compared with the time anyway.</summary>
    internal void Forget(long beforeMs)
    {
        lock (_lock)
        {
            while (_line.TryPeek(out var oldest) && oldest.BegunMs < beforeMs)
                Drop();
        }
    }

    private void Drop()
    {
        var oldest = _line.Dequeue();
        _bytes -= oldest.Size;
        // Another one has taken its place since, as a rule.
        if (_answers.TryGetValue(oldest.Key, out var kept) && ReferenceEquals(kept, oldest))
            _answers.Remove(oldest.Key);
    }
}
