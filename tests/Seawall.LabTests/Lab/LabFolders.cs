namespace Seawall.LabTests.Lab;

/// <summary>Where the lab is: its scripts in the repository, its files in the cache.</summary>
public static class LabFolders
{
    /// <summary>The repository, found from where the tests were built.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>The lab's scripts.</summary>
    public static string Scripts { get; } = Path.Combine(Repository, "lab");

    /// <summary>
    /// The lab's certificates, once a server was started with TLS (lab/common.sh chooses the same folder).
    /// </summary>
    public static string Certificates { get; } = Path.Combine(FindCache(), "tls");

    /// <summary>Sources of others that lab/suites/install has fetched, each in a folder of its package's name.</summary>
    public static string Sources { get; } = Path.Combine(FindCache(), "suites");

    /// <summary>The authority that signed the servers' certificates, and those that clients may show.</summary>
    public static string Authority { get; } = Path.Combine(Certificates, "ca.pem");

    /// <summary>Writes a file that nobody but its user may read, as Seawall wants it of one with passwords in it.</summary>
    public static void WritePrivate(string path, string text)
    {
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public static string Script(string name) => Path.Combine(Scripts, name);

    private static string FindRepository()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "Seawall.slnx")))
                return folder;
        throw new InvalidOperationException($"No Seawall.slnx above {AppContext.BaseDirectory}");
    }

    private static string FindCache()
    {
        if (Environment.GetEnvironmentVariable("SEAWALL_LAB") is { Length: > 0 } chosen)
            return chosen;
        var caches = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } set
            ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Combine(caches, "seawall-lab");
    }
}
