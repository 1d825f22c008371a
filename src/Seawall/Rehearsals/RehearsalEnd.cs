using System.Runtime.InteropServices;
using Seawall.Rehearsal.Restarts;
using Seawall.Rehearsal.Xrays;

namespace Seawall.Rehearsals;

/// <summary>
/// Ctrl-C, and SIGTERM as well: the first ends a rehearsal with a report, the second says what is still done and how long that takes, and the third
/// ends it at once and says what it leaves behind.
/// </summary>
internal sealed class RehearsalEnd : IDisposable
{
    private const string GoesOn = "The command that restarts a server goes on by itself. ";

    private static readonly string s_restarting =
        $"A server is being restarted: the command has {RestartCommand.GraceMax.TotalSeconds:0} s to come to its end, and the server as long to be there. ";

    private readonly MadeAccounts _made;
    private readonly CancellationTokenSource _end;
    private readonly PosixSignalRegistration[] _registrations;
    private int _asked;

    internal RehearsalEnd(MadeAccounts made, CancellationToken cancel)
    {
        const int interrupt = 2, terminate = 15;
        _made = made;
        _end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => OnSignal(signal, interrupt)),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => OnSignal(signal, terminate)),
        ];
    }

    /// <summary>Cancelled by the first.</summary>
    internal CancellationToken Token => _end.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _end.Dispose();
    }

    /// <summary>What the second is answered with.</summary>
    internal static string Still(IReadOnlyList<string> left, bool isRestarting = false) => (isRestarting ? s_restarting : "") + (left.Count == 0
        ? "Still ending: what was begun comes to its end, and what was measured is reported. No account of this rehearsal is on the servers. "
            + "A third Ctrl-C ends at once, without a report."
        : $"Still ending: accounts of this rehearsal are dropped, which takes at most {XrayAccounts.DropTimeMax.TotalSeconds:0} s; then what was measured is "
            + "reported. A third Ctrl-C ends at once, without a report, and leaves these accounts (nobody knows their passwords). By hand they are dropped so:"
            + Lines(left));

    /// <summary>What the third is answered with.</summary>
    internal static string AtOnce(IReadOnlyList<string> left, bool isRestarting = false) => (isRestarting ? GoesOn : "") + (left.Count == 0
        ? "Ended at once: there is no report. No account of this rehearsal is on the servers."
        : "Ended at once: there is no report, and accounts of this rehearsal are left (nobody knows their passwords). By hand they are dropped so:"
            + Lines(left));

    private static string Lines(IReadOnlyList<string> left) => string.Concat(left.Select(line => $"\n  {line}"));

    private void OnSignal(PosixSignalContext signal, int number)
    {
        signal.Cancel = true;
        switch (Interlocked.Increment(ref _asked))
        {
            case 1:
                Console.Error.WriteLine("\nEnding: what was measured so far is reported.");
                _end.Cancel();
                break;
            case 2:
                Console.Error.WriteLine($"\n{Still(_made.Statements, _made.IsRestarting)}");
                break;
            default:
                Console.Error.WriteLine($"\n{AtOnce(_made.Statements, _made.IsRestarting)}");
                Environment.Exit(ExitCodes.OfSignal(number));
                break;
        }
    }
}
