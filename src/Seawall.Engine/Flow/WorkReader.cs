using System.Runtime.InteropServices;
using Seawall.Engine.Flow.Floodgates;
using Seawall.MySql.Commands;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>What kind of work a statement is for its server, by what others like it have been.</summary>
internal static class WorkReader
{
    /// <summary>Reads a statement that has not been sent; its class has been read before.</summary>
    internal static Work Read(Statement statement, Sluice sluice, ulong tenant, OverloadOptions options)
    {
        var shape = sluice.Keeper.Table.Find(ShapeOf(statement));
        var slot = sluice.Tenants.Find(tenant);
        if (!sluice.Tenants.IsNamed(slot, tenant))
            sluice.Tenants.Name(slot, tenant, Classifier.TenantNameOf(statement, options));
        return new(shape, IsProbe(statement), sluice.Keeper.LaneOf(shape), slot);
    }

    /// <summary>
    /// Whether it changes, or may, what replicas have to change after it; a transaction that begins may. Functions that are not built in are
    /// taken to read: most do.
    /// </summary>
    internal static bool Writes(Statement statement)
    {
        if (statement.Kind is not (CommandKind.Query or CommandKind.StatementExecute or CommandKind.StatementBulkExecute))
            return false;
        var facts = statement.Facts;
        if (facts.IsHarmless)
            return false;
        return facts.MayDoAnything || facts.Statements > 1 || facts.Kind switch
        {
            StatementKind.Begin => (facts.Hints & StatementHints.BeginsReadOnly) == 0,
            StatementKind.Insert or StatementKind.Replace or StatementKind.Update or StatementKind.Delete or StatementKind.With
                or StatementKind.Load or StatementKind.Call or StatementKind.Execute or StatementKind.LockTables or StatementKind.Xa
                or StatementKind.Create or StatementKind.Alter or StatementKind.Drop or StatementKind.Truncate or StatementKind.Rename
                or StatementKind.Grant or StatementKind.Maintain or StatementKind.Analyze => true,
            _ => false,
        };
    }

    /// <summary>What of a schema goes into the shapes of statements: tables of one name may be small here and large there.</summary>
    internal static ulong ShapeOf(string? schema) => Fnv1A.Add(Fnv1A.Basis, MemoryMarshal.AsBytes(schema.AsSpan()));

    /// <summary>The number of a statement that is sent as text, in a session that is in this schema.</summary>
    internal static ulong ShapeOf(ReadOnlySpan<byte> text, string? schema) => StatementShape.Of(text) ^ ShapeOf(schema);

    private static ulong ShapeOf(Statement statement)
    {
        var shape = statement.Kind switch
        {
            CommandKind.Query => StatementShape.Of(statement.Text),
            CommandKind.StatementExecute or CommandKind.StatementBulkExecute => statement.Prepared!.Shape,
            _ => 0UL,
        };
        return shape == 0 ? 0 : shape ^ (statement.Session.ClassOrNull?.SchemaShape ?? 0);
    }

    // It waits for no locks, for no time to pass, and for nothing that is not in its text.
    private static bool IsProbe(Statement statement) => statement.Kind is CommandKind.Query or CommandKind.StatementExecute
        && !statement.Session.InTransaction && statement.Facts is { Kind: StatementKind.Select, Statements: 1 }
        && (statement.Facts.Traits & ~(StatementTraits.Harmless | StatementTraits.UserVariableRead)) == 0;
}
