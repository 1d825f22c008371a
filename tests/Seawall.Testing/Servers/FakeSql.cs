using System.Globalization;
using System.Text;

namespace Seawall.Testing.Servers;

/// <summary>
/// The little SQL that a <see cref="FakeServer"/> understands without a script: enough for a session to have state, and for
/// a test to ask what state it has.
/// </summary>
internal static class FakeSql
{
    internal static FakeAnswer Run(FakeServer server, FakeSession session, string sql)
    {
        sql = sql.Trim();
        var verb = Word(sql).ToUpperInvariant();
        if (verb is not ("SHOW" or "GET"))
            session.Warnings.Clear();
        if (server.IsReadOnly && verb is ("INSERT" or "UPDATE" or "DELETE" or "REPLACE"))
        {
            return new FakeError(1290, "The MySQL server is running with the --super-read-only option so it cannot execute this statement");
        }
        return verb switch
        {
            "" => new FakeError(1065, "Query was empty", "42000"),
            "SELECT" => Select(session, sql),
            "SET" => FakeSet.Run(server, session, sql[3..]),
            "USE" => Use(server, session, sql[3..].Trim(' ', '`')),
            "BEGIN" or "START" => Begin(session),
            "COMMIT" or "ROLLBACK" => End(session),
            "INSERT" => Insert(server, session),
            "UPDATE" or "DELETE" or "REPLACE" => Change(session),
            "CREATE" => Create(session, sql),
            "DROP" => Drop(session, sql),
            "SHOW" => Show(session, sql),
            "WARN" => Warn(session, sql),
            "DO" => new FakeOk(),
            "KILL" => FakeKill.Run(server, session, sql),
            "FAIL" => new FakeError(ushort.Parse(Word(sql[4..].Trim()), CultureInfo.InvariantCulture), "as you wish"),
            _ => Syntax(sql),
        };
    }

    /// <summary>Cuts a text at its semicolons.</summary>
    internal static List<string> Split(string sql)
    {
        var parts = new List<string>();
        var start = 0;
        var quote = '\0';
        for (var i = 0; i < sql.Length; i++)
        {
            if (quote != '\0')
                quote = sql[i] == quote ? '\0' : quote;
            else if (sql[i] is '\'' or '"' or '`')
                quote = sql[i];
            else if (sql[i] == ';')
            {
                parts.Add(sql[start..i]);
                start = i + 1;
            }
        }
        if (sql[start..].Trim().Length > 0 || parts.Count == 0)
            parts.Add(sql[start..]);
        return parts;
    }

    /// <summary>Cuts a list at its commas, save those in quotes or parentheses.</summary>
    internal static List<string> Items(string list)
    {
        var items = new List<string>();
        var start = 0;
        var depth = 0;
        var quote = '\0';
        for (var i = 0; i < list.Length; i++)
        {
            if (quote != '\0')
                quote = list[i] == quote ? '\0' : quote;
            else if (list[i] is '\'' or '`')
                quote = list[i];
            else if (list[i] is '(' or ')')
                depth += list[i] == '(' ? 1 : -1;
            else if (list[i] == ',' && depth == 0)
            {
                items.Add(list[start..i].Trim());
                start = i + 1;
            }
        }
        items.Add(list[start..].Trim());
        return items;
    }

    internal static FakeError Syntax(string sql) =>
        new(1064, $"You have an error in your SQL syntax near '{sql[..Math.Min(sql.Length, 40)]}'", "42000");

    /// <summary>The value of a word as SQL writes it.</summary>
    internal static string? Literal(string text)
    {
        if (text.StartsWith("_utf8 0x", StringComparison.Ordinal))
            return Encoding.UTF8.GetString(Convert.FromHexString(text[8..]));
        if (text.Length >= 2 && text[0] is '\'' or '"')
            return text[1..^1];
        return text.Equals("NULL", StringComparison.OrdinalIgnoreCase) ? null : text;
    }

    private static FakeAnswer Select(FakeSession session, string sql)
    {
        const string limit = " LIMIT 1";
        var isLimited = sql.EndsWith(limit, StringComparison.Ordinal);
        var list = isLimited ? sql[6..^limit.Length] : sql[6..];
        var from = list.IndexOf(" FROM ", StringComparison.OrdinalIgnoreCase);
        if (from >= 0)
        {
            list = list[..from];
            session.InTransaction |= !session.Autocommit;
        }
        var items = Items(list);
        var values = items.ConvertAll(item => Value(session, WithoutAlias(item)));
        var row = new FakeRows(items.ConvertAll(item => item == WithoutAlias(item) ? item : item[(item.LastIndexOf(' ') + 1)..]),
            session["sql_select_limit"] == "0" && !isLimited ? [] : [values]);
        var sleep = items.Find(item => item.StartsWith("SLEEP(", StringComparison.OrdinalIgnoreCase));
        return sleep is null ? row
            : new FakeLater((long)(double.Parse(sleep[6..^1], CultureInfo.InvariantCulture) * 1000), row);
    }

    private static string WithoutAlias(string item) =>
        item.LastIndexOf(" as ", StringComparison.OrdinalIgnoreCase) is > 0 and var at && at > item.LastIndexOf(')') && item[^1] != '\'' ? item[..at] : item;

    private static string? Value(FakeSession session, string item)
    {
        if (item.LastIndexOf(" + ", StringComparison.Ordinal) is > 0 and var plus)
        {
            return (long.Parse(Value(session, item[..plus])!, CultureInfo.InvariantCulture)
                + long.Parse(item[(plus + 3)..], CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture);
        }
        if (item.StartsWith("if(1,", StringComparison.Ordinal)) // The one condition that this little SQL knows.
            return new string([.. item[5..].Replace("cast(", "", StringComparison.Ordinal).TakeWhile(sign => sign is '-' or (>= '0' and <= '9'))]);
        if (item.StartsWith("@@", StringComparison.Ordinal))
            return item switch
            {
                "@@server_thread" => session.Id.ToString(CultureInfo.InvariantCulture), // Of no real server: what CONNECTION_ID() hides.
                "@@warning_count" => session.Warnings.Count.ToString(CultureInfo.InvariantCulture),
                "@@error_count" => "0",
                _ => session[item[2..].Replace("session.", "", StringComparison.OrdinalIgnoreCase).Trim('`')],
            };
        if (item.StartsWith('@') && item.IndexOf(":=", StringComparison.Ordinal) is > 0 and var assigns)
            return session.UserVariables[item[1..assigns]] = Literal(item[(assigns + 2)..]);
        if (item.StartsWith('@'))
            return session.UserVariables.GetValueOrDefault(item[1..]);
        return item.ToUpperInvariant() switch
        {
            "DATABASE()" => session.Schema,
            "HEX(DATABASE())" => session.Schema is { } schema ? Convert.ToHexString(Encoding.UTF8.GetBytes(schema)) : null,
            "CONNECTION_ID()" => session.Id.ToString(CultureInfo.InvariantCulture),
            "LAST_INSERT_ID()" => session.LastInsertId.ToString(CultureInfo.InvariantCulture),
            "ROW_COUNT()" => session.RowCount.ToString(CultureInfo.InvariantCulture),
            "FOUND_ROWS()" => session.FoundRows.ToString(CultureInfo.InvariantCulture),
            "CURRENT_USER()" => session.User,
            "TEMPORARY_TABLES()" => string.Join(',', session.TemporaryTables.Order()),
            _ => item.StartsWith("SLEEP(", StringComparison.OrdinalIgnoreCase) ? "0" : Literal(item),
        };
    }

    private static FakeAnswer Use(FakeServer server, FakeSession session, string schema)
    {
        if (!server.Schemas.Contains(schema))
            return new FakeError(1049, $"Unknown database '{schema}'", "42000");
        session.Enter(schema);
        return new FakeOk();
    }

    private static FakeOk Begin(FakeSession session)
    {
        session.InTransaction = true;
        return new FakeOk();
    }

    private static FakeOk End(FakeSession session)
    {
        session.InTransaction = false;
        return new FakeOk();
    }

    private static FakeOk Insert(FakeServer server, FakeSession session)
    {
        session.LastInsertId = server.NextInsertId();
        session.InTransaction |= !session.Autocommit;
        session.Commit();
        return new FakeOk(1, session.LastInsertId);
    }

    private static FakeOk Change(FakeSession session)
    {
        session.InTransaction |= !session.Autocommit;
        session.Commit();
        return new FakeOk(1);
    }

    private static FakeOk Create(FakeSession session, string sql)
    {
        var words = sql.Split(' ', '(');
        if (words.Length < 4 || words[1] != "TEMPORARY")
            return new FakeOk();
        session.TemporaryTables.Add(words[3]);
        session.NoteChange();
        return new FakeOk();
    }

    private static FakeOk Drop(FakeSession session, string sql)
    {
        session.TemporaryTables.Remove(sql.Split(' ')[^1]);
        session.NoteChange();
        return new FakeOk();
    }

    private static FakeAnswer Show(FakeSession session, string sql) =>
        sql.StartsWith("SHOW WARNINGS", StringComparison.OrdinalIgnoreCase)
            ? new FakeRows(["Level", "Code", "Message"], session.Warnings.ConvertAll<IReadOnlyList<string?>>(
                warning => ["Warning", "1265", warning]), IsPart: true)
            : Syntax(sql);

    // UPDATE in the way of this little SQL: it changes nothing and warns.
    private static FakeOk Warn(FakeSession session, string sql)
    {
        session.Warnings.Add(sql[4..].Trim());
        return new FakeOk(Warnings: 1);
    }

    private static string Word(string sql)
    {
        var end = 0;
        while (end < sql.Length && (char.IsAsciiLetterOrDigit(sql[end]) || sql[end] == '_'))
            end++;
        return sql[..end];
    }
}
