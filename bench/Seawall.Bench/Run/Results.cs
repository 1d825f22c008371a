using System.Text.Json;
using System.Text.Json.Serialization;
using Seawall.Bench.Load;

namespace Seawall.Bench.Run;

/// <summary>One measurement as it was taken.</summary>
internal sealed record Sample(string Part, string Contestant, int Clients, int Round, LoadReply Reply);

/// <summary>Where it was taken: everything that a ratio may depend on, and no name of a person, machine or folder.</summary>
internal sealed record Machine(string Processor, int Processors, string Kernel, string DotNet, string HaProxy, string MariaDb, string Sysbench);

/// <summary>Memory of a proxy before and with its idle clients.</summary>
internal sealed record IdleSample(string Contestant, long Clients, long BytesBefore, long BytesWith, long Failed, string? Problem)
{
    public double BytesEach => Clients > 0 ? (BytesWith - BytesBefore) / (double)Clients : 0;
}

/// <summary>A promise of the project and whether it was kept.</summary>
internal sealed record Target(string What, double Limit, double? Measured, string Unit)
{
    public bool? IsMet => Measured is { } measured ? measured <= Limit : null;
}

/// <summary>All of a run, as it is written down.</summary>
internal sealed record Results
{
    public required string Date { get; init; }

    public required string Commit { get; init; }

    public required string Command { get; init; }

    public required Machine Machine { get; init; }

    public List<Sample> Samples { get; } = [];

    public List<IdleSample> Idle { get; } = [];

    /// <summary>Bytes allocated for each statement, by everything in the process, while 64 clients ask.</summary>
    public double? AllocatedEach { get; set; }

    /// <summary>Connections that the server saw while 1,000 clients logged in and asked nothing.</summary>
    public long? DialsByLogins { get; set; }

    /// <summary>Records that a capture has lost.</summary>
    public long? CaptureDropped { get; set; }

    public List<Target> Targets { get; } = [];

    private static readonly JsonSerializerOptions s_format = new()
    {
        WriteIndented = false,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };

    internal double? Median(string part, string contestant, int clients, Func<LoadReply, double?> figure)
    {
        var values = Samples
            .Where(sample => sample.Part == part && sample.Contestant == contestant && sample.Clients == clients)
            .Select(sample => figure(sample.Reply)).OfType<double>().Order().ToArray();
        if (values.Length == 0)
            return null;
        return (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2;
    }

    // One sample a line: such a file can be read, and two of them compared.
    internal void Write(string file)
    {
        var samples = string.Join(",\n", Samples.Select(sample => "    " + JsonSerializer.Serialize(sample, s_format)));
        var idle = string.Join(",\n", Idle.Select(sample => "    " + JsonSerializer.Serialize(sample, s_format)));
        var targets = string.Join(",\n", Targets.Select(target => "    " + JsonSerializer.Serialize(target, s_format)));
        File.WriteAllText(file, $$"""
            {
              "date": {{JsonSerializer.Serialize(Date)}},
              "commit": {{JsonSerializer.Serialize(Commit)}},
              "command": {{JsonSerializer.Serialize(Command)}},
              "machine": {{JsonSerializer.Serialize(Machine, s_format)}},
              "allocatedEach": {{JsonSerializer.Serialize(AllocatedEach)}},
              "dialsByLogins": {{JsonSerializer.Serialize(DialsByLogins)}},
              "captureDropped": {{JsonSerializer.Serialize(CaptureDropped)}},
              "targets": [
            {{targets}}
              ],
              "idle": [
            {{idle}}
              ],
              "samples": [
            {{samples}}
              ]
            }

            """);
    }
}
