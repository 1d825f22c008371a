using System.Text.Json;
using Seawall.Bench.Load;

namespace Seawall.Bench.Run;

/// <summary>The load process, from this side.</summary>
internal sealed class LoadDriver : IDisposable
{
    private readonly Child _process = Child.Own("load");

    internal LoadReply Ask(LoadRequest request) =>
        JsonSerializer.Deserialize<LoadReply>(_process.Ask(JsonSerializer.Serialize(request)))!;

    public void Dispose() => _process.Dispose();
}
