using System.Globalization;
using System.Text.RegularExpressions;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;

namespace Seawall.LabTests.Equivalence;

/// <summary>
/// Reads the lines of a report back into steps: <c>A is eq_two without DeprecateEof</c> (who is not introduced is <c>eq_one</c>, with the
/// usual capabilities) and <c>A: [execute 0 with a cursor] 'a', NULL, 5</c>.
/// </summary>
internal static partial class ReportReader
{
    /// <summary>The steps, in their order.</summary>
    internal static List<Moment> Read(string report)
    {
        var scripts = new Dictionary<char, Script>();
        var moments = new List<Moment>();
        foreach (var line in report.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimStart()))
        {
            if (Introduction().Match(line) is { Success: true } introduction)
                scripts[line[0]] = Introduce(introduction, line[0] - 'A');
            else
                moments.Add(new Moment(ScriptOf(line[0]), ReadStep(line[3..])));
        }
        return moments;

        Script ScriptOf(char letter)
        {
            if (!scripts.TryGetValue(letter, out var script))
                scripts[letter] = script = new Script((letter - 'A') * Accounts.Users.Length, RawClient.Usual, []);
            return script;
        }
    }

    private static Script Introduce(Match introduction, int index)
    {
        var user = Array.IndexOf([.. Accounts.Users], introduction.Groups["user"].Value);
        return new Script(index * Accounts.Users.Length + user,
            (RawClient.Usual & ~CapabilitiesOf(introduction.Groups["without"].Value)) | CapabilitiesOf(introduction.Groups["with"].Value), []);
    }

    private static Capabilities CapabilitiesOf(string words) => words.Length == 0 ? 0 : Enum.Parse<Capabilities>(words);

    private static Step ReadStep(string text)
    {
        if (Command().Match(text) is not { Success: true } match)
            return Step.Query(text);
        var (rest, slot, number) = (match.Groups["rest"].Value, Number(match, "slot"), Number(match, "number"));
        return match.Groups["verb"].Value switch
        {
            "prepare" => new Step(CommandKind.StatementPrepare, rest, slot),
            "execute" => new Step(CommandKind.StatementExecute, "", slot,
                [.. Value().Matches(rest).Select(value => ReadValue(value.Value))], match.Groups["cursor"].Success ? 1 : 0),
            "fetch" => new Step(CommandKind.StatementFetch, "", slot, Flag: number),
            "a piece of parameter" => new Step(CommandKind.StatementSendLongData, rest, slot, Flag: number),
            "StatementClose" => new Step(CommandKind.StatementClose, "", slot),
            "StatementReset" => new Step(CommandKind.StatementReset, "", slot),
            "SetOption" => new Step(CommandKind.SetOption, "", Flag: slot),
            "ChangeUser" => CommandRules.ChangeUser(rest),
            var verb => new Step(Enum.Parse<CommandKind>(verb), rest),
        };
    }

    private static int Number(Match match, string group) =>
        match.Groups[group] is { Success: true } found ? int.Parse(found.Value, CultureInfo.InvariantCulture) : 0;

    private static object? ReadValue(string value) => value switch
    {
        "NULL" => null,
        ['\'', ..] => value[1..^1].Replace("''", "'", StringComparison.Ordinal),
        _ => int.Parse(value, CultureInfo.InvariantCulture),
    };

    [GeneratedRegex("^[A-Z] is (?<user>[a-z_]+)(?: without (?<without>[A-Za-z, ]+?))?(?: with (?<with>[A-Za-z, ]+))?$")]
    private static partial Regex Introduction();

    [GeneratedRegex(@"^\[(?<verb>fetch|a piece of parameter) (?<number>\d+)(?: rows)? of (?<slot>\d+)\] ?(?<rest>.*)$|"
        + @"^\[(?<verb>[A-Za-z]+)(?: (?<slot>\d+))?(?<cursor> with a cursor)?\] ?(?<rest>.*)$")]
    private static partial Regex Command();

    [GeneratedRegex("'(?:[^']|'')*'|NULL|-?[0-9]+")]
    private static partial Regex Value();
}
