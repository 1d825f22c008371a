using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Loops;

namespace Seawall.Engine.Watch;

/// <summary>
/// Once a second, closes server connections that are idle too long or too old, and forgets answers that are kept for brown-outs and too old.
/// </summary>
internal sealed class Housekeeping(Loop loop, PoolBook pools, KeptAnswers answers, Func<Measures> measures) : TimerNode
{
    private const int EveryMs = 1_000;

    /// <summary>Begins. Control loop only.</summary>
    internal void Start() => loop.Arm(this, EveryMs);

    /// <inheritdoc/>
    protected internal override void OnDue()
    {
        pools.Trim();
        answers.Forget(loop.NowMs - measures().KeepMsMost);
        loop.Arm(this, EveryMs);
    }
}
