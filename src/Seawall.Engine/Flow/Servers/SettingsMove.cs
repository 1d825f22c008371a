using System.Buffers;
using System.Globalization;
using System.Text;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;

namespace Seawall.Engine.Flow.Servers;

/// <summary>
/// Moves a server connection from the settings that it has to those that a session needs: up to four commands, all in one
/// write, whose answers are read before anything else.
/// </summary>
internal static class SettingsMove
{
    // What may stand between quotes whatever the session's SQL mode and character set are. Anything else goes as hex.
    private static readonly SearchValues<char> s_plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+.,:/()=*@%$ ");

    private static readonly SearchValues<char> s_letters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_");

    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789.");

    /// <summary>Whether a connection can be moved without a new login: no command leaves a schema.</summary>
    internal static bool CanMove(ServerConnection connection, SessionSettings to) =>
        to.Schema is not null || connection.Applied.Schema is null;

    /// <summary>
    /// Writes what is needed and returns how many answers will come. <paramref name="lastInsertId"/>, when it is given, is
    /// what LAST_INSERT_ID() must say; <paramref name="reset"/> first takes away everything that a session has left behind,
    /// <paramref name="cleansDiagnostics"/> its warnings alone. <paramref name="beginsNothing"/>: what comes then would add to
    /// warnings of the settings. <paramref name="isInTransaction"/>: what cannot be set in one was not changed in it either.
    /// </summary>
    internal static int Write(
        PacketWriter writer, ServerConnection connection, SessionSettings to, ulong? lastInsertId, bool reset = false,
        bool cleansDiagnostics = false, bool beginsNothing = false, bool isInTransaction = false)
    {
        var answers = 0;
        var from = connection.Applied;
        if (reset)
        {
            writer.Begin(0).Int1((byte)CommandKind.ResetConnection).End();
            answers++;
            from = connection.SettingsAfterReset.AfterReset(from.Schema).WithMultiStatements(from.MultiStatements);
            connection.ForgetState(from);
        }
        if (to.Schema is not null && to.Schema != from.Schema)
        {
            answers += WriteSchema(writer, connection, to.Schema, ref from);
            from = from.Entering(to.Schema);
        }
        answers += WriteSet(writer, connection, from, to, lastInsertId, isInTransaction);
        if (to.MultiStatements != from.MultiStatements)
        {
            writer.Begin(0).Int1((byte)CommandKind.SetOption).Int2((ushort)(to.MultiStatements ? 0 : 1)).End();
            answers++;
        }
        if (cleansDiagnostics || (beginsNothing && answers > 0))
        {
            // Only a statement with a table makes every server forget the warnings that it has, and those of the settings.
            ServerQuery.Begin(writer, connection).Raw("DO (SELECT 1 FROM (SELECT 1) x)"u8).End();
            answers++;
        }
        return answers;
    }

    /// <summary>
    /// Writes what leads into a schema and returns how many answers will come. The server reads the name in the session's
    /// character set, of which not every one has all letters; so some names are told in another one.
    /// <paramref name="settings"/> are the connection's, before and afterwards.
    /// </summary>
    internal static int WriteSchema(
        PacketWriter writer, ServerConnection connection, string schema, ref SessionSettings settings)
    {
        var answers = 1;
        if (!CharacterSets.IsPlainIn(schema, settings["character_set_client"]))
        {
            ServerQuery.Begin(writer, connection).Raw("SET character_set_client=utf8mb4"u8).End();
            settings = settings.With("character_set_client", "utf8mb4");
            answers++;
        }
        writer.Begin(0).Int1((byte)CommandKind.InitDb).Text(schema).End();
        return answers;
    }

    private static int WriteSet(
        PacketWriter writer, ServerConnection connection, SessionSettings from, SessionSettings to, ulong? lastInsertId,
        bool isInTransaction)
    {
        var setsId = lastInsertId is { } id && id != connection.LastInsertId;
        if (!connection.NeedsTracking && !setsId && SameVariables(from, to))
            return 0;
        ServerQuery.Begin(writer, connection).Raw("SET "u8);
        var begun = writer.OpenPayload.Length;
        if (connection.NeedsTracking)
        {
            writer.Raw("session_track_schema=1,session_track_state_change=1,session_track_system_variables='"u8)
                .Text(connection.TrackedVariables).Raw("',"u8);
            if (connection.TracksGtids && !isInTransaction)
                writer.Raw("session_track_gtids=OWN_GTID,"u8);
        }
        WriteDifferences(writer, connection, from, to);
        if (setsId)
            writer.Raw("last_insert_id="u8).Text(lastInsertId!.Value.ToString(CultureInfo.InvariantCulture)).Raw(","u8);
        if (writer.OpenPayload.Length == begun)
        {
            // They differ in nothing that the connection is to be told.
            _ = writer.Cancel();
            return 0;
        }
        _ = writer.DropLast(1).End();
        return 1;
    }

    private static bool SameVariables(SessionSettings from, SessionSettings to) =>
        from.Variables == to.Variables || from.Variables.AsSpan().SequenceEqual(to.Variables.AsSpan());

    // Both lists are sorted by name, so one walk finds what to set and what to take back. The order of names also puts
    // character_set_connection before collation_connection, and max_join_size before sql_big_selects, which depend on them.
    private static void WriteDifferences(PacketWriter writer, ServerConnection connection, SessionSettings from, SessionSettings to)
    {
        var named = WriteNames(writer, from, to);
        var limitsJoins = false;
        int i = 0, j = 0;
        while (i < from.Variables.Length || j < to.Variables.Length)
        {
            var order = i == from.Variables.Length ? 1 : j == to.Variables.Length ? -1
                : string.CompareOrdinal(from.Variables[i].Name, to.Variables[j].Name);
            var name = order <= 0 ? from.Variables[i].Name : to.Variables[j].Name;
            var isSame = order == 0 && from.Variables[i].Value == to.Variables[j].Value && !(limitsJoins && name == "sql_big_selects");
            if (!isSame && !(named && IsName(name)) && name != CollationTable.OfResults
                && !(connection.TracksGtids && name == ClientTracking.OfGtids))
            {
                if (order < 0)
                    WriteDefault(writer, name);
                else
                    WriteAssignment(writer, to.Variables[j]);
                limitsJoins |= name == "max_join_size";
            }
            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }
    }

    // Columns are described with a collation of character_set_results. It comes from SET NAMES or the login; from the variable alone
    // it is the default one, which clients of an earlier server may not even know. When this is written, all four variables are.
    private static bool WriteNames(PacketWriter writer, SessionSettings from, SessionSettings to)
    {
        if (SameNames(from, to))
            return false;
        var (charset, collation) = (to["character_set_results"], CollationOfResults(to));
        if (charset is null or "" || collation is null || charset.AsSpan().ContainsAnyExcept(s_letters) || collation.AsSpan().ContainsAnyExcept(s_letters))
        {
            if (from[CollationTable.OfResults] is null)
                return false;
            // As the variable alone leaves it.
            WriteName(writer, to, "character_set_results");
        }
        else
        {
            // In quotes, because one of the names, binary, is a word of the language.
            writer.Raw("NAMES '"u8).Text(charset).Raw("' COLLATE '"u8).Text(collation).Raw("',"u8);
        }
        if (charset is null || to["character_set_client"] != charset)
            WriteName(writer, to, "character_set_client");
        if (charset is null || to["character_set_connection"] != charset)
            WriteName(writer, to, "character_set_connection");
        if (collation is null || to["collation_connection"] != collation)
            WriteName(writer, to, "collation_connection");
        return true;
    }

    // Sessions of servers that were not asked for it: SET NAMES is what makes all three alike.
    private static string? CollationOfResults(SessionSettings settings) => settings[CollationTable.OfResults]
        ?? (settings["character_set_client"] is { } charset && settings["character_set_connection"] == charset
            && settings["character_set_results"] == charset ? settings["collation_connection"] : null);

    private static void WriteName(PacketWriter writer, SessionSettings to, string name)
    {
        if (to[name] is { } value)
            WriteAssignment(writer, new(name, value));
        else
            WriteDefault(writer, name);
    }

    private static bool SameNames(SessionSettings from, SessionSettings to) =>
        from["character_set_client"] == to["character_set_client"] && from["character_set_connection"] == to["character_set_connection"]
        && from["character_set_results"] == to["character_set_results"] && from["collation_connection"] == to["collation_connection"]
        && from[CollationTable.OfResults] == to[CollationTable.OfResults];

    private static bool IsName(string name) => name is "character_set_client" or "character_set_connection"
        or "character_set_results" or "collation_connection";

    // MySQL (5.6 to 9.7) takes DEFAULT for OFF at these two, whatever their default is; MariaDB does not. Of all variables that
    // a session can set, they are the only ones that DEFAULT does not bring back to where a login begins.
    private static void WriteDefault(PacketWriter writer, string name)
    {
        writer.Text(name);
        if (name is "foreign_key_checks" or "unique_checks")
            writer.Raw("=@@global."u8).Text(name).Raw(","u8);
        else
            writer.Raw("=DEFAULT,"u8);
    }

    private static void WriteAssignment(PacketWriter writer, SessionVariable variable)
    {
        writer.Text(variable.Name).Raw("="u8);
        var value = variable.Value;
        if (IsNumber(value))
            writer.Text(value);
        else if (value == "DEFAULT" && variable.Name == "system_versioning_asof")
            writer.Raw("DEFAULT"u8); // What MariaDB reports for the rows of now, and takes as a word only.
        else if (value == SessionSettings.Global)
            writer.Raw("@@global."u8).Text(variable.Name);
        else if (value.Length == 0)
            writer.Raw(IsNullOrSomething(variable.Name) ? "NULL"u8 : "''"u8); // NULL is reported as nothing.
        else if (!value.AsSpan().ContainsAnyExcept(s_plain))
            writer.Raw("'"u8).Text(value).Raw("'"u8);
        else
            writer.Raw("_utf8 0x"u8).Text(Convert.ToHexString(Encoding.UTF8.GetBytes(value)));
        writer.Raw(","u8);
    }

    // Of all that a session can set, those that may be NULL, and refuse an empty string: tried on MariaDB 10.11, MySQL 9.7 and 5.6.
    private static bool IsNullOrSomething(string name) => name is "character_set_results" or "default_tmp_storage_engine"
        or "enforce_storage_engine" or "innodb_ft_user_stopword_table" or "innodb_tmpdir" or "external_table_storage_engine"
        or "external_table_secondary_storage_engine";

    // Variables of numbers refuse strings and the others refuse numbers; a server reports numbers in this form only.
    private static bool IsNumber(string value) =>
        value.Length is > 0 and < 32 && !value.AsSpan().TrimStart('-').ContainsAnyExcept(s_digits)
        && double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
}
