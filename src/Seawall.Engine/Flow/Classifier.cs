using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Floodgates;
using Seawall.MySql.Commands;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>Which class a statement is of, and which cohort: by whose it is, and by what it says of itself.</summary>
internal static class Classifier
{
    private const long HourMs = 60 * 60 * 1000;

    // 00-<32 digits of the trace>-<16 of the span>-01: the span is another one for each statement of a page.
    private const int TraceAt = 3;
    private const int TraceLength = 32;

    /// <summary>Reads a statement that has not been sent.</summary>
    internal static (StatementClass Class, int Cohort) Read(Statement statement, OverloadOptions options, long nowMs)
    {
        var session = statement.Session;
        ref var known = ref session.Class;
        if (!ReferenceEquals(known.Options, options) || !ReferenceEquals(known.Settings, session.Settings)
            || !ReferenceEquals(known.Account, session.Account))
        {
            var rule = RuleOf(session, options);
            known = new SessionClass
            {
                Options = options,
                Settings = session.Settings,
                Account = session.Account,
                Number = (byte)(rule?.Class ?? StatementClass.Normal),
                MayRaise = rule?.MayRaise ?? false,
            };
        }
        var tags = StatementTags.Read(TextOf(statement));
        var priority = tags.Priority;
        var trace = tags.Trace.IsEmpty ? tags.Tenant : tags.Trace;
        if (session.SendsAttributes && statement.Kind == CommandKind.Query && statement.Attributes.Length > 2)
            ReadAttributes(statement.Attributes, ref priority, ref trace);
        var which = (StatementClass)known.Number;
        if (!priority.IsEmpty && StatementClasses.Find(priority) is { } said && (said > which || known.MayRaise))
            which = said;
        return (which, CohortOf(trace, session.Id, nowMs));
    }

    /// <summary>The first rule that fits; null when none does.</summary>
    private static ClassRule? RuleOf(Session session, OverloadOptions options)
    {
        foreach (var rule in options.Rules)
        {
            if ((rule.User is null || rule.User == session.Account!.User)
                && (rule.Schema is null || rule.Schema == session.Settings.Schema)
                && (rule.From is null || rule.From.Contains(session.Wire.Peer)))
            {
                return rule;
            }
        }
        return null;
    }

    private static ReadOnlySpan<byte> TextOf(Statement statement) => statement.Kind switch
    {
        CommandKind.Query => statement.Text,
        CommandKind.StatementPrepare => statement.Text,
        _ => statement.Prepared is { } prepared ? prepared.Text.Text : default,
    };

    private static void ReadAttributes(ReadOnlySpan<byte> attributes, ref ReadOnlySpan<byte> priority, ref ReadOnlySpan<byte> trace)
    {
        var reader = new QueryAttributeReader(attributes);
        while (reader.MoveNext())
        {
            if (reader.Name.SequenceEqual("seawall.priority"u8))
                priority = reader.Value;
            else if (reader.Name.SequenceEqual("traceparent"u8) || reader.Name.SequenceEqual("seawall.tenant"u8))
                trace = reader.Value;
        }
    }

    // Another one each hour, or the same clients would be those who are left out, day after day.
    private static int CohortOf(ReadOnlySpan<byte> trace, uint session, long nowMs)
    {
        if (trace.Length >= TraceAt + TraceLength)
            trace = trace.Slice(TraceAt, TraceLength);
        var hash = Fnv1A.Basis ^ (ulong)(nowMs / HourMs);
        hash = trace.IsEmpty ? Fnv1A.Add(hash, session) : Fnv1A.Add(hash, trace);
        hash ^= hash >> 32;
        hash *= 0x9E3779B97F4A7C15UL;
        return (int)(hash >> 57);
    }
}
