using System.Globalization;

namespace Seawall.Control.Admin;

/// <summary>What may follow a command's name.</summary>
[Flags]
internal enum AdminTakes : byte
{
    /// <summary>Nothing.</summary>
    Nothing = 0,

    /// <summary><c>LIKE 'pattern'</c>.</summary>
    Like = 1,

    /// <summary><c>LIMIT n</c>.</summary>
    Limit = 2,

    /// <summary>A client's number; it must be there.</summary>
    Id = 4,

    /// <summary><c>NOW</c>.</summary>
    Now = 8,

    /// <summary>Words of the command's own.</summary>
    Words = 16,
}

/// <summary>What followed a command's name.</summary>
internal sealed record AdminArguments
{
    internal string? Like { get; private init; }

    internal int? Limit { get; private init; }

    internal uint? Id { get; private init; }

    internal bool Now { get; private init; }

    /// <summary>Words of the command's own, as they came.</summary>
    internal AdminToken[] Words { get; private init; } = [];

    /// <summary>Who asks, for commands that tell others.</summary>
    internal string By { get; init; } = "admin";

    /// <summary>Reads what follows the name; null, with a problem in words, when it does not fit.</summary>
    internal static AdminArguments? Read(AdminCommand command, ReadOnlySpan<AdminToken> rest, out string problem)
    {
        var read = new AdminArguments();
        problem = "";
        if (command.Takes == AdminTakes.Words)
            return read with { Words = rest.ToArray() };
        while (!rest.IsEmpty)
        {
            var taken = TakeOne(command.Takes, rest, ref read);
            if (taken == 0)
            {
                problem = $"'{AdminDesk.Short(rest[0].Text)}' cannot follow here: {command.Usage}";
                return null;
            }
            rest = rest[taken..];
        }
        if (!command.Takes.HasFlag(AdminTakes.Id) || read.Id is not null)
            return read;
        problem = $"which client? {command.Usage}; SHOW CLIENTS has the numbers";
        return null;
    }

    // How many words were taken: none when they fit nowhere.
    private static int TakeOne(AdminTakes takes, ReadOnlySpan<AdminToken> rest, ref AdminArguments read)
    {
        if (takes.HasFlag(AdminTakes.Like) && rest is [var like, { Kind: AdminTokenKind.Quoted } pattern, ..] && like.Is("LIKE"))
        {
            read = read with { Like = pattern.Text };
            return 2;
        }
        if (takes.HasFlag(AdminTakes.Limit) && rest is [var word, var count, ..] && word.Is("LIMIT")
            && int.TryParse(count.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit))
        {
            read = read with { Limit = limit };
            return 2;
        }
        if (takes.HasFlag(AdminTakes.Id) && read.Id is null
            && uint.TryParse(rest[0].Text, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            read = read with { Id = id };
            return 1;
        }
        if (!takes.HasFlag(AdminTakes.Now) || !rest[0].Is("NOW"))
            return 0;
        read = read with { Now = true };
        return 1;
    }
}

/// <summary>A command of the admin port.</summary>
/// <param name="Name">Its words, in capitals.</param>
/// <param name="Takes">What may follow them.</param>
/// <param name="Meaning">What it is for, in a line.</param>
/// <param name="Run">Does it.</param>
internal sealed record AdminCommand(
    string Name, AdminTakes Takes, string Meaning, Func<AdminDesk, AdminArguments, CancellationToken, Task<AdminReply>> Run)
{
    /// <summary>How it is written.</summary>
    internal string Usage => string.Join(' ', new[]
    {
        Name,
        Takes.HasFlag(AdminTakes.Id) ? "id" : "",
        Takes.HasFlag(AdminTakes.Like) ? "[LIKE 'pattern']" : "",
        Takes.HasFlag(AdminTakes.Limit) ? "[LIMIT n]" : "",
        Takes.HasFlag(AdminTakes.Now) ? "[NOW]" : "",
        Tail,
    }.Where(word => word.Length > 0));

    /// <summary>Words of its own that may follow.</summary>
    internal string Tail { get; init; } = "";

    /// <summary>Whether it changes something, and so belongs into the log.</summary>
    internal bool IsAction => !Name.StartsWith("SHOW", StringComparison.Ordinal) && !Name.StartsWith("EXPLAIN", StringComparison.Ordinal);

    /// <summary>Its words.</summary>
    internal string[] Words { get; } = Name.Split(' ');
}
