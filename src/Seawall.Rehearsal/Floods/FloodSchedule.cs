namespace Seawall.Rehearsal.Floods;

/// <summary>When requests are due: by chance, at each step's own rate. It does not know what becomes of them.</summary>
internal sealed class FloodSchedule
{
    private readonly IReadOnlyList<FloodStep> _steps;
    private readonly Random _random;
    private Random _dice;
    private int _step;
    private double _ends;
    private double _next;

    internal FloodSchedule(IReadOnlyList<FloodStep> steps, Random random)
    {
        _steps = steps;
        _random = random;
        _dice = Dice = DiceOf(steps[0]);
        _ends = steps[0].Seconds;
        Draw(0);
    }

    /// <summary>What else is left to chance of the request that was due last.</summary>
    internal Random Dice { get; private set; }

    /// <summary>The next one that is due at <paramref name="now"/>, in seconds since the beginning; null when there is none now.</summary>
    internal (double Seconds, int Step)? Next(double now)
    {
        if (_step == _steps.Count || _next > now)
            return null;
        var due = (_next, _step);
        Dice = _dice;
        Draw(_next);
        return due;
    }

    // Chance has no memory: what would come after the end of a step is drawn anew from there, at the next one's rate.
    private void Draw(double from)
    {
        while (_step < _steps.Count)
        {
            var rate = _steps[_step].PerSecond;
            _next = rate > 0 ? from - (Math.Log(1 - _dice.NextDouble()) / rate) : double.PositiveInfinity;
            if (_next < _ends)
                return;
            from = _ends;
            if (++_step == _steps.Count)
                return;
            _ends += _steps[_step].Seconds;
            _dice = DiceOf(_steps[_step]);
        }
    }

    private Random DiceOf(FloodStep step) => step.Seed is { } seed ? new Random(seed) : _random;
}
