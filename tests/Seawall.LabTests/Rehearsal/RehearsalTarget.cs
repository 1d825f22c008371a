using System.Net;
using System.Text;
using Seawall.LabTests.Lab;
using Seawall.Rehearsal.Drivers;
using Seawall.Rehearsal.Logins;

namespace Seawall.LabTests.Rehearsal;

/// <summary>Logins to the lab's servers as drivers do them.</summary>
internal static class RehearsalTarget
{
    public static LoginPlan Plan(
        LabServer server, string profile, string user = "seawall", string password = "seawall", LoginTls tls = LoginTls.Off) => new()
        {
            Address = new IPEndPoint(IPAddress.Loopback, server.Port),
            Host = "localhost",
            User = user,
            Password = new LoginPassword(Encoding.UTF8.GetBytes(password)),
            Profile = DriverProfiles.Find(profile)!,
            Tls = tls,
            TimeMax = TimeSpan.FromMinutes(1),
        };

    /// <summary>Logs in and leaves.</summary>
    public static async Task<LoginTrace> Try(LoginPlan plan, CancellationToken cancel)
    {
        var probe = await LoginProbe.Run(plan, TimeProvider.System, cancel);
        await probe.Leave(cancel);
        return probe.Trace;
    }
}
