using System.Collections.Frozen;
using System.Globalization;
using Seawall.MySql.Results;
using static Seawall.Control.Admin.AdminTable;

namespace Seawall.Control.Admin;

/// <summary>
/// What drivers and terminals say on their own, before and around what people type: <c>SELECT @@version_comment</c>,
/// <c>SET NAMES</c>, <c>SHOW DATABASES</c>. They are answered as a server with nothing in it would answer.
/// </summary>
internal sealed class SmallTalk(TimeProvider time)
{
    /// <summary>The longest command that is taken; clients that ask hear it as <c>max_allowed_packet</c>.</summary>
    internal const int CommandBytesMax = 64 * 1024;

    /// <summary>What the greeting says: a number that drivers know how to talk to, and who it is.</summary>
    internal static string Version { get; } = $"8.0.0-seawall-{SeawallVersion.Text}";

    // What drivers and tools were seen to ask for, with the values of a server that was never configured.
    private static readonly FrozenDictionary<string, AdminCell> s_variables = new Dictionary<string, AdminCell>
    {
        ["auto_increment_increment"] = 1L,
        ["autocommit"] = 1L,
        ["character_set_client"] = "utf8mb4",
        ["character_set_connection"] = "utf8mb4",
        ["character_set_database"] = "utf8mb4",
        ["character_set_results"] = "utf8mb4",
        ["character_set_server"] = "utf8mb4",
        ["collation_connection"] = "utf8mb4_general_ci",
        ["collation_database"] = "utf8mb4_general_ci",
        ["collation_server"] = "utf8mb4_general_ci",
        ["init_connect"] = "",
        ["interactive_timeout"] = AdminConversation.IdleMsMax / 1000L,
        ["license"] = "Apache-2.0",
        ["lower_case_table_names"] = 0L,
        ["max_allowed_packet"] = (long)CommandBytesMax,
        ["net_buffer_length"] = 16384L,
        ["net_write_timeout"] = 60L,
        ["performance_schema"] = 0L,
        ["protocol_version"] = 10L,
        ["sql_mode"] = "",
        ["system_time_zone"] = "UTC",
        ["time_zone"] = "+00:00",
        ["transaction_isolation"] = "REPEATABLE-READ",
        ["tx_isolation"] = "REPEATABLE-READ",
        ["transaction_read_only"] = 0L,
        ["tx_read_only"] = 0L,
        ["version"] = Version,
        ["version_comment"] = "Seawall admin port; SHOW HELP",
        ["wait_timeout"] = AdminConversation.IdleMsMax / 1000L,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Answers, or null: it is no small talk.</summary>
    internal AdminReply? Answer(AdminText text, AdminSession session)
    {
        var words = text.Tokens;
        if (words.Count == 0)
            return new AdminRefusal(SqlError.EmptyQuery, "Query was empty");
        if (text.StartsWith("SELECT"))
            return Select(text, session);
        if (words[0].Is("SET") || words[0].Is("BEGIN") || words[0].Is("COMMIT") || words[0].Is("ROLLBACK")
            || text.StartsWith("START", "TRANSACTION"))
        {
            return new AdminDone(); // There is nothing to set and nothing to commit.
        }
        if (words[0].Is("USE") && words.Count == 2)
            return session.Enter(words[1].Text) is { } refusal ? refusal : new AdminDone();
        return words[0].Is("SHOW") ? Show(text, session) : null;
    }

    private static AdminTable? Show(AdminText text, AdminSession session)
    {
        // SESSION and GLOBAL make no difference, nor does FULL.
        var words = text.Tokens.Skip(1).SkipWhile(word => word.Is("SESSION") || word.Is("FULL")).ToArray();
        var like = words is [.., { } word, { Kind: AdminTokenKind.Quoted } pattern] && word.Is("LIKE") ? pattern.Text : "%";
        return words switch
        {
            [var what, ..] when what.Is("DATABASES") || what.Is("SCHEMAS") => OneColumn("Database", [AdminSession.SchemaName]),
            [var what, ..] when what.Is("TABLES") => OneColumn($"Tables_in_{AdminSession.SchemaName}", []),
            [var what, ..] when what.Is("VARIABLES") => Pairs(s_variables.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .Where(pair => LikePattern.Matches(pair.Key, like)).Select(pair => (pair.Key, pair.Value))),
            // Terminals ask for the TLS cipher; whoever wants everything is a monitor of servers and must know where it is.
            [var what, _, { Kind: AdminTokenKind.Quoted }] when what.Is("STATUS") => Pairs([]),
            [var what, ..] when what.Is("WARNINGS") => Warnings(session.Warnings),
            [var what, ..] when what.Is("ERRORS") => Warnings([]),
            _ => null,
        };
    }

    private static AdminTable OneColumn(string name, IEnumerable<string> values) =>
        new([Text(name)], values.Select(value => (AdminCell[])[value]));

    private static AdminTable Pairs(IEnumerable<(string Name, AdminCell Value)> pairs) => new(
        [Text("Variable_name"), Text("Value")], pairs.Select(pair => (AdminCell[])[pair.Name, pair.Value]));

    private static AdminTable Warnings(IReadOnlyList<string> warnings) => new(
        [Text("Level"), Number("Code"), Text("Message")],
        warnings.Select(warning => (AdminCell[])["Warning", (long)SqlError.Internal.Code, warning]));

    // SELECT a, b AS c, ... [LIMIT n]: each a variable, a function without arguments, or a value.
    private AdminReply? Select(AdminText text, AdminSession session)
    {
        var words = text.Tokens.Skip(1).ToArray();
        if (words is [.., var limit, { Kind: AdminTokenKind.Word }] && limit.Is("LIMIT"))
            words = words[..^2];
        var columns = new List<ResultColumn>();
        var values = new List<AdminCell>();
        for (var at = 0; at < words.Length; at++)
        {
            var end = Array.FindIndex(words, at, word => word.IsSign(','));
            var term = words[at..(end < 0 ? words.Length : end)];
            if (Evaluate(ref term, session, out var kind) is not { } value)
                return null;
            if (value.Problem is { } problem)
                return problem;
            if (NameOf(text.Source, words[at], term) is not { } name)
                return null;
            columns.Add(new(name, kind));
            values.Add(value.Cell);
            at += (end < 0 ? words.Length : end) - at;
        }
        return columns.Count == 0 ? null : new AdminTable(columns, [[.. values]]);
    }

    private readonly record struct Value(AdminCell Cell, AdminRefusal? Problem = null);

    // What is left of the term is its alias; without one the column is called what was written.
    private Value? Evaluate(ref AdminToken[] term, AdminSession session, out ColumnKind kind)
    {
        kind = ColumnKind.Text;
        switch (term)
        {
            case [{ Kind: AdminTokenKind.Word } name, ..] when name.Text.StartsWith("@@", StringComparison.Ordinal):
                term = term[1..];
                var variable = name.Text[(name.Text.LastIndexOfAny(['@', '.']) + 1)..];
                if (!s_variables.TryGetValue(variable, out var known))
                    return new(default, new(SqlError.UnknownVariable, $"Unknown system variable '{variable}'"));
                kind = long.TryParse(known.Text, CultureInfo.InvariantCulture, out _) ? ColumnKind.Number : ColumnKind.Text;
                return new(known);
            case [{ Kind: AdminTokenKind.Word } name, var open, var close, ..] when open.IsSign('(') && close.IsSign(')'):
                term = term[3..];
                return Call(name.Text.ToUpperInvariant(), session, out kind) is { } cell ? new(cell) : null;
            case [{ Kind: AdminTokenKind.Word } name, ..] when long.TryParse(name.Text, CultureInfo.InvariantCulture, out var number):
                term = term[1..];
                kind = ColumnKind.Number;
                return new(number);
            case [{ Kind: AdminTokenKind.Quoted } quoted, ..]:
                term = term[1..];
                return new(quoted.Text);
            case [var name, ..] when name.Is("CURRENT_USER"):
                term = term[1..];
                return new(UserOf(session));
            default:
                return null;
        }
    }

    private AdminCell? Call(string function, AdminSession session, out ColumnKind kind)
    {
        kind = function switch
        {
            "CONNECTION_ID" => ColumnKind.Number,
            "NOW" or "SYSDATE" or "UTC_TIMESTAMP" => ColumnKind.DateTime,
            _ => ColumnKind.Text,
        };
        switch (function)
        {
            case "DATABASE" or "SCHEMA":
                return session.Schema;
            case "USER" or "CURRENT_USER" or "SESSION_USER" or "SYSTEM_USER":
                return UserOf(session);
            case "VERSION":
                return Version;
            case "CONNECTION_ID":
                return (long)session.Id;
            case "NOW" or "SYSDATE" or "UTC_TIMESTAMP":
                return time.GetUtcNow();
            default:
                return null;
        }
    }

    private static string UserOf(AdminSession session) => $"{session.User}@{session.Host}";

    private static string? NameOf(string source, AdminToken first, AdminToken[] alias) => alias switch
    {
        [] => WrittenAs(source, first),
        [var name] when name.Kind != AdminTokenKind.Sign => name.Text,
        [var word, var name] when word.Is("AS") && name.Kind != AdminTokenKind.Sign => name.Text,
        _ => null,
    };

    // A column without a name is called what was written, parentheses of a call included.
    private static string WrittenAs(string source, AdminToken first)
    {
        var end = first.End;
        if (first.Kind == AdminTokenKind.Word && source.AsSpan(end).TrimStart().StartsWith("("))
            end = source.IndexOf(')', end) + 1;
        return first.Kind == AdminTokenKind.Quoted ? first.Text : source[first.Start..end];
    }
}
