using Seawall.Engine.Facts.Topology;
using Seawall.MySql.Results;

namespace Seawall.Control.Admin;

/// <summary>Commands that take servers out and in, while Seawall runs.</summary>
internal static class ServerCommands
{
    internal static IReadOnlyList<AdminCommand> All { get; } =
    [
        new("DRAIN SERVER", AdminTakes.Words, "lets a server finish what it has and gives it nothing new; what is left in the end is cut off",
            (desk, arguments, _) => Task.FromResult(OnDuty("DRAIN SERVER", DutyCommand.DrainTail, arguments,
                command => command.TakeOut(desk.Context.Engine, ServerDuty.Draining, arguments.By))))
        {
            Tail = DutyCommand.DrainTail,
        },
        new("EJECT SERVER", AdminTakes.Words, "gives a server nothing new, for a while or until it is admitted",
            (desk, arguments, _) => Task.FromResult(OnDuty("EJECT SERVER", DutyCommand.EjectTail, arguments,
                command => command.TakeOut(desk.Context.Engine, ServerDuty.Ejected, arguments.By))))
        {
            Tail = DutyCommand.EjectTail,
        },
        new("ADMIT SERVER", AdminTakes.Words, "uses a server again that was drained or ejected",
            (desk, arguments, _) => Task.FromResult(OnDuty("ADMIT SERVER", DutyCommand.NameTail, arguments,
                command => command.Admit(desk.Context.Engine, arguments.By))))
        {
            Tail = DutyCommand.NameTail,
        },
        new("ADD SERVER", AdminTakes.Words, "uses one more server from now on; the settings file stays as it is",
            (desk, arguments, cancel) => Add(desk, arguments, cancel))
        {
            Tail = AddServerCommand.Tail,
        },
        new("REMOVE SERVER", AdminTakes.Words, "uses a server no more; the settings file stays as it is",
            (desk, arguments, _) => Task.FromResult(OnDuty("REMOVE SERVER", DutyCommand.RemoveTail, arguments,
                command => desk.Context.Actions.RemoveServer(command.Server, command.IsForced) is { } problem
                    ? new AdminRefusal(SqlError.WrongArguments, problem) : new AdminDone($"'{command.Server}' is used no more"))))
        {
            Tail = DutyCommand.RemoveTail,
        },
    ];

    /// <summary>A command as it was understood, for the log; null when it is none of these.</summary>
    internal static string? Said(AdminCommand command, AdminArguments arguments)
    {
        if (All.All(known => known.Name != command.Name))
            return null;
        object? read = command.Name == "ADD SERVER"
            ? AddServerCommand.Read(arguments.Words, out _) : DutyCommand.Read(command.Name, command.Tail, arguments.Words, out _);
        return read is null ? $"{command.Name}, wrongly written" : $"{command.Name} {read}";
    }

    private static AdminReply OnDuty(string name, string tail, AdminArguments arguments, Func<DutyCommand, AdminReply> run) =>
        DutyCommand.Read(name, tail, arguments.Words, out var problem) is { } command ? run(command) : new AdminRefusal(SqlError.Syntax, problem);

    private static async Task<AdminReply> Add(AdminDesk desk, AdminArguments arguments, CancellationToken cancel)
    {
        if (AddServerCommand.Read(arguments.Words, out var problem) is not { } command)
            return new AdminRefusal(SqlError.Syntax, problem);
        return await desk.Context.Actions.AddServer(command.Name, command.Address, command.Like, command.Role, cancel) is { } refusal
            ? new AdminRefusal(SqlError.WrongArguments, refusal) : new AdminDone($"'{command.Name}' is used from now on; SHOW TOPOLOGY has it");
    }
}
