using System.Net;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Loops;

namespace Seawall.Control;

/// <summary>The SQL admin port, as it is to be. Null in the settings when it is off.</summary>
/// <param name="Listen">Where it listens.</param>
/// <param name="User">The one account that it lets in.</param>
/// <param name="Password">
/// That account's password; null in the settings when none is configured. Whoever serves the port always gets one: then
/// a random one was made at the start.
/// </param>
public sealed record AdminOptions(Endpoint Listen, string User, LearntSecrets? Password);

/// <summary>The metrics endpoint, as it is to be. Null in the settings when it is off.</summary>
/// <param name="Listen">Where it listens.</param>
/// <param name="Password">What a scraper must show; null when it need not.</param>
public sealed record MetricsOptions(IPEndPoint Listen, LearntSecrets? Password);
