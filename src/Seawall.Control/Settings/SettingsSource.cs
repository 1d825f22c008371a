using System.Text;

namespace Seawall.Control.Settings;

/// <summary>Where settings are read from, again at each reload.</summary>
public sealed class SettingsSource
{
    private readonly string? _text;

    private SettingsSource(string name, string folder, string? path, string? text)
    {
        Name = name;
        Folder = folder;
        Path = path;
        _text = text;
    }

    /// <summary>What messages call it.</summary>
    public string Name { get; }

    /// <summary>Where relative paths begin.</summary>
    public string Folder { get; }

    /// <summary>The file's path; null for the command line.</summary>
    public string? Path { get; }

    /// <summary>A settings file.</summary>
    public static SettingsSource File(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        return new(path, System.IO.Path.GetDirectoryName(full) ?? "/", full, null);
    }

    /// <summary>
    /// Options of the command line, as <c>(section, key, value)</c>. They become a settings file, so that nothing is
    /// checked in two ways.
    /// </summary>
    public static SettingsSource CommandLine(IEnumerable<(string Section, string Key, string Value)> options)
    {
        var text = new StringBuilder();
        foreach (var section in options.GroupBy(option => option.Section))
        {
            var isList = SettingKeys.Lists.Contains(section.Key);
            text.Append(isList ? "[[" : "[").Append(section.Key).AppendLine(isList ? "]]" : "]");
            foreach (var (_, key, value) in section)
                text.Append(key).Append(" = ").AppendLine(Written(section.Key, key, value));
        }
        return new("command line", Environment.CurrentDirectory, null, text.ToString());
    }

    /// <summary>The text, or why it cannot be had.</summary>
    internal async Task<(string? Text, string Problem)> Read(CancellationToken cancel)
    {
        if (_text is not null)
            return (_text, "");
        try
        {
            var info = new FileInfo(Path!);
            if (info.Exists && info.Length > LengthMax)
                return (null, $"it is {info.Length} bytes long, and a settings file has at most {LengthMax}");
            return (await System.IO.File.ReadAllTextAsync(Path!, cancel), "");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return (null, FileProblems.Describe(failure, Path!));
        }
    }

    /// <summary>Ten thousand accounts and servers fit; an image of a disk by mistake does not.</summary>
    private const long LengthMax = 4 * 1024 * 1024;

    private static string Written(string section, string key, string value)
    {
        var known = SettingKeys.Of(section).First(known => known.Name == key);
        var quoted = "\"" + value.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
        return known.Kind switch
        {
            SettingKind.Number or SettingKind.Flag => value,
            SettingKind.TextList => $"[{quoted}]",
            SettingKind.Text or SettingKind.Choice or SettingKind.Secret => quoted,
        };
    }
}
