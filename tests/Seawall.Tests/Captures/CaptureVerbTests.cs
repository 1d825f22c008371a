using System.CommandLine;
using Seawall.Verbs;
using Xunit;

namespace Seawall.Tests.Captures;

/// <summary><c>seawall capture import</c> of what is no such file.</summary>
public sealed class CaptureVerbTests : IDisposable
{
    private const int Done = 0, Failed = 1;

    private readonly string _folder = Directory.CreateTempSubdirectory("capture-verb").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("--slow-log")]
    [InlineData("--general-log")]
    [InlineData("--pcap")]
    public async Task A_file_of_another_kind_makes_no_capture(string option)
    {
        foreach (var text in (string[])["", "Dear diary,\n\ntoday nothing was logged.\n", "\u007fELF\0\u0001\u0002"])
        {
            var file = Path.Combine(_folder, "file");
            await File.WriteAllTextAsync(file, text, Cancel);

            Assert.Equal(Failed, await Run("import", option, file, "--out", Path.Combine(_folder, "made", "monday")));
            Assert.Empty(Directory.GetFiles(Path.Combine(_folder, "made")));
        }
    }

    [Fact]
    public async Task A_log_makes_one_that_can_be_shown()
    {
        var (log, made) = (Path.Combine(_folder, "general.log"), Path.Combine(_folder, "made", "monday"));
        await File.WriteAllTextAsync(log, "2024-01-05T10:00:00.000000Z\t    7 Connect\tapp@localhost on shop using Socket\n"
            + "2024-01-05T10:00:00.100000Z\t    7 Query\tselect 1\n2024-01-05T10:00:00.200000Z\t    7 Quit\t\n", Cancel);

        Assert.Equal(Done, await Run("import", "--general-log", log, "--out", made));
        Assert.Equal(Done, await Run("show", made));
        Assert.Equal(Done, await Run("list", Path.Combine(_folder, "made")));
        Assert.Equal(Failed, await Run("show", Path.Combine(_folder, "made", "tuesday")));
    }

    private static Task<int> Run(params string[] words) =>
        CaptureVerb.Make().Parse(words).InvokeAsync(new InvocationConfiguration { Output = TextWriter.Null }, Cancel);
}
