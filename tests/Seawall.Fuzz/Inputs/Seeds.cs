
namespace Seawall.Fuzz.Inputs;

/// <summary>
/// Inputs to begin with: recorded conversations, and files under <c>Corpus</c>, those that broke something once among them.
/// </summary>
public static class Seeds
{
    private static readonly Lazy<IReadOnlyList<Recording>> s_recordings = new(() =>
        [.. Files("recorded").Select(file => Recording.Read(File.ReadAllBytes(file)))]);

    /// <summary>Conversations with real servers.</summary>
    public static IReadOnlyList<Recording> Recordings => s_recordings.Value;

    /// <summary>The files of a folder of the corpus, in an order that does not change.</summary>
    public static IEnumerable<string> Files(string folder)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Corpus", folder);
        return Directory.Exists(path) ? Directory.EnumerateFiles(path).Order(StringComparer.Ordinal) : [];
    }

    /// <summary>Inputs of a target that are kept as files, the short ones first.</summary>
    public static IEnumerable<byte[]> Kept(string target) =>
        Files(target).Select(File.ReadAllBytes).OrderBy(input => input.Length);

    /// <summary>Statements of a table of test cases: what stands before <c>=&gt;</c>, or a line as it is.</summary>
    internal static IEnumerable<string> Texts(string file) =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Corpus", file)).Select(line => line.Split(" => ")[0].Trim())
            .Where(line => line.Length > 0);

    /// <summary>A text in front of which stand bytes that choose something.</summary>
    internal static byte[] With(ReadOnlySpan<byte> choices, ReadOnlySpan<byte> input) => [.. choices, .. input];
}
