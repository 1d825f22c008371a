using System.Globalization;
using Seawall.Engine;
using Seawall.Engine.Flow.Floodgates;
using Seawall.MySql.Results;

namespace Seawall.Control.Admin;

/// <summary>What <c>BROWNOUT</c> asks for.</summary>
/// <param name="Group">The group; null for a level, or with <paramref name="Ends"/> for all.</param>
/// <param name="Level">The level; 0 for a group.</param>
/// <param name="Time">For how long.</param>
/// <param name="Why">Why; empty when nobody has said.</param>
/// <param name="Ends">Whether it is to end.</param>
internal sealed record BrownoutCommand(string? Group, int Level, TimeSpan Time, string Why, bool Ends)
{
    /// <summary>What may follow the command's name.</summary>
    internal const string Tail = "{ LEVEL n | 'group' } FOR n MINUTES [BECAUSE 'why'] | OFF ['group']";

    /// <summary>More than any command lets pass: a number of any length is too long a time, and not one that cannot be read.</summary>
    private const double CountMax = 1_000_000;

    /// <summary>A reason is a line in a log, an event, a table and a file.</summary>
    private const int WhyLettersMax = 200;

    // A day: whoever wants more has another problem, and comes back to it tomorrow.
    private const int MinutesMax = 24 * 60;

    /// <summary>It as it was understood, for the log.</summary>
    public override string ToString()
    {
        var what = Group is null ? $"LEVEL {Level}" : $"'{Group}'";
        return Ends ? $"OFF{(Group is null ? "" : $" {what}")}" : $"{what} FOR {Time.TotalMinutes:0.##} MINUTES";
    }

    /// <summary>Reads what follows the name; null, with a problem in words, when it does not fit.</summary>
    internal static BrownoutCommand? Read(ReadOnlySpan<AdminToken> rest, out string problem)
    {
        problem = $"BROWNOUT {Tail}; SHOW BROWNOUT has the groups";
        if (rest is [var off, ..] && off.Is("OFF"))
        {
            return rest switch
            {
                [_] => new(null, 0, default, "", Ends: true),
                [_, var only] => new(only.Text, 0, default, "", Ends: true),
                _ => null,
            };
        }
        string? group = null;
        var level = 0;
        const string HowLong = "for how long? A brown-out has an end, a whole number of SECONDS, MINUTES or HOURS: BROWNOUT ... FOR 30 MINUTES";
        if (rest is [var word, var number, ..] && word.Is("LEVEL")
            && int.TryParse(number.Text, NumberStyles.None, CultureInfo.InvariantCulture, out level) && level is >= 1 and <= 9)
        {
            rest = rest[2..];
        }
        else if (rest is [{ Kind: not AdminTokenKind.Sign } name, ..] && !name.Is("LEVEL") && !name.Is("FOR"))
        {
            group = name.Text;
            rest = rest[1..];
        }
        else
        {
            if (rest is [var wrong, _, ..] && wrong.Is("LEVEL"))
                problem = "levels are 1 to 9: BROWNOUT LEVEL 1 FOR 30 MINUTES; SHOW BROWNOUT has the groups";
            return null;
        }
        if (rest.IsEmpty || !rest[0].Is("FOR") || !TryReadTime(rest[1..], out var time))
        {
            problem = $"{HowLong}; SHOW BROWNOUT has the groups";
            return null;
        }
        if (time > TimeSpan.FromMinutes(MinutesMax) || time <= TimeSpan.Zero)
        {
            problem = $"for how long? At most {MinutesMax} minutes, a day, and at least a second: say it again then";
            return null;
        }
        rest = rest[3..];
        if (rest.IsEmpty)
            return new(group, level, time, "", Ends: false);
        if (rest[0].Is("BECAUSE"))
            problem = "why? In quotes, at the end: BROWNOUT ... FOR 30 MINUTES BECAUSE 'the disk is full'; SHOW BROWNOUT has the groups";
        if (rest is not [var because, { Kind: AdminTokenKind.Quoted } why] || !because.Is("BECAUSE"))
            return null;
        if (why.Text.Length > WhyLettersMax)
        {
            problem = $"why? In at most {WhyLettersMax} letters, and these are {why.Text.Length}";
            return null;
        }
        return new(group, level, time, why.Text, Ends: false);
    }

    /// <summary>Does it.</summary>
    internal AdminReply Run(SeawallEngine engine, string by)
    {
        var board = engine.Brownouts;
        if (Ends)
        {
            var ended = board.End(Group, by);
            return ended > 0 || Group is null
                ? new AdminDone(ended == 0 ? "no brown-out was going on" : $"{ended} ended")
                : new AdminRefusal(SqlError.WrongArguments,
                    $"there is no brown-out of group '{AdminDesk.Short(Group)}'; SHOW BROWNOUT has those that there are");
        }
        if (engine.Options.Overload.Mode == OverloadMode.Off)
        {
            return new AdminRefusal(SqlError.WrongArguments,
                "nothing is cut down while overload.mode = \"off\": set it to \"enforce\", and RELOAD");
        }
        var groups = board.Begin(Group, Level, Time, by, Why);
        if (groups.Count == 0)
        {
            return new AdminRefusal(SqlError.WrongArguments, Group is null
                ? $"no group of [[brownouts]] has a level up to {Level}; SHOW BROWNOUT has the groups"
                : $"there is no group '{AdminDesk.Short(Group)}' in [[brownouts]]; SHOW BROWNOUT has the groups");
        }
        var done = new AdminDone(string.Create(CultureInfo.InvariantCulture,
            $"for {Time.TotalMinutes:0.##} minutes: {string.Join(", ", groups.Select(group => group.Effect))}"));
        return engine.Options.Overload.Mode == OverloadMode.Observe
            ? done with { Warnings = ["overload.mode = \"observe\": it is only counted what would be refused"] } : done;
    }

    /// <summary>Reads a number and a unit.</summary>
    internal static bool TryReadTime(ReadOnlySpan<AdminToken> rest, out TimeSpan time)
    {
        time = default;
        if (rest is not [var count, var unit, ..]
            || !double.TryParse(count.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }
        number = Math.Min(number, CountMax);
        if (unit.Is("MINUTES") || unit.Is("MINUTE"))
            time = TimeSpan.FromMinutes(number);
        else if (unit.Is("HOURS") || unit.Is("HOUR"))
            time = TimeSpan.FromHours(number);
        else if (unit.Is("SECONDS") || unit.Is("SECOND"))
            time = TimeSpan.FromSeconds(number);
        else
            return false;
        return true;
    }
}
