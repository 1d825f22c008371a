using Seawall.Engine.Loops;

namespace Seawall.Testing.Worlds;

/// <summary>How a connection ends when the network ends it.</summary>
public enum Ending
{
    /// <summary>In good order: the reader gets everything, then the end.</summary>
    Closed,

    /// <summary>With a reset: writes fail from then on.</summary>
    Reset,
}

/// <summary>One connection of the simulated network, seen from outside: both directions can be slowed, cut and read.</summary>
public sealed class Link
{
    internal Link(SimulatedNetwork network, Endpoint to, int number)
    {
        Network = network;
        To = to;
        Number = number;
        ToServer = new Pipe(this);
        ToClient = new Pipe(this);
    }

    /// <summary>Where it leads.</summary>
    public Endpoint To { get; }

    /// <summary>The how many-th of this network it is, from 1.</summary>
    public int Number { get; }

    /// <summary>What the one who connected sends.</summary>
    public Pipe ToServer { get; }

    /// <summary>What the one who accepted sends.</summary>
    public Pipe ToClient { get; }

    /// <summary>Microseconds that a byte is under way.</summary>
    public long LatencyUs { get; set; } = 100;

    /// <summary>Bytes per second in each direction; 0 is without limit.</summary>
    public long BytesPerSecond { get; set; }

    /// <summary>Whether nothing arrives any more, and nobody is told.</summary>
    public bool IsBlackHole { get; set; }

    /// <summary>Whether somebody has ended it.</summary>
    public bool IsOver => ToServer.IsOver || ToClient.IsOver;

    internal SimulatedNetwork Network { get; }

    internal SimulatedWire? ClientWire { get; set; }

    internal SimulatedWire? ServerWire { get; set; }

    /// <summary>Ends it for both sides, after what is under way.</summary>
    public void Cut(Ending ending)
    {
        ToServer.End(ending);
        ToClient.End(ending);
    }
}
