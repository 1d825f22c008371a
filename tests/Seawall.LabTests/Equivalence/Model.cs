using Seawall.LabTests.Lab;

namespace Seawall.LabTests.Equivalence;

/// <summary>
/// What a generator believes its session to have, so that most steps make sense. It may be wrong, after errors: then a
/// step fails, on both sides alike.
/// </summary>
internal sealed class Model(LabKind kind)
{
    /// <summary>Statements that a session keeps prepared by command.</summary>
    internal const int SlotCount = 3;

    internal LabKind Kind { get; } = kind;

    internal bool IsMariaDb => Kind == LabKind.MariaDb;

    internal bool IsModern => Kind == LabKind.MySql97;

    internal bool InTransaction { get; set; }

    internal bool AutocommitOff { get; set; }

    internal bool Multi { get; set; } = true;

    internal HashSet<string> Temporaries { get; } = [];

    internal HashSet<string> Texts { get; } = [];

    internal HashSet<string> Handlers { get; } = [];

    internal HashSet<string> Locks { get; } = [];

    internal bool HasVariables { get; set; }

    /// <summary>TIMESTAMP, INSERT_ID or RAND_SEED.</summary>
    internal bool HasOneShots { get; set; }

    internal bool LockedTables { get; set; }

    internal bool HasSchema { get; set; } = true;

    internal const int XaPrepared = 3;

    /// <summary>
    /// There may be a prepared XA transaction: with one, MariaDB 10.11 is of no use any more on a connection that is reset, or changes its
    /// user, and the others let the session go on and run into its own locks.
    /// </summary>
    internal bool HasPreparedXa { get; set; }

    /// <summary>XA: 0 none, 1 active, 2 idle, 3 prepared.</summary>
    internal int Xa { get; set; }

    /// <summary>What is prepared by command: the kinds of its parameters, <c>n</c> and <c>s</c>.</summary>
    internal string?[] Slots { get; } = new string?[SlotCount];

    /// <summary>Slots with a cursor that may have rows left.</summary>
    internal bool[] Cursors { get; } = new bool[SlotCount];

    /// <summary>Slots that were executed with a cursor since they were prepared.</summary>
    internal bool[] HadCursors { get; } = new bool[SlotCount];

    /// <summary>All that ends with a reset of the connection.</summary>
    internal void Forget()
    {
        InTransaction = AutocommitOff = HasVariables = HasOneShots = LockedTables = false;
        Multi = true;
        Temporaries.Clear();
        Texts.Clear();
        Handlers.Clear();
        Locks.Clear();
        Xa = 0;
        Array.Clear(Slots);
        Array.Clear(Cursors);
        Array.Clear(HadCursors);
    }
}
