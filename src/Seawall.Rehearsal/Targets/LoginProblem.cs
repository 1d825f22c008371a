using Seawall.Rehearsal.Logins;

namespace Seawall.Rehearsal.Targets;

/// <summary>
/// Why Seawall itself could not log in to a server, for whoever has to mend it: whose side it is, which option says so, and whether to try again.
/// </summary>
internal static class LoginProblem
{
    private const string Safe = "Trying again is safe: a login changes nothing";
    private const string NotAsItIs = "Trying again is safe, and comes to the same until that is changed";

    // A server may count them: FAILED_LOGIN_ATTEMPTS, max_password_errors, max_connect_errors.
    private const string Counted = "Trying again comes to the same until that is changed, and servers may lock accounts and hosts after many of these";

    /// <summary>All of it in one line; no secrets.</summary>
    public static string Words(Target target, LoginOutcome outcome)
    {
        var (cause, again) = Why(target.Dsn, outcome);
        return $"cannot log in to the {target.Name} server ({target.Dsn}) as '{target.Dsn.User}': {outcome}. {cause}. {again}";
    }

    private static (string Cause, string Again) Why(Dsn dsn, LoginOutcome outcome) => outcome.End switch
    {
        LoginEnd.In => ("It is in", Safe),
        LoginEnd.Refused => Refused(dsn, outcome.Code),
        LoginEnd.Unreachable => ($"Nothing answers there: {dsn.Option} says where ({dsn})", Safe),
        LoginEnd.TimedOut => ($"The server, or the network on the way to {dsn} ({dsn.Option}), does not answer", Safe),
        LoginEnd.Closed => ($"The server, or what is in front of it at {dsn} ({dsn.Option}), hung up", Safe),
        LoginEnd.NoTls => ($"{dsn.Option} asks for tls={Dsn.Word(dsn.Tls)}, and the two sides do not come together", NotAsItIs),
        LoginEnd.UnknownPlugin => ($"Seawall cannot prove itself to such an account: name another one in {dsn.Option}", NotAsItIs),
        LoginEnd.KeyNotAsked => ($"Without TLS it needs the server's key: ask for TLS in {dsn.Option} (?tls=required)", NotAsItIs),
        LoginEnd.Malformed => ($"What answers there does not speak as MySQL or MariaDB do: {dsn.Option} says where ({dsn})", NotAsItIs),
    };

    private static (string Cause, string Again) Refused(Dsn dsn, int code)
    {
        const int tooManyConnections = 1040, accessDenied = 1045, hostBlocked = 1129, hostNotAllowed = 1130, tooManyOfUser = 1203, limitReached = 1226,
            accessDeniedWithoutPassword = 1698, tlsRequired = 3159;
        return code switch
        {
            tooManyConnections or tooManyOfUser or limitReached => ("The server takes no more connections now", Safe),
            accessDenied or accessDeniedWithoutPassword =>
                ($"The server does not take this user with this password: {dsn.Option} says the user, the password is {dsn.PasswordBasis}", Counted),
            hostBlocked => ("The server blocks this machine after connects that failed: FLUSH HOSTS there, or TRUNCATE performance_schema.host_cache",
                NotAsItIs),
            hostNotAllowed => ("The server has no account that may come from this machine's address", NotAsItIs),
            tlsRequired => ($"The server wants TLS: {dsn.Option} with ?tls=required, or tls=verify&ca=FILE", NotAsItIs),
            _ => ($"These are the server's words; {dsn.Option} says where and as whom", NotAsItIs),
        };
    }
}
