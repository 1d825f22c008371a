using System.Numerics;
using Seawall.Engine.Flow;
using Seawall.Engine.Loops;
using Seawall.MySql.Compression;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Telemetry;

/// <summary>
/// What one loop has counted since the start. Plain fields, written by the loop alone: a statement pays an increment, not
/// a lock. Whoever reads adds up all loops.
/// </summary>
public sealed class LoopMeter(Loop? loop = null)
{
    /// <summary>What the loop has compressed; null when nothing was.</summary>
    public CompressionBench? Compression => loop?.CompressionOrNull;

    /// <summary>Clients that connected.</summary>
    public long ClientsAccepted;

    /// <summary>Clients that left or were closed.</summary>
    public long ClientsClosed;

    /// <summary>Clients that left without a goodbye (COM_QUIT) after their login.</summary>
    public long ClientsAborted;

    /// <summary>Clients that were turned away before a greeting, because there were too many.</summary>
    public long ClientsRefused;

    /// <summary>Clients that were turned away because Seawall itself ran short of something, or would have been.</summary>
    public long ClientsRefusedByStrain;

    /// <summary>Idle clients that were sent away sooner because of that, or would have been.</summary>
    public long ClientsHurried;

    /// <summary>Statements that were answered with what was kept, in a brown-out.</summary>
    public long KeptAnswers;

    /// <summary>Writes of low classes that wanted to begin, counted while these are slowed when replicas lag.</summary>
    public long LowWrites;

    /// <summary>Logins that succeeded.</summary>
    public long LoginsSucceeded;

    /// <summary>Logins that failed.</summary>
    public long LoginsFailed;

    /// <summary>Logins that waited because of wrong passwords before them.</summary>
    public long LoginsSlowed;

    /// <summary>Logins turned away because too many waited for the same account from the same source.</summary>
    public long LoginsRefusedSlowed;

    /// <summary>Logins turned away because their class had its share, or that would have been.</summary>
    public long LoginsRefusedByClass;

    /// <summary>Clients that waited a little before they heard that they, or their statement, were refused.</summary>
    public long Tarpitted;

    /// <summary>Logins turned away because too many from one source were under way.</summary>
    public long LoginsRefusedBySource;

    /// <summary>Logins ended because too many were under way, and they for longest.</summary>
    public long LoginsPushedOut;

    /// <summary>Logins turned away because those under way held too many bytes.</summary>
    public long LoginsRefusedBySize;

    /// <summary>Packets from client to Seawall in all logins: with the greeting, what a login costs in exchanges.</summary>
    public long LoginExchanges;

    /// <summary>Clients that went over to TLS.</summary>
    public long TlsHandshakes;

    /// <summary>Clients that wanted TLS and did not get it.</summary>
    public long TlsFailures;

    /// <summary>Connections of proxies that said whom they speak for.</summary>
    public long ProxyHeaders;

    /// <summary>Connections of proxies that were closed because what they said made no sense.</summary>
    public long ProxyHeadersRefused;

    /// <summary>Commands from clients, of whatever kind.</summary>
    public long Commands;

    /// <summary>Commands that were sent to a server.</summary>
    public long Statements;

    /// <summary>Reads that a replica answered.</summary>
    public long ReplicaReads;

    /// <summary>Times that a read waited for a replica to have what it must have.</summary>
    public long FreshWaits;

    /// <summary>Reads that no replica might answer and the primary did.</summary>
    public long SpilledReads;

    /// <summary>Reads that a replica answered although it lacked something, within the age that was allowed for that.</summary>
    public long StaleReads;

    /// <summary>Reads that were tried elsewhere because their replica was lost, or gave them no connection.</summary>
    public long RetriedReads;

    /// <summary>Reads that were not, for want of budget.</summary>
    public long RetriesDenied;

    /// <summary>Reads that were refused because nobody might answer them.</summary>
    public long RefusedReads;

    /// <summary>Answers of servers that were errors.</summary>
    public long Errors;

    /// <summary>Errors that Seawall itself answered with.</summary>
    public long OwnErrors;

    /// <summary>Bytes of commands sent on to servers.</summary>
    public long BytesToServers;

    /// <summary>Bytes of answers received from servers.</summary>
    public long BytesFromServers;

    /// <summary>Statements that had to wait for their turn.</summary>
    public long GateWaits;

    /// <summary>Statements that had to wait because no server took writes.</summary>
    public long PrimaryWaits;

    /// <summary>Statements that had to wait before that: for the pace of their rule, or because they can be done at another time.</summary>
    public long Holds;

    /// <summary>Statements that were refused because their server had too much to do.</summary>
    public long Sheds;

    /// <summary>Leases begun.</summary>
    public long Leases;

    /// <summary>Leases that had to wait.</summary>
    public long LeaseWaits;

    /// <summary>Leases that were not to be had: see the errors in the log.</summary>
    public long LeaseFailures;

    /// <summary>Times that a connection had to be moved to other settings.</summary>
    public long Moves;

    /// <summary>Times that a connection was reset because a global variable had changed since it was last.</summary>
    public long Renewals;

    /// <summary>Times that a statement had to be prepared on another connection.</summary>
    public long Reprepares;

    /// <summary>Times that a session became pinned.</summary>
    public long Pins;

    /// <summary>Statements and connections of clients that other clients have ended by KILL.</summary>
    public long Kills;

    /// <summary>Statements that were ended because their client had gone.</summary>
    public long VanishedCancelled;

    /// <summary>Statements that were not, although they might have been: see <see cref="Flow.Pools.CancelLimits"/>.</summary>
    public long VanishedLeft;

    /// <summary>Server connections lost while a statement was under way.</summary>
    public long ServersLost;

    /// <summary>Statements by their verb, as text or as executions of prepared ones, answered or refused.</summary>
    public readonly long[] Kinds = new long[Enum.GetValues<StatementKind>().Length];

    /// <summary>Times that a session became pinned for a reason, by the reason's bit.</summary>
    public readonly long[] PinsByReason = new long[8 * sizeof(PinReasons)];

    /// <summary>From the client's command to the end of the answer.</summary>
    public readonly Histogram Statement = new();

    /// <summary>Waiting for one's turn, for those who had to.</summary>
    public readonly Histogram GateWait = new();

    /// <summary>Waiting for a server that takes writes.</summary>
    public readonly Histogram PrimaryWait = new();

    /// <summary>Waiting before that, for a pace or as deferred, for those who had to.</summary>
    public readonly Histogram HoldWait = new();

    /// <summary>Waiting for a server connection, for those who had to.</summary>
    public readonly Histogram LeaseWait = new();

    /// <summary>From accept to the end of the login.</summary>
    public readonly Histogram Login = new();

    /// <summary>What everything on the loop waits for before its turn: see <see cref="LoopPulse"/>.</summary>
    public readonly Histogram TurnDelay = new();

    /// <summary>A session is pinned for reasons that did not hold before.</summary>
    internal void NotePins(PinReasons added)
    {
        Pins++;
        for (var bits = (uint)added; bits != 0; bits &= bits - 1)
            PinsByReason[BitOperations.TrailingZeroCount(bits)]++;
    }
}
