using System.Diagnostics;

namespace Seawall.Demos;

/// <summary>
/// The scripts of <c>lab/</c>, where the demo gets its servers from. It needs them, and so the project's own folder: a demo
/// that brings a database is for those who have the sources.
/// </summary>
internal sealed class DemoLab(string folder)
{
    private const string HomeVariable = "SEAWALL_HOME";

    /// <summary>
    /// Finds the scripts: next to the launcher that said where it is, or above the program. Throws <see cref="DemoException"/>, which says
    /// how to <paramref name="command"/> it, when they are not there.
    /// </summary>
    internal static DemoLab Find(string command)
    {
        var said = Environment.GetEnvironmentVariable(HomeVariable);
        for (var at = said ?? AppContext.BaseDirectory; at is not null; at = Path.GetDirectoryName(at))
        {
            if (File.Exists(Path.Combine(at, "lab", "server")) && File.Exists(Path.Combine(at, "lab", "install")))
                return new DemoLab(Path.Combine(at, "lab"));
        }
        throw new DemoException($"the demo needs the project's lab/ folder: run it as {command}, from a clone of the repository");
    }

    /// <summary>Installs what is missing, handing on what it says. Throws <see cref="DemoException"/> when it is not to be had.</summary>
    internal async Task Install(string target, Action<string> say, CancellationToken cancel)
    {
        using var process = Start("install", [target], redirectInput: false);
        var errors = new List<string>();
        process.OutputDataReceived += (_, line) => Hand(line.Data, say);
        process.ErrorDataReceived += (_, line) => Hand(line.Data, text =>
        {
            errors.Add(text);
            say(text);
        });
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var stop = cancel.Register(() => Kill(process));
        await process.WaitForExitAsync(CancellationToken.None);
        cancel.ThrowIfCancellationRequested();
        if (process.ExitCode != 0)
            throw new DemoException($"{target} is not to be had: {errors.LastOrDefault() ?? $"lab/install ended with {process.ExitCode}"}");
    }

    /// <summary>Starts a server that lives as long as the result. Throws <see cref="DemoException"/> when it does not come up.</summary>
    internal async Task<DemoServer> StartServer(
        string kind, string dataFolder, int port, int id, int? replicaOf, CancellationToken cancel, params string[] more)
    {
        string[] follows = replicaOf is { } source ? ["--replica-of", $"{source}"] : [];
        var process = Start("server", [kind, dataFolder, $"{port}", $"{id}", .. follows, "--hold", "--", .. more], redirectInput: true);
        var words = process.StandardError.ReadToEndAsync(CancellationToken.None);
        using var stop = cancel.Register(() => Kill(process));
        while (await process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
        {
            if (line.Split(' ') is [var started, var version, var pid, var listens, ..] && started == kind)
            {
                _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None); // It must never block on a full pipe.
                return new DemoServer(process, version, int.Parse(pid), int.Parse(listens));
            }
        }
        cancel.ThrowIfCancellationRequested();
        var reason = (await words).Trim();
        process.Dispose();
        throw new DemoException($"the server on port {port} did not start: {(reason.Length > 0 ? reason : "it said nothing")}");
    }

    // In a session of its own: a Ctrl-C at the terminal is for this program, which then ends its servers in order.
    private Process Start(string script, string[] arguments, bool redirectInput)
    {
        var start = new ProcessStartInfo("setsid", [Path.Combine(folder, script), .. arguments])
        {
            RedirectStandardInput = redirectInput,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        return Process.Start(start) ?? throw new DemoException($"cannot run lab/{script}");
    }

    private static void Hand(string? line, Action<string> say)
    {
        if (line is { Length: > 0 })
            say(line);
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }
}

/// <summary>A server that runs for the demo, and ends with it: its keeper watches the pipe that this holds.</summary>
internal sealed class DemoServer(Process keeper, string version, int pid, int port) : IDisposable
{
    // Ticks of /proc/PID/stat: USER_HZ, which is 100 on every Linux that .NET runs on (proc(5), sysconf(3)).
    private const double TicksPerSecond = 100;

    internal string Version { get; } = version;

    internal int Port { get; } = port;

    internal int Pid { get; } = pid;

    /// <summary>User and system time that the server has used, in seconds.</summary>
    internal double CpuSeconds
    {
        get
        {
            // The name in parentheses may have spaces; what follows it does not. Fields 14 and 15, counted from 1.
            var stat = File.ReadAllText($"/proc/{Pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (double.Parse(fields[11]) + double.Parse(fields[12])) / TicksPerSecond;
        }
    }

    public void Dispose()
    {
        keeper.StandardInput.Dispose(); // The keeper sees the end of its input, and kills the server.
        if (!keeper.WaitForExit(TimeSpan.FromSeconds(10)))
            keeper.Kill(entireProcessTree: true);
        keeper.Dispose();
    }
}

/// <summary>The demo cannot go on; the message says why, for people.</summary>
internal sealed class DemoException(string message) : Exception(message);
