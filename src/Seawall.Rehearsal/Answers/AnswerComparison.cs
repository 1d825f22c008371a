using Seawall.MySql.Results;

namespace Seawall.Rehearsal.Answers;

/// <summary>In what two answers to the same statement differ.</summary>
internal enum DifferenceKind
{
    /// <summary>The new server says an error where the old one does not, or another one.</summary>
    Error,

    /// <summary>The old server says an error, and the new one does not.</summary>
    ErrorGone,

    /// <summary>It gave way to others' locks on one server, and not on the other, or to other locks.</summary>
    Locks,

    /// <summary>Other values, or another number of rows.</summary>
    Values,

    /// <summary>The same rows in another order, although an order was asked for.</summary>
    Order,

    /// <summary>The same rows in another order; whether it is one that was asked for cannot be told from outside.</summary>
    OrderUnclear,

    /// <summary>The same rows in another order, and none was asked for, or among rows that are alike in what they are ordered by.</summary>
    OrderOnly,

    /// <summary>Other rows of those that there are: LIMIT without an order lets a server choose.</summary>
    Choice,

    /// <summary>The type or the collation of a column, or its name.</summary>
    Metadata,

    /// <summary>The length, the decimals or the flags of a column.</summary>
    MetadataMinor,

    /// <summary>Warnings.</summary>
    Warnings,

    /// <summary>Rows changed, AUTO_INCREMENT, or the session's flags.</summary>
    Effects,
}

/// <summary>One difference.</summary>
/// <param name="Kind">In what.</param>
/// <param name="Words">What was, and what is.</param>
internal sealed record Difference(DifferenceKind Kind, string Words);

/// <summary>Compares the answers of two servers to one statement. A pure function.</summary>
internal static class AnswerComparison
{
    /// <summary>How far apart two numbers may be that are the same, in the last place of their type.</summary>
    public const long UlpsMax = 16;

    // A FLOAT comes as text with six digits of some seven: the last place is that of the digits then.
    private const long UlpsOfSingleMax = 64;

    private const ServerStatus Compared = ServerStatus.OfSession | ServerStatus.MoreResults | ServerStatus.CursorExists;

    /// <summary>All differences; none when the answers are the same as far as they can be.</summary>
    public static IReadOnlyList<Difference> Of(Answer old, Answer @new, StatementNature nature)
    {
        var found = new List<Difference>();
        var (before, after) = (old, @new);
        while (true)
        {
            One(before, after, nature, found);
            if (found is [.., { Kind: DifferenceKind.Locks }])
                return found; // What would have followed was not run on one of them.
            if (before.Next is null != after.Next is null)
                found.Add(new(DifferenceKind.Values, before.Next is null ? "the new server gives more results" : "the new server gives fewer results"));
            if (before.Next is null || after.Next is null)
                return found;
            (before, after) = (before.Next, after.Next);
        }
    }

    /// <summary>How far apart two numbers are: how many of their type lie between them.</summary>
    public static long Ulps(double first, double second, bool isSingle)
    {
        if (double.IsNaN(first) || double.IsNaN(second))
            return double.IsNaN(first) && double.IsNaN(second) ? 0 : long.MaxValue;
        var (a, b) = isSingle
            ? (Line(BitConverter.SingleToInt32Bits((float)first), int.MinValue), Line(BitConverter.SingleToInt32Bits((float)second), int.MinValue))
            : (Line(BitConverter.DoubleToInt64Bits(first), long.MinValue), Line(BitConverter.DoubleToInt64Bits(second), long.MinValue));
        var apart = (Int128)a - b;
        return (long)Int128.Min(Int128.Abs(apart), long.MaxValue);
    }

    // Numbers by size: below zero the bits count backwards.
    private static long Line(long bits, long lowest) => bits < 0 ? lowest - bits : bits;

    private static void One(Answer old, Answer @new, StatementNature nature, List<Difference> found)
    {
        if (old.Code != @new.Code)
        {
            if (old.GaveWay || @new.GaveWay)
            {
                found.Add(new(DifferenceKind.Locks, $"the old server {Said(old)}, and the new one {Said(@new)}"));
                return;
            }
            found.Add(@new.IsOk
                ? new(DifferenceKind.ErrorGone, $"the old server says {Error(old)}, and the new one does it")
                : new(DifferenceKind.Error, $"the new server says {Error(@new)}, and the old one {(old.IsOk ? "does it" : Error(old))}"));
            return;
        }
        if (!old.IsOk)
            return;
        Columns(old, @new, found);
        if (nature.Unfit.Length == 0 && old.Columns.Count == @new.Columns.Count)
            Rows(old, @new, nature, found);
        Effects(old, @new, found);
        if (old.Warnings != @new.Warnings)
            found.Add(new(DifferenceKind.Warnings, $"{old.Warnings} and {@new.Warnings} warnings{Codes(old, @new)}"));
        else if (old.WarningCodes is { } codes && @new.WarningCodes is { } others && codes != others)
            found.Add(new(DifferenceKind.Warnings, $"other warnings{Codes(old, @new)}"));
    }

    private static void Columns(Answer old, Answer @new, List<Difference> found)
    {
        if (old.Columns.Count != @new.Columns.Count)
        {
            found.Add(new(DifferenceKind.Values, $"{old.Columns.Count} and {@new.Columns.Count} columns"));
            return;
        }
        foreach (var (before, after) in old.Columns.Zip(@new.Columns))
        {
            if (before.Type != after.Type)
                found.Add(new(DifferenceKind.Metadata, $"column '{before.Name}' is of type {before.Type} and of type {after.Type}"));
            if (before.Collation != after.Collation)
                found.Add(new(DifferenceKind.Metadata, $"column '{before.Name}' has collation {before.Collation} and {after.Collation}"));
            if (before.Name != after.Name)
                found.Add(new(DifferenceKind.Metadata, $"column '{before.Name}' is called '{after.Name}'"));
            if ((before.Length, before.Decimals) != (after.Length, after.Decimals))
                found.Add(new(DifferenceKind.MetadataMinor, $"column '{before.Name}' has length {before.Length} and {after.Length}"));
            if (before.Flags != after.Flags)
                found.Add(new(DifferenceKind.MetadataMinor, $"column '{before.Name}' has flags {before.Flags:x4} and {after.Flags:x4}"));
        }
    }

    private static void Rows(Answer old, Answer @new, StatementNature nature, List<Difference> found)
    {
        if (old.Rows != @new.Rows)
        {
            found.Add(new(DifferenceKind.Values, $"{old.Rows} and {@new.Rows} rows"));
            return;
        }
        var (before, after) = (old.Sums, @new.Sums);
        if (before.Ordered == after.Ordered || IsNear(old, @new))
            return;
        if (before.Unordered == after.Unordered)
        {
            found.Add(Order(before, after, nature));
            return;
        }
        if (nature.LetsChoose || (nature.IsLimited && before.Keys is { } key && key == after.Keys))
        {
            found.Add(new(DifferenceKind.Choice, "other rows of those that there are: LIMIT, and an order that does not say which"));
            return;
        }
        var columns = before.OfColumns.Zip(after.OfColumns).Select((pair, at) => (at, pair)).Where(one => one.pair.First != one.pair.Second)
            .Select(one => $"'{old.Columns[one.at].Name}'").ToArray();
        found.Add(new(DifferenceKind.Values, columns.Length > 0 ? $"other values in {string.Join(", ", columns)}" : "the same values in other rows"));
    }

    private static Difference Order(RowSums old, RowSums @new, StatementNature nature)
    {
        if (!nature.IsOrdered)
            return new(DifferenceKind.OrderOnly, "the same rows in another order; none was asked for");
        if (old.Keys is not { } before || @new.Keys is not { } after)
            return new(DifferenceKind.OrderUnclear, "the same rows in another order; what they are to be ordered by is not among the columns");
        return before != after
            ? new(DifferenceKind.Order, "the same rows in another order than the one that was asked for, or than that of the old server")
            : new(DifferenceKind.OrderOnly, "rows that are alike in what they are ordered by come in another order");
    }

    // Without their FLOAT and DOUBLE the rows are the same, and those differ in the last places only.
    private static bool IsNear(Answer old, Answer @new)
    {
        if (old.Sums.WithoutFloats != @new.Sums.WithoutFloats
            || old.Sums.Floats is not { Count: > 0 } before || @new.Sums.Floats is not { } after || before.Count != after.Count)
        {
            return false;
        }
        return before.Zip(after).All(pair =>
        {
            var isSingle = pair.First.IsSingle || pair.Second.IsSingle;
            return Ulps(pair.First.Value, pair.Second.Value, isSingle) <= (isSingle ? UlpsOfSingleMax : UlpsMax);
        });
    }

    private static void Effects(Answer old, Answer @new, List<Difference> found)
    {
        if (old.AffectedRows != @new.AffectedRows)
            found.Add(new(DifferenceKind.Effects, $"{old.AffectedRows} and {@new.AffectedRows} rows changed"));
        if (old.LastInsertId != @new.LastInsertId)
            found.Add(new(DifferenceKind.Effects, $"AUTO_INCREMENT gave {old.LastInsertId} and {@new.LastInsertId}"));
        if (((old.Status ^ @new.Status) & Compared) is not ServerStatus.None and var flags)
            found.Add(new(DifferenceKind.Effects, $"the session's flags differ in {flags}"));
    }

    private static string Codes(Answer old, Answer @new) =>
        old.WarningCodes is null && @new.WarningCodes is null ? "" : $": {old.WarningCodes ?? "none"}, and {@new.WarningCodes ?? "none"}";

    private static string Said(Answer answer) => answer.IsOk ? "does it" : $"says {Error(answer)}";

    private static string Error(Answer answer) =>
        answer.Code == Answer.LostCode ? "nothing (the connection was lost)" : $"error {answer.Code} ({answer.Words})";
}
