using System.Net;
using Seawall.Engine;
using Seawall.Engine.Flow;
using Seawall.Engine.Loops;
using Seawall.MySql.Results;
using static Seawall.Control.Admin.AdminTable;

namespace Seawall.Control.Admin;

/// <summary>Reads and answers <c>EXPLAIN ADMISSION</c>.</summary>
internal static class ExplainCommand
{
    /// <summary>What may follow the command's name.</summary>
    internal const string Tail = "FOR 'statement' [ACCOUNT 'user'] [SCHEMA 'schema'] [FROM 'address'] [LISTEN 'address']";

    /// <summary>Reads what follows the name; null, with a problem in words, when it does not fit.</summary>
    internal static AdmissionQuestion? Read(ReadOnlySpan<AdminToken> rest, out string problem)
    {
        problem = $"EXPLAIN ADMISSION {Tail}";
        if (rest is not [var @for, { Kind: AdminTokenKind.Quoted } text, ..] || !@for.Is("FOR"))
            return null;
        var question = new AdmissionQuestion(text.Text, null, null, null, null);
        for (rest = rest[2..]; !rest.IsEmpty; rest = rest[2..])
        {
            if (rest is not [var word, { Kind: AdminTokenKind.Quoted } value, ..])
                return null;
            if (word.Is("ACCOUNT"))
                question = question with { User = value.Text };
            else if (word.Is("SCHEMA"))
                question = question with { Schema = value.Text };
            else if (word.Is("LISTEN"))
                question = question with { Listener = value.Text };
            else if (word.Is("FROM") && value.Text == "unix")
                question = question with { From = PeerAddress.Unix };
            else if (word.Is("FROM") && IPAddress.TryParse(value.Text, out var address))
                question = question with { From = PeerAddress.From(address, 0) };
            else
            {
                if (word.Is("FROM"))
                    problem = $"'{value.Text}' is no address: one of IPv4 or IPv6 without a port, or 'unix'; {problem}";
                return null;
            }
        }
        return question;
    }

    /// <summary>Answers it.</summary>
    internal static AdminReply Run(SeawallEngine engine, AdmissionQuestion question) => engine.ExplainAdmission(question) is { } steps
        ? new AdminTable(
            [Text("step"), Text("result"), Text("why")],
            steps.Select(step => (AdminCell[])[step.Step, step.Result, step.Why]))
        : new AdminRefusal(SqlError.ServerNotAvailable, "no server has been reached yet: nobody knows how the statement would be read");
}
