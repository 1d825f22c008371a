using System.Diagnostics.CodeAnalysis;
using Seawall.MySql.Passwords;

namespace Seawall.Engine.Flow.Servers;

/// <summary>The public key that a server sent once: the next full exchange is one exchange shorter.</summary>
internal sealed class ServerKeyCache
{
    private PublicKeyOfServer? _known;

    /// <summary>The key, when it is known.</summary>
    [DisallowNull]
    internal PublicKeyOfServer? Known
    {
        get => Volatile.Read(ref _known);
        set => Volatile.Write(ref _known, value);
    }

    /// <summary>The server may have another one now.</summary>
    internal void Forget() => Volatile.Write(ref _known, null);
}
