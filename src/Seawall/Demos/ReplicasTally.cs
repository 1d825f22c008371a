using Seawall.Engine.Telemetry.Views;

namespace Seawall.Demos;

/// <summary>What came of reads and writes, in one second.</summary>
internal sealed class ReplicasSecond(int phase)
{
    internal int Phase => phase;

    internal Dictionary<string, int> Reads { get; } = [];

    internal int Refused { get; set; }

    internal int Old { get; set; }

    internal List<double> WriteMs { get; } = [];

    internal int ReadsFrom(string server) => Reads.GetValueOrDefault(server);
}

/// <summary>All seconds of the demo. Thread-safe.</summary>
internal sealed class ReplicasTally
{
    private readonly Lock _gate = new();
    private readonly List<ReplicasSecond> _seconds = [];

    /// <summary>A refusal that was heard, for the answer; null when there was none.</summary>
    internal string? Words { get; private set; }

    internal ReplicasSecond LastSecond
    {
        get
        {
            lock (_gate)
                return _seconds[^1];
        }
    }

    internal Dictionary<int, int> PlacesMax { get; } = [];

    internal void BeginSecond(int phase)
    {
        lock (_gate)
            _seconds.Add(new ReplicasSecond(phase));
    }

    internal void NoteSpill(int phase, SpillView spill) => PlacesMax[phase] = Math.Max(PlacesMax.GetValueOrDefault(phase), spill.Places);

    internal void Read(string server, bool isOld) => Note(second =>
    {
        second.Reads[server] = second.ReadsFrom(server) + 1;
        second.Old += isOld ? 1 : 0;
    });

    internal void Wrote(TimeSpan took) => Note(second => second.WriteMs.Add(took.TotalMilliseconds));

    internal void Refused(string words) => Note(second =>
    {
        second.Refused++;
        Words ??= words;
    });

    /// <summary>The seconds of a phase, without the first, in which things change.</summary>
    internal IReadOnlyList<ReplicasSecond> Of(int phase)
    {
        lock (_gate)
            return [.. _seconds.Where(second => second.Phase == phase).Skip(1)];
    }

    /// <summary>Answers that were older than what their session had written or read, at any time.</summary>
    internal int Old
    {
        get
        {
            lock (_gate)
                return _seconds.Sum(second => second.Old);
        }
    }

    private void Note(Action<ReplicasSecond> note)
    {
        lock (_gate)
        {
            if (_seconds.Count > 0)
                note(_seconds[^1]);
        }
    }
}
