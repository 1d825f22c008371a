using System.Globalization;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Loops;

namespace Seawall.Rehearsal.Floods;

/// <summary>What clients do when they get an error, or no answer in time.</summary>
public enum FloodClients
{
    /// <summary>Nothing.</summary>
    GiveUp,

    /// <summary>Try again at once, three times in all.</summary>
    TryAtOnce,

    /// <summary>Try again after 100 ms, then 200 ms, give or take a half; three times in all.</summary>
    BackOff,

    /// <summary>Leave the connection, and come back with a new one after a second, give or take a half; for ever.</summary>
    Endless,
}

/// <summary>Clients that count alike.</summary>
/// <param name="Name">What they are called in figures.</param>
/// <param name="Account">Who they log in as; its password must be known.</param>
/// <param name="Share">Their share of all requests.</param>
/// <param name="Connections">How many connections they open at most; for one more request, one waits its turn in the client.</param>
public sealed record FloodClass(string Name, Account Account, double Share, int Connections);

/// <summary>One kind of statement.</summary>
/// <param name="Text">The statement; <c>{0}</c> becomes a number below <paramref name="KeyMax"/>.</param>
/// <param name="WorkMs">What it takes of an idle server.</param>
/// <param name="Share">Its share of all statements.</param>
/// <param name="KeyMax">The number that <c>{0}</c> stays below.</param>
public sealed record FloodStatement(string Text, double WorkMs, double Share, int KeyMax);

/// <summary>So many requests in a second, for so long.</summary>
/// <param name="Seconds">How long.</param>
/// <param name="PerSecond">How many.</param>
/// <param name="Seed">
/// Steps that are as long, ask as much and have the same have the same requests, at the same times after their beginning: what differs between
/// them is not what was asked. Null: what comes is drawn for each anew.
/// </param>
public readonly record struct FloodStep(double Seconds, double PerSecond, int? Seed = null);

/// <summary>
/// An open load: requests come at their own times, by chance, whatever becomes of those before them. Each is wanted within
/// <see cref="PatienceMs"/> of the time at which it was due, not of that at which it was sent.
/// </summary>
public sealed record FloodPlan
{
    /// <summary>Where to connect.</summary>
    public required Endpoint Target { get; init; }

    /// <summary>Who asks.</summary>
    public required IReadOnlyList<FloodClass> Classes { get; init; }

    /// <summary>What is asked.</summary>
    public required IReadOnlyList<FloodStatement> Statements { get; init; }

    /// <summary>How much is asked, one after the other.</summary>
    public required IReadOnlyList<FloodStep> Steps { get; init; }

    /// <summary>What clients do about errors.</summary>
    public FloodClients Clients { get; init; } = FloodClients.BackOff;

    /// <summary>How long a client waits for one try, from wanting a connection to the answer; then it closes the connection.</summary>
    public int PatienceMs { get; init; } = 1_000;

    /// <summary>Whether each statement says, in a comment at its end, how much of its client's patience is left: <c>deadline_ms</c>.</summary>
    public bool SaysDeadlines { get; init; }

    /// <summary>How long connecting may take, and then logging in: drivers are more patient with that.</summary>
    public int ConnectMsMax { get; init; } = 5_000;

    /// <summary>What is sent for a request of which so many milliseconds of patience are left.</summary>
    internal string TextOf(in FloodRequest request, long leftMs)
    {
        var text = string.Format(CultureInfo.InvariantCulture, request.Statement.Text, request.Key);
        return SaysDeadlines ? string.Create(CultureInfo.InvariantCulture, $"{text} /*deadline_ms='{Math.Max(1, leftMs)}'*/") : text;
    }

    /// <summary>How long all steps take.</summary>
    public double Seconds => Steps.Sum(step => step.Seconds);

    /// <summary>What a request takes of an idle server, on average.</summary>
    public double WorkMsMean => Statements.Sum(one => one.Share * one.WorkMs);
}
