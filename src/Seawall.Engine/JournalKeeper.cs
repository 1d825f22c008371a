using Microsoft.Extensions.Logging;
using Seawall.Engine.Deferrals;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;
using Seawall.Engine.Watch.Appliers;

namespace Seawall.Engine;

/// <summary>
/// Opens the journal of deferred statements: at the start, or when the process that has it lets go, such as the one that this one takes the
/// clients over from. Until then nothing is deferred.
/// </summary>
internal sealed class JournalKeeper(Loop control, DeferralDesk desk, Applier applier, ulong seed, bool isInline, ILogger logger) : TimerNode
{
    private const int EveryMs = 1_000;

    private DeferralOptions Options => applier.Context.Options();

    /// <summary>Opens it if nobody else has it. Throws <see cref="IOException"/> when it cannot be had at all.</summary>
    internal void Open()
    {
        try
        {
            var journal = LocalJournal.OpenIn(new JournalFiles(Options.Folder), () => Options.BytesMax, control.Time, seed, isInline);
            foreach (var path in journal.Torn)
                EngineLog.JournalTorn(logger, path);
            EngineLog.JournalOpened(logger, Options.Folder, journal.State.Waiting, journal.State.Bytes);
            desk.Journal = journal;
        }
        catch (JournalHeldException)
        {
            EngineLog.JournalHeld(logger, Options.Folder);
        }
    }

    /// <summary>Has what is in it run, or waits for it. Control loop only.</summary>
    internal void Start()
    {
        if (desk.Journal is { } journal)
            applier.Start(journal);
        else
            control.Arm(this, EveryMs);
    }

    /// <inheritdoc/>
    protected internal override void OnDue()
    {
        if (applier.IsStopped)
            return;
        try
        {
            if (!new JournalFiles(Options.Folder).IsHeld)
                Open();
        }
        catch (IOException problem)
        {
            EngineLog.JournalLost(logger, Options.Folder, problem.Message);
            return;
        }
        Start();
    }
}
