using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;
using Seawall.MySql.Results;

namespace Seawall.LabTests.Equivalence;

/// <summary>
/// How MySQL reads what a statement asks for. It chooses by statistics that it takes of pages, and of what other threads have not cleaned
/// up yet: two tables with the same rows can be read in two ways, and some flags of a column then differ.
/// </summary>
internal static partial class ServerPlan
{
    // NOT NULL, primary, unique and other key, AUTO_INCREMENT, no default, part of a key (mysql_com.h): a column of a temporary table has
    // only some of them.
    private const int FlagsOfTable = 0x0001 | 0x0002 | 0x0004 | 0x0008 | 0x0200 | 0x1000 | 0x4000;

    private const byte Null = 0xFB;

    /// <summary>Whether a step can be explained as it was asked.</summary>
    internal static bool CanExplain(Step step) => step.Kind == CommandKind.Query && OneSelect().IsMatch(step.Text);

    /// <summary>The step that asks for the plan of another one.</summary>
    internal static Step Explain(Step step) => Step.Query($"explain format=traditional {step.Text}");

    /// <summary>Whether two answers are equal but for those flags of columns, and for whether an index was used, and not equal.</summary>
    internal static bool DifferByFlags(string[] there, string[] here) =>
        !there.SequenceEqual(here) && there.Select(WithoutFlags).SequenceEqual(here.Select(WithoutFlags));

    /// <summary>The plan that an answer to EXPLAIN tells of, without what is only estimated; null where it tells of none.</summary>
    internal static string? Read(RawAnswer answer)
    {
        if (answer.Error is not null || answer.Packets.Count == 1)
            return null;
        var columns = (int)new FieldReader(answer.Packets[0].Head).LengthEncoded();
        var names = answer.Packets.Skip(1).Take(columns).Select(packet => NameOf(packet.Head)).ToArray();
        var plan = new StringBuilder();
        foreach (var packet in answer.Packets.Skip(1 + columns).Where(packet => packet.Head[0] != OkPacket.EndHeader))
        {
            var row = new FieldReader(packet.Head);
            foreach (var name in names)
            {
                var value = "NULL";
                if (row.Rest is [Null, ..])
                    row.Int1();
                else
                    value = Encoding.UTF8.GetString(row.LengthEncodedBytes());
                if (name is not ("rows" or "filtered"))
                    plan.Append(CultureInfo.InvariantCulture, $"{name}={value} ");
            }
            plan.Append('\n');
        }
        // The columns that are compared with a key are named with their schema.
        return plan.ToString().Replace("eqs_", "eqd_", StringComparison.Ordinal);
    }

    private static string NameOf(ReadOnlySpan<byte> definition)
    {
        const int namesBefore = 4;
        var reader = new FieldReader(definition);
        for (var i = 0; i < namesBefore; i++)
            reader.LengthEncodedBytes();
        return Encoding.UTF8.GetString(reader.LengthEncodedBytes());
    }

    // A column's packet as it is shown: its bytes, and the same as text.
    private static string WithoutFlags(string line)
    {
        if (ColumnLine().Match(line) is not { Success: true } match)
            return KnownDifferences.WithoutIndexFlag(line);
        var flags = int.Parse(match.Groups["low"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            | (int.Parse(match.Groups["high"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture) << 8);
        return string.Create(CultureInfo.InvariantCulture, $"{match.Groups["before"]} {flags & ~FlagsOfTable:X} {match.Groups["after"]}");
    }

    [GeneratedRegex("^select [^;]*$", RegexOptions.IgnoreCase)]
    private static partial Regex OneSelect();

    // "def" as catalog, and at the end what has a length: character set, length, type, flags, decimals, and two bytes of nothing.
    [GeneratedRegex("^(?<before>[0-9]+:[0-9]+:03646566[0-9A-F]*0C[0-9A-F]{14})(?<low>[0-9A-F]{2})(?<high>[0-9A-F]{2})(?<after>[0-9A-F]{2}0000) ")]
    private static partial Regex ColumnLine();
}
