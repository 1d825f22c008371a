namespace Seawall.LabTests.Equivalence;

/// <content>Those that were found last.</content>
internal static partial class ChanceFinds
{
    private static readonly (string On, string Report)[] s_later =
    [
        // What SET STATEMENT has put back is told with its value of then.
        ("m", """
            A is eq_two
            A: set session_track_system_variables = '*'
            A: set statement join_buffer_size = 200000 for set max_error_count = -1
            A: SET @@join_buffer_size = 1
            A: set statement character_set_results = null for select @@check_constraint_checks
            """),
        // The flags of a result before an error in the same answer do not tell of the transaction that the failed statement has begun.
        ("", """
            A is eq_one without DeprecateEof
            B is eq_one
            A: set @@autocommit = 0
            A: select 1; insert into t (id) values (1); select 3
            B: insert into t (n) values (1)
            A: set autocommit = off
            """),
    ];
}
