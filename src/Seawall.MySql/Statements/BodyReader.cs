namespace Seawall.MySql.Statements;

/// <summary>Knows the words inside a statement that say what it does, wherever they stand.</summary>
internal struct BodyReader
{
    private bool _afterTargets;
    private bool _runsExplained;
    private bool _isAfterLimit;
    private bool _hasSeveralTables;
    private bool _hasTwoFroms;
    private bool _explainsChange;

    /// <summary>The word before; none when another token was.</summary>
    internal Word Last { get; set; }

    /// <summary>The sign before.</summary>
    internal byte LastSymbol { get; set; }

    /// <summary>Whether INTO was the last word, so that user variables are written.</summary>
    internal bool IsInto { get; set; }

    /// <summary>Whether the statement writes something that no trait speaks of.</summary>
    internal bool IsImpure { get; private set; }

    /// <summary>What the statement says of the facts that it leaves behind.</summary>
    internal StatementHints Hints { get; private set; }

    /// <summary>Whether what is explained is a SELECT, and neither a change of rows nor a table.</summary>
    internal readonly bool ExplainsQuery => (Hints & StatementHints.HasInnerSelect) != 0 && !_explainsChange;

    /// <summary>Whether a user variable is a target: after INTO, or in the list of LOAD DATA.</summary>
    internal readonly bool WritesUserVariable(StatementKind kind) => IsInto || (kind == StatementKind.Load && !_afterTargets);

    /// <summary>A token that is no word.</summary>
    internal void Other()
    {
        IsInto = false;
        Last = Statements.Word.None;
    }

    /// <summary>A sign. LIMIT 5, 10 passes over rows that are counted.</summary>
    internal void Symbol(byte symbol, bool isCall)
    {
        if (isCall)
            Hints |= StatementHints.HasCall;
        else if (symbol == (byte)',' && _isAfterLimit)
            Hints |= StatementHints.HidesFoundRows;
        else
            _hasSeveralTables |= symbol == (byte)',';
    }

    /// <summary>
    /// A word. True when expressions begin that may call functions, in a statement that defines something.
    /// </summary>
    internal bool Word(Word word, StatementKind kind, in SqlDialect dialect, ref StatementTraits traits)
    {
        IsImpure |= _runsExplained && Last is Statements.Word.Insert or Statements.Word.Replace;
        _explainsChange |= (Hints & StatementHints.HasInnerSelect) == 0
            && word is Statements.Word.Insert or Statements.Word.Replace or Statements.Word.Update or Statements.Word.Delete;
        _explainsChange |= word == Statements.Word.Delete || (word == Statements.Word.Update && Last != Statements.Word.For); // After WITH.
        if (_explainsChange && kind is StatementKind.Explain or StatementKind.Describe)
            Hints |= StatementHints.Opens;
        var wasInto = Last == Statements.Word.Into;
        IsInto = false;
        switch (word)
        {
            case Statements.Word.Into:
                IsInto = true;
                IsImpure = true;
                Hints |= StatementHints.HidesFoundRows;
                break;
            case Statements.Word.From:
                if (kind == StatementKind.Delete && (Hints & StatementHints.HasFrom) == 0 && !IsBeforeTheOnlyTable(Last))
                    Hints |= StatementHints.HidesFoundRows;
                _hasTwoFroms |= (Hints & StatementHints.HasFrom) != 0;
                Hints |= StatementHints.HasFrom;
                break;
            case Statements.Word.Dual when Last == Statements.Word.From && !_hasTwoFroms:
                Hints &= ~StatementHints.HasFrom; // No table at all.
                break;
            case Statements.Word.Using when kind == StatementKind.Delete:
                Hints |= StatementHints.HidesFoundRows;
                break;
            case Statements.Word.Join:
                _hasSeveralTables = true;
                break;
            case Statements.Word.Set when kind == StatementKind.Update && _hasSeveralTables:
                Hints |= StatementHints.HidesFoundRows; // Of several tables: it counts rows as a SELECT does.
                break;
            case Statements.Word.Limit:
                _isAfterLimit = true;
                break;
            case Statements.Word.Union or Statements.Word.Except or Statements.Word.Intersect or Statements.Word.Offset
                or Statements.Word.Rollup or Statements.Word.Ties or Statements.Word.Procedure:
                Hints |= StatementHints.HidesFoundRows;
                break;
            case Statements.Word.Returning or Statements.Word.Duplicate:
                Hints |= StatementHints.Returns;
                break;
            case Statements.Word.Outfile or Statements.Word.Dumpfile when wasInto:
                traits |= StatementTraits.IntoOutfile;
                break;
            case Statements.Word.Update or Statements.Word.Share when Last == Statements.Word.For:
            case Statements.Word.In when Last == Statements.Word.Lock:
                traits |= StatementTraits.Locking;
                break;
            case Statements.Word.Update or Statements.Word.Delete:
                IsImpure |= kind == StatementKind.With || _runsExplained;
                break;
            case Statements.Word.Analyze
                when Last is Statements.Word.Explain or Statements.Word.Describe or Statements.Word.Desc:
                _runsExplained = true;
                break;
            case Statements.Word.Connection when Last == Statements.Word.For:
                traits |= StatementTraits.NamesConnection;
                break;
            case Statements.Word.SqlCalcFoundRows:
                traits |= StatementTraits.CalculatesFoundRows;
                Hints |= StatementHints.HidesFoundRows;
                break;
            case Statements.Word.Value when dialect.MariaDb && Last == Statements.Word.Next:
                traits |= StatementTraits.UsesSequence;
                break;
            case Statements.Word.Value when dialect.MariaDb && Last == Statements.Word.Previous:
                traits |= StatementTraits.ReadsLastSequenceValue;
                break;
            case Statements.Word.Rowcount when dialect.MariaDb && LastSymbol == (byte)'%':
                traits |= StatementTraits.ReadsRowCount;
                break;
            case Statements.Word.Profiling or Statements.Word.OptimizerTrace:
                traits |= StatementTraits.ReadsProfile;
                break;
            case Statements.Word.Set when kind == StatementKind.Load:
                _afterTargets = true;
                break;
            case Statements.Word.Select:
                Hints |= StatementHints.HasInnerSelect;
                return true;
            case Statements.Word.Row when Last == Statements.Word.Values:
                return true;
        }
        return false;
    }

    private static bool IsBeforeTheOnlyTable(Word word) => word is Statements.Word.Delete or Statements.Word.LowPriority
        or Statements.Word.Quick or Statements.Word.Ignore;

    /// <summary>A word after a dot. In MariaDB's Oracle mode a sequence is used so.</summary>
    internal static StatementTraits AfterDot(Word word, in SqlDialect dialect) => word switch
    {
        Statements.Word.Profiling or Statements.Word.OptimizerTrace => StatementTraits.ReadsProfile,
        Statements.Word.Nextval when dialect.MariaDb => StatementTraits.UsesSequence,
        Statements.Word.Currval when dialect.MariaDb => StatementTraits.ReadsLastSequenceValue,
        _ => StatementTraits.None,
    };
}
