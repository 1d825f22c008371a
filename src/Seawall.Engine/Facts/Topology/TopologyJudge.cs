using System.Collections.Immutable;
using System.Globalization;

namespace Seawall.Engine.Facts.Topology;

/// <summary>
/// Makes of what all servers say which of them is the primary. Pure. What is in doubt changes nothing: a server that was the primary
/// stays it until something is known that contradicts that, and writes never go to two.
/// </summary>
public static class TopologyJudge
{
    /// <summary>What was heard longer ago may be otherwise: ten looks were missed.</summary>
    public const int OldMs = 10_000;

    /// <summary>How long a primary may be away before statements are held: a monitoring connection that was lost is replaced sooner.</summary>
    public const int AwayMs = 500;

    /// <summary>How long it must have been away before another takes its place: two looks.</summary>
    public const int ReplaceMs = 2_000;

    /// <summary>The topology now; <paramref name="before"/> itself when nothing has changed.</summary>
    public static TopologyFacts Judge(IReadOnlyList<ServerFacts> servers, TopologyFacts before, long nowMs)
    {
        var members = servers.Select(server => MemberOf(server, servers, nowMs)).ToImmutableArray();
        var (state, primary, cause) = servers.FirstOrDefault(server => server is { IsRoleFixed: true, Role: ServerRole.Primary }) is { } named
            ? named.Duty is { } taken
                ? (PrimaryState.None, named.Id, $"'{named.Id}' was taken out by {taken.By} ({taken.Word})")
                : (PrimaryState.Fixed, named.Id, "servers.role = \"primary\"")
            : Find(servers, members, before, nowMs);
        var isSame = state == before.State && primary == before.Primary;
        if (isSame && cause == before.Cause && members.SequenceEqual(before.Members))
            return before;
        return new TopologyFacts
        {
            State = state,
            Primary = primary,
            // That a server is the primary has the cause that it had when it became it.
            Cause = isSame && state == PrimaryState.Found && before.Cause.Length > 0 ? before.Cause : cause,
            Epoch = isSame ? before.Epoch : before.Epoch + 1,
            Members = members,
        };
    }

    private static (PrimaryState State, ServerId? Primary, string Cause) Find(
        IReadOnlyList<ServerFacts> servers, ImmutableArray<TopologyMember> members, TopologyFacts before, long nowMs)
    {
        if (servers.Count == 0)
            return (PrimaryState.Fixed, null, "no server is named");
        var was = before.Primary is { } id ? members.FirstOrDefault(member => member.Id == id) : null;
        var able = members.Where((member, i) => servers[i] is { IsRoleFixed: false, Duty: null } && IsAble(member, servers[i], members)
            && (member == was || !IsLost(servers[i]))).ToArray();
        if (able.Length > 1)
        {
            var both = string.Join(" and ", able.Select(member => $"'{member.Id}'"));
            return (PrimaryState.Split, before.Primary,
                $"{both} take writes and follow no server of the set: make all but one read-only, or name one with servers.role");
        }
        if (was is null)
            return FirstOne(servers, members, able);
        var now = servers.First(server => server.Id == was.Id);
        var awayMs = now.UnwellSinceMs is { } since ? nowMs - since : 0;
        if (able is [var one])
        {
            if (one == was)
                return (PrimaryState.Found, was.Id, before.State == PrimaryState.Found ? before.Cause : "it takes writes again");
            if (was.State is MemberState.Hung or MemberState.Down)
                return Replace(was, one, awayMs);
            if (now.Duty is not null)
                return (PrimaryState.Found, one.Id, $"it takes writes and follows nobody, and '{was.Id}' was taken out");
            if (was is { State: MemberState.Up, IsWritable: false } or { State: MemberState.Up, Follows: not null })
                return (PrimaryState.Found, one.Id, $"it takes writes, and '{was.Id}' {Standing(was)}");
        }
        if (now.Duty is { } duty)
            return (PrimaryState.None, was.Id, $"'{was.Id}' was taken out by {duty.By} ({duty.Word}), and no other server takes writes and follows nobody");
        if (was.State == MemberState.Down && awayMs >= AwayMs)
            return (PrimaryState.None, was.Id, $"'{was.Id}' {Standing(was)}, and no other server takes writes and follows nobody");
        if (was is { State: MemberState.Up, IsWritable: false } or { State: MemberState.Up, IsWritable: true, Follows: not null })
            return (PrimaryState.None, was.Id, $"'{was.Id}' {Standing(was)}, and no other server takes writes and follows nobody");
        // It was not heard, or for too short a time: nothing changes.
        return before.State == PrimaryState.Fixed
            ? (PrimaryState.Found, was.Id, "it was named by servers.role") : (before.State, was.Id, before.Cause);
    }

    private static (PrimaryState State, ServerId? Primary, string Cause) Replace(TopologyMember was, TopologyMember one, long awayMs) =>
        one.Replication == ReplicationState.Unknown
            ? (PrimaryState.None, was.Id, $"'{was.Id}' {Standing(was)}; '{one.Id}' takes writes, but may be a replica: its replication cannot be seen")
            : awayMs < ReplaceMs
                ? (PrimaryState.None, was.Id, $"'{was.Id}' {Standing(was)}; '{one.Id}' takes writes since")
                : (PrimaryState.Found, one.Id, string.Create(CultureInfo.InvariantCulture,
                    $"it takes writes and follows nobody, and '{was.Id}' {Standing(was)}"));

    // At the start nothing is decided before all have been heard or given up: one that is not there yet may be the primary.
    private static (PrimaryState State, ServerId? Primary, string Cause) FirstOne(
        IReadOnlyList<ServerFacts> servers, ImmutableArray<TopologyMember> members, TopologyMember[] able)
    {
        var unheard = members.Where((member, i) => member.State == MemberState.Unknown && servers[i] is { IsRoleFixed: false, Duty: null }).ToArray();
        if (unheard.Length > 0)
            return (PrimaryState.Unknown, null, $"not heard yet: {string.Join(", ", unheard.Select(member => $"'{member.Id}'"))}");
        if (able is [var one])
            return (PrimaryState.Found, one.Id, "it is the one that takes writes");
        return (PrimaryState.None, null, string.Join("; ", members.Select(member => $"'{member.Id}' {Standing(member)}")));
    }

    // It takes writes, and is not merely a replica that nobody has made read-only. Two that follow each other are one pair, of which the
    // one that takes writes is meant; a replica that was stopped is another primary once its source takes no writes.
    private static bool IsAble(TopologyMember member, ServerFacts server, ImmutableArray<TopologyMember> members)
    {
        if (member is not { State: MemberState.Up, IsWritable: true })
            return false;
        if (member.Follows is not { } id)
            return true;
        var source = members.First(other => other.Id == id);
        return source is { State: MemberState.Up, IsWritable: false } && (source.Follows == member.Id
            || server.Replication.Sources.All(follows => follows.IsStopped));
    }

    // It follows somebody who may be one of the others: it has not reached him, and has only a name.
    private static bool IsLost(ServerFacts server) =>
        server.Replication.Sources.Any(source => source is { Receives: false, ServerId: 0, Uuid: "" });

    /// <summary>How a server is, for messages: behind its name.</summary>
    public static string Standing(TopologyMember member) => member switch
    {
        { State: MemberState.Unknown } => "was not heard",
        { State: MemberState.Down } => "cannot be reached",
        { State: MemberState.Hung } => "does not answer",
        { IsWritable: false, Follows: { } source } => $"is read-only and follows '{source}'",
        { IsWritable: false } => "is read-only",
        { Follows: { } source } => $"follows '{source}'",
        { IsWritable: null } => "does not say whether it is read-only",
        { IsWritable: true } => "takes writes",
    };

    private static TopologyMember MemberOf(ServerFacts server, IReadOnlyList<ServerFacts> all, long nowMs)
    {
        var sources = server.Replication.Sources;
        var follows = sources.Select(source => all.FirstOrDefault(other => other.Id != server.Id && Is(other, source)))
            .FirstOrDefault(other => other is not null);
        return new TopologyMember(server.Id, StateOf(server, nowMs), server.IsReadOnly is { } isReadOnly ? !isReadOnly : null, follows?.Id,
            sources.IsEmpty ? "" : string.Create(CultureInfo.InvariantCulture, $"{sources[0].Host}:{sources[0].Port}"), server.Replication.State);
    }

    private static MemberState StateOf(ServerFacts server, long nowMs)
    {
        switch (server.Absence)
        {
            case ServerAbsence.Unreachable:
                return MemberState.Down;
            case ServerAbsence.Silent:
                return MemberState.Hung;
            case ServerAbsence.Refusing:
                return MemberState.Unknown;
            case ServerAbsence.None:
                break;
        }
        if (server.SeenAtMs is not { } seenMs)
            return server.Health == ServerHealth.Up ? MemberState.Up : MemberState.Unknown;
        return nowMs - seenMs > OldMs ? MemberState.Unknown : MemberState.Up;
    }

    // By what it is first: a name may be another one in the servers' network.
    private static bool Is(ServerFacts server, SourceFacts source)
    {
        if (source.Uuid.Length > 0 && server.Uuid.Length > 0)
            return source.Uuid.Equals(server.Uuid, StringComparison.OrdinalIgnoreCase);
        if (source.ServerId > 0 && server.ServerNumber > 0)
            return source.ServerId == server.ServerNumber;
        var host = source.Host.Contains(':', StringComparison.Ordinal) ? $"[{source.Host}]" : source.Host;
        var place = string.Create(CultureInfo.InvariantCulture, $"{host}:{source.Port}");
        return place.Equals(server.Endpoint.Text, StringComparison.OrdinalIgnoreCase)
            || place.Equals(server.Address, StringComparison.OrdinalIgnoreCase);
    }
}
