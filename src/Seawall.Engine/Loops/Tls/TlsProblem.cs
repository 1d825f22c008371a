namespace Seawall.Engine.Loops.Tls;

/// <summary>Puts into words what OpenSSL says of a failure on this thread.</summary>
internal static class TlsProblem
{
    /// <summary>The words of the last failure, or <paramref name="otherwise"/>; forgets it.</summary>
    internal static string Take(string otherwise)
    {
        // The first error of the queue is where it began; later ones say only who passed it on.
        var error = LibSsl.ERR_get_error();
        var words = error == 0 ? null : LibSsl.Text(LibSsl.ERR_reason_error_string(error));
        LibSsl.ERR_clear_error();
        return words ?? otherwise;
    }

    /// <summary>Why a handshake failed: the verdict on a certificate says more than the alert that followed from it.</summary>
    internal static string OfHandshake(SslChannel ssl)
    {
        var words = Take("the peer broke the handshake off");
        var verdict = LibSsl.SSL_get_verify_result(ssl);
        if (verdict == 0)
            return words;
        return $"{words} ({LibSsl.Text(LibSsl.X509_verify_cert_error_string(verdict))})";
    }
}
