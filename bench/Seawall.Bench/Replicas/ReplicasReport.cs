using System.Globalization;
using Seawall.Bench.Measure;
using Seawall.Bench.Overload;

namespace Seawall.Bench.Replicas;

/// <summary>Shows what was measured: a table for people, and the plot.</summary>
internal static class ReplicasReport
{
    internal static void Show(string part, ReplicasPlan plan)
    {
        var file = $"{plan.Results}-{part}.csv";
        if (!File.Exists(file))
            return;
        var table = FigureTable.Read(file);
        if (part == "cost")
        {
            Cost(table);
            ReplicasPlots.Cost(table, plan);
            return;
        }
        Cascade(table);
        ReplicasPlots.Cascade(FigureTable.Read($"{plan.Results}-cascade-seconds.csv"), table, plan);
    }

    private static void Cost(FigureTable table)
    {
        Console.WriteLine("\n| kind | before each read | reads/s | replica's processor | of that Seawall's questions | p50 ms | p99 ms |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (var row in table.Rows)
        {
            var own = row[1] == "seawall" ? Number(row[5]).ToString("P2", CultureInfo.InvariantCulture) : "";
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {row[0]} | {Word(row[1])} | {Number(row[3]):F0} | {Number(row[4]):P1} | {own} "
                + $"| {Number(row[6]):F2} | {Number(row[7]):F2} |"));
        }
    }

    private static void Cascade(FigureTable table)
    {
        Console.WriteLine("\n| kind | way | lost | load | own in time: before, lost (ratio) | own median ms: before, lost "
            + "| own p99 ms: before, lost (ratio; of answers) | p99 of the first second | spilled/s | reads in time: before, lost, after | speed | line |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var row in Enumerable.Range(0, table.Rows.Count))
        {
            var (own, p99) = (Of("own_lost") / Of("own_before"), Of("own_p99_lost_ms") / Of("own_p99_before_ms"));
            var holds = own >= 0.99 && p99 <= 1.2 && Of("reads_after") >= 0.98 * Of("reads_before");
            var names = table.Rows[row];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {names[0]} | {names[1]} | {names[2]} of 3 | {names[3]} "
                + $"| {Of("own_before"):F3}, {Of("own_lost"):F3} ({own:F3}) | {Of("own_p50_before_ms"):F0}, {Of("own_p50_lost_ms"):F0} "
                + $"| {Of("own_p99_before_ms"):F0}, {Of("own_p99_lost_ms"):F0} ({p99:F2}; {Of("own_answers"):F0}) | {Of("own_p99_first_second_ms"):F0} "
                + $"| {Of("spilled_per_s"):F0} | {Of("reads_before"):F3}, {Of("reads_lost"):F3}, {Of("reads_after"):F3} "
                + $"| {(table.Has("speed") ? Of("speed").ToString("F2", CultureInfo.InvariantCulture) : "")} | {(holds ? "holds" : "does not hold")} |"));

            double Of(string column) => table.Numbers(column)[row];
        }
        if (!table.Has("speed"))
            return;
        if (table.Numbers("speed").Any(Steadiness.IsUnsteady))
            Console.WriteLine($"NOT VALID where speed is not within {Steadiness.DriftMax:P0} of 1: the servers' processor became another one meanwhile");
        if (table.Numbers("late_seconds").Any(late => late > 0))
        {
            Console.WriteLine($"late_seconds: in so many of them one of a hundred requests was begun more than {Steadiness.LagMsMax} ms late, by the load "
                + "itself; what they took is counted from when they were due");
        }
    }

    internal static string Word(string check) => check switch
    {
        "none" => "nothing",
        "status" => "SHOW REPLICA STATUS",
        "wait" => "a wait for the GTID",
        _ => "nothing; through Seawall",
    };

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
