using System.Text.Json;

namespace Seawall.Engine.Watch;

/// <summary>
/// What MariaDB's <c>mysql.global_priv</c> says of an account besides its passwords. The numbers of <c>ssl_type</c> are those of
/// the server's <c>enum SSL_type</c>: 0 none, 1 any, 2 X509, 3 specified.
/// </summary>
internal readonly record struct MariaDbAccountFlags(
    bool IsLocked, bool IsExpired, bool RequiresTls, bool RequiresCertificate, bool HasDefaultRole)
{
    /// <summary>Reads the JSON; what makes no sense counts as locked, since nothing good can be said of it.</summary>
    internal static MariaDbAccountFlags Read(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            var ssl = Number(root, "ssl_type");
            // password_last_changed = 0 means: expired by hand.
            return new(Flag(root, "account_locked"), Number(root, "password_last_changed") == 0, ssl > 0, ssl >= 2,
                root.TryGetProperty("default_role", out var role) && role.ValueKind != JsonValueKind.Null && role.ToString().Length > 0);
        }
        catch (JsonException)
        {
            return new(IsLocked: true, false, false, false, HasDefaultRole: true);
        }
    }

    private static bool Flag(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static long Number(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt64(out var number) ? number : name == "password_last_changed" ? -1 : 0;
}
