using System.Collections.Immutable;
using System.Globalization;

namespace Seawall.Engine.Deferrals;

/// <summary>A statement that was acknowledged before a server has run it: all that is needed to run it later. Immutable.</summary>
internal sealed record DeferredStatement
{
    /// <summary>Where it stands in its journal, from 1 on: those of one lane run in this order. 0 until it is written down.</summary>
    internal ulong Number { get; init; }

    /// <summary>The number of the journal, so that no two statements of any two journals are called alike.</summary>
    internal ulong Journal { get; init; }

    /// <summary>When it was accepted, in microseconds since 1970.</summary>
    internal required long AcceptedUs { get; init; }

    /// <summary>The rule that it was accepted by.</summary>
    internal required string Rule { get; init; }

    /// <summary>Its <c>defer_key</c>.</summary>
    internal required string Key { get; init; }

    /// <summary>The account whose statement it is.</summary>
    internal required string User { get; init; }

    /// <summary>The session's schema; null for none.</summary>
    internal string? Schema { get; init; }

    /// <summary>The schema of the table that it changes.</summary>
    internal required string TableSchema { get; init; }

    /// <summary>The table that it changes.</summary>
    internal required string Table { get; init; }

    /// <summary>The session's settings that differ from a fresh login's, by name.</summary>
    internal ImmutableArray<KeyValuePair<string, string>> Settings { get; init; } = [];

    /// <summary>Its text, in the session's character set.</summary>
    internal required ReadOnlyMemory<byte> Text { get; init; }

    /// <summary>
    /// What an execution of a prepared statement has beside the text: how many parameters (two bytes), which of them are NULL, two bytes of type
    /// for each, and their values, as the client sent them. Null for a statement that came as text.
    /// </summary>
    internal ReadOnlyMemory<byte>? Execution { get; init; }

    /// <summary>What of it counts as its size.</summary>
    internal int Bytes => Text.Length + (Execution?.Length ?? 0);

    /// <summary>What it is called everywhere: in the answer, at the server, in lists.</summary>
    internal string Id => IdOf(Journal, Number);

    /// <summary>What a statement of a journal is called: letters of hexadecimal numbers, a hyphen and digits, nothing else.</summary>
    internal static string IdOf(ulong journal, ulong number) => string.Create(CultureInfo.InvariantCulture, $"{journal:x16}-{number}");
}

/// <summary>How a deferred statement ended.</summary>
internal enum DeferralEnd : byte
{
    /// <summary>It has run, once.</summary>
    Applied = 1,

    /// <summary>The server refused it, for a reason that does not go away.</summary>
    Failed = 2,

    /// <summary>It became too old before it could run.</summary>
    Expired = 3,
}

/// <summary>The end of a deferred statement.</summary>
/// <param name="Statement">Which one.</param>
/// <param name="End">How.</param>
/// <param name="Code">The server's error number, or 0.</param>
/// <param name="Message">Why, in words; empty when it has run.</param>
internal sealed record Settlement(DeferredStatement Statement, DeferralEnd End, ushort Code = 0, string Message = "");
