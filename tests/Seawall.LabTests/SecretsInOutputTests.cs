using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MySqlConnector;
using Seawall.Control.Admin;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>Logins, right and wrong, by every plugin: nothing that Seawall says anywhere has a password, a hash or a proof in it.</summary>
public sealed class SecretsInOutputTests(LabServers lab)
{
    private const string Right = "marked-S3cret-right";
    private const string Wrong = "marked-S3cret-wrong";
    private const string LastRoute = "SHOW LAST ROUTE FOR";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb, "mysql_native_password")]
    [InlineData(LabKind.MySql97, "caching_sha2_password")]
    [InlineData(LabKind.MySql56, "mysql_native_password")]
    public async Task Nothing_that_is_said_anywhere_has_a_secret_in_it(LabKind kind, string plugin)
    {
        await using var server = await lab.StartAsync(kind, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "marked", Right, Cancel,
            kind == LabKind.MySql97 ? plugin : null);
        var stored = await server.AskAsync("SELECT " + (kind == LabKind.MySql56 ? "Password" : "authentication_string")
            + " FROM mysql.user WHERE User = 'marked'", Cancel) ?? "";
        await using var seawall = await ProcessUnderTest.StartAsync(lab, server, Cancel,
            $"[[accounts]]\nuser = \"listed\"\npassword = \"{Right}\"\n");
        var said = new StringBuilder();

        await using (var client = await seawall.ConnectAsync(Cancel, "marked", Right))
        await using (var again = await seawall.ConnectAsync(Cancel, "marked", Right))
        {
            foreach (var sql in (string[])[$"SET PASSWORD = '{Right}2'", $"ALTER USER marked IDENTIFIED BY '{Wrong}'",
                "SELECT nowhere"])
                said.AppendLine(await Refused(() => new MySqlCommand(sql, client).ExecuteNonQueryAsync(Cancel)));
            said.AppendLine(await Refused(() => client.ChangeDatabaseAsync("nowhere", Cancel)));
            foreach (var command in AdminDesk.All.Where(command => !command.IsAction))
                said.AppendLine(await Shown(seawall, Asked(command, client.ServerThread)));
        }
        foreach (var (user, password) in ((string, string)[])[("marked", Wrong), ("listed", Wrong), ("listed", Right),
            ("nobody", Wrong)])
        {
            said.AppendLine(await Refused(async () => await (await seawall.ConnectAsync(Cancel, user, password)).DisposeAsync()));
        }
        said.AppendLine(await Refused(async () => await (await seawall.AdminAsync(Cancel, Wrong)).DisposeAsync()));
        foreach (var command in AdminDesk.All.Where(command => !command.IsAction && command.Name != LastRoute)) // That client has gone.
            said.AppendLine(await Shown(seawall, Asked(command, 0)));
        said.AppendLine(await seawall.MetricsAsync("/metrics", Cancel)).AppendLine(seawall.Log);

        Assert.True(stored.Length > 10);
        Assert.Contains("marked", said.ToString(), StringComparison.Ordinal); // The account is named; so something was said.
        foreach (var secret in Forms(Right).Concat(Forms(Wrong)).Concat(Forms(ProcessUnderTest.AdminPassword)).Append(stored)
            .Append(stored.TrimStart('*')))
        {
            Assert.DoesNotContain(secret, said.ToString(), StringComparison.OrdinalIgnoreCase);
        }
    }

    // As it is, and in every form in which it may be on its way: hex, base64, and what the plugins make of it.
    private static IEnumerable<string> Forms(string password)
    {
        var bytes = Encoding.UTF8.GetBytes(password);
#pragma warning disable CA5350 // The old plugin's own hash.
        byte[][] hashes = [bytes, SHA1.HashData(bytes), SHA1.HashData(SHA1.HashData(bytes)), SHA256.HashData(bytes),
            SHA256.HashData(SHA256.HashData(bytes))];
#pragma warning restore CA5350
        return [password, .. hashes.Select(Convert.ToHexString), .. hashes
            .Select(hash => Convert.ToBase64String(hash).TrimEnd('='))];
    }

    // Whoever asks about a statement with a secret in it does not get the secret back.
    private static string Asked(AdminCommand command, int client) => command.Name switch
    {
        "EXPLAIN ADMISSION" => $"{command.Name} FOR 'SET PASSWORD = \"{Right}\"' ACCOUNT 'marked'",
        "EXPLAIN ROUTE" => $"{command.Name} FOR 'SET PASSWORD = \"{Right}\"' SCHEMA '{Right}'",
        LastRoute => $"{command.Name} {(uint)client}",
        "CAPTURE START" => $"{command.Name} '{Right}'",
        var name => name,
    };

    private static async Task<string> Shown(ProcessUnderTest seawall, string command) => string.Join('\n',
        (await seawall.AskAsync(command, Cancel)).Select(row => string.Join(' ', row.Values.Select(
            value => Convert.ToString(value, CultureInfo.InvariantCulture)))));

    private static async Task<string> Refused(Func<Task> what)
    {
        try
        {
            await what();
            return "";
        }
        catch (MySqlException refused)
        {
            // The first is the server's own, which quotes what it was told: that is between it and its client.
            return refused.Message.Contains("seawall", StringComparison.Ordinal) || !refused.Message.Contains('\'',
                StringComparison.Ordinal)
                ? refused.Message
                : refused.Message.Split('\'')[0];
        }
    }
}
