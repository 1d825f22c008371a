using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;

namespace Seawall.Rehearsal.Floods;

/// <summary>
/// The connections of one class, as drivers' pools keep them: those that are idle are used again, the last one first. Who finds none stands
/// in line, and one more is opened as long as there are not too many; whoever is first in line then gets whichever is free first.
/// </summary>
/// <param name="loop">Where all this happens.</param>
/// <param name="most">How many there are at most.</param>
/// <param name="open">Opens one; null when that does not succeed. It takes its own time, also when nobody waits for it any more.</param>
internal sealed class FloodConnections(Loop loop, int most, Func<LoopTask<ServerConnection?>> open)
{
    private readonly Stack<ServerConnection> _idle = [];
    private readonly Queue<Place> _line = [];
    private readonly HashSet<ServerConnection> _all = [];
    private int _count;
    private bool _isClosed;

    /// <summary>One that is free within the time; null when none was, or one could not be opened. Who gets one gives it back.</summary>
    internal async LoopTask<ServerConnection?> Take(long waitMs)
    {
        if (_idle.TryPop(out var idle))
            return idle;
        var place = new Place(loop);
        _line.Enqueue(place);
        OpenOneMore();
        await place.For(waitMs);
        place.IsLeft = true;
        return place.Given;
    }

    /// <summary>Gives one back that can be used again.</summary>
    internal void Return(ServerConnection connection)
    {
        if (_isClosed)
        {
            connection.Close();
        }
        else if (NextInLine() is { } place)
        {
            place.Given = connection;
            place.Call();
        }
        else
        {
            _idle.Push(connection);
        }
    }

    /// <summary>Gives up one that cannot; somebody in line may need another.</summary>
    internal void Drop(ServerConnection connection)
    {
        connection.Close();
        _all.Remove(connection);
        _count--;
        if (_line.Count > 0)
            OpenOneMore();
    }

    /// <summary>Closes them all; whoever waits for an answer hears that it will not come.</summary>
    internal void Close()
    {
        _isClosed = true;
        foreach (var connection in _all.ToArray())
            connection.Close();
        _all.Clear();
        _idle.Clear();
        while (NextInLine() is { } place)
            place.Call();
    }

    private void OpenOneMore()
    {
        if (_count >= most || _isClosed)
            return;
        _count++;
        Open().Forget(loop.Report);
    }

    private async LoopTask Open()
    {
        if (await open() is { } connection)
        {
            _all.Add(connection);
            Return(connection);
            return;
        }
        _count--;
        NextInLine()?.Call(); // Who has waited for longest hears of it, as with drivers.
    }

    private Place? NextInLine()
    {
        while (_line.TryDequeue(out var place))
        {
            if (!place.IsLeft)
                return place;
        }
        return null;
    }

    // What is given is there before the one who waits is woken; if his time ends in between, it is his all the same.
    private sealed class Place(Loop loop)
    {
        private readonly Sleep _sleep = new(loop);

        internal ServerConnection? Given { get; set; }

        internal bool IsLeft { get; set; }

        internal Sleep For(long milliseconds) => _sleep.For(milliseconds);

        // Not on the stack of the one who gives: a long line would be as deep a stack.
        internal void Call()
        {
            IsLeft = true;
            loop.RunSoon(new Callback(_sleep.Wake));
        }
    }
}
