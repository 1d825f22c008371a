using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Seawall.MicroBench;

/// <summary>How the steps are measured.</summary>
internal static class Steps
{
    // In this process: a project of BenchmarkDotNet's own making would not find the repository's build settings.
    internal static Job Job { get; } = Job.Default
        .WithToolchain(new InProcessEmitToolchain(TimeSpan.FromMinutes(5), logOutput: false))
        .WithWarmupCount(5).WithIterationCount(10);
}
