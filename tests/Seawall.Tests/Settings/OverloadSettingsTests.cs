using Seawall.Control.Processes;
using Xunit;

namespace Seawall.Tests.Settings;

/// <summary>What a person may set by mistake, or to see what happens, of what is done under overload: one line says what is wrong, and what is there.</summary>
public sealed class OverloadSettingsTests
{
    private const string Rule = "[[classes]]\nname = \"a\"\n";
    private const string Group = "[[brownouts]]\nname = \"g\"\nclasses = [\"low\"]\n";
    private const string On = "[overload]\nmode = \"enforce\"\n";
    private const string Deferral = "[deferral]\nfolder = \"/tmp\"\n";

    [Theory]
    [InlineData("[overload]\nqueue_max_per_running = -1", "overload.queue_max_per_running = -1: it must be a whole number from 1 to 10000")]
    [InlineData("[overload]\nqueue_bytes_max = 99999999999999", "overload.queue_bytes_max = 99999999999999: it must be a whole number from 1 to 2147483647")]
    [InlineData("[overload]\ncritical_wait_ms_max = 0", "overload.critical_wait_ms_max = 0: it must be a whole number from 1 to 3600000")]
    [InlineData("[overload]\nlong_share_max = 101", "overload.long_share_max = 101: it must be a whole number from 1 to 100")]
    [InlineData("[overload]\nlong_ms = 2.5", "overload.long_ms = 2.5: it must be a whole number")]
    [InlineData("[overload]\nlow_error = 1205", "overload.low_error = 1205: it must be \"1205\", \"1041\" or \"3024\"")]
    [InlineData("[overload]\nlow_error = \"2013\"", "overload.low_error = \"2013\"")]
    [InlineData("[overload]\nlimit = \"adaptiv\"", "did you mean \"adaptive\"?")]
    [InlineData("[overload]\nsystem_wait_ms_max = 5", "unknown key \"system_wait_ms_max\" in [overload]")]
    [InlineData("[overload]\ntenants = \"everybody\"", "overload.tenants = \"everybody\": it must be")]
    [InlineData("[overload]\nnormal_share_min = 50", "critical_share_min, normal_share_min, low_share_min, background_share_min are 60 + 50 + 5 + 1 = 116")]
    [InlineData("[overload]\nbackground_share_max = 100\nbackground_share_min = 36", "more than 100 hundredths cannot be guaranteed")]
    [InlineData("[overload]\ncritical_login_share = 10", "overload.critical_login_share = 10 is less than overload.normal_login_share = 90")]
    [InlineData("[overload]\nlow_login_share = 95", "overload.normal_login_share = 90 is less than overload.low_login_share = 95")]
    [InlineData("[overload]\nlag_ms = 5000\nlag_ms_max = 1000", "overload.lag_ms = 5000 is more than overload.lag_ms_max = 1000")]
    [InlineData("[overload]\nbrownouts_file = \"\"", "overload.brownouts_file = \"\"")]
    [InlineData("[overload]\nbrownouts_file = \".\"", "is a folder")]
    [InlineData("[overload]\nbrownouts_file = \"/no/such/folder/b.json\"", "overload.brownouts_file: there is no folder /no/such/folder")]
    [InlineData("running_min = 17", "servers.running_min = 17 is more than servers.running_max = 16")]
    [InlineData("running_max = 99999999999999999999", "not valid TOML: Unable to parse integer")]
    [InlineData("running_max = 0", "servers.running_max = 0: it must be a whole number from 1 to 100000")]
    [InlineData(Rule + "class = \"P0\"", "classes.class = \"P0\": it must be \"critical\", \"normal\", \"low\" or \"background\"")]
    [InlineData(Rule + "class = \"system\"", "classes.class = \"system\": it must be")]
    [InlineData(Rule + "pace_per_second = -5", "classes.pace_per_second = -5: it must be a whole number from 0 to 1000000")]
    [InlineData(Rule + "pace_per_second = 5\npace_burst = 0", "classes.pace_burst = 0: it must be a whole number from 1 to 1000000")]
    [InlineData(Rule + "defer_ms_max = -2", "classes.defer_ms_max = -2: it must be a whole number from -1 to 3600000")]
    [InlineData(Rule + "from = []", "classes.from = []: name some, or leave it out for everywhere")]
    [InlineData(Rule + "digest = []", "classes.digest = []: name some, or leave it out for any statement")]
    [InlineData(Rule + "user = \"\"", "classes.user = \"\" fits nothing")]
    [InlineData(Rule + "schema = \"\"", "classes.schema = \"\" fits nothing")]
    [InlineData(Rule + "listen = \"\"", "classes.listen: \"\" is none of clients.listen: 127.0.0.1:6033")]
    [InlineData(Rule + "groups = [\"h\"]", "classes.groups: there is no group \"h\" in [[brownouts]]")]
    [InlineData(Rule + "priority = \"low\"", "unknown key \"priority\" in [[classes]]")]
    [InlineData("[[classes]]\nname = \"a\\u0007\"", "classes.name: a name has at most 64 letters")]
    [InlineData("[[classes]]\nname = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", "this one has 65")]
    [InlineData(Group + "level = 10", "brownouts.level = 10: it must be a whole number from 0 to 9")]
    [InlineData(Group + "action = \"explode\"", "brownouts.action = \"explode\": it must be \"off\", \"share\", \"slow\" or \"cache\"")]
    [InlineData(Group + "action = \"share\"\nshare = 100", "brownouts.share = 100: it must be a whole number from 1 to 99")]
    [InlineData("[[brownouts]]\nname = \"g\"\nclasses = [\"system\"]", "brownouts.classes: \"system\" is no class: critical, normal, low or background")]
    [InlineData(Group + Group, "two groups of [[brownouts]] are named \"g\"")]
    [InlineData("[[brownouts]]\nlevel = 1\nclasses = [\"low\"]", "a group of [[brownouts]] has no name")]
    [InlineData(Deferral + "bytes_max = 1", "deferral.bytes_max = 1: it must be a whole number from 1048576")]
    [InlineData("[deferral]\nfolder = \"/dev/null/journal\"", "deferral.folder = \"/dev/null/journal\": /dev/null is a file")]
    [InlineData(Deferral + "[[deferrals]]\nname = \"d\"\ndefer_key = \"x\"", "unknown key \"defer_key\" in [[deferrals]]")]
    [InlineData(Deferral + "[[deferrals]]\nname = \"d\"\nuser = \"\"", "deferrals.user = \"\" fits nothing")]
    [InlineData(Deferral + "[[deferrals]]\nuser = \"x\"", "a rule of [[deferrals]] has no name")]
    [InlineData("[protection]\nmemory_mib_max = -1", "protection.memory_mib_max = -1: it must be a whole number from 0 to 1048576")]
    public void A_silly_value_is_one_error_that_says_what_is_there(string text, string words)
    {
        using var file = new SettingsFile(SettingsFile.Least + text + "\n");

        Assert.Contains(words, Assert.Single(file.Errors()), StringComparison.Ordinal);
        Assert.Null(file.Read().Settings);
        // What follows from it is not told as well.
        Assert.All(file.Read().Problems.Where(problem => !problem.IsError),
            problem => Assert.StartsWith("no [monitor]", problem.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Group, "[[brownouts]] does nothing while overload.mode = \"off\"")]
    [InlineData(Rule + "pace_per_second = 5", "classes.pace_per_second = 5 does nothing while overload.mode = \"off\"")]
    [InlineData(Rule + "pace_burst = 5", "classes.pace_burst = 5 does nothing without classes.pace_per_second")]
    [InlineData(Rule + "pace_wait_ms_max = 5", "classes.pace_wait_ms_max = 5 does nothing without classes.pace_per_second")]
    [InlineData(On + Rule + "pace_per_second = 1\npace_wait_ms_max = 3600000", "classes.pace_wait_ms_max = 3600000 is longer than many clients wait")]
    [InlineData(On + "low_wait_ms_max = 30001", "overload.low_wait_ms_max = 30001 is longer than many clients wait for an answer (30000 ms)")]
    [InlineData(On + "defer_ms_max = 60000", "overload.defer_ms_max = 60000 is longer")]
    [InlineData(On + "defer_max = 0", "overload.defer_max = 0: what would be deferred is refused at once")]
    [InlineData(On + Group + "share = 5", "brownouts.share = 5 does nothing with brownouts.action = \"off\"")]
    [InlineData(On + Group + "action = \"share\"\npace_burst = 5", "brownouts.pace_burst = 5 does nothing with brownouts.action = \"share\"")]
    [InlineData(On + Group + "action = \"slow\"\nkeep_ms_max = 5", "brownouts.keep_ms_max = 5 does nothing with brownouts.action = \"slow\"")]
    [InlineData(On + "kept_mib_max = 0\n" + Group + "action = \"cache\"", "overload.kept_mib_max = 0: no answer is kept")]
    [InlineData(On + "[[brownouts]]\nname = \"g\"", "[[brownouts]] \"g\" cuts nothing down")]
    [InlineData(Rule + "[[classes]]\nname = \"b\"\nuser = \"x\"", "[[classes]] \"b\" is never used: \"a\" comes before it")]
    [InlineData(Rule + "user = \"x\"\n[[classes]]\nname = \"b\"\nuser = \"x\"\nschema = \"s\"", "[[classes]] \"b\" is never used")]
    [InlineData(Rule + "tags_may_raise = true", "classes.tags_may_raise = true without user, from or listen")]
    [InlineData("running_max = 300\n" + On + "[pool]\nsize = 200", "servers.running_max = 300 is more than servers.connections_max = 200", 2)]
    [InlineData("[protection]\nmemory_mib_max = 1", "protection.memory_mib_max = 1 is less than Seawall itself takes (64)")]
    public void What_does_nothing_or_something_else_than_it_seems_to_is_a_warning(string text, string words, int warnings = 1)
    {
        var reading = SettingsFile.Read(SettingsFile.Least + text + "\n");

        Assert.NotNull(reading.Settings);
        var said = reading.Problems.Where(problem => !problem.Message.StartsWith("no [monitor]", StringComparison.Ordinal)).ToArray();
        Assert.Contains(said, problem => !problem.IsError && problem.Message.Contains(words, StringComparison.Ordinal));
        Assert.Equal(warnings, said.Length);
    }

    [Fact]
    public void What_is_meant_so_is_not_doubted()
    {
        var reading = SettingsFile.Read(SettingsFile.Least + """
            [overload]
            mode = "enforce"
            [[classes]]
            name = "shop"
            class = "critical"
            user = "shop"
            [[classes]]
            name = "mail"
            class = "low"
            user = "mail"
            from = ["10.0.0.0/8"]
            tags_may_raise = true
            pace_per_second = 20
            pace_burst = 5
            groups = ["optional"]
            [[classes]]
            name = "everybody else"
            [[brownouts]]
            name = "optional"
            level = 1
            action = "slow"
            pace_per_second = 2

            """);

        Assert.NotNull(reading.Settings);
        Assert.StartsWith("no [monitor]", Assert.Single(reading.Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_for_deferred_statements_that_cannot_be_written_to_is_a_warning_with_the_user()
    {
        Assert.SkipWhen(FileStatus.UserId == 0, "this user may write everywhere");
        using var file = new SettingsFile("");
        var folder = Path.GetDirectoryName(file.Path)!;
        file.Text = $"{SettingsFile.Least}[deferral]\nfolder = \"{folder}/closed/journal\"\n";
        SettingsFile.Protect(Directory.CreateDirectory($"{folder}/closed").FullName, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        Assert.Contains(file.Read().Problems, problem => !problem.IsError
            && problem.Message.Contains($"user {Environment.UserName} may not write in {folder}/closed", StringComparison.Ordinal));
    }
}
