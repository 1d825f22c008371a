using System.Runtime.CompilerServices;

namespace Seawall.Tests.Rules;

/// <summary>A file of the repository.</summary>
/// <param name="Path">From the root, with slashes.</param>
/// <param name="Text">All of it.</param>
internal sealed record SourceFile(string Path, string Text)
{
    internal IEnumerable<string> Lines => Text.TrimEnd('\n').Split('\n');

    internal bool IsCode => Path.EndsWith(".cs", StringComparison.Ordinal);

    internal bool Ships => Path.StartsWith("src/", StringComparison.Ordinal);
}

/// <summary>What is written by hand in the repository that these tests were built from.</summary>
internal static class SourceTree
{
    private static readonly string[] s_notOurs = ["artifacts", "bin", "obj", "node_modules", "TestResults"];

    private static readonly string[] s_texts =
        [".cs", ".csproj", ".props", ".md", ".sh", ".json", ".slnx", ".txt", ".toml", ".mjs", ".editorconfig", ""];

    internal static IReadOnlyList<SourceFile> Files { get; } = [.. Walk(RootOf(), "")];

    private static IEnumerable<SourceFile> Walk(string folder, string path)
    {
        foreach (var file in Directory.EnumerateFiles(folder).Where(file => s_texts.Contains(Path.GetExtension(file))))
        {
            var name = Path.GetFileName(file);
            if (name is not ("packages.lock.json" or "package-lock.json" or ".git"))
                yield return new SourceFile(path + name, File.ReadAllText(file));
        }
        foreach (var inner in Directory.EnumerateDirectories(folder))
        {
            var name = Path.GetFileName(inner);
            if ((name.StartsWith('.') && name != ".ci") || s_notOurs.Contains(name))
                continue;
            foreach (var file in Walk(inner, $"{path}{name}/"))
                yield return file;
        }
    }

    private static string RootOf([CallerFilePath] string here = "")
    {
        var folder = Path.GetDirectoryName(here);
        if (!Directory.Exists(folder))
            folder = AppContext.BaseDirectory; // Built elsewhere: then the tests lie inside the tree that they judge.
        while (folder is not null && !File.Exists(Path.Combine(folder, "Seawall.slnx")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("no Seawall.slnx in any folder around");
    }
}
