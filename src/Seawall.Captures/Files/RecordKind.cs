namespace Seawall.Captures.Files;

/// <summary>The first byte of a record.</summary>
internal enum RecordKind : byte
{
    Head = 1,
    Gap = 2,
    Window = 3,
    End = 4,
    Connection = 5,
    ConnectionEnd = 6,
    Command = 7,
}
