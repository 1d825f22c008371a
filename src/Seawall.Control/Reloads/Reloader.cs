using Microsoft.Extensions.Logging;
using Seawall.Control.Settings;

namespace Seawall.Control.Reloads;

/// <summary>
/// Reads the settings again, whole, and hands them over; one at a time, whoever asks. With any error nothing changes.
/// </summary>
internal sealed class Reloader(
    SettingsSource source, SettingsReader reader, SeawallSettings atStart, Func<SeawallSettings, SeawallSettings> fit,
    Action<SeawallSettings> apply, ILogger logger) : IDisposable
{
    private readonly SemaphoreSlim _turns = new(1);
    private volatile SeawallSettings _inUse = atStart;

    /// <summary>The settings in use.</summary>
    internal SeawallSettings InUse => _inUse;

    /// <summary>Reloads.</summary>
    internal async Task<ReloadReport> Reload(CancellationToken cancel)
    {
        await _turns.WaitAsync(cancel);
        try
        {
            return Report(await ReloadInTurn(cancel));
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turns.Dispose();

    private async Task<ReloadReport> ReloadInTurn(CancellationToken cancel)
    {
        var reading = await reader.Read(source, cancel);
        if (reading.Settings is not { } read)
            return new ReloadReport(reading.Problems, []);
        var changes = SettingsDifference.Of(_inUse, read);
        var merged = fit(SettingsDifference.Merge(_inUse, read));
        if (changes.Count > 0)
            apply(merged);
        _inUse = merged;
        return new ReloadReport(reading.Problems, changes);
    }

    private ReloadReport Report(ReloadReport report)
    {
        foreach (var problem in report.Problems)
        {
            if (!report.Succeeded && problem.IsError)
                ControlLog.ReloadRefused(logger, problem.ToString());
            else
                ControlLog.SettingsWarning(logger, problem.ToString());
        }
        foreach (var change in report.Changes)
        {
            if (change.NeedsRestart)
                ControlLog.NeedsRestart(logger, change.Key, change.Old, change.New);
            else
                ControlLog.Changed(logger, change.Key, change.Old, change.New);
        }
        if (report.Succeeded)
            ControlLog.Reloaded(logger, source.Name, report.Changes.Count,
                report.Changes.Count(change => change.NeedsRestart));
        return report;
    }
}
