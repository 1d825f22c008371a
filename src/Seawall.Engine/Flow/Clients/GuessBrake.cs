using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Clients;

/// <summary>
/// Makes guessing slow. After a few wrong passwords for an account from one source, further logins of that account from there
/// are looked at one after another, with a pause that doubles with each wrong one. Others are not touched: neither the account
/// from elsewhere nor other accounts from there. A right password ends it. Thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// The pause is before the look, for right and wrong ones alike, so that nobody can tell by the time; whoever waits costs a
/// timer, and counts among the logins of its source. A look books the pause for the next one, however it ends: to hang up, or
/// to come in parallel, gains nothing.
/// </para>
/// <para>
/// What is remembered is bounded. A source has so many entries; for one more, its own weakest goes, the one with the fewest
/// wrong passwords. So whoever wants to be forgotten must be wrong as often with as many other names. When all is full, the
/// weakest of all goes.
/// </para>
/// </remarks>
internal sealed class GuessBrake(Func<ClientOptions> options)
{
    /// <summary>Entries of one source: more names than anybody has at home, fewer than a list of names to try.</summary>
    internal const int PerSourceMax = 64;

    /// <summary>Entries in each part: with 16 parts 16,384, some 4 MB with names of usual length.</summary>
    internal const int PartMax = 1_024;

    /// <summary>The first pause; nobody who mistypes notices it.</summary>
    internal const int FirstPauseMs = 250;

    /// <summary>When wrong passwords are forgotten that nobody added to.</summary>
    internal const int ForgetMs = 10 * 60 * 1_000;

    private const int PartCount = 16;

    /// <summary>No server has longer names (MariaDB: 128); what is longer is cut, so that it cannot fill memory.</summary>
    private const int NameMax = 128;

    private readonly Part[] _parts = [.. Enumerable.Range(0, PartCount).Select(_ => new Part())];

    /// <summary>Entries there are.</summary>
    internal int Count => _parts.Sum(part => Volatile.Read(ref part.Count));

    /// <summary>Books a look at a password; how many milliseconds until then, or -1 when that is beyond what a login may take.</summary>
    /// <param name="key">Whose password, and from where.</param>
    /// <param name="loop">The loop that asks.</param>
    /// <param name="waiter">What to wait by; it is woken when a right password ends the slowness.</param>
    internal int Book(GuessKey key, Loop loop, out GuessWaiter? waiter)
    {
        waiter = null;
        var nowMs = loop.NowMs;
        var part = PartOf(key);
        // Nearly always: nobody has been wrong lately.
        if (Volatile.Read(ref part.Count) == 0)
            return 0;
        var now = options();
        lock (part)
        {
            if (!part.Guesses.TryGetValue(key, out var guess) || guess.Wrong < now.WrongPasswordsFree || now.WrongPasswordMsMax == 0)
                return 0;
            if (nowMs - guess.LastMs > ForgetMs)
            {
                part.Remove(key);
                return 0;
            }
            var dueMs = Math.Max(nowMs, guess.NextMs);
            if (dueMs - nowMs > Math.Max(0, now.LoginMsMax - SpareMs))
                return -1; // Not booked: a crowd must not book the account away for hours.
            guess.NextMs = dueMs + PauseMs(guess.Wrong, now);
            if (dueMs > nowMs)
                (guess.Waiting ??= []).Add(waiter = new GuessWaiter(loop));
            return (int)(dueMs - nowMs);
        }
    }

    /// <summary>A password was wrong: how many were, and the pause that follows.</summary>
    internal (int Wrong, int PauseMs) NoteWrong(GuessKey key, long nowMs)
    {
        var now = options();
        if (now.WrongPasswordMsMax == 0)
            return default;
        var part = PartOf(key);
        lock (part)
        {
            if (!part.Guesses.TryGetValue(key, out var guess))
                guess = part.Add(key, nowMs);
            else if (nowMs - guess.LastMs > ForgetMs)
                guess.Wrong = 0;
            guess.Wrong = Math.Min(guess.Wrong + 1, int.MaxValue - 1);
            guess.LastMs = nowMs;
            if (guess.Wrong < now.WrongPasswordsFree)
                return (guess.Wrong, 0);
            var pauseMs = PauseMs(guess.Wrong, now);
            guess.NextMs = Math.Max(guess.NextMs, nowMs + pauseMs);
            return (guess.Wrong, pauseMs);
        }
    }

    /// <summary>A password was right: whoever waits may go on.</summary>
    internal void NoteRight(GuessKey key)
    {
        var part = PartOf(key);
        if (Volatile.Read(ref part.Count) == 0)
            return;
        List<GuessWaiter>? waiting;
        lock (part)
        {
            if (!part.Guesses.TryGetValue(key, out var guess))
                return;
            waiting = guess.Waiting;
            part.Remove(key);
        }
        foreach (var waiter in waiting ?? [])
            waiter.Home.Post(waiter);
    }

    /// <summary>Whoever waited does so no more.</summary>
    internal void Forget(GuessKey key, GuessWaiter waiter)
    {
        var part = PartOf(key);
        lock (part)
        {
            if (part.Guesses.TryGetValue(key, out var guess))
                guess.Waiting?.Remove(waiter);
        }
    }

    /// <summary>The key of a name from a source.</summary>
    internal static GuessKey KeyOf(string user, ClientSource source) => new(user.Length <= NameMax ? user : user[..NameMax], source);

    /// <summary>What the rest of a login takes after its turn has come.</summary>
    private const int SpareMs = 500;

    private static int PauseMs(int wrong, ClientOptions now) =>
        (int)Math.Min(now.WrongPasswordMsMax, (long)FirstPauseMs << Math.Min(wrong - now.WrongPasswordsFree, 20));

    // By the source: its entries must be found together. The hash is the process's own.
    private Part PartOf(GuessKey key) =>
        _parts[(uint)HashCode.Combine(key.Source.High, key.Source.Low, key.Source.IsUnix) % PartCount];

    private sealed class Guess
    {
        internal int Wrong;
        internal long LastMs;
        internal long NextMs;
        internal List<GuessWaiter>? Waiting;
    }

    private sealed class Part
    {
        private readonly Dictionary<ClientSource, int> _perSource = [];

        internal int Count;

        internal Dictionary<GuessKey, Guess> Guesses { get; } = [];

        internal Guess Add(GuessKey key, long nowMs)
        {
            if (_perSource.GetValueOrDefault(key.Source) >= PerSourceMax)
                RemoveWeakest(key.Source, nowMs);
            else if (Guesses.Count >= PartMax)
                RemoveWeakest(null, nowMs);
            var guess = new Guess();
            Guesses.Add(key, guess);
            _perSource[key.Source] = _perSource.GetValueOrDefault(key.Source) + 1;
            Volatile.Write(ref Count, Guesses.Count);
            return guess;
        }

        internal void Remove(GuessKey key)
        {
            Guesses.Remove(key);
            if (_perSource[key.Source] is var count and > 1)
                _perSource[key.Source] = count - 1;
            else
                _perSource.Remove(key.Source);
            Volatile.Write(ref Count, Guesses.Count);
        }

        // A walk over a thousand, once for each wrong password of an attack that is that wide: some microseconds.
        private void RemoveWeakest(ClientSource? of, long nowMs)
        {
            GuessKey? weakest = null;
            var least = (Wrong: int.MaxValue, LastMs: long.MaxValue);
            foreach (var (key, guess) in Guesses)
            {
                if (of is not null && key.Source != of)
                    continue;
                var worth = (nowMs - guess.LastMs > ForgetMs ? 0 : guess.Wrong, guess.LastMs);
                if (worth.CompareTo(least) < 0)
                    (weakest, least) = (key, worth);
            }
            if (weakest is { } gone)
                Remove(gone);
        }
    }
}

/// <summary>Whose password is guessed, and from where.</summary>
internal readonly record struct GuessKey(string User, ClientSource Source);

/// <summary>A login that waits until its password is looked at; a timer of its loop, and nothing else.</summary>
internal sealed class GuessWaiter(Loop home) : LoopJob
{
    /// <summary>The loop that it waits on.</summary>
    internal Loop Home { get; } = home;

    /// <summary>What it waits by.</summary>
    internal Sleep Sleep { get; } = new(home);

    /// <inheritdoc/>
    public override void Run(Loop loop) => Sleep.Wake();
}
