using System.Diagnostics;
using Seawall.Fuzz.Targets;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// The short run of fuzzing: a fixed seed and a fixed number of inputs, so that what it finds is found again, and what it does
/// not find today it does not find tomorrow unless the code has changed. Long ones: <c>./test fuzz</c>.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Targets => [.. AllTargets.List.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task A_short_run_finds_nothing(string target) => await Run("--target", target, "--short", "--found",
        Path.GetTempPath());

    [Fact]
    public async Task The_lexer_takes_as_many_steps_as_its_text_is_long() => await Run("--steps");

    private async Task Run(params string[] words)
    {
        // Next to the folder that these tests were built into, which is named after the configuration.
        var own = AppContext.BaseDirectory.TrimEnd('/');
        var program = Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(own))!, "Seawall.Fuzz", Path.GetFileName(own),
            "Seawall.Fuzz.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, .. words]) { RedirectStandardOutput = true })!;
        var said = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        output.WriteLine(said);

        Assert.True(process.ExitCode == 0, said);
    }
}
