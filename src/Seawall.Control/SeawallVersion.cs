using System.Reflection;

namespace Seawall.Control;

/// <summary>Which Seawall this is.</summary>
public static class SeawallVersion
{
    /// <summary>The version, as <c>--version</c> prints it.</summary>
    public static string Text { get; } = typeof(SeawallVersion).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}
