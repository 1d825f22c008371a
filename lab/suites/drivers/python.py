"""A work-out with a Python driver: python.py DRIVER HOST PORT USER PASSWORD SCHEMA. Prints `ok WHAT: ANSWER` for each step."""
import datetime
import decimal
import importlib
import sys
import threading

name, host, port, user, password, schema = sys.argv[1:]
driver = importlib.import_module(name)
cursors = importlib.import_module(f'{name}.cursors')
workers, rounds = 12, 8


def connect(**more):
    # The one knows `password` and `database`, the other both these and the names before.
    return driver.connect(host=host, port=int(port), user=user, passwd=password, db=schema, charset='utf8mb4', **more)


def ok(what, answer):
    print(f'ok {what}: {answer!r}')


def ask(connection, sql, values=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def code(connection, sql, values=None):
    try:
        ask(connection, sql, values)
    except driver.Error as problem:
        return type(problem).__name__, problem.args[0]
    return None


connection = connect(autocommit=True)
ask(connection, 'create table py (id int primary key auto_increment, worker int, n decimal(10,2), note varchar(100) unique, '
    'at datetime(6), raw blob) character set utf8mb4')
ok('server', ask(connection, 'select @@version_comment is not null, current_user()'))

# Several connections at once, each with settings of its own, transactions that stay and some that do not.
seen = {}


def work(worker):
    mine = connect()
    ask(mine, 'set lock_wait_timeout = %s, time_zone = %s', (1000 + worker, f'+0{worker % 10}:00'))
    answers = []
    for turn in range(rounds):
        with mine.cursor() as cursor:
            cursor.execute('insert into py (worker, n, note) values (%s, %s, %s)', (worker, turn, f'{worker}-{turn}'))
            number = cursor.lastrowid
            cursor.execute('select worker, n, last_insert_id() = %s from py where id = %s', (number, number))
            answers.append(cursor.fetchone())
        (mine.rollback if turn % 2 else mine.commit)()
        answers.append(ask(mine, 'select @@lock_wait_timeout, @@time_zone'))
        mine.commit()
    seen[worker] = answers
    mine.close()


threads = [threading.Thread(target=work, args=(worker,)) for worker in range(workers)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
ok('workers', [seen.get(worker) for worker in range(workers)])
ok('what stayed', ask(connection, 'select worker, sum(n), count(*) from py group by worker order by worker'))

with connection.cursor() as cursor:
    cursor.executemany('insert into py (worker, n, note) values (%s, %s, %s)', [(100, i, f'many {i}') for i in range(500)])
    ok('executemany', cursor.rowcount)
    ok('update', cursor.execute('update py set n = n + 1 where worker = 100 and n < 10'))
text = 'żółć, Ω, 漢字, 😀, \\ \' " % \0'
ask(connection, 'insert into py (worker, note, at, n, raw) values (200, %s, %s, %s, %s)',
    (text, datetime.datetime(2026, 2, 28, 23, 59, 59, 123456), decimal.Decimal('1234567.89'), bytes(range(256))))
row = ask(connection, 'select note, at, n, raw from py where worker = 200')[0]
ok('values', (row[0] == text, row[1], row[2], bytes(row[3]) == bytes(range(256))))

ok('errors', [code(connection, 'select * from no_such_table'), code(connection, 'selec 1'),
              code(connection, 'insert into py (note) values (%s)', (text,)), code(connection, 'use no_such_schema')])
ask(connection, "set sql_mode = ''")
ask(connection, 'insert into py (worker, n) values (201, 1e20)')
ok('warnings', ask(connection, 'show warnings'))
ok('found rows', ask(connection, 'select sql_calc_found_rows worker from py where worker = 100 limit 3'))

ask(connection, 'create procedure several(in a int, out b int) begin select a; select a + 1, a + 2; set b = a * 2; end')
with connection.cursor() as cursor:
    cursor.callproc('several', (7, 0))
    results = [cursor.fetchall()]
    while cursor.nextset():
        results.append(cursor.fetchall())
    cursor.execute('select @_several_1')
    ok('procedure', (results, cursor.fetchall()))
streamed = 0
reader = connection.cursor(cursors.SSCursor)
reader.execute('select a.id, repeat("x", 100) from py a, py b limit 50000')
for row in reader:
    streamed += 1
reader.close()
ok('streamed', streamed)
ask(connection, 'create temporary table mine select 1 as a')
ok('temporary', ask(connection, 'select * from mine'))
connection.ping(True) if name == 'MySQLdb' else connection.ping(reconnect=False)
connection.select_db('information_schema')
ok('another schema', ask(connection, 'select database()'))
connection.close()
