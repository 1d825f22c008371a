using Seawall.Engine.Deferrals;

namespace Seawall.Engine.Watch.Appliers;

/// <summary>Statements of one account and key, which run one after the other. Control loop only.</summary>
internal sealed class ApplierLane(ApplierAccount account, string key)
{
    /// <summary>Whose it is.</summary>
    internal ApplierAccount Account { get; } = account;

    /// <summary>The key.</summary>
    internal string Key { get; } = key;

    /// <summary>What waits; the first of them may be running.</summary>
    internal Queue<DeferredStatement> Waiting { get; } = new();

    /// <summary>Attempts of the first of them that came to nothing.</summary>
    internal int Failures { get; set; }

    /// <summary>Whether nobody knows if the last attempt has run it: then it is not given up for its age.</summary>
    internal bool IsInDoubt { get; set; }
}

/// <summary>All lanes of one account. Control loop only.</summary>
internal sealed class ApplierAccount(string user)
{
    /// <summary>Its name.</summary>
    internal string User { get; } = user;

    /// <summary>Its lanes that have something waiting, by key.</summary>
    internal Dictionary<string, ApplierLane> Lanes { get; } = new(StringComparer.Ordinal);

    /// <summary>Those of them whose turn it is.</summary>
    internal Queue<ApplierLane> Ready { get; } = new();

    /// <summary>Those that wait for a while before they try again, by when.</summary>
    internal PriorityQueue<ApplierLane, long> Resting { get; } = new();

    /// <summary>Ids whose rows at the server are needed no more.</summary>
    internal List<string> Swept { get; set; } = [];

    /// <summary>When the whole account may try again, in the loop's milliseconds.</summary>
    internal long NotBeforeMs { get; set; }

    /// <summary>Attempts in a row that came to nothing for the whole account.</summary>
    internal int Failures { get; set; }

    /// <summary>Why nothing of it runs; null when it does.</summary>
    internal string? Problem { get; set; }

    /// <summary>Whether a lane of it could go now.</summary>
    internal bool HasTurn(long nowMs)
    {
        if (nowMs < NotBeforeMs)
            return false;
        while (Resting.TryPeek(out var lane, out var dueMs) && dueMs <= nowMs)
        {
            Resting.Dequeue();
            Ready.Enqueue(lane);
        }
        return Ready.Count > 0;
    }
}
