using System.Text;

namespace Seawall.Engine.Facts.Topology;

/// <summary>What a server is, as its greeting says it.</summary>
/// <param name="Text">The version as greeted, with MariaDB's <c>5.5.5-</c> if the server sends it.</param>
/// <param name="IsMariaDb">MariaDB, or MySQL and its close kin.</param>
/// <param name="Number">Five or six digits, as executable comments have them: 50624, 90704, 101119.</param>
public sealed record ServerVersion(string Text, bool IsMariaDb, int Number)
{
    /// <summary>
    /// Whether OK packets can carry what changed in a session: MySQL from 5.7.4, MariaDB from 10.2.2
    /// (https://mariadb.com/docs/server/reference/clientserver-protocol/4-server-response-packets/ok_packet).
    /// </summary>
    public bool CanTrackSession => IsMariaDb ? Number >= 100202 : Number >= 50704;

    /// <summary>
    /// Whether it reports every variable that is set by name. MariaDB is silent about <c>SET @@name = …</c> without a scope
    /// (measured on 10.11.19). The collation of <c>SET NAMES</c> is reported by nobody.
    /// </summary>
    public bool TracksEveryVariable => !IsMariaDb && CanTrackSession;

    /// <summary>Whether answers can carry the numbers of transactions when that is asked for: MySQL from 5.7.6. MariaDB has a variable for it.</summary>
    public bool CanTrackGtids => !IsMariaDb && Number >= 50706;

    /// <summary>Whether COM_RESET_CONNECTION is known: MySQL from 5.7.3, MariaDB from 10.2.4.</summary>
    public bool CanResetConnection => IsMariaDb ? Number >= 100204 : Number >= 50703;

    /// <summary>
    /// Whether COM_RESET_CONNECTION leaves the character sets at what the login named: MariaDB. MySQL takes the server's defaults,
    /// as its manual says of mysql_reset_connection() (and 9.7 does).
    /// </summary>
    public bool ResetKeepsCharset => IsMariaDb;

    /// <summary>Whether a statement number of -1 means "the one prepared last": MariaDB from 10.2.1.</summary>
    public bool ExecutesLastPrepared => IsMariaDb && Number >= 100201;

    /// <summary>The version as bytes, for greetings.</summary>
    public ReadOnlyMemory<byte> Bytes { get; } = Encoding.ASCII.GetBytes(Text);

    /// <summary>The version without MariaDB's prefix, for people.</summary>
    public string Display => Text.StartsWith(MariaDbPrefix, StringComparison.Ordinal) ? Text[MariaDbPrefix.Length..] : Text;

    // Put before the version by MariaDB up to 10.x, because replicas of MySQL 5.5 read "1" of "10" as the major version.
    private const string MariaDbPrefix = "5.5.5-";

    /// <summary>Reads a version; what makes no sense becomes version 0 of MySQL, of which nothing is expected.</summary>
    public static ServerVersion Parse(ReadOnlySpan<byte> greeted)
    {
        // A version is a few dozen letters; anything longer is not believed.
        var text = Encoding.ASCII.GetString(greeted[..Math.Min(greeted.Length, 128)]);
        var mariaDb = text.Contains("MariaDB", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith(MariaDbPrefix, StringComparison.Ordinal);
        var number = text.StartsWith(MariaDbPrefix, StringComparison.Ordinal) ? text[MariaDbPrefix.Length..] : text;
        return new(text, mariaDb, ParseNumber(number));
    }

    private static int ParseNumber(string text)
    {
        Span<int> parts = [0, 0, 0];
        var part = 0;
        foreach (var letter in text)
        {
            if (char.IsAsciiDigit(letter))
                parts[part] = Math.Min((parts[part] * 10) + (letter - '0'), 99);
            else if (letter != '.' || ++part == parts.Length)
                break;
        }
        return (parts[0] * 10000) + (parts[1] * 100) + parts[2];
    }
}
