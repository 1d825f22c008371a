namespace Seawall.Engine.Flow.Floodgates;

/// <summary>Whether a statement may go now.</summary>
internal enum Verdict : byte
{
    /// <summary>It may.</summary>
    Admit,

    /// <summary>It may not: Seawall is going down, and the session has nothing left to finish.</summary>
    Closing,
}

/// <summary>
/// Whether anything may go at all: while Seawall is going down, only what is in the middle of something. How much may run at one
/// server is its <see cref="Sluice"/>'s to say. Thread-safe.
/// </summary>
internal sealed class Floodgate
{
    private volatile bool _isClosing;

    /// <summary>Whether Seawall is going down.</summary>
    internal bool IsClosing => _isClosing;

    /// <summary>From now on only those that are in the middle of something may go on.</summary>
    internal void Close() => _isClosing = true;

    /// <summary>Judges a statement; <paramref name="isUnderWay"/>: the session has a transaction or a pin to finish.</summary>
    internal Verdict Judge(bool isUnderWay) => _isClosing && !isUnderWay ? Verdict.Closing : Verdict.Admit;
}
