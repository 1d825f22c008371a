using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Seawall.LabTests.Equivalence;

/// <summary>
/// A text with choices: <c>[a|b|c]</c> is one of them, <c>{word}</c> is something that the word stands for. Words that
/// begin or end something change the model.
/// </summary>
internal static class Template
{
    private static readonly string[] s_strings =
    [
        "'a'", "'b'", "''", "'Ann'", "'it''s'", "'a\\'b'", "\"q\"", "'h\u00e9llo'", "'\u4f60\u597d'", "'12abc'", "'x\\ny'", "null",
        "'; select 1'", "'-- no comment'", "'/* not one */'", "repeat('y', 300)", "x'00ff'", "n'nat'", "_latin1'\\\\'",
    ];

    /// <summary>The named locks of a session, behind the name of its schema.</summary>
    internal static readonly string[] Locks = ["x", "y"];

    /// <summary>Makes a text of it.</summary>
    internal static string Expand(string template, Model model, Random dice)
    {
        var text = new StringBuilder();
        Expand(template, model, dice, text);
        return text.ToString();
    }

    /// <summary>One of some.</summary>
    internal static T Pick<T>(this Random dice, IReadOnlyList<T> choices) => choices[dice.Next(choices.Count)];

    /// <summary>True so many times of a hundred.</summary>
    internal static bool Chance(this Random dice, int percent) => dice.Next(100) < percent;

    private static void Expand(ReadOnlySpan<char> template, Model model, Random dice, StringBuilder text)
    {
        for (var i = 0; i < template.Length;)
        {
            switch (template[i])
            {
                case '[':
                    var close = i + Matching(template[i..]);
                    Expand(Choose(template[(i + 1)..close], dice), model, dice, text);
                    i = close + 1;
                    break;
                case '{':
                    var end = i + template[i..].IndexOf('}');
                    text.Append(Word(template[(i + 1)..end].ToString(), model, dice));
                    i = end + 1;
                    break;
                default:
                    text.Append(template[i++]);
                    break;
            }
        }
    }

    private static int Matching(ReadOnlySpan<char> text)
    {
        var depth = 0;
        for (var i = 0; i < text.Length; i++)
        {
            depth += text[i] == '[' ? 1 : text[i] == ']' ? -1 : 0;
            if (depth == 0)
                return i;
        }
        throw new UnreachableException($"no ] in {text}");
    }

    private static ReadOnlySpan<char> Choose(ReadOnlySpan<char> choices, Random dice)
    {
        var ends = new List<int>();
        var depth = 0;
        for (var i = 0; i < choices.Length; i++)
        {
            depth += choices[i] == '[' ? 1 : choices[i] == ']' ? -1 : 0;
            if (depth == 0 && choices[i] == '|')
                ends.Add(i);
        }
        ends.Add(choices.Length);
        var choice = dice.Next(ends.Count);
        return choices[(choice == 0 ? 0 : ends[choice - 1] + 1)..ends[choice]];
    }

    private static string Word(string word, Model model, Random dice) => word switch
    {
        "n" => dice.Next(-3, 40).ToString(CultureInfo.InvariantCulture),
        "id" => dice.Next(0, 10).ToString(CultureInfo.InvariantCulture),
        "more" => dice.Next(50, 90).ToString(CultureInfo.InvariantCulture),
        "s" => dice.Pick(s_strings),
        "t" => Table(model, dice),
        "tt" => Existing(model.Temporaries, "tt1", dice),
        "newtt" => Begin(model.Temporaries, dice.Pick((string[])["tt1", "tt2", "t"])),
        "droptt" => End(model.Temporaries, "tt1", dice),
        "v" => dice.Pick((string[])["@a", "@b", "@`c d`"]),
        "p" => Existing(model.Texts, "p1", dice),
        "newp" => Begin(model.Texts, dice.Pick((string[])["p1", "p2"])),
        "dropp" => End(model.Texts, "p1", dice),
        "h" => Existing(model.Handlers, "t", dice),
        "newh" => Begin(model.Handlers, dice.Pick((string[])["t", "m"])),
        "droph" => End(model.Handlers, "t", dice),
        "lock" => $"'{Step.Own}_{dice.Pick(Locks)}'",
        "set" => SessionVariables.Assignment(model.Kind, dice),
        "var" => SessionVariables.Name(model.Kind, dice) is not ("wait_timeout" or "max_execution_time") and var name ? name : "sql_mode",
        "value" => SessionVariables.Names(model.Kind, dice, 1),
        "values" => SessionVariables.Names(model.Kind, dice, dice.Next(2, 6)),
        // As a client's number it is one of Seawall's, and as one of a server's connections it is none.
        "nobody" => dice.Pick((string[])["4294967290", "2000000000", "18446744073709551615"]),
        "read" => model.IsModern ? "c" : "u",
        "plain" => Content.PlainEngine(model.Kind),
        "charset" => dice.Pick((string[])["utf8mb4", "latin1", "utf8", "cp1251", "gbk", "sjis", "binary", "ascii", "cp850"]),
        _ => throw new UnreachableException($"no word {word}"),
    };

    private static string Table(Model model, Random dice) =>
        model.Temporaries.Count > 0 && dice.Chance(30) ? dice.Pick([.. model.Temporaries])
        : dice.Pick((string[])["t", "t", "t", "m", "~.t", "`t`"]);

    private static string Existing(HashSet<string> names, string otherwise, Random dice) =>
        names.Count > 0 ? dice.Pick([.. names]) : otherwise;

    private static string Begin(HashSet<string> names, string name)
    {
        names.Add(name);
        return name;
    }

    private static string End(HashSet<string> names, string otherwise, Random dice)
    {
        var name = Existing(names, otherwise, dice);
        names.Remove(name);
        return name;
    }
}
