using System.Runtime.InteropServices;

namespace Seawall.Rehearsal.Reports;

/// <summary>Whether a report can be written to a file, asked before a rehearsal of minutes instead of after it.</summary>
internal static partial class ReportFile
{
    private const int MayWrite = 2; // W_OK of access(2).

    /// <summary>Why nothing can be written there; null when it can. What is there stays as it is, and what is not there is not left behind.</summary>
    public static string? Problem(string path)
    {
        try
        {
            var whole = Path.GetFullPath(path);
            if (Directory.Exists(whole))
                return "it is a folder";
            // Not opened: it may be a pipe, whose reader takes that for all there is.
            if (File.Exists(whole))
                return !OperatingSystem.IsLinux() || Access(whole, MayWrite) == 0 ? null : Marshal.GetLastPInvokeErrorMessage();
            if (Path.GetDirectoryName(whole) is { } folder && !Directory.Exists(folder))
                return $"there is no folder {folder}";
            using var made = new FileStream(whole, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
            return null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return problem.Message;
        }
    }

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);
}
