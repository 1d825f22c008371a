namespace Seawall.Engine.Flow.Pools;

/// <summary>
/// Whether clients of an account ask for a fact that costs a question to keep. It is kept for them until it turns out that
/// they do not ask; should one ask after all, it is kept from then on. Counted loosely, from any loop.
/// </summary>
internal sealed class FactDemand
{
    /// <summary>Questions for nobody before they stop: enough to see what an application does, too few to be felt.</summary>
    private const int FruitlessMax = 64;

    private int _fruitless;

    /// <summary>Whether the fact is to be kept.</summary>
    internal bool Exists => _fruitless < FruitlessMax;

    /// <summary>A client asks for it.</summary>
    internal void NoteAsked()
    {
        if (_fruitless >= 0)
            _fruitless = int.MinValue; // For good: below zero no count comes near the limit again.
    }

    /// <summary>It was kept, at the cost of a question.</summary>
    internal void NoteKept()
    {
        if (_fruitless is >= 0 and < FruitlessMax)
            _fruitless++;
    }
}
