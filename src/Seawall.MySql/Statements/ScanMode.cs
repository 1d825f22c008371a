namespace Seawall.MySql.Statements;

/// <summary>What a <see cref="TokenScanner{TReader}"/> is in the middle of.</summary>
internal enum ScanMode : byte
{
    /// <summary>Nothing: a token is next.</summary>
    Between,

    /// <summary>A token of which too little has been seen: <see cref="PrefixToken"/>.</summary>
    Prefix,

    /// <summary>A word.</summary>
    Word,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A quoted name.</summary>
    Name,

    /// <summary>A string.</summary>
    Text,

    /// <summary>A user variable in quotes.</summary>
    Variable,

    /// <summary>A user variable without quotes.</summary>
    VariableName,

    /// <summary>A comment.</summary>
    Comment,

    /// <summary>A word between dollar signs that begins a string.</summary>
    DollarTag,

    /// <summary>Such a string.</summary>
    DollarText,
}
