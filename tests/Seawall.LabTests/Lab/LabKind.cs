using System.Diagnostics;

namespace Seawall.LabTests.Lab;

/// <summary>The servers that the lab has.</summary>
public enum LabKind
{
    MariaDb,
    MySql97,
    MySql56,
}

internal static class LabKindWords
{
    /// <summary>What the scripts call it.</summary>
    public static string Word(this LabKind kind) => kind switch
    {
        LabKind.MariaDb => "mariadb",
        LabKind.MySql97 => "mysql97",
        LabKind.MySql56 => "mysql56",
        _ => throw new UnreachableException($"no kind {kind}"),
    };
}
