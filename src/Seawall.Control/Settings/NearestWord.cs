namespace Seawall.Control.Settings;

/// <summary>Finds what somebody probably meant to write.</summary>
internal static class NearestWord
{
    /// <summary>
    /// The known word with the fewest letters to change, or null when none is near: beyond a third of the letters a
    /// suggestion misleads.
    /// </summary>
    internal static string? Find(string written, IEnumerable<string> known)
    {
        string? nearest = null;
        var least = Math.Max(2, written.Length / 3) + 1;
        foreach (var word in known)
        {
            // Who writes "max_clients" or "size_max" has the word, only not alone.
            var distance = word.Length > 3 && (written.Contains(word, StringComparison.OrdinalIgnoreCase)
                || word.Contains(written, StringComparison.OrdinalIgnoreCase) && written.Length > 3)
                ? 1
                : Distance(written.ToLowerInvariant(), word);
            if (distance >= least)
                continue;
            least = distance;
            nearest = word;
        }
        return nearest;
    }

    // Levenshtein, with one row: letters put in, left out or replaced.
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.Length];
    }
}
