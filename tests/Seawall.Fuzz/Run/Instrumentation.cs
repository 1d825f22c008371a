using System.Diagnostics;
using System.Security.Cryptography;

namespace Seawall.Fuzz.Run;

/// <summary>
/// Makes a copy of this program in which Seawall's own code counts where it goes, and runs that. The assemblies that the build
/// made stay as they are.
/// </summary>
internal static class Instrumentation
{
    private static readonly string[] s_instrumented = ["Seawall.MySql.dll", "Seawall.Captures.dll", "Seawall.Engine.dll", "Seawall.Control.dll"];

    // Read by SharpFuzz when it is first asked for its options: has every branch call Trace.OnBranch.
    private const string CallsAtBranches = "SHARPFUZZ_ENABLE_ON_BRANCH_CALLBACK";

    /// <summary>
    /// Runs the copy with the same words; its exit status. <paramref name="countsSteps"/> makes another copy, which is much
    /// slower.
    /// </summary>
    internal static int RunCopy(string[] words, bool countsSteps)
    {
        Environment.SetEnvironmentVariable(CallsAtBranches, countsSteps ? "1" : null);
        var copy = Copy(countsSteps ? "counted" : "instrumented");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(copy, "Seawall.Fuzz.dll"), .. words]))!;
        process.WaitForExit();
        return process.ExitCode;
    }

    private static string Copy(string name)
    {
        var from = AppContext.BaseDirectory.TrimEnd('/');
        var folder = Path.Combine(Path.GetDirectoryName(from)!, $"{name}-{Fingerprint(from)}");
        if (Directory.Exists(folder))
            return folder;
        var unfinished = $"{folder}.{Environment.ProcessId}";
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(unfinished, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }
        foreach (var assembly in s_instrumented)
            SharpFuzz.Fuzzer.Instrument(Path.Combine(unfinished, assembly), _ => true, SharpFuzz.Options.Value);
        try
        {
            Directory.Move(unfinished, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            Directory.Delete(unfinished, recursive: true); // Another run was first.
        }
        foreach (var old in Directory.GetDirectories(Path.GetDirectoryName(from)!, "*-*").Where(IsForgotten))
            Directory.Delete(old, recursive: true);
        return folder;

        bool IsForgotten(string old) => old != folder && Directory.GetCreationTimeUtc(old) < DateTime.UtcNow.AddDays(-1);
    }

    private static string Fingerprint(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(Path.GetRelativePath(folder, file)));
            hash.AppendData(File.ReadAllBytes(file));
        }
        return Convert.ToHexString(hash.GetHashAndReset())[..12];
    }
}
