using Seawall.Bench.Load;
using Seawall.Bench.Overload;
using Seawall.Bench.Proxies;
using Seawall.Bench.Replicas;
using Seawall.Bench.Run;
using Seawall.Bench.Stub;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

// One program, some parts, a process each, so that CPU time is attributable. `bench/run`, `bench/overload` and `bench/replicas` call the last three.
return args switch
{
    ["stub", var port] => StubServer.Serve(int.Parse(port)),
    ["proxy", var port, var serverPort, var loops, var user, var password, var what] =>
        EngineProxy.Serve(int.Parse(port), int.Parse(serverPort), int.Parse(loops), user, password, what == "tls",
            what is "tls" or "plain" ? null : what),
    ["load"] => LoadProcess.Serve(),
    ["run", .. var options] => BenchRun.Do(options),
    ["overload", .. var options] => OverloadBench.Do(options),
    ["replicas", .. var options] => ReplicasBench.Do(options),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        usage: Seawall.Bench run [--quick] [--only PART,...] [--results FILE] [--commit HASH]
               Seawall.Bench overload [--quick] [--only PART,...] [--results PREFIX] [--plots FOLDER] [--commit HASH] [--running N]
               Seawall.Bench replicas [--quick] [--draw] [--only PART,...] [--kinds KIND,...] [--rates READS,...] [--falls WAY:LOST:LOAD,...]
                            [--results PREFIX] [--plots FOLDER] [--commit HASH]
               Seawall.Bench stub PORT
               Seawall.Bench proxy PORT SERVER_PORT LOOPS USER PASSWORD plain|tls|CAPTURES_FOLDER
               Seawall.Bench load
        parts: statements syscalls allocations capture logins idle tls mariadb. The last three commands are what `run` starts.
        """);
    return 2;
}
