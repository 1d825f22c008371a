namespace Seawall.Engine.Loops.Tls;

/// <summary>Puts into words what OpenSSL says of a failure on this thread.</summary>
internal static class TlsProblem
{
    /// <summary>The words of the last failure, or <paramref name="otherwise"/>; forgets it.</summary>
    internal static string Take(string otherwise)
    {
        // The first error of the queue is where it began; but what TLS itself makes of it says more than a cipher's words.
        nuint said = 0;
        while (LibSsl.ERR_get_error() is var error and not 0)
        {
            if (said == 0 || (IsOfTls(error) && !IsOfTls(said)))
                said = error;
        }
        return (said == 0 ? null : LibSsl.Text(LibSsl.ERR_reason_error_string(said))) ?? otherwise;
    }

    // ERR_GET_LIB and ERR_LIB_SSL of OpenSSL 3.
    private static bool IsOfTls(nuint error) => ((error >> 23) & 0xFF) == 20;

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
