using System.Globalization;
using System.Text;

namespace Seawall.Demos;

/// <summary>What Seawall is to stand in front of.</summary>
/// <param name="Folder">Where the demo's files are.</param>
/// <param name="Port">Where Seawall listens; admin port and metrics take the two ports above.</param>
/// <param name="PrimaryPort">Where the primary listens.</param>
/// <param name="ReplicaPorts">Where the replicas listen.</param>
/// <param name="Monitor">The account that Seawall watches with; its password is its name.</param>
internal sealed record DemoTarget(string Folder, int Port, int PrimaryPort, int[] ReplicaPorts, string Monitor)
{
    /// <summary>Statements that may run at the primary at one time, and whose accounts have which class; null for no limit.</summary>
    internal (int Running, IReadOnlyDictionary<string, string> ClassOfUser)? Overload { get; init; }

    /// <summary>Whether replicas are read from.</summary>
    internal bool ReadsFromReplicas { get; init; }

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes the settings that a person would write, and returns the file's path.</summary>
    internal async Task<string> WriteSettings()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"""
            [clients]
            listen = ["127.0.0.1:{Port}"]
            [admin]
            listen = "127.0.0.1:{Port + 1}"
            [metrics]
            listen = "127.0.0.1:{Port + 2}"
            [monitor]
            user = "{Monitor}"
            password = "{Monitor}"
            [[servers]]
            name = "primary"
            address = "127.0.0.1:{PrimaryPort}"
            """);
        if (Overload is { } overload)
            text.AppendLine(CultureInfo.InvariantCulture, $"running_max = {overload.Running}");
        for (var i = 0; i < ReplicaPorts.Length; i++)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"""
                [[servers]]
                name = "replica-{i + 1}"
                address = "127.0.0.1:{ReplicaPorts[i]}"
                role = "replica"
                """);
        }
        if (ReadsFromReplicas)
            text.AppendLine("[reads]").AppendLine("from = \"replicas\"");
        if (Overload is { ClassOfUser: var classes })
        {
            text.AppendLine("[overload]").AppendLine("mode = \"enforce\"");
            foreach (var (user, ofClass) in classes)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"""
                    [[classes]]
                    name = "{user}"
                    class = "{ofClass}"
                    user = "{user}"
                    """);
            }
        }
        var path = Path.Combine(Folder, "seawall.toml");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly; // It has the monitor's password.
        var file = new FileStream(path, options);
        await using (file)
            await file.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()));
        return path;
    }
}
