using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Seawall.Rehearsal.Restarts;

/// <summary>How a command of the user's ended.</summary>
/// <param name="Problem">What went wrong, to be read behind "the command"; empty when it did its work. Nothing of the command or of its words is in it.</param>
/// <param name="Said">The end of what it said; for the terminal of whoever named it, as there may be anything in it.</param>
internal readonly record struct RestartEnd(string Problem, string Said);

/// <summary>A command of the user's that restarts a server. The command itself is never shown: it may have a password in it.</summary>
internal static class RestartCommand
{
    // The last words of a program that failed; more is a log.
    private const int SaidMax = 2_000;

    /// <summary>
    /// How long it may go on when the rehearsal is ended meanwhile: half a restart is a server that is down. As long as dropping accounts may take.
    /// </summary>
    public static TimeSpan GraceMax => TimeSpan.FromSeconds(30);

    /// <summary>
    /// Runs it by <c>/bin/sh -c</c>, in a session of its own: a Ctrl-C at the terminal is for this program. Its standard input is empty, and what it says
    /// goes to a file: whatever it leaves running may go on writing there, and keeps nobody waiting.
    /// </summary>
    public static async Task<RestartEnd> Run(string command, TimeSpan timeMax, TimeProvider time, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var began = time.GetTimestamp();
        var file = "";
        try
        {
            file = Path.GetTempFileName(); // Of this user alone.
            const string quietly = "exec </dev/null >\"$0\" 2>&1; exec /bin/sh -c \"$1\"";
            using var process = Process.Start(new ProcessStartInfo("setsid", ["/bin/sh", "-c", quietly, file, command]) { UseShellExecute = false });
            if (process is null)
                return new("could not be run", "");
            using var late = new CancellationTokenSource(timeMax, time);
            await using var hurry = cancel.Register(() => late.CancelAfter(Least(GraceMax, timeMax - time.GetElapsedTime(began))));
            try
            {
                await process.WaitForExitAsync(late.Token);
            }
            catch (OperationCanceledException)
            {
                Kill(process);
                cancel.ThrowIfCancellationRequested();
                return new(string.Create(CultureInfo.InvariantCulture, $"was not done within {timeMax.TotalSeconds:0} s, and was ended"), Read(file));
            }
            cancel.ThrowIfCancellationRequested();
            return process.ExitCode == 0 ? new("", "")
                : new(string.Create(CultureInfo.InvariantCulture, $"ended with status {process.ExitCode}"), Read(file));
        }
        catch (Exception problem) when (problem is Win32Exception or IOException or UnauthorizedAccessException)
        {
            return new($"could not be run: {problem.Message}", "");
        }
        finally
        {
            Delete(file);
        }
    }

    private static TimeSpan Least(TimeSpan one, TimeSpan other)
    {
        var least = one < other ? one : other;
        return least > TimeSpan.Zero ? least : TimeSpan.Zero;
    }

    // A program may say anything: on a terminal it is to be letters and lines.
    private static string Read(string file)
    {
        using var stream = File.OpenRead(file);
        stream.Seek(-Math.Min(stream.Length, SaidMax), SeekOrigin.End);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return string.Concat(reader.ReadToEnd().Where(letter => letter == '\n' || !char.IsControl(letter))).Trim();
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception kept) when (kept is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has ended meanwhile, or a part of it is another user's (sudo).
        }
    }

    private static void Delete(string file)
    {
        try
        {
            if (file.Length > 0)
                File.Delete(file);
        }
        catch (Exception kept) when (kept is IOException or UnauthorizedAccessException)
        {
            // Somebody else has tidied up.
        }
    }
}
