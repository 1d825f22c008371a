namespace Seawall.Engine.Flow.Floodgates;

/// <summary>Somewhere that a <see cref="GateWaiter"/> waits. Time comes in with each call; thread-safe.</summary>
internal interface IWaitingPlace
{
    /// <summary>Waits from now on; it hears what becomes of it, which may be before this returns.</summary>
    void Join(Applicant applicant, long nowMs);

    /// <summary>Does not want to wait any more; false when it has been decided about before.</summary>
    bool Withdraw(Applicant applicant, long nowMs);

    /// <summary>Decides about it, if it is time; otherwise in how many milliseconds to look again.</summary>
    long LookAt(Applicant applicant, long nowMs);
}
