using System.Text;
using Xunit;

namespace Seawall.LabTests.Lab;

/// <summary>
/// What each login of a test may cost, written down with the reason, and what the engine counted for it; then held
/// against what the packets show.
/// </summary>
public sealed class LoginLedger
{
    private readonly List<(string What, int Shortest, string Why, long Counted)> _rows = [];

    /// <summary>
    /// One login: <paramref name="shortest"/> packets of the client are the least that the two ends allow;
    /// <paramref name="counted"/> is what the engine says.
    /// </summary>
    public void Add(string what, int shortest, string why, long counted) => _rows.Add((what, shortest, why, counted));

    /// <summary>
    /// All witnesses agree on each, and what Seawall sends goes in as few segments as there are turns:
    /// <paramref name="segmentsOf"/> counts its own, <paramref name="segmentsMax"/> says how many may be.
    /// </summary>
    public void AssertShortest(
        IReadOnlyList<SeenLogin> logins, Func<SeenLogin, int> segmentsOf, Func<SeenLogin, int> segmentsMax)
    {
        var problems = new StringBuilder();
        foreach (var (row, login) in _rows.Zip(logins))
        {
            var line = $"{row.What}: shortest {row.Shortest} ({row.Why}); bytes {login.Exchanges}, tshark "
                + $"{login.TsharkExchanges}, engine {row.Counted}; segments {segmentsOf(login)} of at most "
                + $"{segmentsMax(login)}; {login}";
            TestContext.Current.TestOutputHelper?.WriteLine(line);
            if ((login.Exchanges, login.TsharkExchanges, row.Counted) != (row.Shortest, row.Shortest, row.Shortest)
                || segmentsOf(login) > segmentsMax(login))
            {
                problems.AppendLine(line);
            }
        }
        Assert.Equal("", problems.ToString());
        Assert.Equal(_rows.Count, logins.Count);
    }
}
