using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Clients;

/// <summary>Who is logging in, as far as that is known.</summary>
/// <param name="Peer">Where the client comes from.</param>
/// <param name="Listener">Where it has come in.</param>
/// <param name="User">The account; null before its first packet.</param>
/// <param name="Schema">The schema that it wants to begin in.</param>
internal readonly record struct LoginApplicant(PeerAddress Peer, string? Listener, string? User = null, string? Schema = null);

/// <summary>A login is refused for want of room.</summary>
/// <param name="Message">What the client hears.</param>
/// <param name="IsEnforced">Whether it hears it, or is only counted.</param>
internal sealed record LoginRefusal(string Message, bool IsEnforced);

/// <summary>
/// Says who may go on with a login while there is not room for all. Asked before anything is done that costs more than a look: in place of
/// the greeting by what is known then, after the first packet by the account, and before any cryptography. Thread-safe.
/// </summary>
internal interface ILoginGate
{
    /// <summary>Null when it may go on. <paramref name="needsCrypto"/>: what it wants next is a piece of cryptography.</summary>
    LoginRefusal? Ask(in LoginApplicant applicant, bool needsCrypto);
}
