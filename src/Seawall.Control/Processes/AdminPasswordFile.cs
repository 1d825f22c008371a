using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Loops;

namespace Seawall.Control.Processes;

/// <summary>
/// The random password of the admin port, for a start without one in the settings: in a client option file that its
/// user alone can read, so that <c>mariadb --defaults-file=PATH</c> works at once and nothing stays open to other users
/// of the machine.
/// </summary>
internal sealed class AdminPasswordFile : IDisposable
{
    private const string Name = "seawall-admin.cnf";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnersFolder = OwnerOnly | UnixFileMode.UserExecute;

    private AdminPasswordFile(string path, LearntSecrets password)
    {
        Path = path;
        Password = password;
    }

    /// <summary>Where the file is.</summary>
    internal string Path { get; }

    /// <summary>The password.</summary>
    internal LearntSecrets Password { get; }

    /// <summary>
    /// Makes a password and writes the file. Throws <see cref="IOException"/> or <see
    /// cref="UnauthorizedAccessException"/> when no folder can be had.
    /// </summary>
    internal static AdminPasswordFile Write(AdminOptions admin) => Write(admin, ParentFolder());

    /// <summary>The same, in a folder below <paramref name="parent"/> if that can be trusted.</summary>
    internal static AdminPasswordFile Write(AdminOptions admin, string parent)
    {
        Span<byte> random = stackalloc byte[24]; // 192 bits: nobody guesses them, and they are 32 letters.
        RandomNumberGenerator.Fill(random);
        Span<byte> password = stackalloc byte[32];
        _ = Base64Url.EncodeToUtf8(random, password, out _, out _);
        var path = System.IO.Path.Combine(PrivateFolder(parent, PortOf(admin.Listen)), Name);
        Replace(path, Contents(admin, password));
        var secrets = new LearntSecrets();
        secrets.LearnPassword(password);
        password.Clear();
        return new AdminPasswordFile(path, secrets);
    }

    /// <summary>Removes the file, and its folder when nothing else is in it.</summary>
    public void Dispose()
    {
        try
        {
            File.Delete(Path);
            Directory.Delete(System.IO.Path.GetDirectoryName(Path)!);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // It held the password of a port that is closed now; whatever keeps it there harms nobody.
        }
    }

    private static byte[] Contents(AdminOptions admin, ReadOnlySpan<byte> password)
    {
        var where = admin.Listen.IsUnix
            ? $"protocol=socket\nsocket={admin.Listen.Text}\n"
            : $"protocol=tcp\nhost={HostOf(admin.Listen)}\nport={PortOf(admin.Listen)}\n";
        // The password comes from letters that need no quotes.
        return [.. Encoding.UTF8.GetBytes($"[client]\n{where}user={admin.User}\npassword="), .. password, (byte)'\n'];
    }

    private static string ParentFolder()
    {
        var runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        return runtime is { Length: > 0 } && FileStatus.Of(runtime) is { IsFolder: true, IsPrivate: true }
            ? runtime
            : System.IO.Path.GetTempPath();
    }

    // Ours, and nobody else's: a folder in /tmp may have been put there by somebody who waits for us.
    private static string PrivateFolder(string parent, string port)
    {
        var folder = System.IO.Path.Combine(parent,
            string.Create(CultureInfo.InvariantCulture, $"seawall-{FileStatus.UserId}-{port}"));
        try
        {
            MakeFolder(folder);
            if (FileStatus.Of(folder) is { IsFolder: true, IsPrivate: true })
                return folder;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Something else has that name; the next one is nobody's yet.
        }
        return Directory.CreateTempSubdirectory("seawall-").FullName;
    }

    private static void MakeFolder(string folder)
    {
        if (!OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder, OwnersFolder);
    }

    // Written beside and moved into place: whoever reads it sees a whole file, with its rights from its first moment.
    private static void Replace(string path, byte[] contents)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        var beside = $"{path}.{Guid.NewGuid():N}";
        using (var file = new FileStream(beside, options))
            file.Write(contents);
        CryptographicOperations.ZeroMemory(contents);
        File.Move(beside, path, overwrite: true);
    }

    private static string HostOf(Endpoint endpoint)
    {
        var address = IPEndPoint.Parse(endpoint.Text).Address;
        return address.Equals(IPAddress.Any) ? "127.0.0.1" : address.Equals(IPAddress.IPv6Any) ? "::1"
            : address.ToString();
    }

    private static string PortOf(Endpoint endpoint) => endpoint.IsUnix
        ? System.IO.Path.GetFileNameWithoutExtension(endpoint.Text)
        : IPEndPoint.Parse(endpoint.Text).Port.ToString(CultureInfo.InvariantCulture);
}
