using System.Runtime.InteropServices;

namespace Seawall.Engine.Loops.Tls;

/// <summary>An <c>SSL_CTX</c>. OpenSSL counts who uses it: connections keep it alive after this handle has gone.</summary>
internal sealed class SslContext : SafeHandle
{
    internal SslContext(nint context)
        : base(0, ownsHandle: true) => SetHandle(context);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        LibSsl.SSL_CTX_free(handle);
        return true;
    }
}

/// <summary>An <c>SSL_SESSION</c>: what resumes a connection to a server without its public-key cryptography.</summary>
internal sealed class SslSession : SafeHandle
{
    internal SslSession(nint session)
        : base(0, ownsHandle: true) => SetHandle(session);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        LibSsl.SSL_SESSION_free(handle);
        return true;
    }
}
