using System.Collections.Immutable;
using Tomlyn.Syntax;

namespace Seawall.Control.Settings;

/// <summary>Turns one value of the file into what its key wants, or says why that cannot be.</summary>
internal static class ValueReader
{
    /// <summary>The value; null, and a problem, when it is not what the key wants.</summary>
    internal static object? Read(SettingKey key, ValueSyntax? written, out string problem)
    {
        problem = "";
        switch (key.Kind, written)
        {
            case (SettingKind.Text or SettingKind.Secret, StringValueSyntax { Value: { } text }):
                return text;
            case (SettingKind.Flag, BooleanValueSyntax flag):
                return flag.Value;
            case (SettingKind.Number, IntegerValueSyntax number) when number.Value >= key.Min
                && number.Value <= key.Max:
                return number.Value;
            case (SettingKind.Choice, StringValueSyntax { Value: { } word }) when key.Choices.Contains(word):
                return word;
            case (SettingKind.TextList, ArraySyntax list) when ReadTexts(list) is { IsDefault: false } texts:
                return texts;
            default:
                problem = $"{key.Path} = {Shown(key, written)}: it must be {key.Allowed}" + Nearest(key, written);
                return null;
        }
    }

    private static ImmutableArray<string> ReadTexts(ArraySyntax list)
    {
        var texts = ImmutableArray.CreateBuilder<string>();
        foreach (var item in list.Items)
        {
            if (item.Value is not StringValueSyntax { Value: { } text })
                return default;
            texts.Add(text);
        }
        return texts.ToImmutable();
    }

    private static string Nearest(SettingKey key, ValueSyntax? written) =>
        key.Kind == SettingKind.Choice && written is StringValueSyntax { Value: { } word }
        && NearestWord.Find(word, key.Choices) is { } near
            ? $"; did you mean \"{near}\"?"
            : "";

    private static string Shown(SettingKey key, ValueSyntax? written)
    {
        if (key.Kind == SettingKind.Secret || written is null)
            return "…";
        var text = written.ToString()?.Trim() ?? "";
        return text.Length <= 60 ? text : text[..60] + "…";
    }
}
