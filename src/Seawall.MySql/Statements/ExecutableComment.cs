namespace Seawall.MySql.Statements;

/// <summary>What follows the opening of a comment that may be code: <c>/*!</c>, and <c>/*M!</c> in MariaDB.</summary>
/// <param name="Length">How many bytes belong to the opening, its version included; 0 when more bytes must be seen.</param>
/// <param name="IsExecuted">Whether the rest is code.</param>
/// <param name="IsDoubtful">Whether servers of this version disagree, or the version is not known.</param>
internal readonly record struct ExecutableComment(int Length, bool IsExecuted, bool IsDoubtful)
{
    /// <summary>The longest opening: <c>/*M!110000</c>, and a byte after it.</summary>
    internal const int LengthMax = 11;

    /// <summary>Reads the opening.</summary>
    /// <param name="text">The text from the slash on.</param>
    /// <param name="marker">The length of the marker before the version.</param>
    /// <param name="isLast">Whether the text ends there.</param>
    /// <param name="dialect">Who reads it.</param>
    internal static ExecutableComment Read(ReadOnlySpan<byte> text, int marker, bool isLast, in SqlDialect dialect)
    {
        int digits = 0, version = 0, five = 0;
        while (digits < 6 && marker + digits < text.Length && Bytes.IsDigit(text[marker + digits]))
        {
            version = version * 10 + (text[marker + digits++] - '0');
            if (digits == 5)
                five = version;
        }
        var next = marker + digits;
        if (next >= text.Length && !isLast)
            return default;
        var following = next < text.Length ? text[next] : (byte)0;
        if (digits < 5)
        {
            // No version: the digits are code. Newer MariaDB reads a second '!' as "not"; older ones as an operator.
            return new(marker, true, digits == 0 && dialect.MariaDb && following == (byte)'!');
        }
        if (dialect.Version == 0)
            return new(next, true, true);
        return dialect.MariaDb
            ? ReadMariaDb(next, version, marker == 4, dialect)
            : ReadMySql(marker, digits, version, five, following, dialect);
    }

    // MariaDB has its own features where MySQL has versions from 5.7 on, and takes such comments for MySQL's. 99997 is
    // code on the nodes of a Galera cluster.
    private static ExecutableComment ReadMariaDb(int length, int version, bool isOwn, in SqlDialect dialect) =>
        new(length, version <= dialect.Version && (version is < 50700 or > 99999 || isOwn), version == 99997);

    // Six digits are a version from 8.0 on. Some 8.0 ask for white space after them, others do not.
    private static ExecutableComment ReadMySql(
        int marker, int digits, int version, int five, byte following, in SqlDialect dialect)
    {
        if (digits == 6 && dialect.Version >= 80000)
        {
            return new(marker + 6, version <= dialect.Version, !Bytes.IsSpace(following));
        }
        return new(marker + 5, five <= dialect.Version, false);
    }
}
