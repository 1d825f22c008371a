using Seawall.Control.Metrics;
using Seawall.Control.Settings;
using Seawall.MySql.Results;
using static Seawall.Control.Admin.AdminTable;

namespace Seawall.Control.Admin;

/// <summary>Somewhere that Seawall listens.</summary>
/// <param name="Purpose">Who comes in there: <c>clients</c>, <c>admin</c> or <c>metrics</c>.</param>
/// <param name="Address">Where it is.</param>
internal sealed record ListenerEntry(string Purpose, string Address);

/// <summary>The commands of the admin port. What drivers and terminals ask on their own is <see cref="SmallTalk"/>'s.</summary>
internal sealed class AdminDesk(ControlContext context, Func<IReadOnlyList<ListenerEntry>> ownListeners)
{
    /// <summary>Rows of a list of clients when nobody says how many: what a terminal can scroll through.</summary>
    internal const int RowsByDefault = 1000;

    /// <summary>The commands, in the order in which <c>SHOW HELP</c> has them.</summary>
    internal static IReadOnlyList<AdminCommand> All { get; } =
    [
        new("SHOW POOLS", AdminTakes.Nothing, "connections of each account to each server, and who waits for one",
            (desk, _, _) => Now(EngineTables.Pools(desk.Views.Pools()))),
        new("SHOW CLIENTS", AdminTakes.Limit, "who is connected, and doing what",
            (desk, arguments, cancel) => desk.ShowClients(arguments, cancel)),
        new("SHOW SERVERS", AdminTakes.Nothing, "the servers: health, connections, how fast more may be opened",
            (desk, _, _) => Now(EngineTables.Servers(
                desk.Views.Servers(), desk.Context.Engine.Facts.Topology, desk.Context.Actions.ServerDifferences))),
        new("SHOW TOPOLOGY", AdminTakes.Nothing, "which server is the primary and why, whom each follows, and how that goes",
            (desk, _, _) => Now(TopologyTables.Topology(desk.Context.Engine))),
        new("SHOW DRAINS", AdminTakes.Limit, "servers that were taken out, and who still has a connection there, doing what",
            async (desk, arguments, cancel) => await TopologyTables.Drains(
                desk.Context.Engine, arguments.Limit ?? RowsByDefault, desk.Context.Time.GetUtcNow(), cancel)),
        new("SHOW FRESHNESS", AdminTakes.Nothing, "what each server has of the primary's transactions, and how that is known",
            (desk, _, _) => Now(ReadTables.Freshness(desk.Context.Engine.Freshness()))),
        new("SHOW SPILL", AdminTakes.Nothing, "what the primary does of the reads that no replica may answer",
            (desk, _, _) => Now(ReadTables.Spill(desk.Context.Engine.Spill))),
        new("SHOW REPLICAS", AdminTakes.Nothing, "how much of the reads each replica gets, and what it makes of them",
            (desk, _, _) => Now(ReadTables.Replicas(desk.Context.Engine.Replicas))),
        new("SHOW HEADROOM", AdminTakes.Nothing, "what would be left of the replicas without the biggest one",
            (desk, _, _) => Now(ReadTables.Headroom(desk.Context.Engine.Headroom))),
        new("EXPLAIN ROUTE", AdminTakes.Words, "where a statement would go that came now, and why; it is not run",
            (desk, arguments, _) => Now(ReadTables.Explain(desk.Context.Engine, arguments.Words)))
        {
            Tail = ExplainCommand.Tail,
        },
        new("SHOW LAST ROUTE FOR", AdminTakes.Id, "where the last statement of a client went, and why",
            (desk, arguments, cancel) => desk.ShowLastRoute(arguments.Id!.Value, cancel)),
        new("SHOW PINS", AdminTakes.Limit, "who keeps a server connection between statements, why, and what to change",
            (desk, arguments, cancel) => desk.ShowPins(arguments, cancel)),
        new("SHOW QUEUES", AdminTakes.Nothing, "who waits for his turn at a server, by class, and what became of those who did",
            (desk, _, _) => Now(OverloadTables.Queues(desk.Views.Sluices()))),
        new("SHOW LIMITS", AdminTakes.Nothing, "how many statements run at each server, and how many may",
            (desk, _, _) => Now(OverloadTables.Limits(desk.Views.Sluices()))),
        new("SHOW TENANTS", AdminTakes.Limit, "who shares each server, and what each has had of it in the last seconds",
            (desk, arguments, _) => Now(OverloadTables.Tenants(desk.Views.Tenants(arguments.Limit ?? RowsByDefault)))),
        new("SHOW SHED", AdminTakes.Limit, "the last statements that were refused, and why",
            (desk, arguments, _) => Now(OverloadTables.Shed(
                desk.Views.LastShed(arguments.Limit ?? RowsByDefault), desk.Context.Time.GetUtcNow()))),
        new("SHOW CLASSES", AdminTakes.Nothing, "the classes: how they wait, and whose statements they are",
            (desk, _, _) => Now(OverloadTables.Classes(desk.Context.Engine.Options.Overload))),
        new("SHOW DEFERRALS FAILED", AdminTakes.Limit, "statements that were acknowledged and could not be run, and why",
            async (desk, arguments, cancel) => DeferralTables.Failed(
                await desk.Views.DeadLetters(arguments.Limit ?? RowsByDefault, cancel))),
        new("SHOW DEFERRALS", AdminTakes.Nothing, "statements that were acknowledged before they ran, by rule",
            async (desk, _, cancel) => DeferralTables.Deferred(await desk.Views.Deferrals(cancel))),
        new("SHOW CAPTURES", AdminTakes.Nothing, "what is being written down of what clients do, and what was",
            (desk, _, _) => Now(CaptureCommand.Table(desk.Context.Engine.Captures.Views()))),
        new("SHOW STRAIN", AdminTakes.Nothing, "what Seawall itself runs short of, and what it does about it",
            (desk, _, _) => Now(OverloadTables.Strain(desk.Views.Strain(), desk.Context.Engine.Options.Protection.Mode))),
        new("SHOW DEFERRED", AdminTakes.Nothing, "statements that are held at each server because they can be done at another time",
            (desk, _, _) => Now(HoldTables.Deferred(desk.Views.Sluices()))),
        new("SHOW PACES", AdminTakes.Nothing, "the rules of which so many statements may begin in a second, and who waits for that",
            (desk, _, _) => Now(HoldTables.Paces(desk.Context.Engine.Brownouts.Paces()))),
        new("SHOW LAG", AdminTakes.Nothing, "how far replicas are behind, and how writes of low classes are slowed because of it",
            (desk, _, _) => Now(HoldTables.Lag(desk.Context.Engine.Lag))),
        new("SHOW BROWNOUT", AdminTakes.Nothing, "what can be switched off, thinned out or slowed down for a while, and what is, by whom and until when",
            (desk, _, _) => Now(HoldTables.Brownouts(desk.Context.Engine.Brownouts.View(), desk.Context.Time.GetUtcNow()))),
        new("SHOW EVENTS", AdminTakes.Limit, "the last changes of the primary and of servers, and in how statements are held back, each with its cause",
            (desk, arguments, _) => Now(HoldTables.Events(
                desk.Context.Engine.GateEvents(arguments.Limit ?? RowsByDefault), desk.Context.Time.GetUtcNow()))),
        new("EXPLAIN ADMISSION", AdminTakes.Words, "what would become of a statement that came now, and why; it is not run",
            (desk, arguments, _) => Now(desk.Explain(arguments)))
        {
            Tail = ExplainCommand.Tail,
        },
        new("SHOW STATS", AdminTakes.Like, "counters since the start and durations, in all and for each loop",
            (desk, arguments, _) => Now(FigureTables.Stats(desk.Views, arguments.Like))),
        new("SHOW SETTINGS", AdminTakes.Like, "every setting, who set it, and whether RELOAD applies it",
            (desk, arguments, _) => Now(FigureTables.Settings(desk.Context.Actions.Settings, arguments.Like))),
        new("SHOW LISTENERS", AdminTakes.Nothing, "where Seawall listens",
            (desk, _, _) => Now(desk.Listeners())),
        new("SHOW LOOPS", AdminTakes.Nothing, "the event loops, and how long things wait on them",
            async (desk, _, cancel) => EngineTables.Loops(await desk.Views.Loops(cancel))),
        new("SHOW MEMORY", AdminTakes.Nothing, "what the process uses",
            (_, _, _) => Now(FigureTables.Memory(ProcessFigures.Read()))),
        new("SHOW VERSION", AdminTakes.Nothing, "the version, and since when it runs",
            (desk, _, _) => Now(FigureTables.Version(ProcessFigures.Read(), desk.Context.Time.GetUtcNow()))),
        new("SHOW HELP", AdminTakes.Nothing, "this list", (_, _, _) => Now(Help())),
        new("RELOAD", AdminTakes.Nothing, "reads the settings again, and shows what changed",
            (desk, _, cancel) => desk.Reload(cancel)),
        new("BROWNOUT", AdminTakes.Words, "cuts groups of statements down for a while, or ends that; it ends by itself",
            (desk, arguments, _) => Now(desk.Brownout(arguments)))
        {
            Tail = BrownoutCommand.Tail,
        },
        .. ServerCommands.All, .. CaptureCommand.All,
        new("KILL CLIENT", AdminTakes.Id, "cuts a client off, and ends its statement at the server, if one is under way",
            (desk, arguments, cancel) => desk.Kill(arguments.Id!.Value, cancel)),
        new("SHUTDOWN", AdminTakes.Now, "goes down: clients may finish what they are in the middle of; NOW waits for nobody",
            (desk, arguments, _) => Now(desk.Shutdown(arguments.Now))),
    ];

    internal ControlContext Context => context;

    private Engine.Telemetry.Views.EngineViews Views => context.Engine.Views;

    /// <summary>The command that a text begins with; null when there is none.</summary>
    internal static AdminCommand? Find(AdminText text) => text.StartsWith("HELP")
        ? All.First(command => command.Name == "SHOW HELP")
        : All.FirstOrDefault(command => text.StartsWith(command.Words));

    /// <summary>Runs a command.</summary>
    internal Task<AdminReply> Run(AdminText text, AdminCommand command, CancellationToken cancel, string by = "admin")
    {
        return ArgumentsOf(text, command, out var problem) is { } arguments
            ? command.Run(this, arguments with { By = by }, cancel)
            : Now(new AdminRefusal(SqlError.Syntax, problem));
    }

    /// <summary>A command for the log: what was understood of it, and not what else may have been typed behind it.</summary>
    internal static string Said(AdminText text, AdminCommand command)
    {
        if (ArgumentsOf(text, command, out _) is not { } arguments)
            return $"{command.Name}, wrongly written";
        if (ServerCommands.Said(command, arguments) is { } server)
            return server;
        if (CaptureCommand.Said(command, arguments) is { } capture)
            return capture;
        if (command.Name == "BROWNOUT")
            return BrownoutCommand.Read(arguments.Words, out _) is { } brownout ? $"BROWNOUT {brownout}" : "BROWNOUT, wrongly written";
        return $"{command.Name}{(arguments.Id is { } id ? $" {id}" : "")}{(arguments.Now ? " NOW" : "")}";
    }

    /// <summary>What is said to a text that begins with no command: the nearest one, if one is near.</summary>
    internal static AdminRefusal Unknown(AdminText text)
    {
        var written = string.Join(' ', text.Tokens.Take(2).Select(token => token.Text));
        var near = NearestWord.Find(written, All.Select(command => command.Name.ToLowerInvariant()));
        // Not the whole text: whoever typed a statement for a server here does not want it in an error log.
        return new(SqlError.Syntax, $"Seawall's admin port does not know '{Short(written)}'; "
            + (near is null ? "" : $"did you mean {near.ToUpperInvariant()}? ") + "SHOW HELP lists what it knows");
    }

    /// <summary>The line that COM_STATISTICS answers, in the form that terminals know.</summary>
    internal string Statistics()
    {
        var meters = Views.Meters;
        var uptime = context.Time.GetUtcNow() - ProcessFigures.Read().StartedAt;
        return string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"Uptime: {(long)uptime.TotalSeconds}  Threads: {context.Engine.ClientCount}  "
            + $"Questions: {meters.Sum(meter => meter.Commands)}  Waiting: {Views.Pools().Sum(pool => pool.Waiting)}");
    }

    private static AdminArguments? ArgumentsOf(AdminText text, AdminCommand command, out string problem)
    {
        var rest = text.Tokens.Skip(text.StartsWith("HELP") ? 1 : command.Words.Length).ToArray();
        return AdminArguments.Read(command, rest, out problem);
    }

    /// <summary>The beginning of what somebody wrote, for messages: it may be anything, of any length.</summary>
    internal static string Short(string text) => text.Length <= 40 ? text : $"{text[..40]}...";

    private static Task<AdminReply> Now(AdminReply reply) => Task.FromResult(reply);

    private static AdminTable Help() => new(
        [Text("command"), Text("meaning")],
        All.Select(command => (AdminCell[])[command.Usage, command.Meaning]));

    private AdminTable Listeners()
    {
        var accepts = context.Engine.IsClosing ? "no" : "yes";
        var tls = context.Engine.Options.Clients.Tls is null ? "no" : "yes";
        return new(
            [Text("purpose"), Text("address"), Text("tls"), Text("accepts")],
            [
                .. context.Engine.Bound.Select(endpoint => (AdminCell[])["clients", endpoint.Text, tls, accepts]),
                .. ownListeners().Select(listener => (AdminCell[])
                    [listener.Purpose, listener.Address, listener.Purpose == "admin" ? tls : "no", "yes"]),
            ]);
    }

    private async Task<AdminReply> ShowClients(AdminArguments arguments, CancellationToken cancel)
    {
        var clients = await Views.Clients(arguments.Limit ?? RowsByDefault, cancel);
        var table = EngineTables.Clients(clients, context.Time.GetUtcNow());
        return table with { Warnings = EngineTables.Missing(clients, "CLIENTS") };
    }

    private async Task<AdminReply> ShowPins(AdminArguments arguments, CancellationToken cancel)
    {
        var clients = await Views.Pinned(arguments.Limit ?? RowsByDefault, cancel);
        var table = EngineTables.Pins(clients, context.Time.GetUtcNow());
        return table with { Warnings = EngineTables.Missing(clients, "PINS") };
    }

    private async Task<AdminReply> Reload(CancellationToken cancel)
    {
        var report = await context.Actions.Reload(cancel);
        if (!report.Succeeded)
        {
            return new AdminRefusal(SqlError.Internal, "nothing was changed: "
                + string.Join("; ", report.Problems.Where(problem => problem.IsError)));
        }
        return FigureTables.Changes(report) with { Warnings = [.. report.Problems.Select(problem => problem.ToString())] };
    }

    private async Task<AdminReply> ShowLastRoute(uint id, CancellationToken cancel)
    {
        var (route, silent) = await Views.LastRoute(id, cancel);
        if (route is not null)
            return ReadTables.LastRoute(route);
        return new AdminRefusal(SqlError.NoSuchThread, silent.Count == 0
            ? $"there is no client {id}; SHOW CLIENTS has the numbers"
            : $"loop {string.Join(", ", silent)} did not answer in time, and no other has a client {id}");
    }

    private async Task<AdminReply> Kill(uint id, CancellationToken cancel)
    {
        var (found, silent) = await Views.Kill(id, cancel);
        if (found)
            return new AdminDone($"client {id} was cut off");
        return new AdminRefusal(SqlError.NoSuchThread, silent.Count == 0
            ? $"there is no client {id}; SHOW CLIENTS has the numbers"
            : $"nobody was cut off: loop {string.Join(", ", silent)} did not answer in time, and no other has a client {id}");
    }

    private AdminReply Explain(AdminArguments arguments) => ExplainCommand.Read(arguments.Words, out var problem) is { } question
        ? ExplainCommand.Run(context.Engine, question, context.Engine.ExplainAdmission) : new AdminRefusal(SqlError.Syntax, problem);

    private AdminReply Brownout(AdminArguments arguments) => BrownoutCommand.Read(arguments.Words, out var problem) is { } command
        ? command.Run(context.Engine, arguments.By) : new AdminRefusal(SqlError.Syntax, problem);

    private AdminDone Shutdown(bool now) => new(
        now ? "Seawall goes down now" : "Seawall goes down; clients may finish what they are in the middle of",
        () => context.Actions.RequestShutdown(now));
}
