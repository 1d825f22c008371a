namespace Seawall.Engine.Flow.Servers;

/// <summary>
/// What is prepared on one server connection: for each text the server's number. Bounded; the least recently used one is
/// closed to make room. A statement on which a client has something open is kept for that client's statement alone: to
/// execute it for another would close the cursor, and take the pieces of the parameters. One that has had a cursor is for
/// executions with one from then on: MySQL 9.7 does not end its answer to another one.
/// </summary>
internal sealed class ServerStatements
{
    /// <summary>Texts that clients read by cursors are few.</summary>
    private const int ForCursorsMax = 64;

    private readonly Dictionary<PreparedText, LinkedListNode<ServerStatement>> _byText = [];
    private readonly LinkedList<ServerStatement> _byUse = [];
    private Dictionary<object, ServerStatement>? _kept;
    private Dictionary<PreparedText, ServerStatement>? _forCursors;

    /// <summary>How many there are.</summary>
    internal int Count => _byText.Count + (_kept?.Count ?? 0) + (_forCursors?.Count ?? 0);

    /// <summary>
    /// The statement for a text, which thereby is the most recently used; the one that is kept for <paramref name="client"/>'s
    /// statement goes before. Null when there is none for an execution with, or without, a cursor.
    /// </summary>
    internal ServerStatement? Find(PreparedText text, object client, bool opensCursor = false)
    {
        // With other words in it, that answer for the session, it is another statement.
        if (_kept is not null && _kept.TryGetValue(client, out var own) && ReferenceEquals(own.Text, text))
            return own;
        if (opensCursor && _forCursors is not null && _forCursors.TryGetValue(text, out var had))
            return had;
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

    /// <summary>Keeps a statement for one of the client's, which is about to have something open on it.</summary>
    internal void Keep(ServerStatement statement, object client, bool opensCursor = false)
    {
        statement.HasHadCursor |= opensCursor;
        if (_byText.TryGetValue(statement.Text, out var node) && node.Value == statement)
        {
            _byText.Remove(statement.Text);
            _byUse.Remove(node);
        }
        else if (_forCursors is not null && _forCursors.TryGetValue(statement.Text, out var had) && had == statement)
            _forCursors.Remove(statement.Text);
        else
            return; // It is kept already.
        (_kept ??= []).Add(client, statement);
    }

    /// <summary>
    /// The client's statement has nothing open any more: everybody may use it again, unless there is another one by now,
    /// which makes it superfluous. What is to be closed at the server, if anything.
    /// </summary>
    internal uint? Share(object client)
    {
        if (_kept is null || !_kept.Remove(client, out var statement))
            return null;
        if (statement.HasHadCursor)
        {
            if ((_forCursors ??= []).Count < ForCursorsMax && _forCursors.TryAdd(statement.Text, statement))
                return null;
        }
        else if (!_byText.ContainsKey(statement.Text))
        {
            _byText.Add(statement.Text, _byUse.AddFirst(statement));
            return null;
        }
        statement.Text.Release();
        return statement.Id;
    }

    /// <summary>Forgets what is kept for a client's statement; the server's number for it.</summary>
    internal uint? RemoveKept(object client)
    {
        if (_kept is null || !_kept.Remove(client, out var statement))
            return null;
        statement.Text.Release();
        return statement.Id;
    }

    /// <summary>Forgets everything: the server has.</summary>
    internal void Clear()
    {
        foreach (var statement in _byUse)
            statement.Text.Release();
        foreach (var statement in _kept?.Values.AsEnumerable() ?? [])
            statement.Text.Release();
        foreach (var statement in _forCursors?.Values.AsEnumerable() ?? [])
            statement.Text.Release();
        _byText.Clear();
        _byUse.Clear();
        (_kept, _forCursors) = (null, null);
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

    /// <summary>Whether it was executed with a cursor once.</summary>
    internal bool HasHadCursor { get; set; }

    /// <summary>
    /// The types of parameters that the server has at present, as an object that a client's statement has; it needs to be told those of another one, or
    /// others of the same.
    /// </summary>
    internal byte[]? TypesFrom { get; set; }
}
