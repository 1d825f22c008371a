// A work-out with MariaDB's JDBC driver: WorkOut.java DRIVER HOST PORT USER PASSWORD SCHEMA. Prints `ok WHAT: ANSWER`.
import java.sql.*;
import java.util.*;
import java.util.concurrent.*;

public class WorkOut {
    static final String TEXT = "żółć, Ω, 漢字, 😀, \\ ' \" %";

    static void ok(String what, Object answer) {
        System.out.println("ok " + what + ": " + answer);
    }

    static String rows(ResultSet set) throws SQLException {
        var all = new ArrayList<List<Object>>();
        while (set.next()) {
            var row = new ArrayList<Object>();
            for (int i = 1; i <= set.getMetaData().getColumnCount(); i++) row.add(set.getString(i));
            all.add(row);
        }
        return all.toString();
    }

    public static void main(String[] args) throws Exception {
        var base = "jdbc:mariadb://" + args[1] + ":" + args[2] + "/" + args[5] + "?user=" + args[3] + "&password=" + args[4]
            + "&allowMultiQueries=true&allowPublicKeyRetrieval=true";
        for (var options : List.of("", "&useServerPrepStmts=true", "&useServerPrepStmts=true&useBulkStmts=false",
                "&rewriteBatchedStatements=true", "&useServerPrepStmts=true&useCursorFetch=true", "&useCompression=true")) {
            work(base + options, options);
        }
        System.out.flush();
        System.exit(0);
    }

    static void work(String url, String options) throws Exception {
        try (var main = DriverManager.getConnection(url); var statement = main.createStatement()) {
            statement.execute("drop table if exists jd");
            statement.execute("create table jd (id int primary key auto_increment, n int, note varchar(100), at datetime(6)) character set utf8mb4");
            var pool = Executors.newFixedThreadPool(12);
            var jobs = new ArrayList<Future<String>>();
            for (int worker = 0; worker < 12; worker++) {
                int mine = worker;
                jobs.add(pool.submit(() -> one(url, mine)));
            }
            for (var job : jobs) ok("worker" + options, job.get());
            pool.shutdown();
            ok("what stayed" + options, rows(statement.executeQuery("select n, count(*), min(note) from jd group by n order by n")));
            try (var batch = main.prepareStatement("insert into jd (n, note, at) values (?, ?, ?)", Statement.RETURN_GENERATED_KEYS)) {
                for (int i = 0; i < 200; i++) {
                    batch.setInt(1, 100 + i);
                    batch.setString(2, i + TEXT);
                    batch.setTimestamp(3, Timestamp.valueOf("2026-02-28 23:59:59.123456"));
                    batch.addBatch();
                }
                ok("batch" + options, batch.executeBatch().length);
                int keys = 0;
                for (var set = batch.getGeneratedKeys(); set.next();) keys++;
                ok("keys" + options, keys);
            }
            ok("batched" + options, rows(statement.executeQuery("select count(*), sum(n), max(at) from jd where n >= 100")));
            for (var bad : List.of("selec 1", "select * from no_such_table", "insert into jd (id, n) select min(id), 1 from jd")) {
                try {
                    statement.execute(bad);
                } catch (SQLException problem) {
                    ok("error" + options, problem.getErrorCode() + " " + problem.getSQLState());
                }
            }
            var more = statement.execute("select 1; select 2, 3; do 1; select 4");
            var results = new ArrayList<String>();
            while (more || statement.getUpdateCount() != -1) {
                results.add(more ? rows(statement.getResultSet()) : "" + statement.getUpdateCount());
                more = statement.getMoreResults();
            }
            ok("several" + options, results);
            statement.execute("drop procedure if exists jd_out");
            statement.execute("create procedure jd_out(in a int, out b int, inout c int) begin select a; set b = a * 2, c = c + 1; end");
            try (var call = main.prepareCall("{call jd_out(?, ?, ?)}")) {
                call.setInt(1, 21);
                call.registerOutParameter(2, Types.INTEGER);
                call.setInt(3, 6);
                call.registerOutParameter(3, Types.INTEGER);
                call.execute();
                ok("procedure" + options, call.getInt(2) + " " + call.getInt(3));
            }
            try (var reading = main.createStatement()) {
                reading.setFetchSize(options.contains("Cursor") ? 100 : 1);
                int seen = 0;
                for (var set = reading.executeQuery("select a.id from jd a, jd b limit 20000"); set.next();) seen++;
                ok("streamed" + options, seen);
            }
            ok("tables" + options, rows(main.getMetaData().getColumns(null, null, "jd", "%")).hashCode());
            ok("valid" + options, main.isValid(5) + " " + main.getTransactionIsolation() + " " + main.isReadOnly());
        }
    }

    static String one(String url, int worker) throws Exception {
        try (var mine = DriverManager.getConnection(url)) {
            mine.setTransactionIsolation(worker % 2 == 0 ? Connection.TRANSACTION_READ_COMMITTED : Connection.TRANSACTION_SERIALIZABLE);
            mine.createStatement().execute("set lock_wait_timeout = " + (1000 + worker));
            mine.setAutoCommit(false);
            var seen = new ArrayList<String>();
            try (var insert = mine.prepareStatement("insert into jd (n, note) values (?, ?)", Statement.RETURN_GENERATED_KEYS);
                 var select = mine.prepareStatement("select n, note, @@lock_wait_timeout from jd where id = ?")) {
                for (int turn = 0; turn < 5; turn++) {
                    insert.setInt(1, worker);
                    insert.setString(2, TEXT);
                    insert.executeUpdate();
                    var keys = insert.getGeneratedKeys();
                    keys.next();
                    select.setInt(1, keys.getInt(1));
                    seen.add(rows(select.executeQuery()));
                    var point = mine.setSavepoint("here");
                    mine.createStatement().execute("update jd set n = -1 where id = " + keys.getInt(1));
                    mine.rollback(point);
                    if (turn % 2 == 0) mine.commit(); else mine.rollback();
                }
            }
            return seen + " " + mine.getTransactionIsolation();
        }
    }
}
