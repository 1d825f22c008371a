using System.Text;
using BenchmarkDotNet.Attributes;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Decisions;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.MicroBench;

/// <summary>Reading a statement, deciding about it, and following its answer.</summary>
[MemoryDiagnoser]
public class ReadingSteps
{
    private readonly byte[] _pointSelect = "SELECT c FROM sbtest1 WHERE id=4711"u8.ToArray();

    private readonly byte[] _join = Encoding.UTF8.GetBytes(
        "SELECT o.id, o.created_at, c.name, SUM(i.price * i.quantity) AS total FROM orders o JOIN customers c ON c.id = o.customer_id "
        + "JOIN items i ON i.order_id = o.id WHERE o.state IN ('paid', 'sent') AND c.country = 'DE' AND o.created_at >= '2026-01-01' "
        + "GROUP BY o.id, o.created_at, c.name HAVING total > 100 ORDER BY o.created_at DESC LIMIT 50 /* list of orders */");

    private readonly byte[] _insert = Encoding.UTF8.GetBytes(
        "INSERT INTO log (at, who, what) VALUES " + string.Join(", ",
            Enumerable.Range(0, 100).Select(i => $"('2026-11-26 00:00:{i % 60:00}', 'user{i}', 'It''s event number {i}')")));

    private static readonly SqlDialect s_dialect = new(
        AnsiQuotes: false, NoBackslashEscapes: false, MariaDb: false, Version: 80402, ClientCharset.Transparent);

    private readonly ServerVersion _version = ServerVersion.Parse("8.4.2"u8);
    private readonly byte[] _row = Answer(rows: 1);
    private readonly byte[] _rows = Answer(rows: 200);
    private StatementFacts _facts;
    private ResponseTracker _tracker;

    [GlobalSetup]
    public void Read() => _facts = StatementLexer.Read(_pointSelect, s_dialect);

    [Benchmark]
    public StatementFacts LexerPointSelect() => StatementLexer.Read(_pointSelect, s_dialect);

    [Benchmark]
    public StatementFacts LexerJoin() => StatementLexer.Read(_join, s_dialect);

    [Benchmark]
    public StatementFacts LexerInsertOf100Rows() => StatementLexer.Read(_insert, s_dialect);

    [Benchmark]
    public bool Decision() => Decider.Decide(_facts, _version).MayShareTrip;

    [Benchmark]
    public bool TrackerOneRow() => Follow(_row);

    [Benchmark]
    public bool Tracker200Rows() => Follow(_rows);

    private bool Follow(byte[] answer)
    {
        _tracker.Begin(ResponseShape.Results, deprecatesEof: true);
        var at = 0;
        while (!_tracker.IsDone && _tracker.Next(answer, ref at) == ResponseEvent.End)
            _tracker.Ended(ServerStatus.Autocommit);
        return _tracker.IsDone;
    }

    private static byte[] Answer(int rows)
    {
        var writer = new PacketWriter().Begin(1).LengthEncoded(1).End();
        writer.BeginNext().LengthEncodedText("def");
        foreach (var text in (string[])["sbtest", "sbtest1", "sbtest1", "c", "c"])
            writer.LengthEncodedText(text);
        writer.LengthEncoded(12).Int2(45).Int4(480).Int1(254).Int2(1).Int1(0).Zeros(2).End();
        for (var i = 0; i < rows; i++)
            writer.BeginNext().LengthEncodedText(new string('7', 119)).End();
        writer.BeginNext();
        OkPacket.Write(writer, OkPacket.EndHeader, 0, 0, ServerStatus.Autocommit, 0, default, default, Capabilities.SessionTrack);
        return writer.End().Bytes.ToArray();
    }
}
