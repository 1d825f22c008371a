using System.Text.RegularExpressions;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;


namespace Seawall.LabTests.Equivalence;

/// <summary>A difference, and all that was done until it was seen.</summary>
internal sealed record Failure(Difference Difference, Script Script, IReadOnlyList<Moment> Moments);

/// <summary>
/// Many scripts, dozens at one time, each on a private connection to the server and on one through Seawall, whose pool has
/// one to four connections.
/// </summary>
internal sealed class World(IReadOnlyList<Ground> grounds, SeawallUnderTest seawall, int seed, int scripts, Tally tally, string? skip)
{
    // Enough to see why a client was sent away.
    private const int LinesOfLog = 12;

    private readonly List<Moment> _moments = [];
    private readonly Lock _lock = new();
    private int _next;
    private Failure? _failure;
    private Exception? _exception;

    /// <summary>Plays all scripts; the first difference ends it.</summary>
    internal Failure? Run()
    {
        var threads = grounds.Select(ground => new Thread(() => Play(ground), 512 * 1024) { IsBackground = true }).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        return _exception is null ? _failure : throw new InvalidOperationException($"seed {seed}: {_exception.Message}", _exception);
    }

    private bool IsOver => Volatile.Read(ref _failure) is not null || Volatile.Read(ref _exception) is not null;

    private void Play(Ground ground)
    {
        try
        {
            for (var number = Interlocked.Increment(ref _next); number <= scripts && !IsOver; number = Interlocked.Increment(ref _next))
            {
                ground.Prepare();
                Play(ground, ScriptMaker.Make(seed, number, ground.Server.Kind));
            }
        }
#pragma warning disable CA1031 // Whatever it is, it fails the test and not the process.
        catch (Exception e)
#pragma warning restore CA1031
        {
            ground.IsSpoilt = true;
            var around = $"{e.Message}\n{WhatRuns(ground)}\n{ClientsOfSeawall()}\n{LastOf(ground)}";
            Interlocked.CompareExchange(ref _exception, new InvalidOperationException(around, e), null);
        }
    }

    private static string WhatRuns(Ground ground)
    {
        using var client = RawClient.Connect(ground.Server.Port, "seawall", "seawall");
        var rows = client.Query(
            "select concat_ws(' ', id, user, db, command, time, state, left(info, 200)) from information_schema.processlist where command <> 'Sleep'"
            + " union all select concat_ws(' ', id, user, db, command, time, trx_started, trx_state, trx_mysql_thread_id, 'in a transaction')"
            + " from information_schema.innodb_trx left join information_schema.processlist on id = trx_mysql_thread_id");
        return string.Join('\n', rows.Packets.Skip(2).Select(row => row.Text));
    }

    private string ClientsOfSeawall() => string.Join('\n', seawall.Engine.Views.Clients(100, CancellationToken.None).GetAwaiter().GetResult().Rows
        .Select(client => $"  {client.Id} {client.User} {client.Schema} {client.State} for {client.StateMs} ms, thread {client.ServerThread}"));

    private string LastOf(Ground ground)
    {
        lock (_lock)
        {
            // The last steps of all that are being played: one of them is not answered.
            var played = grounds.DistinctBy(one => one.LastScript).ToDictionary(one => one.LastScript, one => one.Through);
            return string.Join('\n', _moments.Where(moment => played.ContainsKey(moment.Script.Number)).GroupBy(moment => moment.Script)
                .SelectMany(moments => moments.TakeLast(moments.Key.Number == ground.LastScript ? 20 : 3))
                .Select(moment => $"  {played[moment.Script.Number]} {moment.Script.Number}: {moment.Step}"));
        }
    }

    private void Play(Ground ground, Script script)
    {
        ground.LastScript = script.Number;
        using var pair = new Pair(ground, seawall.Port, script, tally);
        foreach (var step in script.Steps)
        {
            if (skip is not null && Regex.IsMatch(step.Text, skip, RegexOptions.IgnoreCase))
                continue;
            lock (_lock)
                _moments.Add(new Moment(script, step));
            if (pair.Do(step) is { } difference)
            {
                ground.IsSpoilt = true;
                if (!pair.IsOver && step.Kind != CommandKind.Connect)
                    difference = difference with { Warnings = pair.Warnings() };
                if (difference.Seawall is [.., Likeness.Closed] && difference.Server is not [.., Likeness.Closed])
                    difference = difference with { Warnings = string.Join("\n            ", seawall.Log.TakeLast(LinesOfLog)) };
                lock (_lock)
                    _failure ??= new Failure(difference, script, [.. _moments]);
                return;
            }
            if (pair.IsOver || IsOver)
                return;
        }
    }
}
