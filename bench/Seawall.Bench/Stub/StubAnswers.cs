using System.Text;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Passwords;
using Seawall.MySql.Results;

namespace Seawall.Bench.Stub;

/// <summary>What the stub server says, made once: it must cost as little as it can, since it shares the processors.</summary>
internal sealed class StubAnswers
{
    /// <summary>The account of the clients, and of Seawall's monitor.</summary>
    internal const string User = "bench";

    internal const string Password = "bench-password";

    /// <summary>The statement that is measured: a point select as sysbench has it.</summary>
    internal const string Statement = "SELECT c FROM sbtest1 WHERE id=4711";

    /// <summary>A row as sysbench's tables have it: 119 characters.</summary>
    internal const string Row = "83868641912-28773972837-60736120486-75162659906-27563526494-20381887404-41576422241-93426793964-"
        + "56405065102-33518432330";

    /// <summary>A server of the kind that asks the fewest questions of a monitor.</summary>
    internal const string Version = "5.5.5-10.11.14-MariaDB-stub";

    internal const Capabilities Spoken =
        Capabilities.LongFlag | Capabilities.FoundRows | Capabilities.ConnectWithSchema | Capabilities.Protocol41
        | Capabilities.Transactions | Capabilities.SecureConnection | Capabilities.MultiStatements
        | Capabilities.MultiResults | Capabilities.PreparedMultiResults | Capabilities.PluginAuth
        | Capabilities.PluginAuthLengthEncoded | Capabilities.ConnectAttributes | Capabilities.SessionTrack
        | Capabilities.DeprecateEof;

    private static readonly byte[] s_statement = Encoding.UTF8.GetBytes(Statement);

    private readonly byte[] _row = Result(["c"], [Row]);
    private readonly byte[] _ok = Ok(1);

    /// <summary>The OK packet that ends a login.</summary>
    internal byte[] LoginOk { get; } = Ok(2);

    // The questions of Seawall's monitor, by how they begin. Whatever else is asked gets an error, so that it shows.
    private readonly (string Beginning, byte[] Answer)[] _questions =
    [
        ("SET ", Ok(1)),
        ("CHECKSUM TABLE", Result(["Table", "Checksum"], ["mysql.global_priv", "1"], ["mysql.roles_mapping", "0"])),
        ("SELECT User, Host, Priv FROM mysql.global_priv", Result(["User", "Host", "Priv"], [User, "%", Priv()])),
        ("SELECT SUBSTRING_INDEX(USER()", Result(["h"], ["127.0.0.1"])),
        ("SHOW GLOBAL VARIABLES", Result(["Variable_name", "Value"],
            ["character_set_client", "utf8mb4"], ["read_only", "OFF"], ["sql_mode", "STRICT_TRANS_TABLES"])),
        ("SELECT ID, COLLATION_NAME", Result(["ID", "COLLATION_NAME", "CHARACTER_SET_NAME"],
            ["45", "utf8mb4_general_ci", "utf8mb4"], ["33", "utf8mb3_general_ci", "utf8mb3"], ["8", "latin1_swedish_ci", "latin1"])),
        ("SHOW SESSION VARIABLES LIKE", Result(["Variable_name", "Value"])),
    ];

    private readonly byte[] _unknown = Error();

    /// <summary>The answer to a command; nothing for one that has none.</summary>
    internal ReadOnlySpan<byte> To(ReadOnlySpan<byte> command)
    {
        if (command[0] != (byte)CommandKind.Query)
            return (CommandKind)command[0] is CommandKind.StatementClose or CommandKind.Quit ? default : _ok;
        var text = command[1..];
        if (text.SequenceEqual(s_statement))
            return _row;
        var words = Encoding.UTF8.GetString(text);
        foreach (var (beginning, answer) in _questions)
        {
            if (words.StartsWith(beginning, StringComparison.Ordinal))
                return answer;
        }
        Console.Error.WriteLine($"stub: no answer to {words}");
        return _unknown;
    }

    private static string Priv() =>
        $$"""{"access":0,"plugin":"mysql_native_password","authentication_string":"{{NativePassword.Format(Encoding.UTF8.GetBytes(Password))}}","password_last_changed":1}""";

    private static byte[] Ok(byte sequence)
    {
        var writer = new PacketWriter().Begin(sequence);
        OkPacket.Write(writer, OkPacket.Header, 0, 0, ServerStatus.Autocommit, 0, default, default, Spoken);
        return writer.End().Bytes.ToArray();
    }

    private static byte[] Error()
    {
        var writer = new PacketWriter().Begin(1);
        ErrPacket.Write(writer, SqlError.NotSupported, "the stub has no answer to this");
        return writer.End().Bytes.ToArray();
    }

    private static byte[] Result(string[] columns, params string[][] rows)
    {
        var writer = new PacketWriter().Begin(1).LengthEncoded((ulong)columns.Length).End();
        foreach (var column in columns)
        {
            writer.BeginNext();
            foreach (var text in (string[])["def", "bench", "sbtest1", "sbtest1", column, column])
                writer.LengthEncodedText(text);
            writer.LengthEncoded(12).Int2(45).Int4(480).Int1(254).Int2(1).Int1(0).Zeros(2).End(); // CHAR(120), utf8mb4.
        }
        foreach (var row in rows)
        {
            writer.BeginNext();
            foreach (var value in row)
                writer.LengthEncodedText(value);
            writer.End();
        }
        writer.BeginNext();
        OkPacket.Write(writer, OkPacket.EndHeader, 0, 0, ServerStatus.Autocommit, 0, default, default, Spoken);
        return writer.End().Bytes.ToArray();
    }
}
