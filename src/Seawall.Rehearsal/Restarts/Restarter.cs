using System.Globalization;
using Seawall.Rehearsal.Knees;
using Seawall.Rehearsal.Logins;
using Seawall.Rehearsal.Targets;
using Seawall.Rehearsal.Xrays;

namespace Seawall.Rehearsal.Restarts;

/// <summary>
/// Restarts servers by the user's commands and lets everybody connect again. Only for servers that are marked, and last of all: what follows would meet
/// servers that have forgotten what they had in memory. What of the rehearsal is on a server is dropped when that is there again, and is waited for.
/// </summary>
internal sealed class Restarter(TimeSpan timeMax, int clients, MadeAccounts made, TimeProvider time, int seed, Action<string> say)
{
    /// <summary>Within so many seconds all clients notice that the server is there again: pools ask about once a second.</summary>
    public const double WithinSeconds = 1;

    // An upper bound of what drivers wait for their login by themselves.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    // A server says in whole seconds how long it has been up.
    private const double UptimeSlack = 1;

    private int _seed = seed;

    /// <summary>Restarts one and lets everybody in; what went wrong is in it.</summary>
    public async Task Run(RestartOf one, CancellationToken cancel)
    {
        if (one.Command is not { } command)
        {
            one.Missing = $"{RestartPlan.OptionOf(one.Target)} names no command that restarts it";
            return;
        }
        say($"{one.Target.Name}: restarting it ({RestartPlan.OptionOf(one.Target)})");
        await using var before = await one.Target.Open(time, cancel);
        var began = time.GetTimestamp();
        made.IsRestarting = true;
        try
        {
            var end = await RestartCommand.Run(command, timeMax, time, cancel);
            one.Said = end.Said;
            one.Missing = end.Problem.Length > 0
                ? $"the command of {RestartPlan.OptionOf(one.Target)} {end.Problem}" : await Back(one.Target, before, began, cancel);
        }
        catch (OperationCanceledException)
        {
            one.Missing = "the rehearsal was ended during the restart";
            await TryToBeBack(one.Target, began);
            throw;
        }
        finally
        {
            made.IsRestarting = false;
        }
        if (one.Missing.Length > 0)
        {
            one.Missing += await TryToBeBack(one.Target, began) ? "" : ". It does not answer now: whether it is to be started by hand, its log may say";
            return;
        }
        var back = time.GetElapsedTime(began).TotalSeconds;
        await ComeBack(one, began, cancel);
        one.BackSeconds = one.Missing.Length == 0 ? back : null;
    }

    private async Task ComeBack(RestartOf one, long began, CancellationToken cancel)
    {
        say($"{one.Target.Name}: {clients} clients connect again");
        var rain = new ConnectRain(() => one.Next() with { TimeMax = s_patience }, time, _seed++);
        await rain.Return(clients, WithinSeconds, cancel);
        try
        {
            await using var after = await one.Target.Open(time, cancel);
            if (await Uptime(after, cancel) is { } up && up > time.GetElapsedTime(began).TotalSeconds + UptimeSlack)
                one.Missing = NotRestarted(up);
            else
                one.Seen = Comeback.Of(rain.Seconds, clients / WithinSeconds);
        }
        catch (RehearsalException gone)
        {
            // Connects that failed because there is no server any more say nothing of what it takes.
            one.Missing = $"it was lost when everybody connected again: {gone.Message}";
        }
    }

    // Gone first, then there again: what still answers before it goes down is not what comes back. Behind a pool a session may outlive its server.
    private async Task<string> Back(Target target, ProbeSession before, long began, CancellationToken cancel)
    {
        while (true)
        {
            var up = await Uptime(before, cancel);
            var elapsed = time.GetElapsedTime(began);
            var isOld = !before.IsLost && !(up <= elapsed.TotalSeconds + UptimeSlack);
            if (!isOld && await target.Greets(time, cancel))
                return "";
            if (elapsed >= timeMax)
            {
                return isOld ? NotRestarted(up)
                    : string.Create(CultureInfo.InvariantCulture, $"it did not come back within {timeMax.TotalSeconds:0} s (--restart-seconds)");
            }
            await Task.Delay(s_pause, time, cancel);
        }
    }

    // What is on a server can be dropped when it is there. Not longer than the restart might have taken.
    private async Task<bool> TryToBeBack(Target target, long began)
    {
        var since = time.GetTimestamp();
        var rest = timeMax - time.GetElapsedTime(began);
        var most = made.Statements.Count == 0 ? TimeSpan.Zero : rest < RestartCommand.GraceMax ? rest : RestartCommand.GraceMax;
        var hasSaid = false;
        while (!await target.Greets(time, CancellationToken.None))
        {
            if (time.GetElapsedTime(since) >= most)
                return false;
            if (!hasSaid)
                say($"{target.Name}: waiting {(int)most.TotalSeconds} s at most until it is there: accounts are to be dropped");
            hasSaid = true;
            await Task.Delay(s_pause, time, CancellationToken.None);
        }
        return true;
    }

    private static async Task<double?> Uptime(ProbeSession session, CancellationToken cancel) =>
        await session.Ask("SHOW GLOBAL STATUS LIKE 'Uptime'", cancel) is { IsOk: true, Rows: [[_, { } text], ..] }
            && double.TryParse(text, CultureInfo.InvariantCulture, out var seconds) ? seconds : null;

    private static string NotRestarted(double? up) => "its command came to its end, and it was not restarted"
        + (up is { } seconds ? string.Create(CultureInfo.InvariantCulture, $": it says that it has been up for {seconds:0} s") : "");
}
