#pragma warning disable
using System.Net;
using Microsoft.Extensions.Logging;
using Seawall.Engine;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;

if (args[0] == "demo")
{
    using var lf = LoggerFactory.Create(b => b.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning));
    var demo = new Seawall.Demos.StormDemo(new(6033, 10000, 200, true, false), new(Spectre.Console.AnsiConsole.Console), TimeProvider.System);
    await demo.Run(target =>
    {
        var mon = new Account(target.MonitorUser, "%", [], AccountSource.Settings);
        mon.Secrets.LearnPassword(System.Text.Encoding.UTF8.GetBytes(target.MonitorPassword));
        var e = new SeawallEngine(new EngineOptions { Listen = [Endpoint.Tcp(IPAddress.Loopback, target.Port)], Servers = [new ServerOptions { Id = new ServerId("primary"), Endpoint = Endpoint.Tcp(IPAddress.Loopback, target.PrimaryPort), Tls = ServerTls.Off }], Monitor = mon }, TimeProvider.System, lf.CreateLogger("seawall"));
        e.Start();
        Thread.Sleep(500);
        return e;
    }, default);
    return 0;
}
using var factory = LoggerFactory.Create(b => b.AddSimpleConsole(o => { o.SingleLine = true; o.TimestampFormat = "HH:mm:ss.fff "; }).SetMinimumLevel(LogLevel.Debug));
var port = int.Parse(args[0]);
Account? monitor = null;
if (args.Length > 2)
{
    monitor = new Account(args[2], "%", [], AccountSource.Settings);
    monitor.Secrets.LearnPassword(System.Text.Encoding.UTF8.GetBytes(args[3]));
}
using var engine = new SeawallEngine(new EngineOptions
{
    Listen = [Endpoint.Tcp(IPAddress.Loopback, int.Parse(args[1]))],
    Servers = [new ServerOptions { Id = new ServerId("primary"), Endpoint = Endpoint.Tcp(IPAddress.Loopback, port), Tls = ServerTls.Off }],
    Monitor = monitor,
}, TimeProvider.System, factory.CreateLogger("seawall"));
engine.Start();
Console.WriteLine("listening");
Console.ReadLine();
return 0;
