namespace Seawall.Engine.Flow.Servers;

/// <summary>
/// What is prepared on one server connection: for each text the server's number. Bounded; the least recently used one is
/// closed to make room.
/// </summary>
internal sealed class ServerStatements
{
    private readonly Dictionary<PreparedText, LinkedListNode<ServerStatement>> _byText = [];
    private readonly LinkedList<ServerStatement> _byUse = [];

    /// <summary>How many there are.</summary>
    internal int Count => _byText.Count;

    /// <summary>The statement for a text, which thereby is the most recently used; null when there is none.</summary>
    internal ServerStatement? Find(PreparedText text)
    {
        if (!_byText.TryGetValue(text, out var node))
            return null;
        if (node != _byUse.First)
        {
            _byUse.Remove(node);
            _byUse.AddFirst(node);
        }
        return node.Value;
    }

    /// <summary>Adds what the server has prepared; whatever it replaces or pushes out is to be closed at the server.</summary>
    internal (ServerStatement Added, uint? ToClose) Add(PreparedText text, uint id, int max)
    {
        uint? toClose = null;
        if (_byText.TryGetValue(text, out var old))
            toClose = Forget(old);
        else if (_byText.Count >= max && _byUse.Last is { } last)
            toClose = Forget(last);
        if (!text.TryHold())
            throw new InvalidOperationException("A text that a client holds cannot have been dropped.");
        var statement = new ServerStatement(text, id);
        _byText.Add(text, _byUse.AddFirst(statement));
        return (statement, toClose);
    }

    /// <summary>Forgets one statement; the server's number for it.</summary>
    internal uint? Remove(PreparedText text) => _byText.TryGetValue(text, out var node) ? Forget(node) : null;

    /// <summary>Forgets everything: the server has.</summary>
    internal void Clear()
    {
        foreach (var statement in _byUse)
            statement.Text.Release();
        _byText.Clear();
        _byUse.Clear();
    }

    private uint Forget(LinkedListNode<ServerStatement> node)
    {
        _byText.Remove(node.Value.Text);
        _byUse.Remove(node);
        node.Value.Text.Release();
        return node.Value.Id;
    }
}

/// <summary>A statement that is prepared on a server connection.</summary>
internal sealed class ServerStatement(PreparedText text, uint id)
{
    /// <summary>What was prepared.</summary>
    internal PreparedText Text { get; } = text;

    /// <summary>The server's number for it.</summary>
    internal uint Id { get; } = id;

    /// <summary>
    /// The client's statement whose parameter types the server has at present; it needs them again for another one.
    /// </summary>
    internal object? TypesFrom { get; set; }
}
