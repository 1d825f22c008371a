using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;
using Seawall.MicroBench;

// What one statement costs inside the process, by its steps: nanoseconds are for people, bytes must be zero.
// dotnet run --project bench/Seawall.MicroBench -c Release -- [BenchmarkDotNet's options, such as --filter '*Lexer*']
string[] all = args.Length > 0 ? args : ["--filter", "*"];
var config = ManualConfig.Create(DefaultConfig.Instance).AddJob(Steps.Job);
BenchmarkSwitcher.FromAssembly(typeof(Steps).Assembly).Run(all, config);
