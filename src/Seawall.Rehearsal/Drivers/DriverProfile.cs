using Seawall.MySql.Handshakes;

namespace Seawall.Rehearsal.Drivers;

/// <summary>Whether a driver uses TLS when nobody tells it anything.</summary>
internal enum DriverTls
{
    /// <summary>Never.</summary>
    Off,

    /// <summary>Whenever the server offers it.</summary>
    Preferred,
}

/// <summary>A statement that a driver sends before the program's first one.</summary>
/// <param name="Text">As the driver writes it.</param>
/// <param name="When">When it does so, in words; empty for always.</param>
/// <param name="From">The first version of servers that get it, 80003 for 8.0.3; MariaDB passes for 5.5.5.</param>
/// <param name="Before">The first that no longer do.</param>
internal sealed record StartUpStatement(string Text, string When = "", int From = 0, int Before = int.MaxValue)
{
    /// <summary>Whether a server of this version gets it.</summary>
    public bool IsSentTo(int version) => version >= From && version < Before;
}

/// <summary>What a driver says and does from the greeting to the program's first statement.</summary>
internal sealed record DriverProfile
{
    /// <summary>What it is called on the command line.</summary>
    public required string Name { get; init; }

    /// <summary>The driver and the versions that do so, for people.</summary>
    public required string Driver { get; init; }

    /// <summary>The plugin that it begins with, whatever the greeting says; null for the greeting's, if it knows that one.</summary>
    public string? FirstPlugin { get; init; }

    /// <summary>The plugin that it begins with when it does not know the greeting's.</summary>
    public string FallbackPlugin { get; init; } = "mysql_native_password";

    /// <summary>The plugins that it can go on with.</summary>
    public required IReadOnlySet<string> Plugins { get; init; }

    /// <summary>What it asks for, of what the server offers.</summary>
    public required Capabilities Wanted { get; init; }

    /// <summary>What it says to any server, offered or not.</summary>
    public Capabilities Always { get; init; } = Capabilities.ClientMySql;

    /// <summary>The number of the collation in its login; 0 for the one that the server greets with.</summary>
    public required byte Collation { get; init; }

    /// <summary>Whether it uses TLS.</summary>
    public required DriverTls Tls { get; init; }

    /// <summary>Whether it asks a server for its RSA key without being told that it may: without TLS, a cold login fails otherwise.</summary>
    public required bool AsksForKey { get; init; }

    /// <summary>Whether it sends no proof at all when the greeting's plugin is not the one that it begins with.</summary>
    public bool IsSilentOnMismatch { get; init; }

    /// <summary>What it names itself by in <c>_client_name</c>; empty when it sends no attributes.</summary>
    public string ClientName { get; init; } = "";

    /// <summary>What it sends before the program's first statement.</summary>
    public IReadOnlyList<StartUpStatement> StartUp { get; init; } = [];

    /// <summary>The driver that takes its place when the server is replaced; null when it stays.</summary>
    public DriverProfile? Becomes { get; init; }

    /// <summary>The one that speaks to the new server.</summary>
    public DriverProfile OnNew => Becomes ?? this;

    /// <summary>For people.</summary>
    public string Title => Becomes is null ? Driver : $"{Driver}, becoming {Becomes.Driver},";

    /// <summary>Where all this is known from.</summary>
    public required string Source { get; init; }

    /// <summary>The plugin that it begins with when a server greets with <paramref name="greeted"/>.</summary>
    public string Begins(string greeted) => FirstPlugin ?? (Plugins.Contains(greeted) ? greeted : FallbackPlugin);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
