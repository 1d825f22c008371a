using System.Text;
using Seawall.Control.Reloads;
using Seawall.Control.Settings;
using Seawall.Engine.Facts.Accounts;
using Xunit;

namespace Seawall.Tests.Settings;

/// <summary>Passwords come in, and do not come out again.</summary>
public sealed class SecretsTests
{
    private const string Marker = "hunter2-Zaphod";

    [Theory]
    [InlineData(Marker + "\n")]
    [InlineData(Marker + "\r\n")]
    [InlineData(Marker)]
    public void A_password_file_is_read_without_its_end_of_line(string contents)
    {
        using var file = new SettingsFile("[monitor]\nuser = \"w\"\npassword_file = \"pw\"\n" + SettingsFile.Least);
        file.Beside("pw", contents);

        Assert.True(Matches(file.Good().Engine.Monitor!, Marker));
    }

    [Fact]
    public void A_password_of_the_environment_is_read()
    {
        Environment.SetEnvironmentVariable("SEAWALL_TEST_PASSWORD", Marker);
        using var file = new SettingsFile("[[accounts]]\nuser = \"w\"\npassword_env = \"SEAWALL_TEST_PASSWORD\"\n"
            + SettingsFile.Least);

        Assert.True(Matches(Assert.Single(file.Good().Engine.Accounts), Marker));
    }

    [Fact]
    public void A_settings_file_with_a_password_must_not_be_open_to_others()
    {
        using var file = new SettingsFile($"[monitor]\nuser = \"w\"\npassword = \"{Marker}\"\n" + SettingsFile.Least);
        Assert.True(Matches(file.Good().Engine.Monitor!, Marker));

        SettingsFile.Protect(file.Path, UnixFileMode.UserRead | UnixFileMode.OtherRead);

        Assert.Contains("chmod 600", Assert.Single(file.Errors()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_file_must_not_be_open_to_others()
    {
        using var file = new SettingsFile("[monitor]\nuser = \"w\"\npassword_file = \"pw\"\n" + SettingsFile.Least);
        file.Beside("pw", Marker, UnixFileMode.UserRead | UnixFileMode.OtherRead);

        Assert.Contains("chmod 600", Assert.Single(file.Errors()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    public void A_password_file_with_nothing_in_it_is_a_mistake(string contents)
    {
        using var file = new SettingsFile("[monitor]\nuser = \"w\"\npassword_file = \"pw\"\n" + SettingsFile.Least);
        file.Beside("pw", contents);

        Assert.Contains("is empty", Assert.Single(file.Errors()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_that_is_too_long_is_a_mistake()
    {
        using var file = new SettingsFile("[monitor]\nuser = \"w\"\npassword_file = \"pw\"\n" + SettingsFile.Least);
        file.Beside("pw", new string('x', 600));

        Assert.Contains("512 is the most", Assert.Single(file.Errors()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[monitor]\nuser = \"w\"\npassword = \"" + Marker + "\"\n")]
    [InlineData("[monitor]\nuser = \"w\"\npassword = \"" + Marker + "\"\npassword_file = \"x\"\n")]
    [InlineData("[monitor]\nuser = \"w\"\npassword = " + Marker + "\n")]
    [InlineData("[monitor]\nuser = \"w\"\npassword = \"" + Marker + "\n")]
    [InlineData("[monitor]\nuser = \"w\"\npassword = '" + Marker + "\n")]
    [InlineData("[monitor]\nuser = \"w\"\npassword = [\"" + Marker + "\"]\n")]
    [InlineData("[monitor]\nuser = \"w\"\npassword = { a = \"" + Marker + "\" }\n")]
    [InlineData("[monitor]\nuser = \"w\"\npasswort = \"" + Marker + "\"\n")]
    [InlineData("[monitor]\nuser = \"w\"\npassword = \"" + Marker + "\\q\"\n")]
    [InlineData("[admin]\npassword = \"" + Marker + "\"\n[metrics]\npassword = \"" + Marker + "\"\n")]
    [InlineData("[[accounts]]\nuser = \"w\"\npassword = \"" + Marker + "\"\n[[accounts]]\nuser = \"w\"\npassword = \""
        + Marker + "\"\n")]
    [InlineData("password = \"" + Marker + "\"\n")]
    [InlineData("[monitor]\nuser = \"w\"\npassword \"" + Marker + "\"\n")]
    [InlineData("[monitor]\nuser = \"w\"\n" + Marker + "\n")]
    [InlineData("[monitor]\nuser = \"w\"\n" + Marker)]
    [InlineData("[monitor]\npassword = \"" + Marker + "\"\npassword = \"" + Marker + "\"\n")]
    public void Whatever_is_wrong_no_output_has_the_password(string text)
    {
        using var file = new SettingsFile(text + SettingsFile.Least);
        var reading = file.Read();
        var said = new StringBuilder();
        foreach (var problem in reading.Problems)
            said.AppendLine(problem.ToString());
        if (reading.Settings is { } settings)
        {
            foreach (var row in settings.Rows)
                said.AppendLine(row.ToString());
            foreach (var line in SettingsSummary.Of(settings, file.Source))
                said.AppendLine(line);
            said.AppendLine(settings.ToString());
            file.Text = file.Text.Replace(Marker, Marker + "2", StringComparison.Ordinal);
            foreach (var change in SettingsDifference.Of(settings, file.Good()))
                said.AppendLine(change.ToString());
        }

        Assert.DoesNotContain("Zaphod", said.ToString(), StringComparison.Ordinal);
        Assert.True(said.Length > 0);
    }

    private static bool Matches(Account account, string password) =>
        account.Secrets.Password!.Matches(Encoding.UTF8.GetBytes(password));
}
