using System.Diagnostics;
using System.Text;

namespace Seawall.LabTests.Lab;

/// <summary>
/// What to run. Standard input is a pipe that stays open until it is closed or the test process ends.
/// </summary>
public sealed record LabCommand(string File, params string[] Arguments)
{
    public string? Folder { get; init; }
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public override string ToString() => string.Join(' ', [File, .. Arguments]);
}

/// <summary>How a program ended, and what it said.</summary>
public sealed record LabResult(LabCommand Command, int Status, string Output, string Errors)
{
    public bool IsSuccess => Status == 0;

    public LabResult ShouldSucceed() => IsSuccess ? this : throw new InvalidOperationException(ToString());

    public override string ToString() => $"{Command}\nended with status {Status}\n{Output}\n{Errors}";
}

/// <summary>
/// A process that a test runs. It leads a process group of its own, so that all it started ends with it; it has a time
/// limit; and it dies with the test process, even when that is killed.
/// </summary>
public sealed class LabProgram : IAsyncDisposable
{
    // Enough for the longest report of a benchmark; a program that says more without end must not take all memory.
    private const int LinesMax = 100_000;

    private static readonly TimeSpan DeathTimeMax = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly TaskCompletionSource<int> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly List<string> _output = [];
    private readonly List<string> _errors = [];
    private readonly List<(Func<string, bool> Wanted, TaskCompletionSource<string> Found)> _waiting = [];

    private LabProgram(LabCommand command)
    {
        Command = command;
        // setsid and setpriv replace themselves with the next word, so that the pid is the program's own.
        string[] words = ["setpriv", "--pdeathsig", "KILL", "--", command.File, .. command.Arguments];
        var start = new ProcessStartInfo("setsid", words)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = command.Folder ?? LabFolders.Repository,
        };
        foreach (var (name, value) in command.Environment)
            start.Environment[name] = value;
        _process = new Process { StartInfo = start };

        // The kernel's parent-death signal is about the thread that started the child, not its process. A thread of the
        // pool would end one day and take the program along; this one lives exactly as long as the program.
        using var started = new ManualResetEventSlim();
        Exception? refused = null;
        new Thread(() =>
        {
            try
            {
                _process.Start();
            }
            catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
            {
                refused = e;
                return;
            }
            finally
            {
                started.Set();
            }

            _process.WaitForExit();
            _ended.SetResult(_process.ExitCode);
        })
        { IsBackground = true, Name = $"runs {command.File}" }.Start();
        started.Wait();
        if (refused is not null)
            throw new InvalidOperationException($"{command} could not be started", refused);
        Pid = _process.Id;
        Saying = Task.WhenAll(
            ListenAsync(_process.StandardOutput, _output), ListenAsync(_process.StandardError, _errors));
    }

    public LabCommand Command { get; }

    /// <summary>The program's pid, which is its process group as well.</summary>
    public int Pid { get; }

    public bool HasEnded => _ended.Task.IsCompleted;

    public string Output => Text(_output);

    public string Errors => Text(_errors);

    private Task Saying { get; }

    public static LabProgram Start(LabCommand command) => new(command);

    /// <summary>Runs a program to its end. Beyond the time limit it is killed, and this throws.</summary>
    public static async Task<LabResult> RunAsync(LabCommand command, TimeSpan timeMax, CancellationToken cancel)
    {
        await using var program = Start(command);
        program.CloseInput();
        return await program.WaitAsync(timeMax, cancel);
    }

    public StreamWriter Input => _process.StandardInput;

    public void CloseInput()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It had ended, and nobody reads what was left to write.
        }
    }

    /// <summary>
    /// Waits for the end. Beyond the time limit, or when cancelled, the program is killed, and this throws.
    /// </summary>
    public async Task<LabResult> WaitAsync(TimeSpan timeMax, CancellationToken cancel)
    {
        try
        {
            var status = await _ended.Task.WaitAsync(timeMax, cancel);
            // What it left behind holds its output open, and would keep us listening.
            LabSignal.Kill.SendToGroup(Pid);
            await Saying.WaitAsync(DeathTimeMax, cancel);
            return new LabResult(Command, status, Output, Errors);
        }
        catch (TimeoutException)
        {
            await KillAsync();
            throw new TimeoutException($"{Command}\ndid not end within {timeMax.TotalSeconds} s\n{Output}\n{Errors}");
        }
        catch (OperationCanceledException)
        {
            await KillAsync();
            throw;
        }
    }

    /// <summary>The first line of standard output that is wanted, said already or yet to be said.</summary>
    public async Task<string> WaitForLineAsync(Func<string, bool> wanted, TimeSpan timeMax, CancellationToken cancel)
    {
        var found = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_output.Find(line => wanted(line)) is { } said)
                return said;
            _waiting.Add((wanted, found));
        }

        var silent = Saying.WaitAsync(timeMax, cancel);
        if (await Task.WhenAny(found.Task, silent) == found.Task || found.Task.IsCompleted)
            return await found.Task;
        cancel.ThrowIfCancellationRequested();
        throw new TimeoutException(Saying.IsCompleted
            ? $"{Command}\nended without the line that was waited for\n{Output}\n{Errors}"
            : $"{Command}\ndid not say what was waited for within {timeMax.TotalSeconds} s\n{Output}\n{Errors}");
    }

    public void Signal(LabSignal signal) => signal.Send(Pid);

    /// <summary>Kills the program and all that it started, and returns when it is gone.</summary>
    public async Task KillAsync()
    {
        LabSignal.Kill.SendToGroup(Pid);
        await _ended.Task.WaitAsync(DeathTimeMax);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private async Task ListenAsync(StreamReader from, List<string> lines)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            lock (_lock)
            {
                if (lines.Count < LinesMax)
                    lines.Add(line);
                if (lines == _output)
                    _waiting.RemoveAll(waiter => waiter.Wanted(line) && waiter.Found.TrySetResult(line));
            }
        }
    }

    private string Text(List<string> lines)
    {
        var text = new StringBuilder();
        lock (_lock)
            text.AppendJoin('\n', lines);
        return text.ToString();
    }
}
