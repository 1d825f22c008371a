using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Seawall.Control.Logs;
using Seawall.Control.Settings;
using Xunit;

namespace Seawall.Tests.Settings;

/// <summary>One line for each event, whatever strangers put into it.</summary>
public sealed class LogTests
{
    private static readonly DateTimeOffset s_then = new(2026, 11, 26, 3, 4, 5, 678, TimeSpan.Zero);

    [Fact]
    public void A_line_has_time_level_event_message_and_fields()
    {
        var line = new TextFormat(isTerminal: false)
            .Line(Event("login refused for 'app'", ("User", "app"), ("Exchanges", 3)));

        Assert.Equal("2026-11-26T03:04:05.678Z warning LoginRefused(1002): login refused for 'app' user=app exchanges=3", line);
    }

    [Fact]
    public void Colours_are_for_terminals_only()
    {
        Assert.DoesNotContain('\e', new TextFormat(isTerminal: false).Line(Event("x", ("User", "app"))));
        Assert.Contains("\e[33m", new TextFormat(isTerminal: true).Line(Event("x", ("User", "app"))),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("app\n2026-11-26T03:04:05.678Z error Bug(9001): all is lost", "\\n")]
    [InlineData("app\rx", "\\r")]
    [InlineData("app\e[2J", "\\u001B")]
    [InlineData("app\u009b2J", "\\u009B")]
    [InlineData("app\u2028x", "\\u2028")]
    [InlineData("app\u202Enimda", "\\u202E")]
    [InlineData("app\0x", "\\u0000")]
    [InlineData("app\U000E0041x", "\\U000E0041")]
    public void What_a_stranger_sends_cannot_make_a_line_or_paint(string user, string escaped)
    {
        foreach (var isTerminal in (bool[])[false, true])
        {
            var line = new TextFormat(isTerminal).Line(Event($"login refused for '{user}'", ("User", user)));
            var plain = isTerminal ? line.Replace("\e[33m", "", StringComparison.Ordinal)
                .Replace("\e[0m", "", StringComparison.Ordinal)
                .Replace("\e[2m", "", StringComparison.Ordinal) : line;

            Assert.DoesNotContain(plain, char.IsControl);
            Assert.DoesNotContain(plain, letter => letter is '\u2028' or '\u202E' || char.IsSurrogate(letter));
            Assert.Equal(2, Count(plain, escaped)); // In the message, and in the field.
        }
    }

    [Fact]
    public void Half_a_letter_is_escaped()
    {
        var user = "app" + (char)0xD800; // No attribute can hold it.

        Assert.Contains("app\\uD800", new TextFormat(isTerminal: false).Line(Event("x", ("User", user))),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a b", "user=\"a b\"")]
    [InlineData("a\" admin=\"yes", "user=\"a\\\" admin=\\\"yes\"")]
    [InlineData("a=b", "user=\"a=b\"")]
    [InlineData("a\\", "user=\"a\\\\\"")]
    [InlineData("", "user=\"\"")]
    [InlineData("Ärger", "user=Ärger")]
    public void A_field_cannot_look_like_two(string user, string field)
    {
        var line = new TextFormat(isTerminal: false).Line(Event("x", ("User", user)));

        Assert.EndsWith($" {field}", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bug_is_one_line_too()
    {
        var happened = Event("a bug") with { Failure = new InvalidOperationException("first\nsecond") };

        Assert.DoesNotContain('\n', new TextFormat(isTerminal: false).Line(happened));
        Assert.DoesNotContain('\n', new JsonFormat().Line(happened));
    }

    [Fact]
    public void Json_lines_have_the_same_as_members()
    {
        var line = new JsonFormat().Line(Event("login refused for 'a\"\n'", ("User", "a\"\n\ud800"), ("Exchanges", 3),
            ("Message", "mine")));

        Assert.DoesNotContain('\n', line);
        using var json = JsonDocument.Parse(line);
        var root = json.RootElement;
        Assert.Equal("2026-11-26T03:04:05.678Z", root.GetProperty("time").GetString());
        Assert.Equal("warning", root.GetProperty("level").GetString());
        Assert.Equal(("LoginRefused", 1002), (root.GetProperty("event").GetString(), root.GetProperty("id")
            .GetInt32()));
        Assert.Equal("login refused for 'a\"\n'", root.GetProperty("message").GetString());
        Assert.Equal("a\"\n\ufffd", root.GetProperty("user").GetString());
        Assert.Equal(3, root.GetProperty("exchanges").GetInt32());
        Assert.Equal("mine", root.GetProperty("message_").GetString());
    }

    [Fact]
    public void A_pipe_that_nobody_reads_costs_lines_and_nobody_waits()
    {
        using var stuck = new StuckStream();
        using var writer = new LogWriter(stuck, lost => $"{lost} lost");
        writer.Write("first");
        stuck.Entered.Wait(TestContext.Current.CancellationToken); // The thread is stuck in its first write.
        for (var i = 0; i < LogWriter.QueueMax; i++)
            writer.Write("kept");
        for (var i = 0; i < 10; i++)
            writer.Write("lost");
        Assert.Equal(10, writer.Lost);

        stuck.Go.Set();
        writer.Dispose();

        var lines = stuck.Text.Split('\n');
        Assert.Equal(LogWriter.QueueMax, lines.Count(line => line == "kept"));
        Assert.DoesNotContain("lost", lines);
        Assert.Contains("10 lost", lines);
    }

    [Fact]
    public void A_full_disk_costs_lines_that_are_counted_and_told_when_there_is_room_again()
    {
        using var disk = new FullDisk { IsFull = true };
        using var writer = new LogWriter(disk, lost => $"{lost} lost");
        for (var i = 0; i < 5; i++)
            writer.Write("nobody reads this");
        Assert.True(SpinWait.SpinUntil(() => writer.Lost == 5, TimeSpan.FromSeconds(30)));

        disk.IsFull = false;
        writer.Write("first again");
        writer.Dispose();

        // Half of a line was still written; what comes next begins a line of its own.
        Assert.Equal(["nobo", "first again", "5 lost", ""], disk.Text.Split('\n'));
        Assert.Equal((0, 5), (writer.Lost, writer.LostInAll));
    }

    private sealed class FullDisk : MemoryStream
    {
        private bool _hasRoom = true;

        internal volatile bool IsFull;

        internal string Text => Encoding.UTF8.GetString(ToArray());

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (!IsFull)
            {
                base.Write(buffer);
                return;
            }
            if (_hasRoom)
                base.Write(buffer[..4]);
            _hasRoom = false;
            throw new IOException("No space left on device");
        }
    }

    [Fact]
    public void A_reader_that_has_gone_does_not_end_anything()
    {
        using var broken = new BrokenStream();
        using var writer = new LogWriter(broken, lost => $"{lost} lost");

        writer.Write("one");
        broken.Tried.Wait(TestContext.Current.CancellationToken);
        writer.Write("two");
        writer.Dispose();

        Assert.True(broken.Count >= 2);
    }

    [Fact]
    public void The_level_can_be_changed_while_running()
    {
        using var memory = new MemoryStream();
        using var logs = new SeawallLoggers(new LogOptions(LogLevel.Warning, false), memory, isTerminal: false,
            TimeProvider.System);
        var logger = logs.CreateLogger("seawall");
        Assert.False(logger.IsEnabled(LogLevel.Information));

        logs.Level = LogLevel.Debug;

        Assert.True(logger.IsEnabled(LogLevel.Debug));
        Assert.False(logger.IsEnabled(LogLevel.Trace));
        Assert.False(logs.CreateLogger("Microsoft.AspNetCore.Hosting").IsEnabled(LogLevel.Information));
    }

    private static LogEvent Event(string message, params (string Key, object? Value)[] fields) => new(
        s_then, LogLevel.Warning, new EventId(1002, "LoginRefused"), message,
        [.. fields.Select(field => new KeyValuePair<string, object?>(field.Key, field.Value)),
            new("{OriginalFormat}", "not shown")], null);

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    private sealed class StuckStream : MemoryStream
    {
        internal ManualResetEventSlim Entered { get; } = new();

        internal ManualResetEventSlim Go { get; } = new();

        internal string Text { get; private set; } = "";

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Entered.Set();
            Go.Wait();
            Text += Encoding.UTF8.GetString(buffer);
        }
    }

    private sealed class BrokenStream : MemoryStream
    {
        private int _count;

        internal ManualResetEventSlim Tried { get; } = new();

        internal int Count => Volatile.Read(ref _count);

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Interlocked.Increment(ref _count);
            Tried.Set();
            throw new IOException("Broken pipe");
        }
    }
}
