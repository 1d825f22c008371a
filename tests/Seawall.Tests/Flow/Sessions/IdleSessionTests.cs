using System.Reflection;
using System.Runtime.CompilerServices;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Linux;
using Xunit;

namespace Seawall.Tests.Flow.Sessions;

/// <summary>Goal: an idle client stays small, and what few sessions have costs nobody else anything.</summary>
public class IdleSessionTests
{
    // What they took when this was written (docs/performance.md); a field more is a decision.
    private const long SessionBytesMax = 344;
    private const long SocketBytesMax = 120;
    private const long MethodBytesMax = 120;

    [Fact]
    public void A_session_takes_no_more_than_is_published()
    {
        Assert.InRange(Allocations.Of(() => GC.KeepAlive(new Session(null!, 1, 0))), 1, SessionBytesMax);
    }

    [Fact]
    public void Its_socket_and_the_method_that_waits_for_it_take_no_more_than_is_published()
    {
        // The method is the conversation, suspended: one for all clients of a loop, and of each only what the compiler keeps.
        var method = typeof(Conversation).GetMethod("Converse", BindingFlags.Instance | BindingFlags.NonPublic)!;
        var kept = method.GetCustomAttribute<AsyncStateMachineAttribute>()!.StateMachineType;

        Assert.InRange(BytesOf(typeof(SocketWire)), 1, SocketBytesMax);
        Assert.InRange(BytesOf(typeof(LoopBox<>).MakeGenericType(kept)), 1, MethodBytesMax);
    }

    [Fact]
    public void What_hears_of_its_failures_is_the_loops_and_no_object_of_its_own()
    {
        using var loop = new EpollLoop(0, TimeProvider.System, new Random(1), _ => { });

        Assert.Same(loop.Report, loop.Report);
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

    private static long BytesOf(Type type) => Allocations.Of(() => GC.KeepAlive(RuntimeHelpers.GetUninitializedObject(type)));
}
