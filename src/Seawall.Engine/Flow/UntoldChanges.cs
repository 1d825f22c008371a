using System.Text;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow;

/// <summary>
/// What changed in a session and a MariaDB server has not told its client yet. It tells in OK packets only, and of everything that
/// changed since the last time: a client that gets EOF packets behind rows sees a flag there, and what a failed statement has changed, or SET
/// STATEMENT put back, is told with whatever is told next.
/// </summary>
internal sealed class UntoldChanges
{
    /// <summary>More variables than a statement changes; the rest is not told.</summary>
    private const int CountMax = 64;

    private readonly List<(SessionChangeKind Kind, byte[] Name, byte[] Value)> _changes = [];

    /// <summary>Whether there is nothing to tell.</summary>
    internal bool IsEmpty => _changes.Count == 0;

    /// <summary>The room that all of it may need.</summary>
    internal int Room => _changes.Sum(change => SessionChangeFilter.RoomFor(change.Name.Length + change.Value.Length));

    /// <summary>One more, or another value of one that there is.</summary>
    internal void Add(in SessionChange change)
    {
        Forget(change);
        if (_changes.Count < CountMax)
            _changes.Add((change.Kind, change.Name.ToArray(), change.Value.ToArray()));
    }

    /// <summary>It is told otherwise.</summary>
    internal void Forget(in SessionChange change)
    {
        for (var i = 0; i < _changes.Count; i++)
        {
            if (_changes[i].Kind != change.Kind || !change.Name.SequenceEqual(_changes[i].Name))
                continue;
            _changes.RemoveAt(i);
            return;
        }
    }

    /// <summary>A variable has another value by now: a server tells the one that it has when it tells it.</summary>
    internal void Renew(string name, string value)
    {
        for (var i = 0; i < _changes.Count; i++)
        {
            if (_changes[i].Kind == SessionChangeKind.SystemVariables && Encoding.UTF8.GetString(_changes[i].Name) == name)
                _changes[i] = _changes[i] with { Value = Encoding.UTF8.GetBytes(value) };
        }
    }

    /// <summary>Another list of variables is asked for: a server forgets which of the old one have changed.</summary>
    internal void ForgetVariables() => _changes.RemoveAll(change => change.Kind == SessionChangeKind.SystemVariables);

    /// <summary>Tells all of it, which it is not any more afterwards, and returns the length.</summary>
    internal int Tell(Span<byte> shown)
    {
        var length = 0;
        foreach (var (kind, name, value) in _changes)
            length += SessionChangeFilter.WriteChange(new(kind, name, value), shown[length..]);
        _changes.Clear();
        return length;
    }
}
