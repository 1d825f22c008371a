namespace Seawall.Captures;

/// <summary>What is believed of a length at most. What is longer is cut when it is written, and not read.</summary>
public static class CaptureLimits
{
    /// <summary>A name: users, schemas, plugins, addresses.</summary>
    public const int WordBytes = 256;

    /// <summary>The value of a setting or an attribute.</summary>
    public const int ValueBytes = 1024;

    /// <summary>Settings, or attributes, of one connection.</summary>
    public const int Pairs = 64;

    /// <summary>A text, and parameters. The front door keeps what fits into its buffer (60 KiB) and no more.</summary>
    public const int TextBytes = 1024 * 1024;

    /// <summary>A whole record: a text, parameters and the rest.</summary>
    public const int RecordBytes = 3 * 1024 * 1024;

    /// <summary>A block before it is compressed: one record of any length behind some shorter ones.</summary>
    public const int BlockBytes = 4 * 1024 * 1024;
}
