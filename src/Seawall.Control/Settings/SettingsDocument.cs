using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace Seawall.Control.Settings;

/// <summary>
/// A settings file taken apart: every value checked against its key, and all that is wrong, at once. Whoever corrects a
/// file should not have to come back for each mistake.
/// </summary>
internal sealed class SettingsDocument
{
    /// <summary>
    /// One mistake of syntax makes the parser stumble over what follows; the first ones are those to correct.
    /// </summary>
    private const int SyntaxErrorsMax = 3;

    private readonly string _source;
    private readonly bool _hasLines;
    private readonly Dictionary<string, SettingsSection> _sections = [];
    private readonly Dictionary<string, List<SettingsSection>> _lists = [];
    private readonly List<SettingsProblem> _problems = [];

    private SettingsDocument(string source, bool hasLines)
    {
        _source = source;
        _hasLines = hasLines;
    }

    /// <summary>What is wrong, in the order of the file.</summary>
    internal IReadOnlyList<SettingsProblem> Problems => _problems;

    /// <summary>Whether it is no TOML: what would be missing in it may be there.</summary>
    internal bool IsBroken { get; private set; }

    /// <summary>
    /// Takes a text apart; <paramref name="source"/> is what messages call it, and <paramref name="hasLines"/> says
    /// whether people can look lines up in it.
    /// </summary>
    internal static SettingsDocument Read(string text, string source, bool hasLines = true)
    {
        var document = new SettingsDocument(source, hasLines);
        // What comes twice is told here, in the words of settings.
        var syntax = SyntaxParser.Parse(text, source, validate: false);
        foreach (var diagnostic in syntax.Diagnostics.Where(found => found.Kind == DiagnosticMessageKind.Error)
            .Take(SyntaxErrorsMax))
            document.Complain(diagnostic.Span.Start, WithoutSecrets(diagnostic.Message));
        document.IsBroken = syntax.HasErrors;
        if (syntax.HasErrors)
            return document; // Whatever else would be found follows from it.
        foreach (var stray in syntax.KeyValues)
            document.ReadStray(stray);
        foreach (var table in syntax.Tables)
            document.ReadTable(table);
        return document;
    }

    /// <summary>A section that comes once; an empty one when nobody wrote it.</summary>
    internal SettingsSection Section(string name) => _sections.GetValueOrDefault(name) ?? new SettingsSection(name, 0,
        0);

    /// <summary>The items of a list of sections.</summary>
    internal IReadOnlyList<SettingsSection> List(string name) => _lists.GetValueOrDefault(name) ?? [];

    /// <summary>Where a value is, for a message; where its section is, when nobody has set it.</summary>
    internal string PlaceOf(SettingsSection section, string key) => section.Values.TryGetValue(key, out var value)
        ? Place(value.Line, value.Column)
        : section.Line > 0 ? Place(section.Line, section.Column) : _source;

    private string Place(int line, int column) => _hasLines ? $"{_source}:{line}:{column}" : _source;

    // A table of its own would have come with a heading; here are a key before the first one, or "pool.size = 3".
    private void ReadStray(KeyValueSyntax pair)
    {
        var words = WordsOf(pair.Key);
        if (words.Count == 2 && SettingKeys.Sections.Contains(words[0]) && !SettingKeys.Lists.Contains(words[0]))
        {
            ReadValue(SectionOf(words[0], pair), words[1], pair);
            return;
        }
        var name = words.Count > 0 ? words[0] : "";
        if (SettingKeys.Sections.Contains(name))
        {
            Complain(Start(pair), $"write {Heading(name)} on a line of its own, and its keys below it");
            return;
        }
        var owner = SettingKeys.All.FirstOrDefault(key => key.Name == name);
        Complain(Start(pair), owner is null
            ? Unknown($"section or key \"{Shown(name)}\"", name, SettingKeys.Sections)
            : $"\"{name}\" must be in a section: {Heading(owner.Section)}");
    }

    private void ReadTable(TableSyntaxBase table)
    {
        var name = string.Join('.', WordsOf(table.Name));
        if (!SettingKeys.Sections.Contains(name))
        {
            Complain(Start(table), Unknown($"section [{Shown(name)}]", name, SettingKeys.Sections));
            return;
        }
        if (SettingKeys.Lists.Contains(name) != table is TableArraySyntax)
        {
            Complain(Start(table), $"write {Heading(name)}");
            return;
        }
        if (table is TableSyntax && _sections.TryGetValue(name, out var first))
            Complain(Start(table), $"{Heading(name)} is there twice; the first is on line {first.Line}");
        var section = table is TableArraySyntax ? NewItem(name, table) : SectionOf(name, table);
        foreach (var pair in table.Items)
        {
            var words = WordsOf(pair.Key);
            ReadValue(section, string.Join('.', words), pair);
        }
    }

    private void ReadValue(SettingsSection section, string name, KeyValueSyntax pair)
    {
        var key = SettingKeys.Of(section.Name).FirstOrDefault(key => key.Name == name);
        if (key is null)
        {
            var elsewhere = SettingKeys.All.Where(other => other.Name == name).Select(other => Heading(other.Section))
                .ToArray();
            Complain(Start(pair), elsewhere.Length > 0
                ? $"unknown key \"{name}\" in {Heading(section.Name)}; there is one in {string.Join(" and ", elsewhere)}"
                : Unknown($"key \"{Shown(name)}\" in {Heading(section.Name)}", name, SettingKeys.Of(section.Name)
                    .Select(known => known.Name)));
            return;
        }
        var at = pair.Value is { } written ? Start(written) : Start(pair);
        if (section.Values.TryGetValue(name, out var before))
            Complain(Start(pair), $"{key.Path} is set twice; the first time on line {before.Line}");
        else if (ValueReader.Read(key, pair.Value, out var problem) is { } value)
            section.Set(new SettingValue(key, value, at.Line + 1, at.Column + 1));
        else
            Complain(at, problem);
    }

    private SettingsSection SectionOf(string name, SyntaxNode node)
    {
        if (!_sections.TryGetValue(name, out var section))
            _sections.Add(name, section = new SettingsSection(name, Start(node).Line + 1, Start(node).Column + 1));
        return section;
    }

    private SettingsSection NewItem(string name, SyntaxNode node)
    {
        var item = new SettingsSection(name, Start(node).Line + 1, Start(node).Column + 1);
        if (!_lists.TryGetValue(name, out var items))
            _lists.Add(name, items = []);
        items.Add(item);
        return item;
    }

    private void Complain(TextPosition at, string message) =>
        _problems.Add(new SettingsProblem(true, Place(at.Line + 1, at.Column + 1), message));

    private static string Heading(string section) => SettingKeys.Lists.Contains(section) ? $"[[{section}]]"
        : $"[{section}]";

    private static string Unknown(string what, string written, IEnumerable<string> known) =>
        $"unknown {what}" + (NearestWord.Find(written, known) is { } near ? $"; did you mean \"{near}\"?" : "");

    private static TextPosition Start(SyntaxNodeBase node) => node.Span.Start;

    private static List<string> WordsOf(KeySyntax? key)
    {
        var words = new List<string>();
        if (key?.Key is { } first)
            words.Add(WordOf(first));
        foreach (var further in key?.DotKeys ?? [])
        {
            if (further.Key is { } word)
                words.Add(WordOf(word));
        }
        return words;
    }

    private static string WordOf(BareKeyOrStringValueSyntax word) => word switch
    {
        BareKeySyntax bare => bare.Key?.Text ?? "",
        StringValueSyntax quoted => quoted.Value ?? "",
        _ => "",
    };

    // A key may be a mistyped line with a password in it.
    private static string Shown(string name) => name.Length <= 40 ? name : name[..40] + "…";

    // The parser's messages quote the text that it stumbled over, which may be a password without its quotes.
    private static string WithoutSecrets(string message)
    {
        var quoted = message.IndexOfAny(['`', '\'', '"']);
        var said = (quoted < 0 ? message : message[..quoted]).TrimEnd('.', ':', ' ');
        return said.Contains(' ', StringComparison.Ordinal) ? $"not valid TOML: {said}" : "not valid TOML";
    }
}
