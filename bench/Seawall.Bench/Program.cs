using Seawall.Bench.Load;
using Seawall.Bench.Proxies;
using Seawall.Bench.Run;
using Seawall.Bench.Stub;

// One program, four parts, a process each, so that CPU time is attributable. `bench/run` calls the last of them.
return args switch
{
    ["stub", var port] => StubServer.Serve(int.Parse(port)),
    ["proxy", var port, var serverPort, var loops, var user, var password] =>
        EngineProxy.Serve(int.Parse(port), int.Parse(serverPort), int.Parse(loops), user, password),
    ["load"] => LoadProcess.Serve(),
    ["run", .. var options] => BenchRun.Do(options),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        usage: Seawall.Bench run [--quick] [--only PART,...] [--results FILE] [--commit HASH]
               Seawall.Bench stub PORT
               Seawall.Bench proxy PORT SERVER_PORT LOOPS USER PASSWORD
               Seawall.Bench load
        parts: statements syscalls allocations logins idle mariadb. The last three commands are what `run` starts.
        """);
    return 2;
}
