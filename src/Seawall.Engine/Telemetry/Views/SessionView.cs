using System.Text;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Tls;
using Seawall.MySql.Commands;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Telemetry.Views;

/// <summary>Describes a session on its own loop.</summary>
internal static class SessionView
{
    internal static ClientView Of(Session session, Loop loop)
    {
        var lease = session.Lease;
        return new ClientView
        {
            Id = session.Id,
            User = session.Account?.User,
            Peer = session.Wire.Peer,
            State = StateOf(session),
            AgeMs = loop.NowMs - session.SinceMs,
            StateMs = loop.NowMs - (IsLoggingIn(session) ? session.SinceMs : session.ActiveMs),
            Schema = IsLoggingIn(session) ? null : session.Settings.Schema,
            Server = lease is null ? null : session.Pool?.Key.Server.Name,
            ServerThread = lease?.Connection.ThreadId,
            Tls = (session.Wire as TlsWire)?.Version,
            LastStatement = Verb(session),
            Pins = session.PinReasons,
            PinnedMs = session.Pins is { Things: [var oldest, ..] } ? loop.NowMs - oldest.SinceMs : 0,
            PinnedBy = PinnedBy(session),
            Prepared = session.PreparedOrNull?.Count ?? 0,
            Loop = loop.Index,
        };
    }

    /// <summary>What people call a statement: its verb, or the command in words.</summary>
    internal static string? Word(CommandKind command, StatementKind kind) => command switch
    {
        CommandKind.Sleep => null, // No command yet: 0 is none that a client sends.
        CommandKind.Query or CommandKind.StatementExecute => SnakeCase.Of(kind),
        CommandKind.StatementPrepare => "prepare",
        CommandKind.InitDb => "use",
        _ => SnakeCase.Of(command),
    };

    private static string? Verb(Session session)
    {
        var (command, kind) = session.Current is { } current ? (current.Kind, current.Facts.Kind) : session.LastCommand;
        return Word(command, kind);
    }

    // The oldest thing of each reason speaks for it.
    private static StatementDigest?[] PinnedBy(Session session) => session.Pins is not { } pins
        ? []
        : [.. PinCatalog.All.Where(entry => (pins.Reasons & entry.Reason) != 0)
            .Select(entry => pins.Things.FirstOrDefault(thing => thing.Reason == entry.Reason).By)];

    // The end of the login is the first thing that counts as activity.
    private static bool IsLoggingIn(Session session) => session.ActiveMs == 0;

    private static ClientState StateOf(Session session)
    {
        if (IsLoggingIn(session))
            return ClientState.Login;
        if (session.Current is { } statement)
            return statement.IsWaiting ? ClientState.Waiting : ClientState.Running;
        if (session.InTransaction)
            return ClientState.InTransaction;
        return (session.PinReasons & ~PinReasons.Soft) != 0 ? ClientState.Pinned : ClientState.Idle;
    }
}

/// <summary>Writes the names of enums as metrics, tables and docs have them: <c>in_transaction</c>.</summary>
public static class SnakeCase
{
    /// <summary>The value's name.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum
    {
        var words = new StringBuilder();
        foreach (var letter in value.ToString())
        {
            if (char.IsAsciiLetterUpper(letter) && words.Length > 0)
                words.Append('_');
            words.Append(char.ToLowerInvariant(letter));
        }
        return words.ToString();
    }
}
