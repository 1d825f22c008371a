using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Seawall.Engine;

namespace Seawall.Control.Processes;

/// <summary>
/// Brown-outs that go on, in a file, so that a restart in the middle of an incident does not end them. They have the end that they had: what is
/// over by the clock, or was written by a clock that was ahead of this one, does not come back.
/// </summary>
/// <remarks>Written whole, beside the old one and then in its place, whenever one begins or ends.</remarks>
internal sealed class BrownoutFile(string path, BrownoutBoard board, TimeProvider time, ILogger logger)
{
    /// <summary>A file that is longer is none of Seawall's: some tens of brown-outs with their reasons are less.</summary>
    private const int LengthMax = 64 * 1024;

    /// <summary>Clocks are put right by less than this without anybody noticing.</summary>
    private static readonly TimeSpan s_clockSlack = TimeSpan.FromMinutes(1);

    /// <summary>No command begins one for longer (docs/admin.md).</summary>
    private static readonly TimeSpan s_timeMax = TimeSpan.FromDays(1);

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly Lock _lock = new();
    private bool _isClosed;

    /// <summary>Begins those again that are not over. Nothing that it finds, or does not, keeps Seawall from starting.</summary>
    internal void Restore()
    {
        var content = Read(out var problem);
        if (problem is not null)
            ControlLog.BrownoutsNotRead(logger, path, problem);
        if (content is null)
            return;
        var now = time.GetUtcNow();
        if (content.WrittenAt > now + s_clockSlack)
        {
            ControlLog.BrownoutsNotRead(logger, path, $"it was written at {content.WrittenAt:u}, which is to come by this machine's clock");
            return;
        }
        foreach (var kept in content.Brownouts.OfType<KeptBrownout>()) // A file may have null among them.
        {
            var left = kept.Until - now;
            if (left <= TimeSpan.Zero || left > s_timeMax || kept.Level is < 0 or > 9 || (kept.Group is null) == (kept.Level == 0))
                continue;
            if (board.Begin(kept.Group, kept.Level, left, kept.By, kept.Why).Count > 0)
                ControlLog.BrownoutGoesOn(logger, kept.Group is null ? $"level {kept.Level}" : $"group '{kept.Group}'", left.TotalMinutes);
        }
    }

    /// <summary>Writes what goes on now, soon and not on this thread.</summary>
    internal void SaveSoon() => Task.Run(Save);

    /// <summary>Writes what goes on now.</summary>
    internal void Save()
    {
        lock (_lock)
        {
            if (_isClosed)
                return;
            var now = time.GetUtcNow();
            var content = new KeptBrownouts(now, [.. board.Orders().Select(running => new KeptBrownout(
                running.Order.Group, running.Order.Level, now + TimeSpan.FromMilliseconds(running.LeftMs), running.Order.By, running.Order.Why))]);
            try
            {
                Write(JsonSerializer.SerializeToUtf8Bytes(content, BrownoutJson.Default.KeptBrownouts));
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                ControlLog.BrownoutsNotWritten(logger, path, failure.Message);
            }
        }
    }

    /// <summary>It is another process's from now on.</summary>
    internal void Close()
    {
        lock (_lock)
            _isClosed = true;
    }

    private KeptBrownouts? Read(out string? problem)
    {
        problem = null;
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
                return null;
            if (file.Length <= LengthMax)
                return JsonSerializer.Deserialize(File.ReadAllBytes(path), BrownoutJson.Default.KeptBrownouts);
            problem = $"it has {file.Length} bytes, and what Seawall writes has at most {LengthMax}";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException)
        {
            problem = failure.Message;
        }
        return null;
    }

    private void Write(byte[] bytes)
    {
        var beside = $"{path}.new";
        File.Delete(beside);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        using (var file = new FileStream(beside, options))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }
        File.Move(beside, path, overwrite: true);
    }
}

/// <summary>What the file has.</summary>
/// <param name="WrittenAt">When it was written.</param>
/// <param name="Brownouts">What went on then.</param>
internal sealed record KeptBrownouts(DateTimeOffset WrittenAt, KeptBrownout[] Brownouts);

/// <summary>One of them.</summary>
/// <param name="Group">The group; null for a level.</param>
/// <param name="Level">The level; 0 for a group.</param>
/// <param name="Until">When it ends.</param>
/// <param name="By">Who began it.</param>
/// <param name="Why">Why.</param>
internal sealed record KeptBrownout(string? Group, int Level, DateTimeOffset Until, string By, string Why);

/// <summary>Reads and writes it.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(KeptBrownouts))]
internal sealed partial class BrownoutJson : JsonSerializerContext;
