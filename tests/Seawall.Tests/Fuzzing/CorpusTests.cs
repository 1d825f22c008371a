using Seawall.Fuzz.Inputs;
using Seawall.Fuzz.Run;
using Seawall.Fuzz.Targets;
using Xunit;

namespace Seawall.Tests.Fuzzing;

/// <summary>What fuzzing begins with, and what it found: tried at the code as it ships.</summary>
public sealed class CorpusTests
{
    public static TheoryData<string> Targets => [.. AllTargets.List.Select(target => target.Name)];

    public static TheoryData<string, string> Found
    {
        get
        {
            var found = new TheoryData<string, string>();
            foreach (var target in AllTargets.List)
            {
                foreach (var file in Seeds.Files(target.Name).Where(IsFound))
                    found.Add(target.Name, Path.GetFileName(file));
            }
            return found;
        }
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void Inputs_that_fuzzing_begins_with_break_nothing(string target)
    {
        var its = Target(target);
        // The whole engine takes its time; what it has not seen here it sees in the short run.
        foreach (var input in its.Seeds().Take(its.ShortRun < 1_000 ? 20 : int.MaxValue))
            its.Run(input);
    }

    [Theory]
    [MemberData(nameof(Found))]
    public void What_broke_something_once_breaks_nothing(string target, string file) =>
        Target(target).Run(File.ReadAllBytes(Seeds.Files(target).Single(path => Path.GetFileName(path) == file)));

    [Fact]
    public void Recorded_conversations_are_read_packet_by_packet()
    {
        Assert.InRange(Seeds.Recordings.Count, 12, 100);
        foreach (var recording in Seeds.Recordings)
        {
            Assert.Equal(10, recording.Greeting[0]);
            Assert.True(recording.Packets.Sum(packet => packet.Bytes.Length) > 200);
        }
        Assert.True(Seeds.Recordings.Sum(recording => recording.Commands.Count) > 200);
    }

    private static bool IsFound(string path) => Path.GetFileName(path).StartsWith("found-", StringComparison.Ordinal);

    private static FuzzTarget Target(string name) => AllTargets.List.Single(target => target.Name == name);
}
