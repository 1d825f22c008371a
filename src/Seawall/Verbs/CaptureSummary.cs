using System.Globalization;
using System.Text;
using Seawall.Captures.Records;

namespace Seawall.Verbs;

/// <summary>What is in a capture, in some lines.</summary>
internal sealed class CaptureSummary
{
    private const int DigestsShown = 10;

    // More differ in a capture whose texts are made by a program; the rest is one line.
    private const int DigestsMax = 100_000;

    private readonly Dictionary<ulong, (long Count, long Us, string Text)> _digests = [];
    private readonly Dictionary<LoginEnd, long> _logins = [];
    private readonly Dictionary<ulong, uint> _lastTransactions = []; // Of connections that are open: their commands come in order.
    private CaptureHead? _head;
    private CaptureEnd? _end;
    private long _segments;
    private long _transactions;
    private long _commands;
    private long _errors;
    private long _unfit;
    private long _wereThere;
    private ulong _dropped;
    private long _fromUs = long.MaxValue;
    private long _untilUs;

    internal void Add(CaptureRecord record)
    {
        switch (record)
        {
            case CaptureHead head:
                _head ??= head;
                _segments++;
                break;
            case ConnectionEvent { Figures: var login }:
                if (login.WasThere)
                    _wereThere++;
                else
                    _logins[login.End] = _logins.GetValueOrDefault(login.End) + 1;
                break;
            case ConnectionEnd ended:
                _lastTransactions.Remove(ended.Figures.Connection);
                break;
            case CommandEvent command:
                Add(command);
                break;
            case CaptureGap gap:
                _dropped += gap.Dropped;
                break;
            case CaptureEnd end:
                _end = end;
                break;
        }
    }

    internal IEnumerable<string> Lines()
    {
        if (_head is { } head)
        {
            yield return $"{Plain(head.Name)}: from {SnakeOf(head.Origin)}, {(head.KeepsLiterals ? "with values" : "values left out")}, "
                + $"{_segments} files, server {(head.Server.Length > 0 ? Plain(head.Server) : "not known")}";
        }
        if (_commands > 0)
            yield return $"{At(_fromUs)} to {At(_untilUs)}";
        yield return $"logins: {string.Join(", ", _logins.OrderBy(pair => pair.Key).Select(pair => $"{pair.Value} {SnakeOf(pair.Key)}"))}"
            + $"{(_logins.Count == 0 ? "none" : "")}; connections that were there before: {_wereThere}";
        yield return $"commands: {_commands}, of these {_errors} with an error, {_unfit} that cannot be run again; transactions: {_transactions}";
        yield return _end is { } end ? $"ended: {Plain(end.Reason)}; records lost: {_dropped}"
            : $"it was not ended, and breaks off; records lost so far: {_dropped}";
        foreach (var (digest, (count, us, text)) in _digests.OrderByDescending(pair => pair.Value.Us).Take(DigestsShown))
            yield return string.Create(CultureInfo.InvariantCulture, $"{digest:x16}  {count,9} times  {us / 1e6,10:0.000} s  {text}");
    }

    private void Add(CommandEvent command)
    {
        var figures = command.Figures;
        _commands++;
        _errors += figures.ErrorCode != 0 ? 1 : 0;
        _unfit += figures.Text is TextState.Redacted or TextState.Withheld or TextState.Cut ? 1 : 0;
        if (figures.Transaction > 0 && _lastTransactions.GetValueOrDefault(figures.Connection) != figures.Transaction)
        {
            _lastTransactions[figures.Connection] = figures.Transaction;
            _transactions++;
        }
        _fromUs = Math.Min(_fromUs, figures.StartUs);
        _untilUs = Math.Max(_untilUs, figures.StartUs + figures.DurationUs);
        if (figures.Digest == 0)
            return;
        if (_digests.TryGetValue(figures.Digest, out var known))
            _digests[figures.Digest] = (known.Count + 1, known.Us + figures.DurationUs, known.Text);
        else if (_digests.Count < DigestsMax)
            _digests[figures.Digest] = (1, figures.DurationUs, Short(command.Text.Span));
    }

    // People look at this on a terminal: nothing that a file says may speak to it.
    private static string Short(ReadOnlySpan<byte> text)
    {
        const int max = 60;
        var shown = Encoding.UTF8.GetString(text[..Math.Min(text.Length, max)]);
        return Plain(shown) + (text.Length > max ? "..." : "");
    }

    private static string Plain(string words) => string.Concat(words.Select(letter => char.IsControl(letter) ? ' ' : letter));

    // Until the year 9999; what is later was written by nobody.
    private static string At(long us) => DateTimeOffset.UnixEpoch.AddTicks(Math.Min(us, 250_000_000_000_000_000) * 10)
        .ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string SnakeOf<T>(T value)
        where T : struct, Enum => Seawall.Engine.Telemetry.Views.SnakeCase.Of(value);
}
