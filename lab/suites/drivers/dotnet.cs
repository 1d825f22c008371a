#:package MySql.Data@26.10.0
#:package MySqlConnector@2.6.2
#:package Dapper@2.1.86
#:package Pomelo.EntityFrameworkCore.MySql@9.0.0
#:property PublishAot=false
#:property TreatWarningsAsErrors=false

// A work-out with .NET's drivers: dotnet.cs DRIVER HOST PORT USER PASSWORD SCHEMA. Prints `ok WHAT: ANSWER`.
using System.Data;
using System.Data.Common;
using Dapper;
using Microsoft.EntityFrameworkCore;

var (driver, host, port, user, password, schema) = (args[0], args[1], args[2], args[3], args[4], args[5]);
var invariant = System.Globalization.CultureInfo.InvariantCulture;
const string text = "żółć, Ω, 漢字, 😀, \\ ' \" %";
var settings = $"Server={host};Port={port};User ID={user};Password={password};Database={schema};AllowUserVariables=true;"
    + "AllowPublicKeyRetrieval=true;Maximum Pool Size=12;CharSet=utf8mb4";
DbProviderFactory factory = driver == "mysql.data"
    ? MySql.Data.MySqlClient.MySqlClientFactory.Instance : MySqlConnector.MySqlConnectorFactory.Instance;
await (driver == "efcore" ? EfCore() : Ado());

void Ok(string what, object answer) => Console.WriteLine($"ok {what}: {System.Text.Json.JsonSerializer.Serialize(answer)}");

async Task<DbConnection> Open()
{
    var connection = factory.CreateConnection()!;
    connection.ConnectionString = settings;
    await connection.OpenAsync();
    return connection;
}

async Task Ado()
{
    await using var main = await Open();
    await main.ExecuteAsync("drop table if exists net; create table net (id int primary key auto_increment, n int, "
        + "note varchar(100) unique, at datetime(6), price decimal(10,2), raw blob) character set utf8mb4");
    var at = new DateTime(2026, 2, 28, 23, 59, 59).AddTicks(1234560);
    async Task<string[]> Work(int worker)
    {
        var seen = new List<string>();
        for (var turn = 0; turn < 6; turn++)
        {
            await using var mine = await Open();
            // What the pool's reset must have taken away, and what must stay until then.
            seen.Add($"{await mine.ExecuteScalarAsync("select @@lock_wait_timeout > 10000")}");
            await mine.ExecuteAsync($"set lock_wait_timeout = {1000 + worker}");
            await using var transaction = await mine.BeginTransactionAsync(
                turn % 2 == 0 ? IsolationLevel.ReadCommitted : IsolationLevel.RepeatableRead);
            await using var insert = mine.CreateCommand();
            insert.Transaction = transaction;
            insert.CommandText = "insert into net (n, note, at, price, raw) values (@n, @note, @at, @price, @raw); "
                + "select last_insert_id()";
            (string, object)[] values =
            [
                ("@n", worker), ("@note", $"{worker} {turn} {text}"), ("@at", at), ("@price", 12.34m),
                ("@raw", new byte[] { 0, 255, 39 }),
            ];
            foreach (var (name, value) in values)
            {
                var parameter = insert.CreateParameter();
                (parameter.ParameterName, parameter.Value) = (name, value);
                insert.Parameters.Add(parameter);
            }
            var id = Convert.ToInt64(await insert.ExecuteScalarAsync());
            await using var select = mine.CreateCommand();
            select.Transaction = transaction;
            select.CommandText = $"select n, note, at, price, hex(raw), @@lock_wait_timeout from net where id = {id}";
            await select.PrepareAsync();
            await using (var row = await select.ExecuteReaderAsync())
            {
                await row.ReadAsync();
                seen.Add(string.Join(" | ", Enumerable.Range(0, row.FieldCount).Select(i => Convert.ToString(row[i], invariant))));
            }
            await (turn % 3 == 2 ? transaction.RollbackAsync() : transaction.CommitAsync());
        }
        return [.. seen];
    }
    Ok("workers", await Task.WhenAll(Enumerable.Range(0, 16).Select(Work)));
    var stayed = await main.QueryAsync<(int, long)>("select n, count(*) from net group by n order by n");
    Ok("what stayed", stayed.Select(row => $"{row}"));
    string[] wrong = ["selec 1", "select * from no_such_table", "insert into net (note) select note from net limit 1"];
    foreach (var bad in wrong)
    {
        try
        {
            await main.ExecuteAsync(bad);
        }
        catch (DbException problem)
        {
            Ok("error", problem.Data["Server Error Code"] ?? problem.ErrorCode);
        }
    }
    await using (var several = await main.QueryMultipleAsync("select 1; select 2; select @a", new { a = 3 }))
        Ok("several", new[] { several.ReadSingle<int>(), several.ReadSingle<int>(), several.ReadSingle<int>() });
    await main.ExecuteAsync("drop procedure if exists net_out");
    await main.ExecuteAsync("create procedure net_out(in a int, out b int) begin select a; set b = a * 2; end");
    var parameters = new DynamicParameters(new { a = 21 });
    parameters.Add("b", dbType: DbType.Int32, direction: ParameterDirection.Output);
    var inside = await main.QueryAsync<int>("net_out", parameters, commandType: CommandType.StoredProcedure);
    Ok("procedure", new[] { inside.Single(), parameters.Get<int>("b") });
    Ok("streamed", main.Query<int>("select a.id from net a, net b limit 4000", buffered: false).Count());
    Ok("columns", main.GetSchema("Columns", [null!, schema, "net", null!]).Rows.Count);
}

async Task EfCore()
{
    var options = new DbContextOptionsBuilder<Shop>().UseMySql(settings, ServerVersion.AutoDetect(settings),
        mysql => mysql.EnableRetryOnFailure(0)).Options;
    await using (var shop = new Shop(options))
        await shop.GetService();
    async Task Sell(int worker)
    {
        await using var shop = new Shop(options);
        await using var transaction = await shop.Database.BeginTransactionAsync();
        var order = new Order { Note = $"{worker} {text}", Lines = [.. Enumerable.Range(1, 5).Select(i => new Line { Price = i })] };
        shop.Add(order);
        await shop.SaveChangesAsync();
        order.Note += "!";
        await shop.SaveChangesAsync();
        await (worker % 2 == 0 ? transaction.CommitAsync() : transaction.RollbackAsync());
    }
    await Task.WhenAll(Enumerable.Range(0, 16).Select(Sell));
    await using var look = new Shop(options);
    Ok("loaded", (await look.Orders.Include(order => order.Lines).ToListAsync()).OrderBy(order => order.Note)
        .Select(order => $"{order.Note} {order.Lines.Sum(line => line.Price)}"));
    Ok("grouped", await look.Lines.GroupBy(line => line.Price).OrderBy(group => group.Key).Select(group => group.Count()).ToListAsync());
    Ok("updated", await look.Lines.Where(line => line.Price > 3)
        .ExecuteUpdateAsync(set => set.SetProperty(line => line.Price, line => line.Price + 1)));
    try
    {
        look.Add(new Order { Note = $"0 {text}!" });
        await look.SaveChangesAsync();
    }
    catch (DbUpdateException problem)
    {
        Ok("twice", ((MySqlConnector.MySqlException)problem.InnerException!).Number);
    }
}

internal sealed class Order
{
    public int Id { get; set; }
    public required string Note { get; set; }
    public List<Line> Lines { get; set; } = [];
}

internal sealed class Line
{
    public int Id { get; set; }
    public decimal Price { get; set; }
}

internal sealed class Shop(DbContextOptions<Shop> options) : DbContext(options)
{
    public DbSet<Order> Orders => Set<Order>();
    public DbSet<Line> Lines => Set<Line>();

    public async Task GetService()
    {
        await Database.EnsureDeletedAsync();
        await Database.EnsureCreatedAsync();
    }

    protected override void OnModelCreating(ModelBuilder builder)
    {
        builder.Entity<Order>().HasIndex(order => order.Note).IsUnique();
        builder.Entity<Order>().Property(order => order.Note).HasMaxLength(100);
        builder.Entity<Line>().Property(line => line.Price).HasPrecision(10, 2);
    }
}
