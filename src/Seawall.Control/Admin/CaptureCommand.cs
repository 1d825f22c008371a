using System.Globalization;
using Seawall.Engine;
using Seawall.Engine.Captures;
using Seawall.Engine.Telemetry.Views;
using Seawall.MySql.Results;
using static Seawall.Control.Admin.AdminTable;

namespace Seawall.Control.Admin;

/// <summary>What <c>CAPTURE START</c> asks for.</summary>
/// <param name="Name">The capture's name.</param>
/// <param name="Time">For how long; null: until it is stopped.</param>
/// <param name="OneIn">One of so many connections.</param>
internal sealed record CaptureCommand(string Name, TimeSpan? Time, uint OneIn)
{
    /// <summary>What may follow the command's name.</summary>
    internal const string Tail = "'name' [FOR n MINUTES] [SAMPLE n]";

    // Longer ones are for the reservoir: the disk would be full of the same.
    private const int DaysMax = 7;
    private const int NameMax = 64;
    private const uint OneInMax = 1_000_000;

    /// <summary>The commands.</summary>
    internal static IReadOnlyList<AdminCommand> All { get; } =
    [
        new("CAPTURE START", AdminTakes.Words,
            "writes down what clients do, for a while or until it is stopped; SAMPLE n: of one in n connections",
            (desk, arguments, _) => Task.FromResult(Start(desk.Context.Engine, arguments)))
        {
            Tail = Tail,
        },
        new("CAPTURE STOP", AdminTakes.Words, "ends the capture that was started",
            (desk, arguments, _) => Task.FromResult(arguments.Words.Length == 0
                ? Reply(desk.Context.Engine.Captures.Stop()) : new AdminRefusal(SqlError.Syntax, "CAPTURE STOP, and nothing behind it"))),
    ];

    /// <summary>It as it was understood, for the log.</summary>
    public override string ToString()
    {
        var time = Time is { } given ? $" FOR {given.TotalMinutes.ToString("0.##", CultureInfo.InvariantCulture)} MINUTES" : "";
        var sample = OneIn > 1 ? $" SAMPLE {OneIn}" : "";
        return $"'{(Name.Length <= NameMax ? Name : Name[..NameMax])}'{time}{sample}";
    }

    /// <summary>A command as it was understood, for the log; null when it is none of these.</summary>
    internal static string? Said(AdminCommand command, AdminArguments arguments) => command.Name != "CAPTURE START" ? null
        : Read(arguments.Words, out _) is { } read ? $"{command.Name} {read}" : $"{command.Name}, wrongly written";

    /// <summary>Reads what follows the name; null, with a problem in words, when it does not fit.</summary>
    internal static CaptureCommand? Read(ReadOnlySpan<AdminToken> rest, out string problem)
    {
        problem = $"CAPTURE START {Tail}";
        if (rest is not [{ Kind: not AdminTokenKind.Sign } name, ..])
            return null;
        rest = rest[1..];
        TimeSpan? time = null;
        var oneIn = 1u;
        if (rest is [var word, ..] && word.Is("FOR"))
        {
            if (!BrownoutCommand.TryReadTime(rest[1..], out var read))
                return null;
            if (read <= TimeSpan.Zero || read > TimeSpan.FromDays(DaysMax))
            {
                problem = $"for how long? At most {DaysMax} days";
                return null;
            }
            time = read;
            rest = rest[3..];
        }
        if (rest is [var sample, var count, ..] && sample.Is("SAMPLE"))
        {
            if (!uint.TryParse(count.Text, NumberStyles.None, CultureInfo.InvariantCulture, out oneIn) || oneIn is 0 or > OneInMax)
                return null;
            rest = rest[2..];
        }
        return rest.IsEmpty ? new(name.Text, time, oneIn) : null;
    }

    /// <summary>Captures there are. Column names are documented in docs/admin.md; a test compares.</summary>
    internal static AdminTable Table(IReadOnlyList<CaptureView> views) => new(
        [
            Text("name"), Text("state"), Text("what"), Number("one_in"), AdminTable.Time("since"), AdminTable.Time("until"),
            Number("connections"), Number("commands"),
            Number("dropped"), Number("bytes"), Number("bytes_max"), Text("path"), Text("reason"),
        ],
        views.Select(view => (AdminCell[])
        [
            view.Name, SnakeCase.Of(view.State), view.IsWindow ? "window" : "always", view.OneIn, view.Since,
            view.Until is { } until ? until : AdminCell.Null, view.Connections, view.Commands, view.Dropped, view.Bytes, view.BytesMax, view.Path,
            view.Reason.Length > 0 ? view.Reason : AdminCell.Null,
        ]));

    private static AdminReply Start(SeawallEngine engine, AdminArguments arguments) => Read(arguments.Words, out var problem) is { } command
        ? Reply(engine.Captures.Start(command.Name, command.Time, command.OneIn)) : new AdminRefusal(SqlError.Syntax, problem);

    private static AdminReply Reply(CaptureResult result) =>
        result.IsDone ? new AdminDone(result.Words) : new AdminRefusal(SqlError.WrongArguments, result.Words);
}
