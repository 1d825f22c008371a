namespace Seawall.Testing.Servers;

/// <summary>SET in all its forms, as far as a <see cref="FakeServer"/> goes.</summary>
internal static class FakeSet
{
    internal static FakeAnswer Run(FakeServer server, FakeSession session, string list)
    {
        list = list.Trim();
        var assignments = new List<(string Target, string Text)>();
        foreach (var item in FakeSql.Items(list))
        {
            if (item.TrimStart().StartsWith("NAMES ", StringComparison.OrdinalIgnoreCase))
            {
                if (Names(server, session, item.Trim()[6..].Trim()) is FakeError error)
                    return error;
                continue;
            }
            var equals = item.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                return FakeSql.Syntax(list);
            assignments.Add((item[..equals].TrimEnd(' ', ':'), item[(equals + 1)..].Trim()));
        }
        // All or nothing, as servers do it: names are looked up before anything is set.
        foreach (var (target, _) in assignments)
        {
            if (!target.StartsWith('@') && !IsKnown(server, NameOf(target)))
                return new FakeError(1193, $"Unknown system variable '{NameOf(target)}'");
        }
        foreach (var (target, text) in assignments)
            Assign(server, session, target, text);
        return new FakeOk();
    }

    private static void Assign(FakeServer server, FakeSession session, string target, string text)
    {
        if (target.StartsWith('@') && !target.StartsWith("@@", StringComparison.Ordinal))
        {
            session.UserVariables[target[1..]] = FakeSql.Literal(text);
            session.NoteChange();
            return;
        }
        var name = NameOf(target);
        if (name == "last_insert_id")
        {
            session.LastInsertId = ulong.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
            return;
        }
        var value = text.Equals("DEFAULT", StringComparison.OrdinalIgnoreCase)
            ? name == "collation_database" && session.Schema is not null ? FakeSession.SchemaCollation : server.Globals[name]
            : text.StartsWith("@@global.", StringComparison.OrdinalIgnoreCase) ? server.Globals[text[9..]] : FakeSql.Literal(text);
        if (name == "autocommit")
            value = value is "1" or "ON" ? "ON" : "OFF";
        if (IsGlobal(target))
        {
            server.Globals[name] = value;
            return;
        }
        // MariaDB is silent about a bare @@name (measured on 10.11.19).
        var isSilent = server.Kind.IsMariaDb && target.StartsWith("@@", StringComparison.Ordinal)
            && !target.Contains('.', StringComparison.Ordinal);
        session.Set(name, value, reports: !isSilent);
    }

    private static FakeAnswer Names(FakeServer server, FakeSession session, string rest)
    {
        var words = rest.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words is [_, _, "binary"])
            return FakeSql.Syntax(rest); // A word of the language there, not a name.
        var charset = FakeSql.Literal(words[0])!;
        var collation = words is [_, _, var named] ? named.Trim('\'')
            : server.Collations.Values.FirstOrDefault(known => known.Charset == charset).Name;
        if (collation is null)
            return new FakeError(1115, $"Unknown character set: '{charset}'", "42000");
        session.SetNames(charset, collation, reports: true);
        return new FakeOk();
    }

    private static bool IsKnown(FakeServer server, string name) =>
        name == "last_insert_id" || server.Globals.ContainsKey(name);

    private static bool IsGlobal(string target) => target.StartsWith("GLOBAL ", StringComparison.OrdinalIgnoreCase)
        || target.StartsWith("@@global.", StringComparison.OrdinalIgnoreCase);

    private static string NameOf(string target)
    {
        var name = target.TrimStart('@').Replace("session.", "", StringComparison.OrdinalIgnoreCase);
        if (IsGlobal(target))
            name = name[7..];
        if (name.StartsWith("SESSION ", StringComparison.OrdinalIgnoreCase))
            name = name[8..];
        return name.Trim().Trim('`').ToLowerInvariant();
    }
}
