using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Seawall.Control;
using Seawall.Control.Processes;
using Seawall.Engine.Loops;
using Xunit;

namespace Seawall.Tests.Settings;

/// <summary>What a process needs from the system around it.</summary>
public sealed class ProcessTests
{
    private const UnixFileMode Owners = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    [Theory]
    [InlineData(20_000, 10_000)]
    [InlineData(10_360, 10_000)]
    [InlineData(10_359, 9_999)]
    [InlineData(1_024, 664)]
    [InlineData(300, 16)]
    public void With_too_few_open_files_fewer_clients_come_in(long limit, int max)
    {
        var settings = SettingsFile.Read(SettingsFile.Least)
            .Settings!; // 10,000 clients, 200 connections, 160 for the rest.

        Assert.Equal(max, new OpenFiles(limit).Fit(settings, NullLogger.Instance).Engine.Clients.CountMax);
    }

    [Fact]
    public void The_limit_of_open_files_is_what_the_system_says()
    {
        var limit = OpenFiles.Raise().Limit;

        var line = File.ReadLines("/proc/self/limits").Single(line =>
            line.StartsWith("Max open files", StringComparison.Ordinal));
        Assert.Contains(limit.ToString(System.Globalization.CultureInfo.InvariantCulture), line,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_password_file_lies_in_a_folder_of_its_own_and_goes_with_it()
    {
        using var parent = new Folder();

        using (var file = AdminPasswordFile.Write(Admin, parent.Path))
        {
            Assert.StartsWith(parent.Path, file.Path, StringComparison.Ordinal);
            Assert.Equal(Owners, ModeOf(Path.GetDirectoryName(file.Path)!));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf(file.Path));
            var lines = File.ReadAllLines(file.Path);
            Assert.Equal(["[client]", "protocol=tcp", "host=127.0.0.1", "port=6034", "user=admin"], lines[..5]);
            Assert.True(file.Password.Password!.Matches(System.Text.Encoding.ASCII.GetBytes(lines[5]["password="
                .Length..])));
        }

        Assert.Empty(Directory.GetFileSystemEntries(parent.Path));
    }

    [Fact]
    public void Two_starts_have_two_passwords()
    {
        using var parent = new Folder();
        using var first = AdminPasswordFile.Write(Admin, parent.Path);
        var before = File.ReadAllText(first.Path);

        using var second = AdminPasswordFile.Write(Admin, parent.Path);

        Assert.NotEqual(before, File.ReadAllText(second.Path));
    }

    [Fact]
    public void A_folder_that_is_open_to_others_is_not_used()
    {
        using var parent = new Folder();
        var trap = Directory.CreateDirectory(Path.Combine(parent.Path, $"seawall-{FileStatus.UserId}-6034")).FullName;
        SettingsFile.Protect(trap, Owners | UnixFileMode.GroupWrite | UnixFileMode.OtherExecute);

        using var file = AdminPasswordFile.Write(Admin, parent.Path);

        Assert.Empty(Directory.GetFileSystemEntries(trap));
        Assert.Equal(Owners, ModeOf(Path.GetDirectoryName(file.Path)!));
    }

    [Fact]
    public void A_link_in_the_folders_place_is_not_followed()
    {
        using var parent = new Folder();
        using var elsewhere = new Folder();
        Directory.CreateSymbolicLink(Path.Combine(parent.Path, $"seawall-{FileStatus.UserId}-6034"), elsewhere.Path);

        using var file = AdminPasswordFile.Write(Admin, parent.Path);

        Assert.Empty(Directory.GetFileSystemEntries(elsewhere.Path));
        Assert.Equal(Owners, ModeOf(Path.GetDirectoryName(file.Path)!));
    }

    [Fact]
    public void What_a_path_is_and_whose_is_seen_without_following_links()
    {
        using var folder = new Folder();
        var link = Path.Combine(folder.Path, "link");
        File.CreateSymbolicLink(link, folder.Path);

        Assert.True(FileStatus.Of(folder.Path) is { IsFolder: true, IsPrivate: true, IsSocket: false });
        Assert.True(FileStatus.Of(link) is { IsFolder: false });
        Assert.Null(FileStatus.Of(Path.Combine(folder.Path, "nothing")));
        Assert.True(FileStatus.Of("/") is { IsFolder: true, IsPrivate: false });
    }

    private static AdminOptions Admin => new(Endpoint.Tcp(IPAddress.Loopback, 6034), "admin", null);

    private static UnixFileMode ModeOf(string path) => OperatingSystem.IsWindows() ? default
        : File.GetUnixFileMode(path);

    private sealed class Folder : IDisposable
    {
        internal string Path { get; } = Directory.CreateTempSubdirectory("seawall-process-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
