using System.Text;
using Seawall.Captures.Files;
using Seawall.Captures.Records;
using Seawall.MySql.Statements;

namespace Seawall.Captures.Imports;

/// <summary>Writes what an import finds: connections as they are met, commands with their digests, and what of their texts may be shown.</summary>
internal sealed class ImportLedger(CaptureWriter writer, ImportReport report, bool keepsLiterals)
{
    /// <summary>Connections that are remembered; a log of months has more, of which most have ended.</summary>
    private const int RememberedMax = 1_000_000;

    private readonly Redactor _redactor = new();
    private readonly Dictionary<ulong, Known> _known = [];

    /// <summary>How texts are read: the server's kind and version, where the file says.</summary>
    internal SqlDialect Dialect { get; set; } = new(false, false, false, 80000, ClientCharset.Transparent);

    /// <summary>A login.</summary>
    internal void Connect(ConnectionEvent connection)
    {
        if (_known.Count >= RememberedMax)
            _known.Clear();
        _known[connection.Figures.Connection] = new Known();
        report.Connections++;
        writer.Append(connection);
    }

    /// <summary>A connection is there, whose login was not seen, unless it is known.</summary>
    internal void Meet(ulong connection, string user, string source, long atUs, string schema = "")
    {
        if (_known.ContainsKey(connection))
            return;
        Connect(new ConnectionEvent
        {
            User = user,
            Source = source,
            Schema = schema,
            Figures = new ConnectionFigures { Connection = connection, AcceptUs = atUs, WasThere = true },
        });
    }

    /// <summary>Whether a connection is known.</summary>
    internal bool Knows(ulong connection) => _known.ContainsKey(connection);

    /// <summary>A connection has another schema. Of what cannot be a name no more is remembered than is written.</summary>
    internal void Use(ulong connection, string schema) =>
        Of(connection).Schema = schema.Length <= CaptureLimits.WordBytes ? schema : schema[..CaptureLimits.WordBytes];

    /// <summary>A connection has ended.</summary>
    internal void Leave(ulong connection, long atUs, CloseReason reason)
    {
        if (!_known.Remove(connection, out var known))
            return;
        writer.Append(new ConnectionEnd
        {
            Figures = new EndFigures
            {
                Connection = connection,
                CloseUs = atUs,
                Reason = reason,
                Commands = known.Commands,
                FirstCommandUs = known.FirstUs,
            },
        });
    }

    /// <summary>A statement; <paramref name="figures"/> has what the file says of it.</summary>
    internal void Statement(CommandFigures figures, ReadOnlySpan<byte> text, ReadOnlySpan<byte> parameters = default, bool isWhole = true,
        string sqlState = "", string gtid = "")
    {
        var known = Of(figures.Connection);
        Count(known, figures.StartUs);
        figures.Verb = StatementLexer.Read(text, Dialect).Kind;
        figures.Sample = SampleReason.Import;
        figures.StandsFor = 1;
        Number(known, ref figures);
        figures.Text = _redactor.Read(text, Dialect, keepsLiterals, isWhole, out var shown, out var digest, isDialectSure: false);
        figures.Digest = digest;
        if (figures.Text == TextState.Withheld)
            report.Withheld++;
        report.Commands++;
        RecordWriter.Command(writer.Fields, figures, Encoding.UTF8.GetBytes(known.Schema), shown,
            figures.Text == TextState.Kept ? parameters : default, Encoding.ASCII.GetBytes(sqlState), Encoding.UTF8.GetBytes(gtid));
        writer.Settle();
    }

    /// <summary>A command that is no statement, with a name perhaps.</summary>
    internal void Command(CommandFigures figures, string name = "")
    {
        var known = Of(figures.Connection);
        Count(known, figures.StartUs);
        figures.Sample = SampleReason.Import;
        figures.StandsFor = 1;
        figures.Text = name.Length > 0 ? TextState.Kept : TextState.None;
        figures.Transaction = known.IsOpen ? known.Transaction : 0;
        report.Commands++;
        writer.Append(new CommandEvent { Figures = figures, Schema = known.Schema, Text = Encoding.UTF8.GetBytes(name) });
    }

    private static void Count(Known known, long atUs)
    {
        known.Commands++;
        if (known.FirstUs == 0)
            known.FirstUs = atUs;
    }

    // Logs do not say whether a transaction is open: what begins and ends one by its verb is believed. Packets do say.
    private static void Number(Known known, ref CommandFigures figures)
    {
        var was = known.IsOpen;
        known.IsOpen = figures.Marks != TransactionMarks.None ? figures.Marks.HasFlag(TransactionMarks.IsOpen) : figures.Verb switch
        {
            StatementKind.Begin => true,
            StatementKind.Commit or StatementKind.Rollback => false,
            _ => was,
        };
        if (known.IsOpen && (!was || figures.Verb == StatementKind.Begin))
            known.Transaction++;
        figures.Transaction = was || known.IsOpen ? known.Transaction : 0;
        figures.Marks = (was ? TransactionMarks.WasOpen : 0) | (known.IsOpen ? TransactionMarks.IsOpen : 0);
    }

    private Known Of(ulong connection)
    {
        if (_known.TryGetValue(connection, out var known))
            return known;
        if (_known.Count >= RememberedMax)
            _known.Clear();
        return _known[connection] = new Known();
    }

    private sealed class Known
    {
        internal string Schema { get; set; } = "";
        internal bool IsOpen { get; set; }
        internal uint Transaction { get; set; }
        internal ulong Commands { get; set; }
        internal long FirstUs { get; set; }
    }
}
