using System.Text;
using Seawall.MySql.Statements;
using Xunit;

namespace Seawall.Tests.Statements;

/// <summary>
/// Texts and what the lexer must say of them: <c>TEXT => KIND TRAIT TRAIT ...</c>, a line each. A line in brackets
/// names the dialects of the lines after it. <c>\xNN</c> is a byte, <c>\n</c> a line feed; <c>*N</c> is the number of
/// statements when it is not one.
/// </summary>
internal sealed record SqlCase(byte[] Text, string Dialect, StatementFacts Expected)
{
    public static TheoryData<string, string> Lines(string table)
    {
        var lines = new TheoryData<string, string>();
        string[] dialects = [];
        foreach (var line in table.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith('[') && line.EndsWith(']'))
                dialects = line[1..^1].Split(' ');
            else
            {
                foreach (var dialect in dialects)
                    lines.Add(dialect, line);
            }
        }
        return lines;
    }

    public static SqlCase Parse(string dialect, string line)
    {
        var arrow = line.LastIndexOf("=> ", StringComparison.Ordinal);
        var kind = StatementKind.Empty;
        var traits = StatementTraits.None;
        var statements = -1;
        foreach (var word in line[(arrow + 3)..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.StartsWith('*'))
                statements = int.Parse(word[1..], System.Globalization.CultureInfo.InvariantCulture);
            else if (statements < 0 && kind == StatementKind.Empty && Enum.TryParse(word, out StatementKind named))
                (kind, statements) = (named, named == StatementKind.Empty ? 0 : 1);
            else
                traits |= Enum.Parse<StatementTraits>(word);
        }
        if (statements > 1)
            traits |= StatementTraits.MultipleStatements;
        return new SqlCase(Unescape(line[..Math.Max(0, arrow - 1)]), dialect, new StatementFacts(kind, traits, statements));
    }

    public static IEnumerable<SqlCase> All(params string[] tables) =>
        tables.SelectMany(Lines).Select(row => Parse(row.Data.Item1, row.Data.Item2));

    private static byte[] Unescape(string text)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length && text[i + 1] == 'x')
            {
                bytes.Add(Convert.ToByte(text.Substring(i + 2, 2), 16));
                i += 3;
            }
            else if (text[i] == '\\' && i + 1 < text.Length && text[i + 1] == 'n')
            {
                bytes.Add((byte)'\n');
                i++;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text[i].ToString()));
            }
        }
        return [.. bytes];
    }
}
