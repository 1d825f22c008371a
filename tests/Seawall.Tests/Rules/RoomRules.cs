using System.Reflection;
using Seawall.Captures.Records;
using Seawall.Engine;
using Seawall.MySql.Framing;
using Xunit;

namespace Seawall.Tests.Rules;

/// <summary>Who may name whom. What is looked at is the compiled program: shapes and code, not words.</summary>
public sealed class RoomRules
{
    private const string Engine = "Seawall.Engine";
    private const string Captures = "Seawall.Captures";
    private const string Flow = "Seawall.Engine.Flow";

    private static readonly string[] s_rooms = ["Clients", "Decisions", "Floodgates", "Pools", "Servers"];

    // This list may only become shorter.
    private static readonly Dictionary<string, string> s_exceptions = new()
    {
        ["Session -> Lease"] = "what a conversation holds between two statements is with the session; Clients never looks at it",
        ["Session -> LeaseMark"] = "as the lease itself: whether anybody else had the connection since",
        ["Session -> Pool"] = "looked up once for each session, not for each statement",
    };

    private static readonly IReadOnlyList<(Type From, Type To)> s_names = [.. TypeNames.In(typeof(SeawallEngine).Assembly)];

    [Fact]
    public void Projects_name_only_those_below_them()
    {
        Assert.Equal([], ReferencesOf(typeof(PacketHeader).Assembly));
        Assert.Equal(["Seawall.MySql"], ReferencesOf(typeof(CaptureRecord).Assembly));
        Assert.Equal([], ReferencesOf(typeof(SeawallEngine).Assembly).Except([Captures, "Seawall.MySql"]));
        Assert.Equal([], ReferencesOf(Assembly.Load("Seawall.Control")).Except([Engine, Captures, "Seawall.MySql"]));
        Assert.Equal([], ReferencesOf(Assembly.Load("Seawall.Rehearsal")).Except([Engine, Captures, "Seawall.MySql"]));
    }

    [Fact]
    public void Rooms_of_the_flow_do_not_name_one_another_save_Pools_the_Servers()
    {
        var sideways = s_names.Where(pair => IsSideways(RoomOf(pair.From), RoomOf(pair.To))).Select(Describe).ToHashSet();

        Assert.Equal([], sideways.Except(s_exceptions.Keys));
        Assert.Equal([], s_exceptions.Keys.Except(sideways)); // An exception that nobody needs any more is to be struck off.
    }

    [Fact]
    public void Facts_depend_on_nothing_but_what_an_address_and_a_password_are() =>
        Assert.Equal([], Naming("Facts", to => IsIn(to, $"{Engine}.Facts") || IsIn(to, $"{Engine}.Loops")));

    [Fact]
    public void Loops_know_nothing_of_what_runs_on_them() =>
        Assert.Equal([], Naming("Loops", to => IsIn(to, $"{Engine}.Loops")));

    [Fact]
    public void What_keeps_deferred_statements_knows_nothing_but_the_loops() =>
        Assert.Equal([], Naming("Deferrals", to => IsIn(to, $"{Engine}.Deferrals") || IsIn(to, $"{Engine}.Loops")));

    [Fact]
    public void The_flow_never_names_those_who_watch() =>
        Assert.Equal([], Naming("Flow", to => !IsIn(to, $"{Engine}.Watch")));

    [Fact]
    public void Nobody_below_names_the_engine_that_puts_it_together() =>
        Assert.Equal([], s_names.Where(pair => pair.To.Namespace == Engine && pair.From.Namespace != Engine
            && !IsIn(pair.From, $"{Engine}.Telemetry.Views")).Select(Describe));

    [Fact]
    public void A_name_in_a_field_a_signature_or_the_code_is_found()
    {
        // The control: these rules cannot see less than this.
        Assert.Contains(typeof(Uri), TypeNames.Named(typeof(NamesInField)));
        Assert.Contains(typeof(Uri), TypeNames.Named(typeof(NamesInSignature)));
        Assert.Contains(typeof(Uri), TypeNames.Named(typeof(NamesInCode)));
        Assert.True(IsSideways("Servers", "Pools"));
        Assert.False(IsSideways("Pools", "Servers"));
        Assert.Contains(s_names, pair => RoomOf(pair.From) == "Pools" && RoomOf(pair.To) == "Servers");
    }

    private static bool IsSideways(string? from, string? to) =>
        from is not null && to is not null && from != to && (from, to) is not ("Pools", "Servers");

    private static string? RoomOf(Type type) =>
        s_rooms.FirstOrDefault(room => IsIn(type, $"{Flow}.{room}"));

    private static bool IsIn(Type type, string space) =>
        type.Namespace == space || type.Namespace?.StartsWith($"{space}.", StringComparison.Ordinal) == true;

    private static IEnumerable<string> Naming(string folder, Func<Type, bool> mayName) => s_names
        .Where(pair => IsIn(pair.From, $"{Engine}.{folder}") && IsIn(pair.To, Engine) && !mayName(pair.To))
        .Select(Describe);

    private static string Describe((Type From, Type To) pair) => $"{pair.From.Name} -> {pair.To.Name}";

    private static HashSet<string> ReferencesOf(Assembly assembly) => [.. assembly.GetReferencedAssemblies()
        .Select(name => name.Name!).Where(name => name.StartsWith("Seawall", StringComparison.Ordinal))];

    private sealed class NamesInField(Uri? where)
    {
        internal readonly Uri? Where = where;
    }

    private abstract class NamesInSignature
    {
        internal abstract List<Uri[]> Method();
    }

    private static class NamesInCode
    {
        internal static string Method() => new Uri("http://localhost").Host;
    }
}
