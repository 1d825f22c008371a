using Seawall.Engine.Flow.Floodgates;
using Seawall.Testing;
using Seawall.Testing.Servers;

namespace Seawall.Tests.Admission;

/// <summary>A world with a limit on what runs at its server.</summary>
internal static class GateWorld
{
    /// <summary>Takes three seconds.</summary>
    internal const string Slow = "SELECT SLEEP(3), 'slow'";

    /// <summary>A world in which so many statements may run, and accounts <c>app</c> and <c>boss</c>.</summary>
    internal static EngineWorld With(int running, Func<OverloadOptions, OverloadOptions> change, int loops = 1, int seed = 1,
        OverloadMode mode = OverloadMode.Enforce, FakeServerKind? kind = null) => new(new()
        {
            Seed = seed,
            Loops = loops,
            Kind = kind ?? FakeServerKind.MySql97,
            Prepare = server =>
            {
                server.Accounts.Add(new FakeAccount("boss", "other"));
                server.Schemas.Add("reports");
            },
            WithServer = server => server with { RunningMax = running },
            With = options => options with { Overload = change(options.Overload) with { Mode = mode } },
        });

    /// <summary>What a class looks like at the one server.</summary>
    internal static ClassView View(EngineWorld world, StatementClass which) =>
        world.Engine.Views.Sluices().Single().Classes.Single(view => view.Class == which);

    /// <summary>How many statements of each class came, from critical to background.</summary>
    internal static (long Critical, long Normal, long Low, long Background) Offered(EngineWorld world) =>
        (View(world, StatementClass.Critical).Offered, View(world, StatementClass.Normal).Offered,
            View(world, StatementClass.Low).Offered, View(world, StatementClass.Background).Offered);
}
