using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Loops;
using Seawall.MySql.Passwords;

namespace Seawall.Engine.Flow.Clients;

/// <summary>
/// Chooses the plugin that a client is greeted with. The greeting comes before the client has said who it is; if it guesses
/// the account's plugin, the login needs no exchange to switch. Clients of one host mostly use one kind of account, so what
/// was right the last time is said the next time; a stranger hears what most accounts have. One for each loop.
/// </summary>
internal sealed class Greeter
{
    /// <summary>Hosts that are remembered: 256 application servers at 40 bytes each.</summary>
    private const int SlotCount = 256;

    private readonly Slot[] _slots = new Slot[SlotCount];
    private AccountBook? _book;
    private PasswordKind _common;

    /// <summary>The plugin to greet this peer with.</summary>
    internal ReadOnlySpan<byte> PluginFor(PeerAddress peer, AccountBook book)
    {
        ref var slot = ref SlotOf(peer);
        var kind = slot.IsFor(peer) ? slot.Kind : CommonIn(book);
        return kind == PasswordKind.Native ? NativePassword.PluginName : CachingSha2Password.PluginName;
    }

    /// <summary>A client of this peer has logged in by this plugin.</summary>
    internal void Note(PeerAddress peer, PasswordKind kind)
    {
        if (kind is PasswordKind.Native or PasswordKind.CachingSha2)
            SlotOf(peer) = new Slot(peer.High, peer.Low, kind, true);
    }

    private ref Slot SlotOf(PeerAddress peer) =>
        ref _slots[(int)((peer.High ^ (peer.Low * 0x9E3779B97F4A7C15)) >> 56) % SlotCount];

    private PasswordKind CommonIn(AccountBook book)
    {
        if (ReferenceEquals(book, _book))
            return _common;
        _book = book;
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
        return _common = native > sha2 ? PasswordKind.Native : PasswordKind.CachingSha2;
    }

    private readonly record struct Slot(ulong High, ulong Low, PasswordKind Kind, bool IsUsed)
    {
        internal bool IsFor(PeerAddress peer) => IsUsed && High == peer.High && Low == peer.Low;
    }
}
