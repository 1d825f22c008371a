using System.Runtime.InteropServices;

namespace Seawall.Engine.Loops.Tls;

/// <summary>
/// The functions of OpenSSL 3 that TLS needs, named as in its manual (sections 3 and 7). .NET on Linux needs the same
/// library for its own cryptography, so nothing new has to be installed.
/// </summary>
internal static unsafe partial class LibSsl
{
    private const string Ssl = "libssl.so.3";
    private const string Crypto = "libcrypto.so.3";

    internal const int SSL_CTRL_MODE = 33;
    internal const int SSL_CTRL_SET_SESS_CACHE_MODE = 44;
    internal const int SSL_CTRL_SET_TLSEXT_HOSTNAME = 55;
    internal const int SSL_CTRL_SET_GROUPS = 91;
    internal const int SSL_CTRL_SET_MIN_PROTO_VERSION = 123;
    internal const int SSL_CTRL_SET_MAX_PROTO_VERSION = 124;
    internal const int SSL_CTRL_GET_NEGOTIATED_GROUP = 134;
    internal const int TLS1_2_VERSION = 0x0303;
    internal const int TLS1_3_VERSION = 0x0304;

    internal const int SSL_MODE_ENABLE_PARTIAL_WRITE = 0x1;
    internal const int SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER = 0x2;
    internal const int SSL_MODE_AUTO_RETRY = 0x4;
    internal const int SSL_MODE_RELEASE_BUFFERS = 0x10;

    internal const ulong SSL_OP_IGNORE_UNEXPECTED_EOF = 1UL << 7;
    internal const ulong SSL_OP_NO_RENEGOTIATION = 1UL << 30;

    internal const int SSL_SESS_CACHE_OFF = 0;
    internal const int SSL_SESS_CACHE_CLIENT = 0x1;
    internal const int SSL_SESS_CACHE_NO_INTERNAL = 0x300;

    internal const int SSL_VERIFY_NONE = 0;
    internal const int SSL_VERIFY_PEER = 0x1;
    internal const int SSL_VERIFY_FAIL_IF_NO_PEER_CERT = 0x2;

    internal const int SSL_ERROR_WANT_READ = 2;
    internal const int SSL_ERROR_WANT_WRITE = 3;
    internal const int SSL_ERROR_ZERO_RETURN = 6;

    internal const int SSL_FILETYPE_PEM = 1;
    internal const int EVP_PKEY_EC = 408;

    internal const int BIO_TYPE_SOURCE_SINK = 0x400;
    internal const int BIO_CTRL_EOF = 2;
    internal const int BIO_CTRL_FLUSH = 11;
    internal const int BIO_FLAGS_READ = 0x1;
    internal const int BIO_FLAGS_WRITE = 0x2;
    internal const int BIO_FLAGS_RWS = 0x7;
    internal const int BIO_FLAGS_SHOULD_RETRY = 0x8;

    /// <summary>Whether both libraries are there; everything else here throws when they are not.</summary>
    internal static bool IsThere { get; } = NativeLibrary.TryLoad(Ssl, out _) && NativeLibrary.TryLoad(Crypto, out _);

    [LibraryImport(Ssl)]
    internal static partial nint TLS_server_method();

    [LibraryImport(Ssl)]
    internal static partial nint TLS_client_method();

    [LibraryImport(Ssl)]
    internal static partial nint SSL_CTX_new(nint method);

    [LibraryImport(Ssl)]
    internal static partial void SSL_CTX_free(nint context);

    [LibraryImport(Ssl)]
    internal static partial nint SSL_CTX_ctrl(SslContext context, int command, nint number, nint pointer);

    [LibraryImport(Ssl)]
    internal static partial ulong SSL_CTX_set_options(SslContext context, ulong options);

    [LibraryImport(Ssl, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SSL_CTX_set_cipher_list(SslContext context, string ciphers);

    [LibraryImport(Ssl)]
    internal static partial void SSL_CTX_set_default_passwd_cb(
        SslContext context, delegate* unmanaged[Cdecl]<byte*, int, int, nint, int> callback);

    [LibraryImport(Ssl, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SSL_CTX_use_certificate_chain_file(SslContext context, string path);

    [LibraryImport(Ssl, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SSL_CTX_use_PrivateKey_file(SslContext context, string path, int type);

    [LibraryImport(Ssl)]
    internal static partial int SSL_CTX_use_certificate_ASN1(SslContext context, int length, byte* der);

    [LibraryImport(Ssl)]
    internal static partial int SSL_CTX_use_PrivateKey_ASN1(int type, SslContext context, byte* der, nint length);

    [LibraryImport(Ssl)]
    internal static partial int SSL_CTX_check_private_key(SslContext context);

    [LibraryImport(Ssl, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SSL_CTX_load_verify_file(SslContext context, string path);

    [LibraryImport(Ssl)]
    internal static partial int SSL_CTX_set_default_verify_paths(SslContext context);

    [LibraryImport(Ssl, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint SSL_load_client_CA_file(string path);

    [LibraryImport(Ssl)]
    internal static partial void SSL_CTX_set_client_CA_list(SslContext context, nint names);

    [LibraryImport(Ssl)]
    internal static partial void SSL_CTX_set_verify(SslContext context, int mode, nint callback);

    [LibraryImport(Ssl)]
    internal static partial int SSL_CTX_set_session_id_context(SslContext context, byte* bytes, uint length);

    [LibraryImport(Ssl)]
    internal static partial int SSL_CTX_set_num_tickets(SslContext context, nuint count);

    [LibraryImport(Ssl)]
    internal static partial void SSL_CTX_sess_set_new_cb(
        SslContext context, delegate* unmanaged[Cdecl]<nint, nint, int> callback);

    [LibraryImport(Ssl)]
    internal static partial nint SSL_new(SslContext context);

    [LibraryImport(Ssl)]
    internal static partial void SSL_free(nint ssl);

    [LibraryImport(Ssl)]
    internal static partial void SSL_set_bio(SslChannel ssl, nint read, nint write);

    [LibraryImport(Ssl)]
    internal static partial void SSL_set_read_ahead(SslChannel ssl, int yes);

    [LibraryImport(Ssl)]
    internal static partial void SSL_set_accept_state(SslChannel ssl);

    [LibraryImport(Ssl)]
    internal static partial void SSL_set_connect_state(SslChannel ssl);

    [LibraryImport(Ssl)]
    internal static partial nint SSL_ctrl(SslChannel ssl, int command, nint number, byte* pointer);

    [LibraryImport(Ssl)]
    internal static partial int SSL_do_handshake(SslChannel ssl);

    [LibraryImport(Ssl)]
    internal static partial int SSL_read(SslChannel ssl, byte* into, int length);

    [LibraryImport(Ssl)]
    internal static partial int SSL_peek(SslChannel ssl, byte* into, int length);

    [LibraryImport(Ssl)]
    internal static partial int SSL_write(SslChannel ssl, byte* bytes, int length);

    [LibraryImport(Ssl)]
    internal static partial int SSL_shutdown(SslChannel ssl);

    [LibraryImport(Ssl)]
    internal static partial int SSL_has_pending(SslChannel ssl);

    [LibraryImport(Ssl)]
    internal static partial int SSL_get_error(SslChannel ssl, int result);

    [LibraryImport(Ssl)]
    internal static partial int SSL_session_reused(SslChannel ssl);

    [LibraryImport(Ssl)]
    internal static partial nint SSL_get_version(SslChannel ssl);

    [LibraryImport(Ssl)]
    internal static partial nint SSL_get_current_cipher(SslChannel ssl);

    [LibraryImport(Ssl)]
    internal static partial nint SSL_CIPHER_get_name(nint cipher);

    [LibraryImport(Ssl)]
    internal static partial ushort SSL_CIPHER_get_protocol_id(nint cipher);

    [LibraryImport(Ssl)]
    internal static partial nint SSL_get_verify_result(SslChannel ssl);

    [LibraryImport(Ssl)]
    internal static partial nint SSL_get1_peer_certificate(SslChannel ssl);

    [LibraryImport(Ssl, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SSL_set1_host(SslChannel ssl, string name);

    [LibraryImport(Ssl)]
    internal static partial nint SSL_get0_param(SslChannel ssl);

    [LibraryImport(Ssl)]
    internal static partial int SSL_set_session(SslChannel ssl, SslSession session);

    [LibraryImport(Ssl)]
    internal static partial void SSL_SESSION_free(nint session);

    [LibraryImport(Crypto)]
    internal static partial int X509_VERIFY_PARAM_set1_ip(nint parameters, byte* address, nuint length);

    [LibraryImport(Crypto)]
    internal static partial nint X509_verify_cert_error_string(nint result);

    [LibraryImport(Crypto)]
    internal static partial nint X509_get_subject_name(nint certificate);

    [LibraryImport(Crypto)]
    internal static partial nint X509_NAME_oneline(nint name, byte* buffer, int size);

    [LibraryImport(Crypto)]
    internal static partial void X509_free(nint certificate);

    [LibraryImport(Crypto)]
    internal static partial void ERR_clear_error();

    [LibraryImport(Crypto)]
    internal static partial nuint ERR_get_error();

    [LibraryImport(Crypto)]
    internal static partial nint ERR_reason_error_string(nuint error);

    [LibraryImport(Crypto, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint BIO_meth_new(int type, string name);

    [LibraryImport(Crypto)]
    internal static partial int BIO_meth_set_read(nint method, delegate* unmanaged[Cdecl]<nint, byte*, int, int> read);

    [LibraryImport(Crypto)]
    internal static partial int BIO_meth_set_write(nint method, delegate* unmanaged[Cdecl]<nint, byte*, int, int> write);

    [LibraryImport(Crypto)]
    internal static partial int BIO_meth_set_ctrl(
        nint method, delegate* unmanaged[Cdecl]<nint, int, nint, nint, nint> control);

    [LibraryImport(Crypto)]
    internal static partial nint BIO_new(nint method);

    [LibraryImport(Crypto)]
    [SuppressGCTransition]
    internal static partial void BIO_set_init(nint bio, int initialised);

    [LibraryImport(Crypto)]
    [SuppressGCTransition]
    internal static partial void BIO_set_flags(nint bio, int flags);

    [LibraryImport(Crypto)]
    [SuppressGCTransition]
    internal static partial void BIO_clear_flags(nint bio, int flags);

    /// <summary>A string that belongs to the library.</summary>
    internal static string? Text(nint text) => Marshal.PtrToStringUTF8(text);
}
