using System.Globalization;
using Seawall.Rehearsal.Sessions;

namespace Seawall.Rehearsal.Floods;

/// <summary>What a flood reads: a table, and statements that take a known time of this very server.</summary>
public static class FloodGround
{
    /// <summary>The schema that it makes.</summary>
    public const string Schema = "flood";

    private const int Rows = 500_000;

    // Three shapes, so that they are three to whoever tells statements apart by what remains without their numbers.
    private static readonly string[] s_orders = ["SHA1(note)", "SHA1(CONCAT(note, amount))", "SHA2(note, 256)"];

    /// <summary>
    /// What statements take and how many there are of each: 85, 13 and 2 of 100, a quarter of the time that the overload model's
    /// take of one of 8 cores, because here there is one core for all.
    /// </summary>
    private static readonly (double WorkMs, double Share)[] s_mix = [(1, 0.85), (5, 0.13), (100, 0.02)];

    /// <summary>Makes the accounts and the table. The accounts' passwords are their names.</summary>
    public static async Task Prepare(ServerSession session, IEnumerable<string> accounts)
    {
        foreach (var account in accounts)
        {
            await session.Query($"CREATE USER {account}@'%' IDENTIFIED BY '{account}'");
            await session.Query($"GRANT ALL ON {Schema}.* TO {account}@'%'");
        }
        await session.Query($"CREATE DATABASE {Schema}");
        await session.Query($"CREATE TABLE {Schema}.orders (id INT PRIMARY KEY, amount INT NOT NULL, note CHAR(32) NOT NULL)");
        await session.Query(
            $"INSERT INTO {Schema}.orders SELECT seq, CRC32(seq) % 1000, MD5(seq) FROM {Schema}.seq_1_to_{Rows}");
        await session.Query($"ANALYZE TABLE {Schema}.orders");
    }

    /// <summary>
    /// Statements that read and sort as many rows as this server can in the time that each is to take. That is told by the processor
    /// time that the server uses, since whatever else the machine does does not change it.
    /// </summary>
    public static async Task<IReadOnlyList<FloodStatement>> Statements(ServerSession session, Func<double> serverCpuSeconds)
    {
        const int measured = 20_000;
        var statements = new List<FloodStatement>();
        for (var i = 0; i < s_mix.Length; i++)
        {
            var all = await WorkMs(session, Text(s_orders[i], measured), () => serverCpuSeconds() * 1_000);
            var rows = Math.Clamp((int)(measured * s_mix[i].WorkMs / all), 10, Rows - 1);
            var text = Text(s_orders[i], rows);
            statements.Add(new FloodStatement(
                text, await WorkMs(session, text, () => serverCpuSeconds() * 1_000), s_mix[i].Share, Rows - rows));
        }
        return statements;
    }

    /// <summary>Requests of that mix in a second that one processor of the server can do.</summary>
    public static double Capacity(IReadOnlyList<FloodStatement> statements) =>
        1_000 / statements.Sum(one => one.Share * one.WorkMs);

    /// <summary>
    /// What a statement takes, by what has been spent of something in milliseconds: of the server's processor, or simply of time. So much of it that
    /// the steps of 10 ms in which the kernel tells processor time do not matter.
    /// </summary>
    public static async Task<double> WorkMs(ServerSession session, string text, Func<double> spentMs)
    {
        const double spentMin = 400;
        var statement = string.Format(CultureInfo.InvariantCulture, text, 1);
        await session.Query(statement);
        var (before, times) = (spentMs(), 0);
        double used;
        do
        {
            await session.Query(statement);
            times++;
            used = spentMs() - before;
        }
        while (used < spentMin);
        return used / times;
    }

    private static string Text(string order, int rows) => string.Create(CultureInfo.InvariantCulture,
        $"SELECT id FROM {Schema}.orders WHERE id BETWEEN {{0}} AND {{0}} + {rows} ORDER BY {order} LIMIT 1");
}
