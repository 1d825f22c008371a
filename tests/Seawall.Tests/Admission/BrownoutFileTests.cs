using Microsoft.Extensions.Logging.Abstractions;
using Seawall.Control.Processes;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.Testing;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>Brown-outs that outlive the process that began them.</summary>
public sealed class BrownoutFileTests : IDisposable
{
    private const string Head = "{\"written_at\":\"2026-01-01T00:00:00+00:00\",\"brownouts\":[{\"group\":";
    private const string Tail = "\"by\":\"\",\"why\":\"\"}]}";

    private readonly string _folder = Directory.CreateTempSubdirectory("seawall-brownouts-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "brownouts.json");

    [Fact]
    public void One_that_is_not_over_goes_on_with_the_end_that_it_had()
    {
        using (var before = World())
        {
            before.Engine.Brownouts.Begin("mail", 0, TimeSpan.FromMinutes(30), "ann", "the queue is \"full\"\n");
            before.Engine.Brownouts.Begin(null, 2, TimeSpan.FromMinutes(5), "bob", "");
            FileOf(before).Save();
        }
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(Path));
        using var after = World();
        after.World.RunFor(10 * 60_000);
        FileOf(after).Restore();

        var (order, leftMs) = Assert.Single(after.Engine.Brownouts.Orders());
        Assert.Equal(("mail", 0, "ann", "the queue is \"full\"\n"), (order.Group, order.Level, order.By, order.Why));
        Assert.InRange(leftMs, 19 * 60_000, 20 * 60_000);
        Assert.Equal(1041, after.Client(new() { User = "boss", Password = "other" }).Query("SELECT 1").Code);
        after.World.RunFor(20 * 60_000);
        Assert.Empty(after.Engine.Brownouts.Orders());
    }

    [Fact]
    public void What_has_ended_or_is_no_group_any_more_does_not_come_back()
    {
        using (var before = World())
        {
            before.Engine.Brownouts.Begin("mail", 0, TimeSpan.FromMinutes(5), "ann", "");
            FileOf(before).Save();
            before.Engine.Brownouts.End(null, "ann");
            FileOf(before).Save();
        }
        Assert.Empty(Restored());
        using (var before = World())
        {
            before.Engine.Brownouts.Begin("mail", 0, TimeSpan.FromMinutes(5), "ann", "");
            FileOf(before).Save();
        }
        Assert.Single(Restored());
        Assert.Empty(Restored(overload => overload with { Brownouts = [], Rules = [] }));
        Assert.Empty(Restored(runForMs: 5 * 60_000));
    }

    [Fact]
    public void A_clock_that_has_gone_back_makes_none_longer()
    {
        using (var before = World())
        {
            before.World.RunFor(20 * 60_000);
            before.Engine.Brownouts.Begin("mail", 0, TimeSpan.FromMinutes(5), "ann", "");
            FileOf(before).Save();
        }
        Assert.Empty(Restored());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"written_at\":\"2026-01-01T00:00:00+00:00\"}")]
    [InlineData("{\"written_at\":\"2026-01-01T00:00:00+00:00\",\"brownouts\":[null]}")]
    [InlineData($"{Head}null,\"level\":0,\"until\":\"2026-01-01T01:00:00+00:00\",{Tail}")]
    [InlineData($"{Head}\"mail\",\"level\":0,\"until\":\"2036-01-01T01:00:00+00:00\",{Tail}")]
    public void What_makes_no_sense_begins_nothing_and_is_no_reason_not_to_start(string content)
    {
        File.WriteAllText(Path, content);
        Assert.Empty(Restored());
    }

    [Fact]
    public void Neither_is_a_file_that_is_too_long_or_a_folder_that_is_not_there()
    {
        File.WriteAllBytes(Path, new byte[100_000]);
        Assert.Empty(Restored());
        using var world = World();
        new BrownoutFile("/nowhere/at/all", world.Engine.Brownouts, world.World.Clock, NullLogger.Instance).Save();
    }

    [Fact]
    public void Who_has_handed_over_writes_no_more()
    {
        using var world = World();
        var file = FileOf(world);
        world.Engine.Brownouts.Begin("mail", 0, TimeSpan.FromMinutes(5), "ann", "");
        file.Save();
        file.Close();
        world.Engine.Brownouts.End(null, "ann");
        file.Save();
        Assert.Single(Restored());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private BrownoutFile FileOf(EngineWorld world) => new(Path, world.Engine.Brownouts, world.World.Clock, NullLogger.Instance);

    private BrownoutOrder[] Restored(Func<OverloadOptions, OverloadOptions>? change = null, long runForMs = 0)
    {
        using var world = World(change);
        world.World.RunFor(runForMs);
        FileOf(world).Restore();
        return [.. world.Engine.Brownouts.Orders().Select(running => running.Order)];
    }

    private static EngineWorld World(Func<OverloadOptions, OverloadOptions>? change = null) => GateWorld.With(10, overload =>
    {
        overload = overload with
        {
            Rules = [new(StatementClass.Low, "boss", null, null, MayRaise: false) { Name = "mail-out", Groups = ["mail"] }],
            Brownouts = [new() { Name = "mail", Level = 1 }],
        };
        return change is null ? overload : change(overload);
    });
}
