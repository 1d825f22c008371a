using System.Text;
using Seawall.Engine.Facts.Topology;

namespace Seawall.Engine.Flow;

/// <summary>
/// Names of schemas are the one thing that clients say in a character set of their own, outside of a text, and that Seawall
/// must understand: servers keep and report them in UTF-8.
/// </summary>
internal static class CharacterSets
{
    /// <summary>A name in the character set of this collation: that of a login.</summary>
    internal static string Decode(ReadOnlySpan<byte> name, ServerFacts? server, int collation) => Decode(name,
        server is not null && server.Collations.TryGetValue(collation, out var known)
            ? known.CharacterSet
            : server?.ClientCharacterSet ?? "utf8mb4");

    /// <summary>A name in this character set.</summary>
    internal static string Decode(ReadOnlySpan<byte> name, string characterSet) =>
        Ascii.IsValid(name) ? Encoding.ASCII.GetString(name) : EncodingOf(characterSet).GetString(name);

    /// <summary>Whether a name means the same to a server that takes it for this character set.</summary>
    internal static bool IsPlainIn(string name, string? characterSet) =>
        Ascii.IsValid(name) || characterSet is "utf8" or "utf8mb3" or "utf8mb4";

    // MySQL's latin1 is Windows' code page, as are those of its character sets that are named after one.
    private static Encoding EncodingOf(string characterSet)
    {
        var page = characterSet switch
        {
            "latin1" => 1252,
            "latin2" => 28592,
            "latin5" => 28599,
            "latin7" => 28603,
            "cp1250" => 1250,
            "cp1251" => 1251,
            "cp1256" => 1256,
            "cp1257" => 1257,
            "cp850" => 850,
            "cp852" => 852,
            "cp866" => 866,
            "koi8r" => 20866,
            "koi8u" => 21866,
            "greek" => 28597,
            "hebrew" => 28598,
            "tis620" => 874,
            "macroman" => 10000,
            "macce" => 10029,
            "big5" => 950,
            "gbk" or "gb2312" => 936,
            "gb18030" => 54936,
            "sjis" or "cp932" => 932,
            "ujis" or "eucjpms" => 51932,
            "euckr" => 949,
            _ => 0, // UTF-8, and binary, which says nothing of its bytes.
        };
        return page == 0 ? Encoding.UTF8 : CodePagesEncodingProvider.Instance.GetEncoding(page) ?? Encoding.UTF8;
    }
}
