using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Worlds;

namespace Seawall.Tests.Admission;

/// <summary>Clients that ask the same again and again, and note what they hear.</summary>
internal sealed class AskingClients(EngineWorld world, int clients, string sql)
{
    private readonly (FakeClient Client, Pending<Reply>? Asked)[] _clients =
        [.. Enumerable.Range(0, clients).Select(_ => (world.Client(), (Pending<Reply>?)null))];

    private bool _isOver;

    internal int Answered { get; private set; }

    internal List<ReplyError> Errors { get; } = [];

    internal void RunFor(long ms) => RunUntil(() => false, ms);

    internal void RunUntil(Func<bool> isDone, long atMostMs)
    {
        for (var left = atMostMs; left > 0 && !isDone(); left -= 10)
        {
            for (var i = 0; i < _clients.Length; i++)
                Look(ref _clients[i]);
            world.World.RunFor(10);
        }
    }

    internal void Stop()
    {
        _isOver = true;
        RunUntil(() => Array.TrueForAll(_clients, one => one.Asked is null), 20_000);
    }

    private void Look(ref (FakeClient Client, Pending<Reply>? Asked) one)
    {
        if (one.Asked is { IsDone: false })
            return;
        if (one.Asked is { } done)
        {
            if (done.Value.Error is { } error)
                Errors.Add(error);
            else if (done.Value.IsOk)
                Answered++;
            else
                one.Client = world.Client();
        }
        one.Asked = _isOver ? null : one.Client.BeginQuery(sql);
    }
}
