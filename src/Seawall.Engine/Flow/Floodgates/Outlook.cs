namespace Seawall.Engine.Flow.Floodgates;

/// <summary>What would become of a statement that came now.</summary>
/// <param name="Passes">Whether it would pass at once.</param>
/// <param name="Reason">Why it would be refused, if it would.</param>
/// <param name="Waiting">Statements of its class that wait.</param>
/// <param name="Stands">Whether their queue stands.</param>
/// <param name="AheadMs">How long those before it take, in milliseconds.</param>
/// <param name="LimitMs">How long it might wait.</param>
internal readonly record struct Outlook(bool Passes, ShedReason Reason, int Waiting, bool Stands, long AheadMs, int LimitMs);
