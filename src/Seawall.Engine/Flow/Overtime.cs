using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow;

/// <summary>
/// Looks after an answer that nobody listens to any more. A server that was told to end the statement, and has not ended its answer long
/// after that, does not work for it: it waits for the next command, or is beyond help (MySQL 9.7 leaves out the end of some executions).
/// Its connection is closed, so that a pool does not lose it for ever.
/// </summary>
internal sealed class Overtime(Statement statement) : TimerNode
{
    /// <summary>How often is looked. An answer may take that long at least to end, once its server has been told, and twice as long at most.</summary>
    internal const int LookMs = 10_000;

    private readonly ServerConnection _connection = statement.Answer.Connection;
    private bool _wasTold;

    /// <summary>The client has gone.</summary>
    internal void Begin() => _connection.Wire.Loop.Arm(this, LookMs);

    /// <summary>The answer has ended.</summary>
    internal void End() => _connection.Wire.Loop.Timers.Disarm(this);

    /// <inheritdoc/>
    protected internal override void OnDue()
    {
        if (_wasTold)
        {
            _connection.Wire.Close();
            return;
        }
        _wasTold = statement.Cancellation is { HasArrived: true };
        Begin();
    }
}
