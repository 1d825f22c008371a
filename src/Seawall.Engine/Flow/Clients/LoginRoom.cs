using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow.Clients;

/// <summary>
/// Where the clients of one loop are until they are logged in, in the order in which they came. Strangers may fill it, so it
/// has limits: for one source, beyond which the newcomer is turned away; for all together, beyond which whoever has been here
/// longest must go, since an honest login takes milliseconds; and for the bytes that they hold.
/// </summary>
internal sealed class LoginRoom(Loop loop, LoopMeter meter, HouseRules house)
{
    /// <summary>
    /// What every login may hold of a packet that is not whole yet: ten times a usual one. Beyond it there is one limit for all, so
    /// that nobody who sends only that is ever turned away for the bytes of others.
    /// </summary>
    internal const int FreeBytes = 4 * 1024;

    /// <summary>Time enough for a login over a slow line, with each of its exchanges.</summary>
    private const int EnoughMs = 1_000;

    /// <summary>A flood of refusals is one line in this time, with their number.</summary>
    private const int LogEveryMs = 1_000;

    private readonly LinkedList<LoginPlace> _places = [];
    private long _loggedMs = long.MinValue / 2;
    private int _unlogged;

    /// <summary>Who is here now. Loop thread only.</summary>
    internal int Count => _places.Count;

    /// <summary>Lets a login in, from a source that is not known yet if a proxy is still to name it.</summary>
    internal void Enter(LoginPlace place)
    {
        place.Node = _places.AddLast(place);
        // The others on this loop only: each loop has its share of them, and none waits for another.
        if (house.Logins.Enter() > house.Clients.LoginsNow && _places.First is { Value: var oldest } && oldest != place)
            PushOut(oldest, "clients.logins_max", house.Clients.LoginsNow);
    }

    /// <summary>
    /// Makes a place for a newcomer when there are as many clients as there may be: somebody who has had time enough to log
    /// in must go. False when nobody has; an honest storm must not have its logins ended by those behind.
    /// </summary>
    internal bool MakePlace()
    {
        if (_places.First is not { Value: var oldest } || loop.NowMs - oldest.SinceMs < EnoughMs)
            return false;
        PushOut(oldest, "clients.max", house.Clients.CountMax);
        return true;
    }

    /// <summary>Counts a login for its source; false when there are too many, of which the client has been told.</summary>
    internal bool TryCount(LoginPlace place)
    {
        var source = ClientSource.Of(place.Peer);
        var max = house.Clients.LoginsPerSourceNow;
        if (house.Logins.TryEnter(source, max))
        {
            place.Source = source;
            return true;
        }
        meter.LoginsRefusedBySource++;
        Tell(source, "clients.logins_per_source_max", max);
        ClientReplies.SendInPlaceOfGreeting(place.Wire, SqlError.TooManyConnections,
            $"Too many connections: {max} logins from {source} are under way (clients.logins_per_source_max); trying again is safe");
        return false;
    }

    /// <summary>Notes how much a login holds; false when all together hold too much, and this one is not small.</summary>
    internal bool TryHold(LoginPlace place, int bytes)
    {
        var counted = Math.Max(0, bytes - FreeBytes);
        if (counted == place.Bytes)
            return true;
        var all = house.Logins.Hold(counted - place.Bytes);
        var isMore = counted > place.Bytes;
        place.Bytes = counted;
        if (!isMore || all <= house.Clients.LoginBytesMax)
            return true;
        meter.LoginsRefusedBySize++;
        Tell(ClientSource.Of(place.Peer), "clients.login_bytes_max", house.Clients.LoginBytesMax);
        return false;
    }

    /// <summary>A login has ended, well or not. Leaving twice does nothing.</summary>
    internal void Leave(LoginPlace place)
    {
        if (place.Node is not { } node)
            return;
        place.Node = null;
        _places.Remove(node);
        house.Logins.Leave();
        if (place.Bytes > 0)
            house.Logins.Hold(-place.Bytes);
        place.Bytes = 0;
        if (place.Source is { } source)
            house.Logins.Leave(source);
        place.Source = null;
    }

    private void PushOut(LoginPlace oldest, string setting, int max)
    {
        meter.LoginsPushedOut++;
        Tell(ClientSource.Of(oldest.Peer), setting, max);
        Leave(oldest);
        oldest.PushOut($"Too many connections: this login was under way for longest ({setting} = {max}); trying again is safe");
    }

    private void Tell(ClientSource source, string setting, int max)
    {
        if (loop.NowMs - _loggedMs < LogEveryMs)
        {
            _unlogged++;
            return;
        }
        EngineLog.LoginsLimited(house.Logger, source.ToString(), setting, max, _unlogged);
        (_loggedMs, _unlogged) = (loop.NowMs, 0);
    }
}

/// <summary>A login's place in a <see cref="LoginRoom"/>.</summary>
internal abstract class LoginPlace : TimerNode
{
    /// <summary>Its place in the order; null when it has left.</summary>
    internal LinkedListNode<LoginPlace>? Node { get; set; }

    /// <summary>The source that it is counted for.</summary>
    internal ClientSource? Source { get; set; }

    /// <summary>When its client came, in the loop's milliseconds.</summary>
    internal abstract long SinceMs { get; }

    /// <summary>What it holds, as far as it is counted.</summary>
    internal int Bytes { get; set; }

    /// <summary>The client's wire.</summary>
    internal abstract Wire Wire { get; }

    /// <summary>Who the client is.</summary>
    internal PeerAddress Peer => Wire.Peer;

    /// <summary>Ends it, with words if the client can be told any now.</summary>
    internal abstract void PushOut(string message);
}
