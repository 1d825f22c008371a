using System.Globalization;

namespace Seawall.Bench.Overload;

/// <summary>Figures under names, as they go into a file and come out of it again.</summary>
internal sealed class FigureTable(params string[] columns)
{
    private readonly List<string[]> _rows = [];

    internal IReadOnlyList<string[]> Rows => _rows;

    internal void Add(params object[] cells) => _rows.Add([.. cells.Select(cell => cell switch
    {
        double number => number.ToString("0.####", CultureInfo.InvariantCulture),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => cell.ToString()!,
    })]);

    /// <summary>Whether there is such a column; older files lack some.</summary>
    internal bool Has(string column) => At(column) >= 0;

    /// <summary>The figures of one column, of the rows that are wanted.</summary>
    internal double[] Numbers(string column, params (string Column, string Value)[] where) =>
        [.. Where(where).Select(row => double.Parse(row[At(column)], CultureInfo.InvariantCulture))];

    internal double? Number(string column, params (string Column, string Value)[] where) =>
        Numbers(column, where) is [var first, ..] ? first : null;

    internal string[] Values(string column) => [.. _rows.Select(row => row[At(column)]).Distinct()];

    /// <summary>The seeds that rows with these values were measured with; files of before there were several have none.</summary>
    internal string?[] Seeds(params (string Column, string Value)[] where) =>
        !Has("seed") ? [null] : [.. Where(where).Select(row => row[At("seed")]).Distinct()];

    /// <summary>Writes the file; what it begins with says where the figures come from.</summary>
    internal void Write(string file, IEnumerable<string> origin) => File.WriteAllLines(file,
        origin.Select(line => $"# {line}").Append(string.Join(',', columns)).Concat(_rows.Select(row => string.Join(',', row))));

    /// <summary>Reads such a file.</summary>
    internal static FigureTable Read(string file)
    {
        var lines = File.ReadLines(file).Where(line => !line.StartsWith('#')).Select(line => line.Split(',')).ToArray();
        var table = new FigureTable(lines[0]);
        table._rows.AddRange(lines[1..]);
        return table;
    }

    /// <summary>The figures of one column, of the rows that are wanted and were measured with that seed.</summary>
    internal double[] NumbersOf(string? seed, string column, params (string Column, string Value)[] where) =>
        Numbers(column, seed is null ? where : [.. where, ("seed", seed)]);

    private IEnumerable<string[]> Where((string Column, string Value)[] where) =>
        _rows.Where(row => where.All(one => row[At(one.Column)] == one.Value));

    private int At(string column) => Array.IndexOf(columns, column);
}
