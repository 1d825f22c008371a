using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Seawall.Rehearsal.Reports;

/// <summary>The verdict as a file that other tools check: docs/rehearsal.md has its form.</summary>
internal static class ReportJson
{
    /// <summary>The form's name and number.</summary>
    public const string Schema = "seawall-rehearsal/1";

    // It is read by people as well; nothing of it goes into a page.
    private static readonly JsonWriterOptions s_options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes it.</summary>
    public static byte[] Write(Report report, string seawallVersion)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, s_options))
        {
            json.WriteStartObject();
            json.WriteString("schema", Schema);
            json.WriteString("seawall", seawallVersion);
            json.WriteString("verdict", Word(report.Verdict));
            json.WriteNumber("failing", report.Failing);
            json.WriteBoolean("partial", report.IsPartial);
            json.WriteString("began", report.Began);
            json.WriteNumber("seconds", Math.Round(report.Took.TotalSeconds, 1));
            json.WriteString("old", report.Old);
            json.WriteString("new", report.New);
            WriteStrings(json, "steps", report.Steps);
            json.WriteStartObject("inputs");
            foreach (var (name, hash) in report.Inputs.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                json.WriteString(name, hash);
            json.WriteEndObject();
            json.WriteStartArray("sections");
            foreach (var section in report.Sections)
                Write(json, section);
            json.WriteEndArray();
            WriteStrings(json, "fixes", report.Fixes);
            WriteStrings(json, "coverage", report.Coverage);
            WriteStrings(json, "not_tested", report.NotTested);
            json.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    /// <summary>Signs the file with an ECDSA key (PEM); the signature is DER, as openssl has it.</summary>
    public static byte[] Sign(ReadOnlySpan<byte> file, string privateKeyPem)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(privateKeyPem);
        return key.SignData(file, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    /// <summary>The word that stands for a verdict.</summary>
    public static string Word(Verdict verdict) => verdict switch
    {
        Verdict.Pass => "pass",
        Verdict.Fail => "fail",
        Verdict.Inconclusive => "inconclusive",
    };

    /// <summary>The word that stands for a grade.</summary>
    public static string Word(Grade grade) => grade switch
    {
        Grade.Pass => "pass",
        Grade.Fail => "fail",
        Grade.Unknown => "unknown",
        Grade.Note => "note",
    };

    private static void Write(Utf8JsonWriter json, Section section)
    {
        json.WriteStartObject();
        json.WriteString("title", section.Title);
        json.WriteStartArray("measures");
        foreach (var measure in section.Measures)
        {
            json.WriteStartObject();
            json.WriteString("name", measure.Name);
            json.WriteString("old", measure.Old);
            json.WriteString("new", measure.New);
            json.WriteString("change", measure.Change);
            json.WriteString("budget", measure.Budget);
            json.WriteString("result", Word(measure.Grade));
            json.WriteString("basis", measure.Basis);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("findings");
        foreach (var finding in section.Findings)
        {
            json.WriteStartObject();
            json.WriteString("result", Word(finding.Grade));
            json.WriteString("words", finding.Words);
            json.WriteString("fix", finding.Fix);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
