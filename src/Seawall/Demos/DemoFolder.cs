namespace Seawall.Demos;

/// <summary>The demo's folder for data, made anew for each run and removed at its end.</summary>
internal sealed class DemoFolder : IDisposable
{
    private readonly bool _isKept;

    private DemoFolder(string path, bool isKept)
    {
        Path = path;
        _isKept = isKept;
    }

    internal string Path { get; }

    internal static DemoFolder Make(bool isKept) =>
        new(Directory.CreateTempSubdirectory("seawall-demo-").FullName, isKept);

    public void Dispose()
    {
        if (_isKept)
            return;
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // A server that is just being killed may still write; what is left is the system's to clean.
        }
    }
}
