using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Seawall.Engine.Facts.Accounts;
using Seawall.MySql.Passwords;

namespace Seawall.Control.Settings;

/// <summary>A password that was read.</summary>
/// <param name="Secrets">The password.</param>
/// <param name="Mark">Differs when the password does; means nothing outside the process.</param>
internal sealed record PasswordReading(LearntSecrets Secrets, ulong Mark);

/// <summary>
/// Gets passwords from where a section says they are: in the file, in a file of their own, in an environment variable.
/// No message of this class has a password in it.
/// </summary>
internal sealed class PasswordReader
{
    /// <summary>The keys of which a section has at most one.</summary>
    internal static ImmutableArray<string> Keys { get; } = ["password", "password_file", "password_env"];

    // A key of the process's own: a mark that leaks into a log says nothing of the password.
    private readonly byte[] _markKey = RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes);

    /// <summary>
    /// The password of a section; null, with a problem unless it is <paramref name="isOptional"/> and simply not there.
    /// <paramref name="key"/> is the key that the problem is about.
    /// </summary>
    internal PasswordReading? Read(SettingsSection section, SettingsSource source, bool isOptional, out string key,
        out string problem)
    {
        var set = Keys.Where(section.Has).ToArray();
        key = set.FirstOrDefault("");
        problem = set.Length switch
        {
            0 when !isOptional => $"{section.Name} has no password: set password_file, password_env or password",
            > 1 => $"{section.Name} has {string.Join(" and ", set)}: set one of them",
            _ => "",
        };
        if (set.Length != 1)
            return null;
        var bytes = key switch
        {
            "password" => FromSettings(section, source, ref problem),
            "password_file" => FromFile(Path.Combine(source.Folder, section.Text("password_file")), ref problem),
            _ => FromEnvironment(section.Text("password_env"), ref problem),
        };
        if (bytes is null)
        {
            problem = $"{section.Name}.{key}: {problem}";
            return null;
        }
        var secrets = new LearntSecrets();
        secrets.LearnPassword(bytes);
        var mark = BinaryPrimitives.ReadUInt64LittleEndian(HMACSHA256.HashData(_markKey, bytes));
        CryptographicOperations.ZeroMemory(bytes);
        return new PasswordReading(secrets, mark);
    }

    private static byte[]? FromSettings(SettingsSection section, SettingsSource source, ref string problem)
    {
        if (source.Path is { } path && FileProblems.OthersCanRead(path))
        {
            problem = $"{source.Name} holds a password, and every user of this machine can read it; run: chmod 600 {path}";
            return null;
        }
        return Checked(Encoding.UTF8.GetBytes(section.Text("password")), ref problem);
    }

    private static byte[]? FromEnvironment(string name, ref string problem)
    {
        if (name.Length > 0 && Environment.GetEnvironmentVariable(name) is { } value)
            return Checked(Encoding.UTF8.GetBytes(value), ref problem);
        problem = $"there is no environment variable \"{name}\"";
        return null;
    }

    private static byte[]? FromFile(string path, ref string problem)
    {
        if (FileProblems.OthersCanRead(path))
        {
            problem = $"every user of this machine can read {path}; run: chmod 600 {path}";
            return null;
        }
        // Room for the longest password, an end of line, and one byte to see that there is more.
        Span<byte> bytes = stackalloc byte[Secret.LengthMax + 3];
        int length;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            problem = FileProblems.Describe(failure, path);
            return null;
        }
        var password = bytes[..length];
        // One end of line is the editor's; anything else is the password's own.
        if (password is [.., (byte)'\n'])
            password = password[..^1];
        if (password is [.., (byte)'\r'])
            password = password[..^1];
        var copy = password.ToArray();
        bytes.Clear();
        if (copy.Length > 0)
            return Checked(copy, ref problem);
        problem = $"{path} is empty";
        return null;
    }

    private static byte[]? Checked(byte[] password, ref string problem)
    {
        if (password.Length <= Secret.LengthMax && !password.Contains((byte)0))
            return password;
        problem = password.Length > Secret.LengthMax
            ? $"the password has {password.Length} bytes, and {Secret.LengthMax} is the most"
            : "the password has a zero byte in it, which no client can send";
        CryptographicOperations.ZeroMemory(password);
        return null;
    }
}
