using System.Text;
using Seawall.Bench.Stub;
using Seawall.Engine.Flow;
using Seawall.Engine.Loops;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;
using Seawall.MySql.Results;

namespace Seawall.Bench.Load;

/// <summary>Clients that send the statement, wait for all of its answer, and send it again.</summary>
internal sealed class StatementCrowd(Visitor visitor, LoadRequest request) : Crowd(visitor, request)
{
    private static readonly byte[] s_row = Encoding.UTF8.GetBytes(StubAnswers.Row);

    private readonly byte[] _command = new PacketWriter().Begin(0).Int1((byte)CommandKind.Query)
        .Text(StubAnswers.Statement).End().Bytes.ToArray();

    private readonly List<Wire> _wires = [];
    private int _in;

    protected override void OnStop()
    {
        // Whoever waits for an answer that does not come is woken.
        foreach (var wire in _wires)
            wire.Interrupt();
    }

    protected override async LoopTask Live()
    {
        var (wire, problem) = await Visitor.LogIn(Request);
        if (wire is null)
        {
            Fail(problem!);
            return;
        }
        _wires.Add(wire);
        if (++_in == Request.Clients)
            BeReady();
        var asker = new Asker(this, wire);
        while (!IsStopped && await asker.Ask())
            Count(asker.StartedAt);
        Visitor.Leave(wire);
    }

    private sealed class Asker(StatementCrowd crowd, Wire wire)
    {
        private ResponseTracker _tracker;
        private Inbox _inbox;
        private bool _sawRow;

        internal long StartedAt { get; private set; }

        internal async LoopTask<bool> Ask()
        {
            StartedAt = wire.Loop.Timestamp();
            wire.Send(crowd._command);
            _tracker.Begin(ResponseShape.Results, deprecatesEof: true);
            while (!_tracker.IsDone)
            {
                if (!wire.ReadReady)
                    await wire.Readable();
                if (crowd.IsStopped)
                    return false;
                if (!Follow())
                    return false;
            }
            return true;
        }

        private bool Follow()
        {
            var buffer = wire.Loop.Buffer;
            var held = _inbox.TakeHeld(buffer);
            var count = wire.Receive(buffer.AsSpan(held));
            if (count is WireResult.End or WireResult.Broken)
                return Bad("the connection was lost");
            if (count == WireResult.Later)
                return true;
            var data = buffer.AsSpan(0, held + count);
            _sawRow = _sawRow || data.IndexOf(s_row) >= 0;
            var used = 0;
            var seen = _tracker.Next(data, ref used);
            if (seen == ResponseEvent.NeedMore)
                _inbox.PutBack(data[used..]);
            else if (seen != ResponseEvent.End)
                return Bad($"the answer was {seen}");
            else
                _tracker.Ended(ServerStatus.Autocommit);
            return !_tracker.IsDone || _sawRow || Bad("the row is not the one that was asked for");
        }

        private bool Bad(string problem)
        {
            crowd.Fail(problem);
            return false;
        }
    }
}
