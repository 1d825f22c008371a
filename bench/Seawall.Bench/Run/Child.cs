using System.Diagnostics;

namespace Seawall.Bench.Run;

/// <summary>A process of the run that says "ready" and then answers lines with lines. It ends with its input.</summary>
internal sealed class Child : IDisposable
{
    private readonly Process _process;

    private Child(Process process) => _process = process;

    internal int Pid => _process.Id;

    /// <summary>Another part of this program.</summary>
    internal static Child Own(params string[] arguments)
    {
        var child = Start(Environment.ProcessPath!, arguments);
        if (child._process.StandardOutput.ReadLine() is not "ready")
            throw new InvalidOperationException($"'{string.Join(' ', arguments)}' did not start");
        return child;
    }

    /// <summary>Any program, in the foreground.</summary>
    internal static Child Start(string program, params string[] arguments)
    {
        var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        });
        return new Child(process ?? throw new InvalidOperationException($"cannot start {program}"));
    }

    /// <summary>Says a line and returns the line that comes back.</summary>
    internal string Ask(string line)
    {
        _process.StandardInput.WriteLine(line);
        return _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("a part of the benchmark has died");
    }

    /// <summary>All that a program says until its end.</summary>
    internal static string Run(string program, params string[] arguments)
    {
        using var child = Start(program, arguments);
        var said = child._process.StandardOutput.ReadToEnd();
        child._process.WaitForExit();
        return child._process.ExitCode == 0 ? said
            : throw new InvalidOperationException($"{program} ended with {child._process.ExitCode}: {said}");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(500))
                _process.Kill();
            _process.WaitForExit();
        }
        _process.Dispose();
    }
}
