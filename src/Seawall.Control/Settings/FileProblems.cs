using Seawall.Engine.Loops.Linux;

namespace Seawall.Control.Settings;

/// <summary>What is the matter with a file, in words for people.</summary>
internal static class FileProblems
{
    /// <summary>Why it cannot be read.</summary>
    internal static string Describe(Exception failure, string path) => failure switch
    {
        FileNotFoundException or DirectoryNotFoundException => $"there is no file {path}",
        UnauthorizedAccessException when Directory.Exists(path) => $"{path} is a folder",
        UnauthorizedAccessException => $"user {Environment.UserName} may not read {path}",
        _ => $"{path} cannot be read: {failure.Message}",
    };

    /// <summary>Whether this process may make files in a folder.</summary>
    internal static bool MayWriteIn(string folder) => OperatingSystem.IsWindows() || Libc.access(folder, Libc.W_OK | Libc.X_OK) == 0;

    /// <summary>Whether users other than the owner and its group may read it; false when nobody can tell.</summary>
    internal static bool OthersCanRead(string path)
    {
        try
        {
            return !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & UnixFileMode.OtherRead) != 0;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false; // Whoever reads it next will say what is the matter.
        }
    }
}
