using System.Text;

namespace Seawall.Engine.Flow.Servers;

/// <summary>Asks a server for global variables. What it does not have is not in the answer.</summary>
internal static class GlobalQuestion
{
    /// <summary>The question.</summary>
    internal static string Of(IEnumerable<string> names)
    {
        var sql = new StringBuilder("SHOW GLOBAL VARIABLES WHERE Variable_name IN (");
        foreach (var name in names)
            sql.Append('\'').Append(name).Append("',");
        return sql.Remove(sql.Length - 1, 1).Append(')').ToString();
    }

    /// <summary>The answer.</summary>
    internal static KeyValuePair<string, string>[] Read(ServerRows rows) => [.. Enumerable.Range(0, rows.Rows.Count)
        .Select(row => KeyValuePair.Create(rows.Text(row, 0)?.ToLowerInvariant() ?? "", rows.Text(row, 1) ?? ""))];
}
