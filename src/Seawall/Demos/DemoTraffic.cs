using System.Text;
using Seawall.MySql.Commands;
using Seawall.Rehearsal.Traffics;

namespace Seawall.Demos;

/// <summary>What clients of a small shop did in some seconds, and the shop's tables: what a capture of them would have.</summary>
internal static class DemoTraffic
{
    /// <summary>The shop's schema.</summary>
    internal const string Schema = "demo_shop";

    private const int Clients = 40;
    private const double Seconds = 6;

    // Each is right on MySQL 5.6; the last four are those that upgrades are known for.
    private static readonly string[] s_statements =
    [
        "select id, name, price from items where id = {0}", "select count(*) from orders where item = {0}",
        "select name, price from items where price > {0} order by price, id limit 10", "select made, item, pieces from orders where id = {0}",
        "select item, sum(pieces) from orders group by item", // Sorted in 5.6 although nobody asked for it.
        "select id, item, max(pieces) from orders group by item", // ONLY_FULL_GROUP_BY.
        "select id, price / 0 from items where id = {0}", // ERROR_FOR_DIVISION_BY_ZERO.
        "select avg(price) as mean, concat('item ', {0}) as label from items", // The collation of what is made in the session.
    ];

    /// <summary>The statements that make the tables and fill them, the same on both servers.</summary>
    internal static IEnumerable<string> Tables()
    {
        yield return $"CREATE DATABASE {Schema} CHARACTER SET utf8";
        yield return $"CREATE TABLE {Schema}.items (id INT PRIMARY KEY, name VARCHAR(40), price DECIMAL(8,2), KEY (price))";
        yield return $"CREATE TABLE {Schema}.orders (id INT PRIMARY KEY, item INT, pieces INT, made DATETIME)";
        yield return $"INSERT INTO {Schema}.items VALUES "
            + string.Join(", ", Enumerable.Range(0, 500).Select(id => $"({id}, 'item {id}', {(id * 37) % 400}.50)"));
        yield return $"INSERT INTO {Schema}.orders VALUES "
            + string.Join(", ", Enumerable.Range(0, 2_000).Select(id => $"({id}, {(id * 7919) % 500}, {(id % 9) + 1}, '2024-03-01 10:00:00')"));
    }

    /// <summary>The traffic itself, as the account that the lab's servers have.</summary>
    internal static Traffic Make() => new()
    {
        Name = "a small shop",
        Seconds = Seconds,
        Connections = [.. Enumerable.Range(0, Clients).Select(Client)],
    };

    private static TrafficConnection Client(int number)
    {
        var begins = number * (Seconds / 2 / Clients);
        return new()
        {
            At = begins,
            Ended = Seconds,
            User = "seawall",
            Schema = Schema,
            // Most are of one driver, as in most shops.
            ClientName = (number % 10) switch { 0 or 1 => "mysqlnd", 2 => "MySqlConnector", _ => "Node-MySQL-2" },
            FirstPlugin = "mysql_native_password",
            AccountPlugin = "mysql_native_password",
            Commands = [.. Enumerable.Range(0, 48).Select(at => Query(number, at, begins + 0.05 + (at * (Seconds - begins - 0.2) / 48)))],
        };
    }

    private static TrafficCommand Query(int client, int number, double at) => new()
    {
        At = at,
        Ended = at + 0.001,
        TookUs = 1_000,
        Kind = CommandKind.Query,
        Text = Encoding.UTF8.GetBytes(string.Format(
            System.Globalization.CultureInfo.InvariantCulture, s_statements[(client + number) % s_statements.Length], ((client * 31) + number) % 400)),
    };
}
