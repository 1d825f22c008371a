using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Pools;

/// <summary>A pool's wish for one more connection, on its way through the dial gate.</summary>
internal sealed class PoolDial(Pool pool, Loop loop, byte[] attributes, int generation) : DialTicket(loop)
{
    /// <summary>That of the next who waits. A dial that nobody wants any more goes at once: it gives back what it holds.</summary>
    internal override int Rank => pool.BestRank is var rank && rank < WaitList.Ranks ? rank : 0;

    /// <inheritdoc/>
    protected override void Go() => Run().Forget(Loop.Report);

    private async LoopTask Run()
    {
        var gate = pool.Server.Gate;
        if (!pool.IsDialWanted)
        {
            gate.Finished(Loop, DialOutcome.Cancelled, 0);
            pool.DialFailed(null);
            return;
        }
        var started = Loop.Timestamp();
        PooledConnection? connection = null;
        DialFailure? failure = new(DialFailureKind.Malformed, "the login could not be followed");
        try
        {
            (connection, failure) = await pool.Server.Dialer.Dial(pool, pool.Account, Loop, attributes, generation);
        }
        finally
        {
            // Whatever happens, gate and pool count on it.
            End(gate, started, connection, failure);
        }
    }

    private void End(DialGate gate, long started, PooledConnection? connection, DialFailure? failure)
    {
        var tookUs = Loop.MicrosecondsSince(started);
        gate.Finished(Loop, DialOutcomes.Of(failure), tookUs);
        pool.Context.Telemetry.Dialed(pool, connection, failure, tookUs);
        if (connection is not null)
            pool.Dialed(connection);
        else
            pool.DialFailed(failure);
    }
}
