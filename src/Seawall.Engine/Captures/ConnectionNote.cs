namespace Seawall.Engine.Captures;

/// <summary>What a capture knows of a connection between two commands.</summary>
internal sealed class ConnectionNote
{
    /// <summary>The capture that it is of.</summary>
    internal int Plan { get; set; }

    /// <summary>Whether its commands are captured: all of them, or those of the present transaction.</summary>
    internal bool IsIn { get; set; }

    /// <summary>Each of them stands for so many.</summary>
    internal uint StandsFor { get; set; } = 1;

    /// <summary>The number of the last transaction.</summary>
    internal uint Transaction { get; set; }

    /// <summary>Commands so far.</summary>
    internal ulong Commands { get; set; }

    /// <summary>When the first of them came.</summary>
    internal long FirstCommandUs { get; set; }

    /// <summary>Whether the client has said goodbye.</summary>
    internal bool SaidGoodbye { get; set; }

    /// <summary>It begins with a capture.</summary>
    internal void Begin(int plan)
    {
        Plan = plan;
        IsIn = SaidGoodbye = false;
        StandsFor = 1;
        Transaction = 0;
        Commands = 0;
        FirstCommandUs = 0;
    }
}
