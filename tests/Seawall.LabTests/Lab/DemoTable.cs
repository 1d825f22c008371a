using System.Globalization;

namespace Seawall.LabTests.Lab;

/// <summary>What a demo shows of both ways, side by side.</summary>
internal static class DemoTable
{
    // A row of the table: │ name │ 1,234 │ 56 │
    internal static (double Direct, double Through) Row(LabResult result, string name)
    {
        var cells = result.Output.Split('\n').Single(line => line.Contains(name, StringComparison.Ordinal)).Split('│');
        return (double.Parse(cells[2], CultureInfo.InvariantCulture), double.Parse(cells[3], CultureInfo.InvariantCulture));
    }
}
