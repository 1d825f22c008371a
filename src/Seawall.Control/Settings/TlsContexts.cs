using System.Security.Cryptography;
using System.Text;
using Seawall.Engine.Loops.Tls;

namespace Seawall.Control.Settings;

/// <summary>
/// Loads what TLS is made of, and keeps it: as long as neither options nor files have changed, a reload gets the same
/// context as before, whose tickets go on resuming sessions.
/// </summary>
internal sealed class TlsContexts(TimeProvider time)
{
    private readonly Dictionary<string, (string Made, object Context)> _known = new(StringComparer.Ordinal);

    /// <summary>The context for clients, or why there is none.</summary>
    internal TlsLoad<TlsServerContext> ForClients(TlsServerFiles files) => Keep(
        "clients", $"{files} {DigestOf(files.Certificate)} {DigestOf(files.Key)} {DigestOf(files.Ca)}",
        () => TlsServerContext.Load(files, time));

    /// <summary>
    /// The context for clients with a certificate that nobody can verify, made once for the life of the process.
    /// </summary>
    internal TlsLoad<TlsServerContext> SelfSigned(TlsVersion min) =>
        Keep("clients", $"self-signed {min}", () => TlsServerContext.SelfSigned(time, min));

    /// <summary>The context for one server, or why there is none.</summary>
    internal TlsLoad<TlsClientContext> ForServer(string name, TlsClientFiles files) => Keep(
        $"servers.{name}", $"{files} {DigestOf(files.Certificate)} {DigestOf(files.Key)} {DigestOf(files.Ca)}",
        () => TlsClientContext.Load(files, time));

    /// <summary>A digest of a file's contents; empty when it cannot be read, which the loading will tell.</summary>
    internal static string DigestOf(string? path)
    {
        if (path is null)
            return "";
        try
        {
            return Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>A number that differs when a file's contents do.</summary>
    internal static ulong MarkOf(string path) =>
        BitConverter.ToUInt64(SHA256.HashData(Encoding.ASCII.GetBytes(DigestOf(path))));

    private TlsLoad<T> Keep<T>(string name, string made, Func<TlsLoad<T>> load)
        where T : class
    {
        lock (_known)
        {
            if (_known.TryGetValue(name, out var known) && known.Made == made && known.Context is T same)
                return new TlsLoad<T>(same, null);
            var loaded = load();
            if (loaded.Context is { } context)
                _known[name] = (made, context);
            return loaded;
        }
    }
}
