using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Clients;
using Xunit;

namespace Seawall.Tests.Flow.Sessions;

/// <summary>Goal: an idle client stays small, and what few sessions have costs nobody else anything.</summary>
public class IdleSessionTests
{
    /// <summary>What it took when this was written (docs/performance.md); a field more is a decision.</summary>
    private const long BytesMax = 344;

    [Fact]
    public void A_session_takes_no_more_than_is_published()
    {
        Assert.InRange(Allocations.Of(() => GC.KeepAlive(new Session(null!, 1, 0))), 1, BytesMax);
    }

    [Fact]
    public void What_it_has_not_is_looked_at_and_forgotten_without_an_allocation()
    {
        var session = new Session(null!, 1, 0);
        Assert.Equal(0, Allocations.Of(() =>
        {
            session.InsertIdDoubt = default;
            session.KeptWarnings = null;
            session.Sequences = null;
            session.Owed = null;
            session.Untold = null;
            session.Note = null;
            Assert.False(session.InsertIdDoubt.IsOpen || session.KeptWarnings is not null || session.Owed is not null);
        }));
    }

    [Fact]
    public void What_it_has_once_can_be_forgotten_and_had_again_without_an_allocation()
    {
        var session = new Session(null!, 1, 0) { Owed = [1] };
        var owed = session.Owed;
        Assert.Equal(0, Allocations.Of(() =>
        {
            session.Owed = null;
            session.InsertIdDoubt = new InsertIdDoubt(IsOpen: true, IsLost: false, WasThere: true, Before: 7, MayBeSame: false);
            session.Owed = owed;
        }));
        Assert.Equal((owed, (ulong?)7), (session.Owed, session.InsertIdDoubt.Before));
    }
}
