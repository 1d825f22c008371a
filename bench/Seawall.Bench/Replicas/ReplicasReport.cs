using System.Globalization;
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
        Console.WriteLine("\n| kind | way | lost | load | own in time: before, lost (ratio) | own p99 ms: before, lost (ratio) "
            + "| reads in time: before, lost, after | line |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        foreach (var row in table.Rows)
        {
            var own = Number(row[6]) / Number(row[5]);
            var p99 = Number(row[8]) / Number(row[7]);
            var holds = own >= 0.99 && p99 <= 1.2 && Number(row[11]) >= 0.98;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {row[0]} | {row[1]} | {row[2]} of 3 | {row[3]} "
                + $"| {row[5]}, {row[6]} ({own:F3}) | {Number(row[7]):F0}, {Number(row[8]):F0} "
                + $"({p99:F2}) | {row[9]}, {row[10]}, {row[11]} | {(holds ? "holds" : "does not hold")} |"));
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
