using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Seawall.Rehearsal.Drivers;
using Seawall.Rehearsal.Logins;

namespace Seawall.Rehearsal.Targets;

/// <summary>Whether Seawall's own sessions with a server use TLS.</summary>
internal enum DsnTls
{
    /// <summary>Not at all.</summary>
    Off,

    /// <summary>Without looking at the certificate.</summary>
    Required,

    /// <summary>Only with a certificate of the given authority and name.</summary>
    Verify,
}

/// <summary>
/// Where a server is and as whom to log in:
/// <c>mysql://user[:password]@host[:port][?tls=off|required|verify&amp;ca=FILE&amp;socket=PATH]</c>.
/// </summary>
internal sealed record Dsn
{
    private const int UsualPort = 3306;

    // sun_path has 108 bytes, the zero at its end among them: unix(7).
    private const int SocketBytesMax = 107;

    private const string Escapes = "in a password / ? # @ : and % are written as %2F %3F %23 %40 %3A %25";

    /// <summary>The account.</summary>
    public required string User { get; init; }

    /// <summary>The password; null when the DSN has none.</summary>
    public LoginPassword? Password { get; init; }

    /// <summary>The name or address.</summary>
    public required string Host { get; init; }

    /// <summary>The port.</summary>
    public int Port { get; init; } = UsualPort;

    /// <summary>A socket to use instead; empty for TCP.</summary>
    public string Socket { get; init; } = "";

    /// <summary>Whether TLS is used.</summary>
    public DsnTls Tls { get; init; }

    /// <summary>The authority's certificate, a PEM file.</summary>
    public string AuthorityFile { get; init; } = "";

    /// <summary>The option that it is the value of, for messages.</summary>
    public string Option { get; init; } = "the DSN";

    /// <summary>Where its password is from, for messages; never the password.</summary>
    public string PasswordBasis { get; init; } = "that of the DSN";

    /// <summary>Without the password.</summary>
    public override string ToString() => Socket.Length > 0 ? Socket : $"{Host}:{Port}";

    /// <summary>Reads one; null, and why not, if it makes no sense. What is said never has the password in it.</summary>
    public static Dsn? Parse(string text, out string problem)
    {
        problem = "";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("mysql" or "mariadb"))
        {
            problem = $"a DSN has the form mysql://user@host:port; this has not ({Escapes})";
            return null;
        }
        // What is passed over in silence may be half of a password.
        if (uri.Fragment.Length > 0 || uri.AbsolutePath is not ("" or "/"))
        {
            problem = $"a DSN ends with the port, or with ?tls=, ca=, socket=; it names no schema, as a rehearsal looks at the whole server ({Escapes})";
            return null;
        }
        if (uri.Port == 0)
        {
            problem = "port 0 is none";
            return null;
        }
        var split = uri.UserInfo.IndexOf(':', StringComparison.Ordinal);
        var user = Uri.UnescapeDataString(split < 0 ? uri.UserInfo : uri.UserInfo[..split]);
        var dsn = new Dsn
        {
            User = user,
            Password = split < 0 ? null : new LoginPassword(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(uri.UserInfo[(split + 1)..]))),
            Host = uri.Host.Trim('[', ']'),
            Port = uri.Port > 0 ? uri.Port : UsualPort,
        };
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var value = Uri.UnescapeDataString(pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..]);
            switch (pair.Split('=')[0])
            {
                case "tls" when value is "off" or "required" or "verify":
                    dsn = dsn with { Tls = value == "off" ? DsnTls.Off : value == "verify" ? DsnTls.Verify : DsnTls.Required };
                    break;
                case "ca":
                    dsn = dsn with { AuthorityFile = value };
                    break;
                case "socket":
                    dsn = dsn with { Socket = value };
                    break;
                case var key:
                    problem = $"a DSN knows tls=off|required|verify, ca=FILE and socket=PATH, and not '{key}' with this value";
                    return null;
            }
        }
        problem = dsn switch
        {
            { User.Length: 0 } or { Host.Length: 0, Socket.Length: 0 } => "a DSN names an account and a host: mysql://user@host:port",
            { Tls: DsnTls.Verify, AuthorityFile.Length: 0 } => "tls=verify needs ca=FILE, the authority's certificate (PEM); the DSN names none",
            { Tls: not DsnTls.Verify, AuthorityFile.Length: > 0 } => $"ca=FILE is looked at with tls=verify only; tls is {Word(dsn.Tls)}",
            _ when Encoding.UTF8.GetByteCount(dsn.Socket) > SocketBytesMax => $"socket= names a path of more than {SocketBytesMax} bytes, which no socket has",
            _ => "",
        };
        return problem.Length == 0 ? dsn : null;
    }

    /// <summary>Throws <see cref="RehearsalException"/> when a file that it names is not there: known before anything is asked of a server.</summary>
    public void Check()
    {
        if (Socket.Length > 0 && !File.Exists(Socket))
            throw new RehearsalException($"{Option}: there is no socket {Socket} on this machine; where a server has it, its variable 'socket' says");
        if (Tls == DsnTls.Verify)
            _ = Authority();
    }

    /// <summary>The word for it in a DSN.</summary>
    public static string Word(DsnTls tls) => tls switch
    {
        DsnTls.Off => "off",
        DsnTls.Required => "required",
        DsnTls.Verify => "verify",
    };

    /// <summary>A login as this account, by the driver given.</summary>
    public async Task<LoginPlan> Plan(DriverProfile profile, CancellationToken cancel) => new()
    {
        Address = await Resolve(cancel),
        Host = Host,
        User = User,
        Password = Password ?? new LoginPassword(default),
        Profile = profile,
        Tls = Tls == DsnTls.Off ? LoginTls.Off : LoginTls.Full,
        Authority = Tls == DsnTls.Verify ? Authority() : null,
    };

    private async Task<EndPoint> Resolve(CancellationToken cancel)
    {
        if (Socket.Length > 0)
            return new UnixDomainSocketEndPoint(Socket);
        if (IPAddress.TryParse(Host, out var address))
            return new IPEndPoint(address, Port);
        try
        {
            // One address for all logins: what is compared must not change from one to the next.
            return new IPEndPoint((await Dns.GetHostAddressesAsync(Host, cancel)).OrderBy(one => one.AddressFamily).First(), Port);
        }
        catch (Exception problem) when (problem is SocketException or ArgumentException)
        {
            throw new RehearsalException($"{Option}: this machine knows no address of '{Host}': {problem.Message}. Trying again is safe");
        }
    }

    private X509Certificate2Collection Authority()
    {
        var authority = new X509Certificate2Collection();
        try
        {
            authority.ImportFromPemFile(AuthorityFile);
        }
        catch (Exception problem) when (problem is IOException or CryptographicException or UnauthorizedAccessException or ArgumentException)
        {
            throw new RehearsalException($"{Option}: tls=verify cannot use ca={AuthorityFile}: {problem.Message}");
        }
        return authority.Count > 0 ? authority : throw new RehearsalException($"{Option}: ca={AuthorityFile} has no certificate (PEM) in it");
    }
}

/// <summary>A rehearsal cannot go on; the message says why, for people.</summary>
internal sealed class RehearsalException(string message) : Exception(message);
