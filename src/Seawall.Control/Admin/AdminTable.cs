using System.Globalization;
using Seawall.MySql.Results;

namespace Seawall.Control.Admin;

/// <summary>What an admin command answers.</summary>
internal abstract record AdminReply
{
    /// <summary>What <c>SHOW WARNINGS</c> says afterwards; the client hears how many there are.</summary>
    internal IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>Done, with nothing to show.</summary>
/// <param name="Words">A line for people.</param>
/// <param name="Then">What happens when the client has been told.</param>
internal sealed record AdminDone(string Words = "", Action? Then = null) : AdminReply;

/// <summary>Not done.</summary>
/// <param name="Error">The number.</param>
/// <param name="Words">Why, and what would be right.</param>
internal sealed record AdminRefusal(SqlError Error, string Words) : AdminReply;

/// <summary>Rows. They are made one at a time while they are sent: a list of all clients is never held as text.</summary>
/// <param name="Columns">The columns.</param>
/// <param name="Rows">The rows, a cell for each column.</param>
internal sealed record AdminTable(IReadOnlyList<ResultColumn> Columns, IEnumerable<AdminCell[]> Rows) : AdminReply
{
    internal static ResultColumn Text(string name) => new(name, ColumnKind.Text);

    internal static ResultColumn Number(string name) => new(name, ColumnKind.Number);

    internal static ResultColumn Real(string name) => new(name, ColumnKind.Real);

    internal static ResultColumn Time(string name) => new(name, ColumnKind.DateTime);
}

/// <summary>A value in the form that the text protocol gives it.</summary>
/// <param name="Text">The value; null for NULL.</param>
internal readonly record struct AdminCell(string? Text)
{
    /// <summary>No value.</summary>
    internal static AdminCell Null => default;

    public static implicit operator AdminCell(string? text) => new(text);

    public static implicit operator AdminCell(long number) => new(number.ToString(CultureInfo.InvariantCulture));

    public static implicit operator AdminCell(long? number) => number is { } some ? some : default(AdminCell);

    public static implicit operator AdminCell(double number) => new(number.ToString("0.###", CultureInfo.InvariantCulture));

    public static implicit operator AdminCell(bool flag) => new(flag ? "yes" : "no");

    public static implicit operator AdminCell(DateTimeOffset time) =>
        new(time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));
}
