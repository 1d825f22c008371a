using Seawall.MySql.Handshakes;

namespace Seawall.LabTests.Equivalence;

/// <summary>What one session does from its login to its end. The same number and seed make the same script.</summary>
/// <param name="Number">Its number in the world.</param>
/// <param name="Dialect">What the client asks for at its login.</param>
/// <param name="Steps">What it does.</param>
public sealed record Script(int Number, Capabilities Dialect, IReadOnlyList<Step> Steps);

/// <summary>A step of a script, in the order in which a world did them.</summary>
public readonly record struct Moment(Script Script, Step Step);
