using System.Runtime.CompilerServices;
using Seawall.Captures.Records;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Captures;

/// <summary>What the text of a command is.</summary>
internal enum TextRole : byte
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>A statement, which has values in it.</summary>
    Statement,

    /// <summary>That of a prepared statement, whose values are beside it.</summary>
    Prepared,

    /// <summary>A name.</summary>
    Name,
}

/// <summary>What stands before the bytes of a command in a <see cref="CaptureRing"/>.</summary>
internal struct CommandHead
{
    internal CommandFigures Figures;
    internal SqlDialect Dialect;
    internal TextRole Role;
    internal bool IsWhole;
    internal int Schema;
    internal int Text;
    internal int Parameters;
    internal int SqlState;
    internal int Gtid;
}

/// <summary>The forms of entries in a <see cref="CaptureRing"/>: a byte, and then what it says.</summary>
internal static class CaptureEntry
{
    /// <summary>A record as it goes into the file: of a connection.</summary>
    internal const byte Connection = 1;

    /// <summary>The same, of a connection's end.</summary>
    internal const byte ConnectionEnd = 2;

    /// <summary>A command: a <see cref="CommandHead"/> and as many bytes as it says. The writer decides what of its text is written.</summary>
    internal const byte Command = 3;

    /// <summary>The length of a command's entry before its bytes.</summary>
    internal static int CommandBytes { get; } = 1 + Unsafe.SizeOf<CommandHead>();
}
