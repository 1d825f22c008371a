using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Seawall.Engine.Loops.Tls;

/// <summary>
/// Makes an <c>SSL_CTX</c> step by step and remembers the first problem, in words; steps after it do nothing.
/// </summary>
internal sealed unsafe class ContextMaker
{
    /// <summary>
    /// For TLS 1.2, where the list matters: forward secrecy and authenticated encryption only, which every server and
    /// driver of the last ten years speaks. TLS 1.3 has nothing else.
    /// </summary>
    private const string Ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20";

    [ThreadStatic]
    private static bool t_passphraseAsked;

    private readonly DateTime _now;

    internal ContextMaker(bool isServer, TlsVersion min, DateTimeOffset now)
    {
        _now = now.UtcDateTime;
        if (!LibSsl.IsThere)
        {
            Context = new SslContext(0);
            Problem = "OpenSSL 3 (libssl.so.3) is not installed; TLS cannot be had without it";
            return;
        }
        LibSsl.ERR_clear_error();
        Context = new SslContext(LibSsl.SSL_CTX_new(isServer ? LibSsl.TLS_server_method() : LibSsl.TLS_client_method()));
        if (Context.IsInvalid)
            Problem = $"OpenSSL does not start: {TlsProblem.Take("no reason given")}";
        else
            Configure(min);
    }

    /// <summary>What was made.</summary>
    internal SslContext Context { get; }

    /// <summary>The first thing that went wrong.</summary>
    internal string? Problem { get; private set; }

    /// <summary>Speaks nothing newer.</summary>
    internal void Limit(TlsVersion max) => Check(() =>
    {
        LibSsl.SSL_CTX_ctrl(Context, LibSsl.SSL_CTRL_SET_MAX_PROTO_VERSION, NumberOf(max), 0);
        return null;
    });

    /// <summary>Takes certificate and key from files.</summary>
    internal void UseCertificate(string certificate, string key)
    {
        Check(() => ProblemOfFile("certificate", certificate) ?? ProblemOfDates(certificate));
        Check(() => LibSsl.SSL_CTX_use_certificate_chain_file(Context, certificate) == 1
            ? null
            : $"OpenSSL does not accept the certificate '{certificate}': {TlsProblem.Take("no reason given")}");
        Check(() => ProblemOfFile("key", key));
        Check(() => UseKey(certificate, key));
    }

    /// <summary>Takes certificate and key, an elliptic curve's, from memory.</summary>
    internal void UseCertificate(ReadOnlySpan<byte> certificate, ReadOnlySpan<byte> key)
    {
        if (Problem is not null)
            return;
        fixed (byte* c = certificate, k = key)
        {
            if (LibSsl.SSL_CTX_use_certificate_ASN1(Context, certificate.Length, c) != 1
                || LibSsl.SSL_CTX_use_PrivateKey_ASN1(LibSsl.EVP_PKEY_EC, Context, k, key.Length) != 1)
            {
                Problem = $"OpenSSL does not accept the certificate that Seawall made: {TlsProblem.Take("no reason given")}";
            }
        }
    }

    /// <summary>Trusts the authorities of a file.</summary>
    internal void Trust(string authorities)
    {
        Check(() => ProblemOfFile("file of authorities", authorities));
        Check(() => LibSsl.SSL_CTX_load_verify_file(Context, authorities) == 1
            ? null
            : $"no authority's certificate in PEM form can be read from '{authorities}': {TlsProblem.Take("no reason given")}");
    }

    /// <summary>Trusts whom the system trusts.</summary>
    internal void TrustSystem() => Check(() => LibSsl.SSL_CTX_set_default_verify_paths(Context) == 1
        ? null
        : "the authorities that the system trusts cannot be read; name a file in servers.tls_ca");

    /// <summary>Does something, unless there is a problem already; its result is the problem, if any.</summary>
    internal void Check(Func<string?> step) => Problem ??= step();

    /// <summary>Forgets a context that nobody will use.</summary>
    internal string Abandon()
    {
        Context.Dispose();
        return Problem!;
    }

    private void Configure(TlsVersion min)
    {
        // A peer that is cut off ends the stream, under TLS as without: the protocol above knows whether it was complete.
        LibSsl.SSL_CTX_set_options(Context, LibSsl.SSL_OP_NO_RENEGOTIATION | LibSsl.SSL_OP_IGNORE_UNEXPECTED_EOF);
        LibSsl.SSL_CTX_ctrl(Context, LibSsl.SSL_CTRL_MODE,
            LibSsl.SSL_MODE_ENABLE_PARTIAL_WRITE | LibSsl.SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
            | LibSsl.SSL_MODE_AUTO_RETRY | LibSsl.SSL_MODE_RELEASE_BUFFERS, 0);
        LibSsl.SSL_CTX_ctrl(Context, LibSsl.SSL_CTRL_SET_MIN_PROTO_VERSION, NumberOf(min), 0);
        LibSsl.SSL_CTX_set_default_passwd_cb(Context, &RefusePassphrase);
        if (LibSsl.SSL_CTX_set_cipher_list(Context, Ciphers) != 1)
            Problem = $"OpenSSL has none of the ciphers {Ciphers}: {TlsProblem.Take("no reason given")}";
    }

    private static int NumberOf(TlsVersion version) => version switch
    {
        TlsVersion.Tls12 => LibSsl.TLS1_2_VERSION,
        TlsVersion.Tls13 => LibSsl.TLS1_3_VERSION,
    };

    private string? UseKey(string certificate, string key)
    {
        t_passphraseAsked = false;
        if (LibSsl.SSL_CTX_use_PrivateKey_file(Context, key, LibSsl.SSL_FILETYPE_PEM) == 1
            && LibSsl.SSL_CTX_check_private_key(Context) == 1)
        {
            return null;
        }
        var words = TlsProblem.Take("no reason given");
        if (t_passphraseAsked)
            return $"the key '{key}' has a passphrase, and nobody could enter it; give a key without (openssl pkey)";
        return words is "key values mismatch" or "key type mismatch"
            ? $"the key '{key}' does not belong to the certificate '{certificate}'"
            : $"no private key in PEM form can be read from '{key}': {words}";
    }

    private string? ProblemOfDates(string path)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(path));
            if (certificate.NotAfter.ToUniversalTime() <= _now)
                return $"the certificate '{path}' expired on {Text(certificate.NotAfter)}";
            return certificate.NotBefore.ToUniversalTime() > _now
                ? $"the certificate '{path}' is not valid before {Text(certificate.NotBefore)}"
                : null;
        }
        catch (CryptographicException)
        {
            return $"'{path}' holds no certificate in PEM form";
        }
    }

    private static string Text(DateTime local) =>
        local.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static string? ProblemOfFile(string what, string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return $"the {what} '{path}' cannot be read: {problem.Message}";
        }
    }

    // OpenSSL would ask on the terminal.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int RefusePassphrase(byte* buffer, int size, int writing, nint data)
    {
        t_passphraseAsked = true;
        return -1;
    }
}
