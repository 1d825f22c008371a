namespace Seawall.MySql.Statements;

/// <summary>
/// The functions that servers have built in. Any other name before a parenthesis is a stored or loadable function.
/// </summary>
/// <remarks>
/// Found by calling every word that occurs in the programs of MySQL 5.6.24 and 9.7.4 and MariaDB 10.11.19, and held to those
/// three by <c>LexerTruthTests</c>. In which version between them a function appeared is not
/// tested: there was no server to ask. Internal functions (GET_DD_..., INTERNAL_..., CAN_ACCESS_...) and those that change
/// a server (ASYNCHRONOUS_CONNECTION_FAILOVER_...) are left out on purpose: they may do anything.
/// </remarks>
internal static class BuiltInFunctions
{
    private const int Never = int.MaxValue;

    /// <summary>Functions of one age.</summary>
    /// <param name="MySqlSince">The first MySQL that has them.</param>
    /// <param name="MySqlUntil">The first MySQL that has them no more.</param>
    /// <param name="MariaDbSince">The first MariaDB that has them.</param>
    /// <param name="Names">Their names.</param>
    internal sealed record FunctionAge(int MySqlSince, int MySqlUntil, int MariaDbSince, string Names);

    /// <summary>
    /// Whether a server has the functions of this age. A server of unknown version has only what all have.
    /// </summary>
    internal static bool Has(byte age, in SqlDialect dialect)
    {
        var ages = Ages[age];
        return dialect.MariaDb
            ? dialect.Version >= ages.MariaDbSince
            : dialect.Version >= ages.MySqlSince && dialect.Version < ages.MySqlUntil;
    }

    /// <summary>All functions, by age.</summary>
    internal static readonly FunctionAge[] Ages =
    [
        new(0, Never, 0, """
            abs acos adddate addtime aes_decrypt aes_encrypt ascii asin atan atan2 avg benchmark bin binary bit_and
            bit_count bit_length bit_or bit_xor cast ceil ceiling char char_length character character_length charset
            coalesce coercibility collation compress concat concat_ws connection_id conv convert convert_tz cos cot
            count crc32 curdate current_date current_time current_timestamp current_user curtime database date
            date_add date_format date_sub datediff day dayname dayofmonth dayofweek dayofyear default degrees elt exp
            export_set extract extractvalue field find_in_set floor format found_rows from_base64 from_days
            from_unixtime geometrycollection get_format get_lock greatest group_concat hex hour if ifnull inet6_aton
            inet6_ntoa inet_aton inet_ntoa insert instr interval is_free_lock is_ipv4 is_ipv4_compat is_ipv4_mapped
            is_ipv6 is_used_lock isnull last_day last_insert_id lcase least left length linestring ln load_file
            localtime localtimestamp locate log log10 log2 lower lpad ltrim make_set makedate maketime master_pos_wait
            max mbrcontains mbrdisjoint mbrintersects mbroverlaps mbrtouches mbrwithin md5 microsecond mid min minute
            mod month monthname multilinestring multipoint multipolygon name_const now nullif oct octet_length ord
            period_add period_diff pi point polygon position pow power quarter quote radians rand release_lock repeat
            replace reverse right round row row_count rpad rtrim schema sec_to_time second session_user sha sha1 sha2
            sign sin sleep soundex space sqrt st_area st_asbinary st_astext st_aswkb st_aswkt st_buffer st_centroid
            st_contains st_crosses st_difference st_dimension st_disjoint st_distance st_endpoint st_envelope
            st_equals st_exteriorring st_geomcollfromtext st_geomcollfromwkb st_geometrycollectionfromtext
            st_geometrycollectionfromwkb st_geometryfromtext st_geometryfromwkb st_geometryn st_geometrytype
            st_geomfromtext st_geomfromwkb st_interiorringn st_intersection st_intersects st_isclosed st_isempty
            st_issimple st_length st_linefromtext st_linefromwkb st_linestringfromtext st_linestringfromwkb
            st_numgeometries st_numinteriorrings st_numpoints st_overlaps st_pointfromtext st_pointfromwkb st_pointn
            st_polyfromtext st_polyfromwkb st_polygonfromtext st_polygonfromwkb st_srid st_startpoint st_symdifference
            st_touches st_union st_within st_x st_y std stddev stddev_pop stddev_samp str_to_date strcmp subdate
            substr substring substring_index subtime sum sysdate system_user tan time time_format time_to_sec timediff
            timestamp timestampadd timestampdiff to_base64 to_days to_seconds trim truncate ucase uncompress
            uncompressed_length unhex unix_timestamp updatexml upper user utc_date utc_time utc_timestamp uuid
            uuid_short values var_pop var_samp variance version week weekday weekofyear weight_string year yearweek
            """),
        // Gone from MySQL 8.0: the old passwords and ciphers, and the names of spatial functions without their prefix.
        new(0, 80000, 0, """
            area asbinary astext aswkb aswkt buffer centroid contains crosses decode des_decrypt des_encrypt dimension
            disjoint encode encrypt endpoint envelope equals exteriorring geomcollfromtext geomcollfromwkb
            geometrycollectionfromtext geometrycollectionfromwkb geometryfromtext geometryfromwkb geometryn
            geometrytype geomfromtext geomfromwkb glength interiorringn intersects isclosed isempty issimple
            linefromtext linefromwkb linestringfromtext linestringfromwkb mbrequal mlinefromtext mlinefromwkb
            mpointfromtext mpointfromwkb mpolyfromtext mpolyfromwkb multilinestringfromtext multilinestringfromwkb
            multipointfromtext multipointfromwkb multipolygonfromtext multipolygonfromwkb numgeometries
            numinteriorrings numpoints old_password overlaps password pointfromtext pointfromwkb pointn polyfromtext
            polyfromwkb polygonfromtext polygonfromwkb srid startpoint touches within x y
            """),
        new(0, 80000, Never, "wait_until_sql_thread_after_gtids"),
        new(0, Never, Never, "gtid_subset gtid_subtract validate_password_strength"),
        new(50617, Never, 101000, "random_bytes"),
        new(50705, Never, 100502, "release_all_locks"),
        new(50705, Never, Never, """
            any_value wait_for_executed_gtid_set mbrcoveredby mbrcovers st_buffer_strategy st_geohash st_isvalid
            st_latfromgeohash st_longfromgeohash st_makeenvelope st_numinteriorring st_pointfromgeohash st_simplify
            st_validate st_geomcollfromtxt
            """),
        new(50706, Never, 100102, """
            mbrequals st_asgeojson st_convexhull st_distance_sphere st_geomfromgeojson st_mlinefromtext
            st_mlinefromwkb st_mpointfromtext st_mpointfromwkb st_mpolyfromtext st_mpolyfromwkb
            st_multilinestringfromtext st_multilinestringfromwkb st_multipointfromtext st_multipointfromwkb
            st_multipolygonfromtext st_multipolygonfromwkb
            """),
        new(50708, Never, 100203, """
            json_array json_array_append json_array_insert json_arrayagg json_contains json_contains_path json_depth
            json_extract json_insert json_keys json_length json_merge json_merge_patch json_merge_preserve json_object
            json_objectagg json_quote json_remove json_replace json_search json_set json_type json_unquote json_valid
            """),
        new(50722, Never, Never, "json_storage_size"),
        new(50722, Never, 101003, "json_pretty"),
        new(80000, Never, Never, """
            bin_to_uuid etag format_bytes geomcollection grouping icu_version is_uuid json_schema_validation_report
            json_storage_free ps_current_thread_id ps_thread_id regexp_like roles_graphml source_pos_wait st_collect
            st_frechetdistance st_hausdorffdistance st_latitude st_lineinterpolatepoint st_lineinterpolatepoints
            st_longitude st_pointatdistance st_swapxy st_transform statement_digest statement_digest_text uuid_to_bin
            """),
        new(80000, Never, 100005, "regexp_instr regexp_replace regexp_substr"),
        new(80000, Never, 110000, "format_pico_time"),
        new(80000, Never, 100203, "cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number"),
        new(80000, Never, 100005, "current_role"),
        new(80004, Never, 100600, "json_table"),
        new(80017, Never, 100900, "json_overlaps"),
        new(80017, Never, 110100, "json_schema_valid"),
        new(80021, Never, 100203, "json_value"),
        new(90000, Never, Never, "from_vector string_to_vector to_vector vector_dim vector_to_string vector_distance distance"),
        new(90400, Never, Never, "json_duality_object"),
        new(Never, Never, 0, """
            binlog_gtid_pos boundary column_add column_check column_create column_delete column_exists column_get
            column_json column_list convexhull decode_histogram isring master_gtid_wait pointonsurface st_boundary
            st_isring st_pointonsurface st_relate
            """),
        new(Never, Never, 100203, "json_compact json_detailed json_exists json_loose json_query"),
        new(Never, Never, 100300, """
            chr concat_operator_oracle decode_oracle lastval lengthb lpad_oracle ltrim_oracle median nextval nvl nvl2
            percentile_cont percentile_disc replace_oracle rpad_oracle rtrim_oracle setval substr_oracle trim_oracle
            wsrep_last_seen_gtid wsrep_last_written_gtid wsrep_sync_wait_upto_gtid
            """),
        new(Never, Never, 100601, "add_months rownum sys_guid to_char"),
        new(Never, Never, 100700, "json_equals json_normalize natural_sort_key sformat"),
        new(Never, Never, 100800, "crc32c"),
        new(Never, Never, 110200, "json_array_intersect json_key_value json_object_filter_keys json_object_to_array"),
        new(Never, Never, 110300, "kdf"),
        new(Never, Never, 110700, """
            uuid_v4 uuid_v7 vec_distance vec_distance_cosine vec_distance_euclidean vec_fromtext vec_totext
            """),
        // Keywords before a parenthesis, where a server has them; elsewhere they are names, also of functions.
        new(80000, Never, Never, "of"),
        new(80000, Never, 100200, "over"),
        new(80001, Never, Never, "cube rollup"),
        new(80014, Never, Never, "lateral"),
        new(80021, Never, 100500, "returning"),
        new(80031, Never, 100300, "except intersect"),
        // Loadable functions that come with a server and take locks: they are told by name.
        new(0, Never, Never, """
            service_get_read_locks service_get_write_locks service_release_locks version_tokens_lock_exclusive
            version_tokens_lock_shared version_tokens_unlock
            """),
        // And one that only reads: it comes with a component that a server may have installed, or not.
        new(80023, Never, Never, "mysql_query_attribute_string"),
    ];

    /// <summary>What calling a function does, where that is more than to compute something.</summary>
    internal static readonly (string Name, StatementTraits Traits)[] Remarkable =
    [
        ("get_lock", StatementTraits.TakesNamedLock),
        ("service_get_read_locks", StatementTraits.TakesNamedLock),
        ("service_get_write_locks", StatementTraits.TakesNamedLock),
        ("version_tokens_lock_exclusive", StatementTraits.TakesNamedLock),
        ("version_tokens_lock_shared", StatementTraits.TakesNamedLock),
        ("release_lock", StatementTraits.ReleasesNamedLock),
        ("service_release_locks", StatementTraits.ReleasesNamedLock),
        ("version_tokens_unlock", StatementTraits.ReleasesNamedLock),
        ("release_all_locks", StatementTraits.ReleasesAllNamedLocks),
        ("is_used_lock", StatementTraits.ReadsConnectionId),
        ("connection_id", StatementTraits.ReadsConnectionId),
        ("ps_current_thread_id", StatementTraits.ReadsConnectionId),
        ("ps_thread_id", StatementTraits.ReadsConnectionId),
        ("row_count", StatementTraits.ReadsRowCount),
        ("found_rows", StatementTraits.ReadsFoundRows),
        ("sleep", StatementTraits.Waits),
        ("benchmark", StatementTraits.Waits),
        ("master_pos_wait", StatementTraits.Waits),
        ("source_pos_wait", StatementTraits.Waits),
        ("wait_until_sql_thread_after_gtids", StatementTraits.Waits),
        ("wait_for_executed_gtid_set", StatementTraits.Waits),
        ("master_gtid_wait", StatementTraits.Waits),
        ("wsrep_sync_wait_upto_gtid", StatementTraits.Waits),
        ("wsrep_last_seen_gtid", StatementTraits.ReadsLastGtid),
        ("wsrep_last_written_gtid", StatementTraits.ReadsLastGtid),
        ("nextval", StatementTraits.UsesSequence),
        ("setval", StatementTraits.UsesSequence),
        ("lastval", StatementTraits.ReadsLastSequenceValue),
        // What a column has by default may be the next value of one: MariaDB takes it.
        ("default", StatementTraits.UsesSequence),
    ];

    /// <summary>
    /// Functions that are the server's only where the parenthesis touches the name, unless <c>sql_mode</c> has IGNORE_SPACE and it is white
    /// space that is between: <c>COUNT (1)</c> calls a stored function of that name (<c>LexerTruthTests</c> tries).
    /// </summary>
    internal static readonly (AttachedOn Servers, string Names)[] Attached =
    [
        (AttachedOn.MySql | AttachedOn.MariaDb, """
            adddate bit_and bit_or bit_xor cast count curdate curtime date_add date_sub extract group_concat json_arrayagg json_objectagg max mid
            min now position session_user std stddev stddev_pop stddev_samp subdate substr substring sum system_user trim variance var_pop var_samp
            """),
        (AttachedOn.MySql, "json_duality_object st_collect sysdate"),
        (AttachedOn.MariaDb, """
            cume_dist dense_rank first_value json_table lag lead median nth_value ntile percent_rank percentile_cont percentile_disc rank trim_oracle
            """),
    ];

    /// <summary>
    /// Keywords that may stand before a parenthesis and call nothing, on every server: a function of that name can be called nowhere
    /// (<c>LexerTruthTests</c> tries). Those that some servers take for a name have an age; those that call nothing only where no call can be,
    /// after a literal or a closing parenthesis, are not known at all: <c>AGAINST</c>, <c>ESCAPE</c>, <c>COLUMNS</c>.
    /// </summary>
    internal const string NeverCalled = """
        add all alter analyze and any as asc before begin between bigint bit blob boolean both by call cascade case
        check collate column condition constraint create cross databases dec decimal declare delete desc describe
        distinct distinctrow div do double drop dual each else elseif end enum exists explain fetch fixed float float4
        float8 for force foreign from fulltext grant group having high_priority ignore in index inner int int1 int2 int3
        int4 int8 integer into is iterate join key keys kill leading leave like limit lines load lock long longblob
        longtext loop low_priority match mediumblob mediumint mediumtext middleint natural nchar no not null numeric
        nvarchar offset on option or order out outer outfile partition precision primary procedure purge range read real
        references regexp release rename require return revoke rlike rows select separator set show smallint some sounds
        spatial sql_big_result sql_calc_found_rows sql_small_result starting straight_join table terminated text then
        tinyblob tinyint tinytext to trailing trigger undo union unique unlock unsigned update usage use using value
        varbinary varchar varcharacter varying when where while with write xor zerofill
        """;
}
