using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Loops;
using Seawall.MySql.Passwords;

namespace Seawall.Engine.Flow.Clients;

/// <summary>
/// Chooses the plugin that a client is greeted with. The greeting comes before the client has said who it is; if it guesses
/// the account's plugin, the login needs no exchange to switch. Clients of one host mostly use one kind of account, so what
/// was right the last time is said the next time, on whatever loop; a stranger hears what most accounts have. Thread-safe.
/// </summary>
internal sealed class Greeter
{
    /// <summary>Hosts that are remembered: 256 application servers at 40 bytes each.</summary>
    private const int SlotCount = 256;

    // A host's slot is replaced when its answer changes, which is seldom; all loops read it.
    private readonly Slot?[] _slots = new Slot?[SlotCount];
    private Majority? _majority;

    /// <summary>The plugin to greet this peer with: <c>mysql_native_password</c> or <c>caching_sha2_password</c>.</summary>
    internal PasswordKind KindFor(PeerAddress peer, AccountBook book) =>
        Volatile.Read(ref SlotOf(peer)) is { } slot && slot.IsFor(peer) ? slot.Kind : CommonIn(book);

    /// <summary>A client of this peer has logged in by this plugin.</summary>
    internal void Note(PeerAddress peer, PasswordKind kind)
    {
        if (kind is not (PasswordKind.Native or PasswordKind.CachingSha2))
            return;
        ref var slot = ref SlotOf(peer);
        if (Volatile.Read(ref slot) is not { } known || !known.IsFor(peer) || known.Kind != kind)
            Volatile.Write(ref slot, new Slot(peer.High, peer.Low, kind));
    }

    private ref Slot? SlotOf(PeerAddress peer) =>
        ref _slots[(int)((peer.High ^ (peer.Low * 0x9E3779B97F4A7C15)) >> 56) % SlotCount];

    private PasswordKind CommonIn(AccountBook book)
    {
        if (Volatile.Read(ref _majority) is { } known && ReferenceEquals(known.Book, book))
            return known.Kind;
        var native = 0;
        var sha2 = 0;
        foreach (var account in book.Accounts)
        {
            switch (account.Passwords.FirstOrDefault()?.Kind)
            {
                case PasswordKind.Native:
                    native++;
                    break;
                case PasswordKind.CachingSha2:
                    sha2++;
                    break;
            }
        }
        var kind = native > sha2 ? PasswordKind.Native : PasswordKind.CachingSha2;
        Volatile.Write(ref _majority, new Majority(book, kind));
        return kind;
    }

    private sealed record Slot(ulong High, ulong Low, PasswordKind Kind)
    {
        internal bool IsFor(PeerAddress peer) => High == peer.High && Low == peer.Low;
    }

    private sealed record Majority(AccountBook Book, PasswordKind Kind);
}
