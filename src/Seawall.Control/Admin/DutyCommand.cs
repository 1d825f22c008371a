using System.Globalization;
using Seawall.Engine;
using Seawall.Engine.Facts.Topology;
using Seawall.MySql.Results;

namespace Seawall.Control.Admin;

/// <summary>What <c>DRAIN SERVER</c>, <c>EJECT SERVER</c> and <c>ADMIT SERVER</c> ask for.</summary>
/// <param name="Server">The server.</param>
/// <param name="Time">Within what time, or for how long; null when nobody has said.</param>
/// <param name="IsForced">Whether also the primary.</param>
internal sealed record DutyCommand(string Server, TimeSpan? Time, bool IsForced)
{
    internal const string DrainTail = "name [WITHIN n SECONDS] [FORCE]";
    internal const string EjectTail = "name [FOR n MINUTES] [FORCE]";
    internal const string NameTail = "name";
    internal const string RemoveTail = "name [FORCE]";

    /// <summary>It as it was understood, for the log.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"'{Server}'{(Time is { } time ? $" {time.TotalSeconds:0} s" : "")}{(IsForced ? " FORCE" : "")}");

    /// <summary>Reads what follows the name; null, with a problem in words, when it does not fit.</summary>
    internal static DutyCommand? Read(string name, string tail, ReadOnlySpan<AdminToken> rest, out string problem)
    {
        problem = $"{name} {tail}; SHOW SERVERS has the names (with a \"-\" in it, in quotes)";
        if (rest is not [{ Kind: not AdminTokenKind.Sign } server, ..])
            return null;
        rest = rest[1..];
        TimeSpan? time = null;
        var preposition = tail switch { DrainTail => "WITHIN", EjectTail => "FOR", _ => "" };
        if (preposition.Length > 0 && rest is [var word, ..] && word.Is(preposition))
        {
            if (!BrownoutCommand.TryReadTime(rest[1..], out var read) || read <= TimeSpan.Zero || read > TimeSpan.FromDays(7))
                return null;
            time = read;
            rest = rest[3..];
        }
        var isForced = tail.Contains("FORCE", StringComparison.Ordinal) && rest is [var force, ..] && force.Is("FORCE");
        return rest[(isForced ? 1 : 0)..].IsEmpty ? new(server.Text, time, isForced) : null;
    }

    /// <summary>Takes a server out.</summary>
    internal AdminReply TakeOut(SeawallEngine engine, ServerDuty duty, string by) => Reply(engine.Duties.TakeOut(Server, duty, Time, IsForced, by));

    /// <summary>Lets it in again.</summary>
    internal AdminReply Admit(SeawallEngine engine, string by) => Reply(engine.Duties.Admit(Server, by));

    internal static AdminReply Reply(DutyResult result) =>
        result.IsDone ? new AdminDone(result.Words) : new AdminRefusal(SqlError.WrongArguments, result.Words);
}

/// <summary>What <c>ADD SERVER</c> asks for.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Where it is.</param>
/// <param name="Like">The server whose other settings it has; null: the first.</param>
/// <param name="Role">Its role, by the word of the settings; null: that of the other.</param>
internal sealed record AddServerCommand(string Name, string Address, string? Like, string? Role)
{
    internal const string Tail = "name AT 'address' [LIKE name] [AS { AUTO | REPLICA }]";

    /// <summary>It as it was understood, for the log.</summary>
    public override string ToString() => $"'{Name}' AT '{Address}'";

    /// <summary>Reads what follows the name; null, with a problem in words, when it does not fit.</summary>
    internal static AddServerCommand? Read(ReadOnlySpan<AdminToken> rest, out string problem)
    {
        problem = $"ADD SERVER {Tail}";
        if (rest is not [{ Kind: not AdminTokenKind.Sign } name, var at, { Kind: AdminTokenKind.Quoted } address, ..] || !at.Is("AT"))
            return null;
        rest = rest[3..];
        string? like = null, role = null;
        if (rest is [var word, { Kind: not AdminTokenKind.Sign } other, ..] && word.Is("LIKE"))
        {
            like = other.Text;
            rest = rest[2..];
        }
        if (rest is [var @as, var what, ..] && @as.Is("AS") && (what.Is("AUTO") || what.Is("REPLICA")))
        {
            role = what.Text.ToLowerInvariant();
            rest = rest[2..];
        }
        return rest.IsEmpty ? new(name.Text, address.Text, like, role) : null;
    }
}
