using System.Globalization;
using Seawall.Rehearsal.Floods;

namespace Seawall.Bench.Overload;

/// <summary>Which requests of a sweep were not answered in time, and what they heard: each class and each kind of statement by itself.</summary>
internal sealed class FloodMisses
{
    /// <summary>
    /// How many were asked of each class and kind of statement, how many answered, and how many tries heard what: one line for each of these.
    /// </summary>
    internal FigureTable Tries { get; } = new("way", "load", "class", "work_ms", "what", "count");

    /// <summary>
    /// Each request of the critical class that was not answered in time through Seawall: when it was due, when it was answered, if it was, and each try
    /// that failed, as when it began and how long it took, in milliseconds, and what it heard.
    /// </summary>
    internal FigureTable Critical { get; } = new("load", "due_s", "work_ms", "answered_ms", "failed_tries");

    /// <summary>Writes down what was due in this time.</summary>
    internal void Note(FloodRun run, double load, double from, double to)
    {
        for (var which = 0; which < run.Plan.Classes.Count; which++)
        {
            var name = run.Plan.Classes[which].Name;
            var all = run.Fates(from, to, which);
            foreach (var kind in all.GroupBy(fate => fate.WorkMs).OrderBy(kind => kind.Key))
            {
                Add("asked", kind.Count());
                Add("answered in time", kind.Count(fate => fate.AnsweredMs <= run.Plan.PatienceMs));
                Add("answered late", kind.Count(fate => fate.AnsweredMs > run.Plan.PatienceMs));
                foreach (var heard in kind.SelectMany(fate => fate.Failed).GroupBy(failed => failed.What).OrderBy(heard => heard.Key, StringComparer.Ordinal))
                    Add(heard.Key, heard.Count());

                void Add(string what, int count) => Tries.Add(run.Way, load, name, kind.Key, Word(what), count);
            }
            if (name != "critical" || run.Way != "seawall")
                continue;
            foreach (var fate in all.Where(fate => !(fate.AnsweredMs <= run.Plan.PatienceMs)))
            {
                object answered = fate.AnsweredMs is { } ms ? Math.Round(ms) : "";
                Critical.Add(load, fate.DueSeconds, fate.WorkMs, answered, string.Join("; ", fate.Failed.Select(Text)));
            }
        }
    }

    private static string Text(FloodTry failed) => string.Create(CultureInfo.InvariantCulture, $"{failed.AtMs:F0}+{failed.TookMs:F0} {Word(failed.What)}");

    // What a server says may have commas, and these files have them for something else.
    private static string Word(string what) => what.Replace(',', ';');
}
