using System.Globalization;

namespace Seawall.Captures.Files;

/// <summary>The files of captures: <c>NAME-00001.swcap</c>, <c>NAME-00002.swcap</c> and so on, in one folder.</summary>
public static class CaptureFiles
{
    /// <summary>How the files end.</summary>
    public const string Extension = ".swcap";

    private const int NameMax = 64;
    private const int DigitsMin = 5;

    /// <summary>Whether this can be a capture's name: letters, digits, <c>_</c>, <c>-</c> and <c>.</c>, not first.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= NameMax && char.IsAsciiLetterOrDigit(name[0])
        && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-' or '.');

    /// <summary>The file of a segment.</summary>
    public static string PathOf(string folder, string name, uint segment) =>
        Path.Combine(folder, $"{name}-{segment.ToString("D5", CultureInfo.InvariantCulture)}{Extension}");

    /// <summary>
    /// The segments that a person means, in their order: a file is itself; <c>folder/name</c> is all segments of that capture; a folder with
    /// one capture is that one. Empty when there are none.
    /// </summary>
    public static IReadOnlyList<string> Find(string path)
    {
        if (File.Exists(path))
            return [path];
        if (Directory.Exists(path))
            return List(path) is [var only] ? [.. only.Segments] : [];
        var folder = Path.GetDirectoryName(Path.GetFullPath(path));
        var name = Path.GetFileName(path);
        return folder is null || !Directory.Exists(folder) ? []
            : List(folder).FirstOrDefault(capture => capture.Name == name)?.Segments ?? [];
    }

    /// <summary>Why <see cref="Find"/> finds none.</summary>
    public static string WhyNone(string path) => !Directory.Exists(path) ? $"there is no capture '{path}'"
        : List(path) is { Count: > 0 } several ? $"'{path}' has {several.Count} captures: name one of them, {Path.Combine(path, several[0].Name)} for instance"
        : $"there is no capture in '{path}'";

    /// <summary>The captures of a folder, by name.</summary>
    public static IReadOnlyList<CaptureListing> List(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*" + Extension)
            .Select(file => (File: file, Parts: Split(Path.GetFileNameWithoutExtension(file))))
            .Where(found => found.Parts.Segment > 0)
            .GroupBy(found => found.Parts.Name, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new CaptureListing(
                group.Key,
                [.. group.OrderBy(found => found.Parts.Segment).Select(found => found.File)],
                group.Sum(found => new FileInfo(found.File).Length))),
    ];

    private static (string Name, uint Segment) Split(string file)
    {
        var dash = file.LastIndexOf('-');
        return dash > 0 && file.Length - dash > DigitsMin
            && uint.TryParse(file[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var segment)
            ? (file[..dash], segment) : ("", 0);
    }
}

/// <summary>A capture in a folder.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Segments">Its files in their order.</param>
/// <param name="Bytes">How long they are together.</param>
public sealed record CaptureListing(string Name, IReadOnlyList<string> Segments, long Bytes);
