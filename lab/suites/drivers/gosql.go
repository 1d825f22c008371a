// A work-out with Go's go-sql-driver: DRIVER HOST PORT USER PASSWORD SCHEMA. Prints `ok WHAT: ANSWER`.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"
)

const text = "żółć, Ω, 漢字, 😀, \\ ' \" %"

func ok(what string, answer ...interface{}) { fmt.Printf("ok %s: %v\n", what, answer) }

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	host, port, user, password, schema := os.Args[2], os.Args[3], os.Args[4], os.Args[5], os.Args[6]
	base := fmt.Sprintf("%s:%s@tcp(%s:%s)/%s?charset=utf8mb4&parseTime=true&loc=UTC&multiStatements=true", user, password, host, port, schema)
	// Prepared by the server, and put together by the driver.
	for _, mode := range []string{"", "&interpolateParams=true"} {
		db, err := sql.Open("mysql", base+mode)
		must(err)
		work(db, mode)
		db.Close()
	}
}

func work(db *sql.DB, mode string) {
	db.SetMaxOpenConns(12)
	db.SetMaxIdleConns(12)
	_, err := db.Exec("drop table if exists gosql; create table gosql (id int primary key auto_increment, n int, note varchar(100) unique, at datetime(6), raw blob) character set utf8mb4")
	must(err)
	insert, err := db.Prepare("insert into gosql (n, note, at) values (?, ?, ?)")
	must(err)
	at := time.Date(2026, 2, 28, 23, 59, 59, 123456000, time.UTC)
	var group sync.WaitGroup
	for worker := 0; worker < 16; worker++ {
		group.Add(1)
		go func(worker int) {
			defer group.Done()
			for turn := 0; turn < 6; turn++ {
				tx, err := db.BeginTx(context.Background(), &sql.TxOptions{Isolation: sql.LevelReadCommitted})
				must(err)
				result, err := tx.Stmt(insert).Exec(worker, fmt.Sprintf("%d %d %s", worker, turn, text), at)
				must(err)
				id, _ := result.LastInsertId()
				var n int
				var note string
				var when time.Time
				must(tx.QueryRow("select n, note, at from gosql where id = ?", id).Scan(&n, &note, &when))
				if n != worker || !strings.HasSuffix(note, text) || !when.Equal(at) {
					panic(fmt.Sprint("read ", n, note, when))
				}
				if turn%2 == 1 {
					must(tx.Rollback())
				} else {
					must(tx.Commit())
				}
			}
		}(worker)
	}
	group.Wait()
	var count, sum int
	must(db.QueryRow("select count(*), sum(n) from gosql").Scan(&count, &sum))
	ok("workers"+mode, count, sum)
	for _, bad := range []string{"selec 1", "select * from no_such_table", "insert into gosql (note) select note from gosql limit 1"} {
		_, err := db.Exec(bad)
		ok("error"+mode, err.(*mysql.MySQLError).Number)
	}
	rows, err := db.Query("select 1; select 2, 3; select 'x'")
	must(err)
	results := 0
	for more := true; more; more = rows.NextResultSet() {
		for rows.Next() {
			results++
		}
	}
	ok("several"+mode, results, rows.Err())
	rows.Close()
	conn, err := db.Conn(context.Background())
	must(err)
	_, err = conn.ExecContext(context.Background(), "set @mine = 5, lock_wait_timeout = 77")
	must(err)
	var mine, wait int
	must(conn.QueryRowContext(context.Background(), "select @mine, @@lock_wait_timeout").Scan(&mine, &wait))
	ok("one connection"+mode, mine, wait)
	conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	_, err = db.ExecContext(ctx, "select sleep(5)")
	cancel()
	ok("cancelled"+mode, err)
	rows, err = db.Query("select a.id, repeat('x', 50) from gosql a, gosql b, gosql c limit 50000")
	must(err)
	results = 0
	for rows.Next() {
		results++
	}
	ok("streamed"+mode, results)
}
