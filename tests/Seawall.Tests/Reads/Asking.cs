using Seawall.Testing.Clients;
using Seawall.Testing.Worlds;

namespace Seawall.Tests.Reads;

/// <summary>A client that says the same again as soon as it has been answered.</summary>
internal sealed class Asking(FakeClient client, string statement)
{
    private Pending<Reply>? _asked;

    /// <summary>How often it heard an error.</summary>
    internal int Failed { get; private set; }

    /// <summary>Asks, if it does not wait for an answer.</summary>
    internal void Go()
    {
        if (_asked is { IsDone: false })
            return;
        if (_asked is { Value.IsOk: false })
            Failed++;
        _asked = client.BeginQuery(statement);
    }
}
