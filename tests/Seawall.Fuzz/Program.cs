using System.Diagnostics;
using System.Security.Cryptography;
using Seawall.Fuzz.Run;
using Seawall.Fuzz.Targets;

Coverage.Start();
if (FuzzLine.Read(args) is not { } line)
{
    Console.Error.WriteLine(FuzzLine.Usage);
    return 2;
}
if (line.Lists)
{
    foreach (var target in AllTargets.List)
        Console.WriteLine(target.Name);
    return 0;
}
var chosen = AllTargets.List.Where(target => line.Targets.Count == 0 || line.Targets.Contains(target.Name)).ToArray();
if (chosen.Length < Math.Max(1, line.Targets.Distinct().Count()))
{
    Console.Error.WriteLine($"fuzz: there are these targets: {string.Join(' ', AllTargets.List.Select(target => target.Name))}");
    return 2;
}
if (!Coverage.IsInstrumented)
    return Instrumentation.RunCopy(args, line.CountsSteps);
if (line.CountsSteps)
{
    Console.WriteLine($"steps of {LexerSteps.Run()} texts grow as their length");
    return 0;
}
if (line.Replay is { } file)
    return FuzzRun.Replay(chosen[0], file);
var status = 0;
foreach (var target in chosen)
    status |= new FuzzRun(line).Run(target);
return status;

/// <summary>Runs what the command line asks for, and says what came of it.</summary>
internal sealed class FuzzRun(FuzzLine line)
{
    // Much longer than any input takes on a machine that is busy with other things.
    private static readonly TimeSpan s_hangs = TimeSpan.FromSeconds(60);

    internal static int Replay(FuzzTarget target, string file)
    {
        var failure = Campaign.Attempt(target, File.ReadAllBytes(file));
        Console.WriteLine(failure?.ToString() ?? $"{target.Name}: {file} breaks nothing");
        return failure is null ? 0 : 1;
    }

    internal int Run(FuzzTarget target)
    {
        var seed = line.IsShort ? 1 : line.Seed ?? RandomNumberGenerator.GetInt32(int.MaxValue);
        var coverage = new Coverage();
        var campaign = new Campaign(target, seed, coverage);
        using var watch = new Timer(_ => LookAtClock(target, campaign, seed), null, 1_000, 1_000);
        var clock = Stopwatch.StartNew();
        var result = line.IsShort
            ? campaign.Run(target.ShortRun, TimeSpan.MaxValue)
            : campaign.Run(line.Executions, TimeSpan.FromMinutes(line.Minutes));
        Console.WriteLine($"{target.Name}: {result.Executions} inputs in {clock.Elapsed.TotalSeconds:0} s, {result.Edges} edges, "
            + $"{result.Kept} inputs kept, seed {seed}");
        if (line.Keep is { } folder)
            Keep(Path.Combine(folder, target.Name), campaign.Kept);
        if (result.Failure is null)
            return 0;
        Report(target, result.Finding!, seed, result.Failure.ToString());
        return 1;
    }

    private void LookAtClock(FuzzTarget target, Campaign campaign, int seed)
    {
        if (campaign.Current is not { } input || Stopwatch.GetElapsedTime(campaign.CurrentSince) < s_hangs)
            return;
        Report(target, input, seed, $"it has not ended for {s_hangs.TotalSeconds:0} seconds");
        Environment.Exit(1);
    }

    private void Report(FuzzTarget target, byte[] input, int seed, string problem)
    {
        var folder = Path.Combine(line.Found, target.Name);
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"found-{NameOf(input)}");
        File.WriteAllBytes(path, input);
        Console.WriteLine($"FOUND by {target.Name}, seed {seed}, {input.Length} bytes: {Convert.ToBase64String(input)}\n{problem}\n"
            + $"again: ./test fuzz --target {target.Name} --replay {path}\n"
            + "In the corpus (tests/Seawall.Fuzz/Corpus) that file is a test from now on.");
    }

    private static void Keep(string folder, IReadOnlyList<byte[]> inputs)
    {
        Directory.CreateDirectory(folder);
        foreach (var input in inputs)
            File.WriteAllBytes(Path.Combine(folder, NameOf(input)), input);
    }

    private static string NameOf(byte[] input) => Convert.ToHexStringLower(SHA256.HashData(input))[..16];
}
