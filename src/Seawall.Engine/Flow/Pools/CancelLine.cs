using System.Globalization;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow.Pools;

/// <summary>
/// A connection of a <see cref="CancelDesk"/>: opened through the gate, ahead of the pools' own, used for one statement after
/// the other of one account, and closed when nobody has needed it for a while. Control loop only.
/// </summary>
internal sealed class CancelLine : DialTicket
{
    // Whoever cancels once does so again soon: a page that is left, a limit that is too tight.
    private const int IdleMsMax = 3_000;

    private readonly CancelDesk _desk;
    private readonly PoolServer _server;
    private readonly Sleep _sleep;
    private ServerConnection? _connection;
    private bool _mustLeave;

    internal CancelLine(CancelDesk desk, PoolServer server, Account account, Loop loop)
        : base(loop)
    {
        _desk = desk;
        _server = server;
        _sleep = new Sleep(loop);
        Account = account;
        IsOnItsWay = true;
    }

    /// <summary>As whom it logs in.</summary>
    internal Account Account { get; }

    /// <summary>Whether it will look for something to do by itself: it is being opened, or was woken.</summary>
    internal bool IsOnItsWay { get; private set; }

    /// <summary>Whether it waits for something to do.</summary>
    internal bool IsIdle { get; private set; }

    /// <summary>There is something to do for it.</summary>
    internal void Wake()
    {
        IsOnItsWay = true;
        IsIdle = false;
        _sleep.Wake();
    }

    /// <summary>It is to make room as soon as nobody needs it.</summary>
    internal void Leave()
    {
        _mustLeave = true;
        if (IsIdle)
            Wake();
    }

    /// <summary>The server does not answer.</summary>
    internal void GiveUp() => _connection?.Wire.Close();

    /// <inheritdoc/>
    protected override void Go() => Run().Forget(Loop.Report);

    private async LoopTask Run()
    {
        var problem = await Open();
        if (_connection is { } connection)
        {
            await Serve(connection);
            connection.Close();
            _connection = null;
        }
        _desk.Ended(this, problem);
    }

    private async LoopTask<string?> Open()
    {
        var started = Loop.Timestamp();
        var (connection, failure) = await _server.Dialer.DialToCancel(_server, Account, Loop);
        _server.Gate.Finished(Loop, DialOutcomes.Of(failure), Loop.MicrosecondsSince(started));
        _connection = connection;
        return failure?.Text;
    }

    private async LoopTask Serve(ServerConnection connection)
    {
        while (true)
        {
            IsOnItsWay = false;
            if (_desk.TakeFor(this) is { } request)
            {
                if (!connection.IsQuiet())
                {
                    _desk.PutBack(request); // The server has hung up meanwhile; another line will see to it.
                    return;
                }
                await Say(connection, request);
                if (connection.IsBroken)
                    return;
                continue;
            }
            if (_mustLeave || _desk.OthersWait)
                return;
            IsIdle = true;
            await _sleep.For(IdleMsMax);
            IsIdle = false;
            if (!IsOnItsWay)
                return;
        }
    }

    private async LoopTask Say(ServerConnection connection, CancelRequest request)
    {
        request.Line = this;
        var answer = await ServerQuery.Run(
            connection, string.Create(CultureInfo.InvariantCulture, $"KILL QUERY {request.Thread}"));
        request.Line = null;
        request.End(answer.Reply switch
        {
            { IsOk: true } => new CancelResult(CancelOutcome.Done),
            // It ended by itself, or was lost: whatever ran on it has come to its end.
            { Kind: ServerReplyKind.Error, Code: var code } when code == SqlError.NoSuchThread.Code => new CancelResult(CancelOutcome.Done),
            { Kind: ServerReplyKind.Error, Message: var message } => new CancelResult(CancelOutcome.NotSent, $"the server said: {message}"),
            _ => new CancelResult(CancelOutcome.Unknown, "the connection to the server was lost over it"),
        });
    }
}
