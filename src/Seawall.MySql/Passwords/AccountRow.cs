using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Seawall.MySql.Passwords;

/// <summary>
/// Reads the passwords of an account from the row that a server keeps of it, in the three shapes that exist. Whether
/// the account is locked or expired is another column, and the caller's to look at: MySQL keeps a role as a locked
/// account with an empty password.
/// </summary>
public static class AccountRow
{
    // MariaDB's grammar allows any number; nobody uses more than three. A row with more is not read rather than half
    // read.
    private const int MethodsMax = 16;

    /// <summary>
    /// <c>plugin</c>, <c>authentication_string</c> and <c>Password</c> of mysql.user, in MySQL up to 5.6 and MariaDB up
    /// to 10.3. A native hash is in <c>Password</c>, and that column wins.
    /// </summary>
    /// <remarks>
    /// An empty <c>Password</c> beside a hash in <c>authentication_string</c> is read differently by servers: MySQL
    /// 5.6.24 admits without a password then (tried). Here the hash counts, because the careful reading is the safe
    /// one.
    /// </remarks>
    public static StoredPassword ReadWithPasswordColumn(
        ReadOnlySpan<byte> plugin, ReadOnlySpan<byte> authenticationString, ReadOnlySpan<byte> password)
    {
        var isNative = plugin.IsEmpty || Ascii.EqualsIgnoreCase(plugin, NativePassword.PluginName);
        return StoredPassword.Read(plugin, isNative && !password.IsEmpty ? password : authenticationString);
    }

    /// <summary>
    /// <c>plugin</c>, <c>authentication_string</c> and <c>User_attributes</c> of mysql.user, in MySQL from 5.7; the
    /// last is empty where it is NULL or does not exist. An account under rotation has a second password (8.0.14 and
    /// later); one with a second factor (8.0.27 and later) is not for Seawall to check, and a first factor alone must
    /// not pass.
    /// </summary>
    /// <remarks>
    /// <see href="https://dev.mysql.com/doc/refman/8.4/en/password-management.html#dual-passwords"/>,
    /// <see href="https://dev.mysql.com/doc/refman/8.4/en/multifactor-authentication.html"/>.
    /// </remarks>
    public static bool TryReadMySql(
        ReadOnlySpan<byte> plugin,
        ReadOnlySpan<byte> authenticationString,
        ReadOnlySpan<byte> userAttributes,
        out ImmutableArray<StoredPassword> passwords)
    {
        passwords = [];
        if (!TryReadUserAttributes(userAttributes, out var additional, out var hasMoreFactors))
            return false;
        if (hasMoreFactors)
        {
            passwords = [StoredPassword.Unsupported("multi_factor_authentication")];
            return true;
        }

        var password = StoredPassword.Read(plugin, authenticationString);
        passwords = string.IsNullOrEmpty(additional)
            ? [password]
            : [password, StoredPassword.Read(plugin, Encoding.UTF8.GetBytes(additional))];
        return true;
    }

    /// <summary>
    /// <c>Priv</c> of mysql.global_priv, in MariaDB from 10.4: any of the passwords admits, in this order. Empty for a
    /// role, which nobody can log in to; false if the text is not such a row.
    /// </summary>
    /// <remarks>
    /// <see href="https://mariadb.com/kb/en/mysqlglobal_priv-table/"/>. Of several methods, one stands at the top and
    /// is an empty object in <c>auth_or</c>, the others stand in <c>auth_or</c>. A row without plugin is native, and
    /// without <c>authentication_string</c> has no password (both seen on 10.11.19).
    /// </remarks>
    public static bool TryReadMariaDb(ReadOnlySpan<byte> priv, out ImmutableArray<StoredPassword> passwords)
    {
        passwords = [];
        var methods = ImmutableArray.CreateBuilder<Method>();
        try
        {
            var reader = new Utf8JsonReader(priv);
            if (!reader.Read() || !TryReadMethod(ref reader, methods, out var top, out var isRole) || reader.Read())
                return false;
            if (isRole)
                return true;
            if (methods.Count == 0)
                methods.Add(default);

            passwords = [.. methods.Select(method => (method == default ? top : method).ToPassword())];
            return true;
        }
        catch (Exception refused) when (refused is JsonException or InvalidOperationException)
        {
            // The reader throws the first for bad JSON and the second for strings that are no UTF-8.
            return false;
        }
    }

    // The object at the top and those in auth_or have the same shape; only the first may hold the second.
    private static bool TryReadMethod(
        ref Utf8JsonReader reader, ImmutableArray<Method>.Builder? methods, out Method method, out bool isRole)
    {
        method = default;
        isRole = false;
        if (reader.TokenType != JsonTokenType.StartObject)
            return false;

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("plugin"u8))
            {
                method = method with { Plugin = ReadString(ref reader) };
            }
            else if (reader.ValueTextEquals("authentication_string"u8))
            {
                method = method with { Stored = ReadString(ref reader) };
            }
            else if (methods is not null && reader.ValueTextEquals("auth_or"u8))
            {
                if (!TryReadMethods(ref reader, methods))
                    return false;
            }
            else
            {
                var saysRole = reader.ValueTextEquals("is_role"u8);
                reader.Read();
                isRole |= saysRole && reader.TokenType == JsonTokenType.True;
                reader.Skip();
            }
        }

        return true;
    }

    private static bool TryReadMethods(ref Utf8JsonReader reader, ImmutableArray<Method>.Builder methods)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
            return false;

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (methods.Count == MethodsMax || !TryReadMethod(ref reader, null, out var method, out _))
                return false;
            methods.Add(method);
        }

        return true;
    }

    private static bool TryReadUserAttributes(ReadOnlySpan<byte> json, out string? additional, out bool hasMoreFactors)
    {
        additional = null;
        hasMoreFactors = false;
        if (json.IsEmpty)
            return true;

        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("additional_password"u8))
                {
                    additional = ReadString(ref reader);
                }
                else
                {
                    hasMoreFactors |= reader.ValueTextEquals("multi_factor_authentication"u8);
                    reader.Skip();
                }
            }

            return !reader.Read();
        }
        catch (Exception refused) when (refused is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static string? ReadString(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.GetString();
    }

    private readonly record struct Method(string? Plugin, string? Stored)
    {
        public StoredPassword ToPassword() =>
            StoredPassword.Read(Encoding.UTF8.GetBytes(Plugin ?? ""), Encoding.UTF8.GetBytes(Stored ?? ""));
    }
}
