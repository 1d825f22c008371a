namespace Seawall.Demos;

/// <summary>How the demo is to run.</summary>
/// <param name="Port">Where Seawall listens; the admin port and the metrics take the two ports above it.</param>
/// <param name="Connections">Connections in each storm.</param>
/// <param name="AtOnce">Connections at one time.</param>
/// <param name="Seconds">How long the load of each way takes, where that is what is shown.</param>
/// <param name="IsBrief">Ends when the table has been shown, instead of leaving Seawall running.</param>
/// <param name="KeepsData">Leaves the servers' data where it is.</param>
internal sealed record DemoOptions(int Port, int Connections, int AtOnce, int Seconds, bool IsBrief, bool KeepsData);
