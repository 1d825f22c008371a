using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Holds;

namespace Seawall.Engine.Flow;

/// <summary>
/// Refuses logins of low classes first: each class below critical may begin only while less than its share of the logins that may be
/// under way are, and of the cryptography that may wait does.
/// </summary>
/// <param name="measures">The options now.</param>
/// <param name="clients">How clients are received now.</param>
/// <param name="underWay">Logins under way.</param>
/// <param name="cryptoQueued">Pieces of cryptography that wait for a worker.</param>
internal sealed class LoginGate(
    Func<Measures> measures, Func<ClientOptions> clients, Func<int> underWay, Func<int> cryptoQueued) : ILoginGate
{
    /// <inheritdoc/>
    public LoginRefusal? Ask(in LoginApplicant applicant, bool needsCrypto)
    {
        var options = measures().Options;
        var crypto = cryptoQueued();
        var isFull = needsCrypto && crypto >= clients().CryptoMax;
        if (options.Mode == OverloadMode.Off && !isFull)
            return null;
        var which = ClassOf(options, applicant);
        var share = options.Of(which).LoginShare;
        var word = StatementClasses.Word(which);
        // Cryptography that nobody has time for is refused to everybody, whatever the mode: waiting for it would outlast the login.
        var isEnforced = options.Mode == OverloadMode.Enforce || isFull;
        if (isFull || (crypto > 0 && crypto >= Part(clients().CryptoMax, share)))
        {
            return new($"Too many connections: {crypto} pieces of cryptography of logins wait for a processor, of {clients().CryptoMax} that may "
                + $"(clients.crypto_max), and class {word} may have {share} hundredths (overload.{word}_login_share); trying again is safe", isEnforced);
        }
        var logins = underWay();
        if (which == StatementClass.Critical || logins < Part(clients().LoginsNow, share))
            return null;
        return new($"Too many connections: {logins} logins are under way, of {clients().LoginsNow} that may be (clients.logins_max), and class {word} "
            + $"may have {share} hundredths (overload.{word}_login_share); trying again is safe", isEnforced);
    }

    /// <summary>
    /// The class of a login. As long as the account is not known: the best that it may turn out to have, since nobody important may be
    /// refused by mistake. Rules for single statements do not count.
    /// </summary>
    internal static StatementClass ClassOf(OverloadOptions options, in LoginApplicant applicant)
    {
        var best = StatementClass.Background;
        foreach (var rule in options.Rules)
        {
            if (!rule.Digests.IsEmpty || !rule.Fits(applicant.User ?? rule.User, applicant.User is null ? rule.Schema : applicant.Schema,
                applicant.Peer, applicant.Listener))
                continue;
            if (rule.Class < best)
                best = rule.Class;
            if (applicant.User is not null || rule is { User: null, Schema: null })
                return best;
        }
        return best < StatementClass.Normal ? best : StatementClass.Normal;
    }

    private static long Part(int whole, int share) => Math.Max(1, (long)whole * share / 100);
}
