using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Seawall.MySql.Statements;

namespace Seawall.Captures.Imports;

/// <summary>Reads lines of bytes, each no longer than a text may be: the rest of a longer one is left out.</summary>
internal sealed class LogLines(Stream from)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private byte[] _line = new byte[1024];
    private int _length;
    private int _at;
    private int _end;

    /// <summary>The present line, without its end; good until the next call.</summary>
    internal ReadOnlySpan<byte> Line => _line.AsSpan(0, _length);

    /// <summary>Goes to the next line; false at the end.</summary>
    internal bool Next()
    {
        _length = 0;
        var some = false;
        while (true)
        {
            if (_at == _end)
            {
                _at = 0;
                _end = from.Read(_buffer);
                if (_end == 0)
                    return some;
            }
            some = true;
            var rest = _buffer.AsSpan(_at, _end - _at);
            var newline = rest.IndexOf((byte)'\n');
            Keep(newline < 0 ? rest : rest[..newline]);
            _at += newline < 0 ? rest.Length : newline + 1;
            if (newline < 0)
                continue;
            if (_length > 0 && _line[_length - 1] == (byte)'\r')
                _length--;
            return true;
        }
    }

    private void Keep(ReadOnlySpan<byte> piece)
    {
        piece = piece[..Math.Min(piece.Length, CaptureLimits.TextBytes + 1 - Math.Min(_length, CaptureLimits.TextBytes + 1))];
        if (_length + piece.Length > _line.Length)
            Array.Resize(ref _line, Math.Max(_line.Length * 2, _length + piece.Length));
        piece.CopyTo(_line.AsSpan(_length));
        _length += piece.Length;
    }
}

/// <summary>Words that both logs have.</summary>
internal static class LogWords
{
    private static readonly string[] s_short = ["yyMMdd HH:mm:ss", "yyMMdd H:mm:ss"];

    /// <summary>Whether a line is one of the three that a server writes when it opens the log, and what that says of texts.</summary>
    internal static bool IsHeader(ReadOnlySpan<byte> line, ref SqlDialect dialect)
    {
        var at = line.IndexOf(", Version: "u8);
        if (at > 0 && line.IndexOf("started with:"u8) > at)
        {
            var version = line[(at + ", Version: "u8.Length)..];
            dialect = dialect with { MariaDb = version.IndexOf("MariaDB"u8) >= 0, Version = NumberOf(version) };
            return true;
        }
        return line.StartsWith("Tcp port: "u8) || (line.StartsWith("Time"u8) && line.IndexOf("Id Command"u8) > 0);
    }

    /// <summary>A time as servers write it, in microseconds since 1970; 0 when it is none. Without a zone it is taken for UTC.</summary>
    internal static long TimeOf(ReadOnlySpan<byte> text)
    {
        var written = Encoding.ASCII.GetString(text[..Math.Min(text.Length, 40)]).Trim();
        if (written.Length > 12 && written[4] == '-'
            ? !DateTimeOffset.TryParse(written, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            : !DateTimeOffset.TryParseExact(written.Replace("  ", " ", StringComparison.Ordinal), s_short, CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal, out at))
        {
            return 0;
        }
        return Math.Max(0, (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
    }

    /// <summary>The number behind a name (<c>Rows_sent: 5</c>); null when it is not there.</summary>
    internal static double? Figure(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name)
    {
        var at = line.IndexOf(name);
        if (at < 0)
            return null;
        var rest = line[(at + name.Length)..].TrimStart((byte)' ');
        return Utf8Parser.TryParse(rest, out double value, out _) && value is >= 0 and < 1e18 ? value : null;
    }

    /// <summary>The number of a version: 10.11.11-MariaDB, 5.6.24-log; as in <c>/*!NNNNN</c>. 0: none.</summary>
    internal static int NumberOf(ReadOnlySpan<byte> version)
    {
        var number = 0;
        for (var i = 0; i < 3; i++)
        {
            if (!Utf8Parser.TryParse(version, out int part, out var used) || part is < 0 or > 99)
                return 0;
            number = (number * 100) + part;
            version = version[used..];
            if (version is [(byte)'.', ..])
                version = version[1..];
        }
        return number;
    }
}
