using System.Net;
using Microsoft.Extensions.Logging;
using Seawall.Engine;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;

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
