using Seawall.Fuzz.Run;

namespace Seawall.Fuzz.Targets;

/// <summary>Everything in Seawall that takes bytes of strangers.</summary>
public static class AllTargets
{
    /// <summary>In the order in which they are tried.</summary>
    public static IReadOnlyList<FuzzTarget> List { get; } =
    [
        .. HandshakeTargets.List, .. ResultTargets.List, TrackerTarget.It, .. FrameTargets.List, .. SqlTargets.List,
        .. PasswordTargets.List, .. ControlTargets.List, .. CaptureTargets.List, .. ImportTargets.List, HostileClient.Target, HostileClient.Compressed,
        HostileServer.Target, HostileServer.Compressed, HostileAdmin.Target,
    ];
}
