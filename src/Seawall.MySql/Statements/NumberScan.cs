namespace Seawall.MySql.Statements;

/// <summary>
/// Finds the end of a number, whose bytes may come in pieces. Where a number ends is not where its letters do: in
/// <c>1.5for update</c> and <c>1e5for update</c> there are keywords, in <c>1for</c> there is none.
/// </summary>
internal struct NumberScan
{
    private State _state;
    private byte _sign;

    /// <summary>A number that began with a digit.</summary>
    internal static NumberScan Digit => new() { _state = State.Digits };

    /// <summary>A number that began with a dot.</summary>
    internal static NumberScan Fraction => new() { _state = State.Fraction };

    /// <summary>Whether it was a name after all.</summary>
    internal readonly bool IsName => _state is State.Name or State.DigitsE or State.DigitsSign;

    /// <summary>Whether no server can read it.</summary>
    internal readonly bool IsBroken => _state is State.FractionE or State.FractionSign;

    /// <summary>A sign that was taken and does not belong to it.</summary>
    internal readonly byte Sign => _state == State.DigitsSign ? _sign : (byte)0;

    /// <summary>Takes a byte; false when it comes after the number.</summary>
    internal bool Take(byte value, byte nameKinds)
    {
        var isDigit = Bytes.IsDigit(value);
        var next = _state switch
        {
            State.Digits when isDigit => State.Digits,
            State.Digits when value == (byte)'.' => State.Fraction,
            State.Digits when value is (byte)'e' or (byte)'E' => State.DigitsE,
            State.DigitsE when isDigit => State.Exponent,
            State.DigitsE when value is (byte)'+' or (byte)'-' => State.DigitsSign,
            State.Digits or State.DigitsE or State.Name when Bytes.IsName(value, nameKinds) => State.Name,
            State.DigitsSign or State.FractionSign or State.Exponent when isDigit => State.Exponent,
            State.Fraction when isDigit => State.Fraction,
            State.Fraction when value is (byte)'e' or (byte)'E' => State.FractionE,
            State.FractionE when isDigit => State.Exponent,
            State.FractionE when value is (byte)'+' or (byte)'-' => State.FractionSign,
            _ => State.Over,
        };
        if (next == State.Over)
            return false;
        if (next == State.DigitsSign)
            _sign = value;
        _state = next;
        return true;
    }

    private enum State : byte
    {
        Over,
        Digits,
        DigitsE,
        DigitsSign,
        Fraction,
        FractionE,
        FractionSign,
        Exponent,
        Name,
    }
}
