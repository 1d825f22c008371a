using Seawall.Engine.Loops;

namespace Seawall.Engine.Watch;

/// <summary>
/// Ten times a second, has what may run at each server looked at, or how far replicas are behind. From the control loop, so that it goes on
/// while the others have more to do than they can.
/// </summary>
internal sealed class LimitWatch(Loop loop, Action look) : TimerNode
{
    /// <summary>A tenth of what people notice, and some tens of statements at a few hundred a second.</summary>
    private const int EveryMs = 100;

    /// <summary>Begins. Control loop only.</summary>
    internal void Start() => loop.Arm(this, EveryMs);

    /// <inheritdoc/>
    protected internal override void OnDue()
    {
        look();
        loop.Arm(this, EveryMs);
    }
}
