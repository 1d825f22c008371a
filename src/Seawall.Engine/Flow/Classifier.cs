using System.Runtime.InteropServices;
using System.Text;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Loops;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>Where a statement stands when not all can run.</summary>
/// <param name="Class">Its class.</param>
/// <param name="Cohort">Its cohort.</param>
/// <param name="Rule">The number of the rule that says so; -1 when none fits.</param>
/// <param name="DeadlineMs">How long its program waits for it, in milliseconds; 0 when it has not said.</param>
internal readonly record struct Standing(StatementClass Class, int Cohort, int Rule, int DeadlineMs)
{
    /// <summary>Whose turn it takes, where several share a server: a number for its tenant; 0: nobody's in particular.</summary>
    internal ulong Tenant { get; init; }
}

/// <summary>Which class a statement is of, and which cohort: by whose it is, and by what it says of itself.</summary>
internal static class Classifier
{
    private const long HourMs = 60 * 60 * 1000;

    // 00-<32 digits of the trace>-<16 of the span>-01: the span is another one for each statement of a page.
    private const int TraceAt = 3;
    private const int TraceLength = 32;

    /// <summary>The longest name of a tenant that is shown of what statements say.</summary>
    private const int TenantNameBytesMax = 64;

    /// <summary>Reads a statement that has not been sent.</summary>
    internal static Standing Read(Statement statement, OverloadOptions options, DigestScratch scratch, long nowMs)
    {
        var session = statement.Session;
        var known = session.Class;
        if (!ReferenceEquals(known.Options, options) || !ReferenceEquals(known.Settings, session.Settings)
            || !ReferenceEquals(known.Account, session.Account))
        {
            LookUp(session, options, known);
        }
        var (rule, which, mayRaise) = (known.Rule, (StatementClass)known.Number, known.MayRaise);
        if (known.DependsOnDigest && StatementText.DigestNumberOf(statement, scratch) is { } digest)
        {
            rule = RuleOf(options, session.Account!.User, session.Settings.Schema, session.Wire.Peer, session.Listener, digest);
            (which, mayRaise) = ClassOf(options, rule);
        }
        ref readonly var words = ref statement.Words;
        var priority = words.Priority(statement);
        var deadline = words.Deadline(statement);
        var tenant = words.Tenant(statement);
        // The statement's own word counts more than that of its session.
        var said = StatementClasses.Find(priority) ?? (known.Said != 0 ? (StatementClass)known.Said : null);
        var deadlineMs = !deadline.IsEmpty && OwnAssignments.TryReadDeadline(deadline, out var ms) ? ms : known.SaidDeadlineMs;
        return new(Settle(which, said, mayRaise), CohortOf(words.Trace(statement), session.Id, nowMs), rule, deadlineMs)
        {
            Tenant = options.Tenants == TenantKind.Tag && !tenant.IsEmpty ? TenantOf(tenant) : known.Tenant,
        };
    }

    /// <summary>What the tenant of a statement is called, in tables.</summary>
    internal static string TenantNameOf(Statement statement, OverloadOptions options)
    {
        var session = statement.Session;
        if (options.Tenants == TenantKind.Schema)
            return session.Settings.Schema ?? "(no schema)";
        var tenant = options.Tenants == TenantKind.Tag ? statement.Words.Tenant(statement) : default;
        return tenant.IsEmpty ? session.Account!.User : Encoding.UTF8.GetString(tenant[..Math.Min(tenant.Length, TenantNameBytesMax)]);
    }

    /// <summary>The number of the tenant of an account's statements in a schema, of which one says <paramref name="said"/>.</summary>
    internal static ulong TenantOf(OverloadOptions options, string? user, string? schema, ReadOnlySpan<byte> said) => options.Tenants switch
    {
        TenantKind.None => 0,
        TenantKind.Schema => TenantOf(MemoryMarshal.AsBytes(schema.AsSpan())),
        TenantKind.Tag when !said.IsEmpty => TenantOf(said),
        TenantKind.Account or TenantKind.Tag => TenantOf(MemoryMarshal.AsBytes(user.AsSpan())),
    };

    private static ulong TenantOf(ReadOnlySpan<byte> name) => Math.Max(1, Fnv1A.Add(Fnv1A.Basis, name));

    /// <summary>The class, when a statement says something of itself as well: less important it may make itself always.</summary>
    internal static StatementClass Settle(StatementClass byRule, StatementClass? said, bool mayRaise) =>
        said is { } wanted && (wanted > byRule || mayRaise) ? wanted : byRule;

    /// <summary>
    /// The number of the first rule that fits; -1 when none does. Without a <paramref name="digest"/>, of those that are for any statement.
    /// </summary>
    internal static int RuleOf(
        OverloadOptions options, string? user, string? schema, PeerAddress peer, string? listener, ulong? digest)
    {
        for (var i = 0; i < options.Rules.Length; i++)
        {
            var rule = options.Rules[i];
            if ((rule.Digests.IsEmpty || (digest is { } number && rule.Digests.Contains(number))) && rule.Fits(user, schema, peer, listener))
                return i;
        }
        return -1;
    }

    /// <summary>The class that a rule gives, and whether its statements may make themselves more important than that.</summary>
    internal static (StatementClass Class, bool MayRaise) ClassOf(OverloadOptions options, int rule) =>
        rule < 0 ? (StatementClass.Normal, false) : (options.Rules[rule].Class, options.Rules[rule].MayRaise);

    private static void LookUp(Session session, OverloadOptions options, SessionClass known)
    {
        var (user, schema) = (session.Account!.User, session.Settings.Schema);
        var rule = RuleOf(options, user, schema, session.Wire.Peer, session.Listener, null);
        (known.Options, known.Settings, known.Account, known.Rule) = (options, session.Settings, session.Account, rule);
        (var which, known.MayRaise) = ClassOf(options, rule);
        known.Number = (byte)which;
        known.SchemaShape = WorkReader.ShapeOf(schema);
        known.Tenant = TenantOf(options, user, schema, default);
        known.DependsOnDigest = false;
        foreach (var other in options.Rules.AsSpan(0, rule < 0 ? options.Rules.Length : rule))
        {
            known.DependsOnDigest |= !other.Digests.IsEmpty && other.Fits(user, schema, session.Wire.Peer, session.Listener);
        }
    }

    // Another one each hour, or the same clients would be those who are left out, day after day.
    internal static int CohortOf(ReadOnlySpan<byte> trace, uint session, long nowMs)
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
