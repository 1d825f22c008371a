using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow.Clients;

/// <summary>What Seawall itself says to a client, in the form that the client's capabilities ask for.</summary>
internal static class ClientReplies
{
    /// <summary>What the client of a statement hears that somebody has ended before it was sent.</summary>
    internal const string Interrupted = "Query execution was interrupted [seawall: the statement did not run]";

    /// <summary>"Done", with nothing further to say but, perhaps, words for people.</summary>
    internal static bool SendOk(Session session, byte sequence, ushort warnings = 0, ReadOnlySpan<byte> info = default) =>
        session.Wire.Send(WriteOk(session.Wire.Loop.Writer.Clear(), session, sequence, warnings, info: info).Bytes);

    /// <summary>
    /// An error. <paramref name="hasAllWords"/>: its words are as the client is to have them already, because a server has said it, or because it
    /// answers a login, whose own character set it comes in.
    /// </summary>
    internal static bool SendError(Session session, byte sequence, SqlError error, string message, bool hasAllWords = false)
    {
        var writer = session.Wire.Loop.Writer.Clear().Begin(sequence);
        ErrPacket.Write(writer, LibMariaDb.Hears(session, error), hasAllWords ? message : Hears(session, message));
        return session.Wire.Send(writer.End().Bytes);
    }

    // With results in a character set of two or four bytes for a letter servers take the first zero for the end of an error's words. What no
    // server would say is told all the same: a client reads it as what it is. Such words name Seawall, and all others that come here no schema.
    private static string Hears(Session session, string message) => session.Settings?["character_set_results"] switch
    {
        "ucs2" or "utf16" or "utf32" when !IsOwn(message) => "",
        "utf16le" when !IsOwn(message) => message[..Math.Min(message.Length, 1)],
        _ => message,
    };

    private static bool IsOwn(string message) => message.Contains("seawall", StringComparison.OrdinalIgnoreCase);

    /// <summary>The answer to COM_SET_OPTION, which is an EOF packet in one dialect and an OK packet in the other.</summary>
    internal static bool SendEnd(Session session, byte sequence, ushort warnings)
    {
        var writer = session.Wire.Loop.Writer.Clear().Begin(sequence);
        if (session.WantsEof)
            EofPacket.Write(writer, warnings, StatusOf(session));
        else
        {
            Span<byte> changes = stackalloc byte[SessionChangeFilter.LengthMax];
            var length = WriteOwed(session, changes);
            OkPacket.Write(
                writer, OkPacket.EndHeader, 0, 0, StatusOf(session), warnings, default, changes[..length], session.Capabilities);
        }
        return session.Wire.Send(writer.End().Bytes);
    }

    /// <summary>"Done"; a session that has just begun is told its schema, if it wants to hear what changes.</summary>
    internal static PacketWriter WriteOk(
        PacketWriter writer, Session session, byte sequence, ushort warnings = 0, bool isBeginning = false,
        ReadOnlySpan<byte> info = default)
    {
        Span<byte> changes = stackalloc byte[SessionChangeFilter.LengthMax];
        var length = isBeginning && session.TracksSession && session.Settings.Schema is { } schema
            ? SessionChangeFilter.WriteSchema(schema, changes)
            : WriteOwed(session, changes);
        writer.Begin(sequence);
        OkPacket.Write(
            writer, OkPacket.Header, 0, 0, StatusOf(session), warnings, info, changes[..length], session.Capabilities);
        return writer.End();
    }

    private static int WriteOwed(Session session, Span<byte> changes) =>
        SessionChangeFilter.Write(OwedReport.Settle(session, default), session.Tracking, changes);

    // The other flags are about the statement before.
    private static ServerStatus StatusOf(Session session) => session.Status & ServerStatus.OfSession;

    /// <summary>What is said before a greeting can be: an error in its place, in the form of before 4.1.</summary>
    internal static void SendInPlaceOfGreeting(Loops.Wire wire, SqlError error, string message)
    {
        var writer = wire.Loop.Writer.Clear().Begin(0);
        ErrPacket.Write(writer, error, message, withState: false);
        wire.Send(writer.End().Bytes);
    }

    /// <summary>The capabilities that Seawall can speak to clients; a greeting offers those that the servers have too.</summary>
    internal const Capabilities Spoken =
        Capabilities.ClientMySql | Capabilities.FoundRows | Capabilities.LongFlag | Capabilities.ConnectWithSchema
        | Capabilities.LocalFiles
        | Capabilities.Odbc | Capabilities.IgnoreSpace | Capabilities.Protocol41 | Capabilities.Interactive
        | Capabilities.Transactions | Capabilities.SecureConnection | Capabilities.MultiStatements
        | Capabilities.MultiResults | Capabilities.PreparedMultiResults | Capabilities.PluginAuth
        | Capabilities.ConnectAttributes | Capabilities.PluginAuthLengthEncoded | Capabilities.SessionTrack
        | Capabilities.DeprecateEof | Capabilities.QueryAttributes | LoginForm.Written
        | Capabilities.MariaDbBulk | Capabilities.MariaDbProgress;
}
