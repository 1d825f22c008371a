using System.Collections.Concurrent;
using Seawall.LabTests.Lab;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(LabServers))]
// Real servers share two cores with the tests that measure them: one test at a time.
[assembly: Parallelization(Mode = ParallelMode.None)]

namespace Seawall.LabTests.Lab;

/// <summary>
/// The lab of one test run. A test class takes it in its constructor. What this machine cannot have skips the test that
/// asks for it, with the reason.
/// </summary>
public sealed class LabServers : IAsyncDisposable
{
    // A first installation downloads some 100 MB.
    private static readonly TimeSpan InstallTimeMax = TimeSpan.FromMinutes(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("seawall-lab.").FullName;
    private readonly ConcurrentDictionary<string, Lazy<Task<LabResult>>> _installed = [];
    private readonly SemaphoreSlim _sharing = new(1);
    private readonly Dictionary<LabKind, LabServer> _shared = [];
    private int _started;

    /// <summary>
    /// The one server of its kind that all test classes use, with TLS where there is any. Leave it as it was found:
    /// drop what was made, and neither stop nor configure it.
    /// </summary>
    public async Task<LabServer> SharedAsync(LabKind kind, CancellationToken cancel)
    {
        await _sharing.WaitAsync(cancel);
        try
        {
            if (!_shared.TryGetValue(kind, out var server))
                _shared[kind] = server = await StartAsync(kind, new() { Tls = kind != LabKind.MySql56 }, cancel);
            return server.IsRunning
                ? server
                : throw new InvalidOperationException($"{server} is shared, and an earlier test ended it");
        }
        finally
        {
            _sharing.Release();
        }
    }

    /// <summary>A server for one test, which may do to it what it likes. The test disposes of it.</summary>
    public async Task<LabServer> StartAsync(LabKind kind, LabServerSettings settings, CancellationToken cancel)
    {
        await RequireAsync(kind.Word(), cancel);
        var number = Interlocked.Increment(ref _started);
        // Ids of servers that replicate from each other must differ; 100 leaves room for those that tests make
        // themselves.
        var folder = Path.Combine(_folder, $"{kind.Word()}-{number}");
        return await LabServer.StartAsync(kind, folder, 100 + number, settings, cancel);
    }

    /// <summary>A server for one test, as its kind comes.</summary>
    public Task<LabServer> StartAsync(LabKind kind, CancellationToken cancel) => StartAsync(kind, new(), cancel);

    /// <summary>
    /// Installs a target of lab/install (<c>tools</c>, <c>node</c>, ...), or skips the test when it is not to be had.
    /// </summary>
    public async Task RequireAsync(string target, CancellationToken cancel)
    {
        // Once per run, and not under the first asker's token: the others wait for the same answer.
        var result = await _installed.GetOrAdd(target, _ => new(() => InstallAsync(target))).Value.WaitAsync(cancel);
        const int notToBeHad = 3;
        Assert.SkipWhen(result.Status == notToBeHad, result.Errors);
        result.ShouldSucceed();
    }

    /// <summary>A new, empty folder with a short path, deleted with the lab.</summary>
    public string NewFolder() => Directory.CreateDirectory(Path.Combine(_folder, Path.GetRandomFileName())).FullName;

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _shared.Values)
            await server.DisposeAsync();
        _sharing.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static Task<LabResult> InstallAsync(string target)
    {
        var install = new LabCommand(LabFolders.Script("install"), target);
        return LabProgram.RunAsync(install, InstallTimeMax, CancellationToken.None);
    }
}
