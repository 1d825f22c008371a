using Xunit;

namespace Seawall.LabTests.Equivalence;

/// <summary>What is left out of the comparison is left out in every form, and nothing beside it.</summary>
public sealed class KnownDifferenceTests
{
    [Theory]
    [InlineData("6:5:EOF 0 Autocommit, NoIndexUsed", "6:5:EOF 0 Autocommit", true)]
    [InlineData("6:5:EOF 0 NoIndexUsed", "6:5:EOF 0 None", true)]
    [InlineData("6:5:EOF 0 NoIndexUsed, NoBackslashEscapes", "6:5:EOF 0 NoBackslashEscapes", true)]
    [InlineData("6:7:FE000022000000", "6:7:FE000002000000", true)]
    [InlineData("6:7:FE000020000000", "6:7:FE000000000000", true)]
    [InlineData("6:30:OK 0 0 0 0 Autocommit, NoIndexUsed, SessionStateChanged '' Schema =x",
         "6:30:OK 0 0 0 0 Autocommit, SessionStateChanged '' Schema =x", true)]
    [InlineData("6:5:EOF 0 NoIndexUsed", "6:5:EOF 1 None", false)]
    [InlineData("6:5:EOF 0 Autocommit, NoIndexUsed", "6:5:EOF 0 None", false)]
    [InlineData("6:7:FE000022000000", "6:7:FE000003000000", false)]
    public void Whether_an_index_was_used_is_left_out_and_no_other_flag(string one, string other, bool areAlike) =>
        Assert.Equal(areAlike, KnownDifferences.WithoutIndexFlag(one) == KnownDifferences.WithoutIndexFlag(other));

    [Theory]
    [InlineData("1:63:FF56 \"Incorrect string value: '\\xFF' for column 's' at row 1\"",
         "1:63:FF57 \"Incorrect string value: '\\xFF' for column 's' at row 2\"", true)]
    [InlineData("1:63:FF56 \"Data too long for column 's' at row 9\"",
         "1:64:FF57 \"Data too long for column 's' at row 12\"", true)]
    [InlineData("1:63:FF56 \"Data too long for column 's' at row 1\"",
         "1:63:FF56 \"Data too long for column 'n' at row 1\"", false)]
    [InlineData("1:63:FF56 \"a.\"", "1:63:FF57 \"a.\"", false)]
    [InlineData("1:63:FF56 \"5 rows\"", "1:63:FF57 \"6 rows\"", false)]
    public void The_number_of_the_row_is_left_out_of_a_message_about_a_column(string one, string other, bool areAlike) =>
        Assert.Equal(areAlike, KnownDifferences.WithoutRow(one) == KnownDifferences.WithoutRow(other));

    [Theory]
    [InlineData("1:11:OK 0 1 5 0 Autocommit, SessionStateChanged '' TransactionCharacteristics =", "1:7:00010502000000 \".......\"", true)]
    [InlineData("1:30:OK 0 1 5 0 Autocommit, SessionStateChanged '' TransactionCharacteristics =, Schema =x",
         "1:27:OK 0 1 5 0 Autocommit, SessionStateChanged '' Schema =x", true)]
    [InlineData("1:11:OK 0 1 5 0 Autocommit, SessionStateChanged '' TransactionCharacteristics =", "1:7:00010602000000 \".......\"", false)]
    [InlineData("1:11:OK 0 1 5 0 Autocommit, SessionStateChanged '' TransactionCharacteristics =", "1:7:00010501000000 \".......\"", false)]
    [InlineData("1:30:OK 0 1 5 0 Autocommit, SessionStateChanged '' TransactionCharacteristics =START TRANSACTION;",
         "1:7:00010502000000 \".......\"", false)]
    public void That_a_transaction_has_no_characteristics_is_left_out(string one, string other, bool areAlike) =>
        Assert.Equal(areAlike, KnownDifferences.WithoutNoCharacteristics(one) == KnownDifferences.WithoutNoCharacteristics(other));

    [Theory]
    [InlineData("7:5:EOF Autocommit, NoBackslashEscapes", "7:5:EOF Autocommit")]
    [InlineData("7:5:EOF InTransaction, Autocommit, NoBackslashEscapes, InReadOnlyTransaction", "7:5:EOF InTransaction, Autocommit, InReadOnlyTransaction")]
    [InlineData("7:5:EOF 0 Autocommit, NoBackslashEscapes", "7:5:EOF 0 Autocommit, NoBackslashEscapes")]
    public void The_mode_of_a_hint_is_left_out_behind_columns_and_not_behind_rows(string there, string here) =>
        Assert.Equal(here, KnownDifferences.WithoutModeBehindColumns(there));

    [Theory]
    [InlineData("update ~.t set n = 21, s = x'00ff' where id > 1", true)]
    [InlineData("update t set s = ? where id < ?", true)]
    [InlineData("update t set n = 21 where id = 1", false)]
    [InlineData("insert into t (s) values ('where id > 1')", false)]
    public void A_range_is_where_a_server_may_read_it_or_all(string text, bool isOne) =>
        Assert.Equal(isOne, KnownDifferences.ChangesRange(text));
}
