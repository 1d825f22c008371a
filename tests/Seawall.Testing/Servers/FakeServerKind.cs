using Seawall.MySql.Handshakes;

namespace Seawall.Testing.Servers;

/// <summary>What a <see cref="FakeServer"/> pretends to be.</summary>
/// <param name="Version">As it greets.</param>
/// <param name="Number">As executable comments have it.</param>
/// <param name="Offered">What it offers.</param>
/// <param name="Plugin">The plugin that it greets with.</param>
public sealed record FakeServerKind(string Version, int Number, Capabilities Offered, string Plugin)
{
    private const Capabilities Old =
        Capabilities.ClientMySql | Capabilities.FoundRows | Capabilities.LongFlag | Capabilities.ConnectWithSchema
        | Capabilities.LocalFiles | Capabilities.IgnoreSpace | Capabilities.Protocol41 | Capabilities.Interactive
        | Capabilities.Transactions | Capabilities.SecureConnection | Capabilities.MultiStatements
        | Capabilities.MultiResults | Capabilities.PreparedMultiResults | Capabilities.PluginAuth
        | Capabilities.ConnectAttributes | Capabilities.PluginAuthLengthEncoded | Capabilities.Compress;

    private const Capabilities New = Old | Capabilities.SessionTrack | Capabilities.DeprecateEof;

    /// <summary>Knows neither session tracking nor COM_RESET_CONNECTION, and ends columns with EOF.</summary>
    public static FakeServerKind MySql56 { get; } = new("5.6.51", 50651, Old, "mysql_native_password");

    /// <summary>A MySQL of today.</summary>
    public static FakeServerKind MySql97 { get; } =
        new("9.7.4", 90704, New | Capabilities.QueryAttributes | Capabilities.Zstd, "caching_sha2_password");

    /// <summary>A MariaDB of today: silent about <c>SET @@x</c> without a scope.</summary>
    public static FakeServerKind MariaDb1011 { get; } = new("5.5.5-10.11.19-MariaDB", 101119,
        (New & ~Capabilities.ClientMySql) | Capabilities.MariaDbProgress, "mysql_native_password");

    /// <summary>A MySQL of today that was told not to deprecate EOF packets.</summary>
    public static FakeServerKind MySql97WithEof { get; } =
        MySql97 with { Offered = MySql97.Offered & ~Capabilities.DeprecateEof };

    /// <summary>Whether it is a MariaDB.</summary>
    public bool IsMariaDb => Version.Contains("MariaDB", StringComparison.Ordinal);

    /// <summary>Whether it knows COM_RESET_CONNECTION.</summary>
    public bool CanReset => IsMariaDb || Number >= 50703;

    /// <inheritdoc/>
    public override string ToString() => Version;
}
