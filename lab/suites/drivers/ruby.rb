# A work-out with Ruby's mysql2: ruby.rb DRIVER HOST PORT USER PASSWORD SCHEMA. Prints `ok WHAT: ANSWER`.
require 'mysql2'
_, host, port, user, password, schema = ARGV
TEXT = "żółć, Ω, 漢字, 😀, \\ ' \" %".freeze

def ok(what, answer)
  puts "ok #{what}: #{answer.inspect}"
end
open = lambda do |flags = []|
  Mysql2::Client.new(host: host, port: port.to_i, username: user, password: password, database: schema, encoding: 'utf8mb4',
                     reconnect: false, flags: flags, as: :array)
end
main = open.call
main.query('create table rb (id int primary key auto_increment, n int, note varchar(100) unique, at datetime) character set utf8mb4')
answers = (0...12).map do |worker|
  Thread.new do
    one = open.call
    one.query("set lock_wait_timeout = #{1000 + worker}")
    seen = (0...6).map do |turn|
      one.query('begin')
      insert = one.prepare('insert into rb (n, note) values (?, ?)')
      insert.execute(worker, "#{worker} #{turn} #{TEXT}")
      number = insert.last_id
      insert.close
      select = one.prepare('select n, note = ? from rb where id = ?')
      read = select.execute("#{worker} #{turn} #{TEXT}", number).to_a
      select.close
      one.query(turn.odd? ? 'rollback' : 'commit')
      [read, one.query('select @@lock_wait_timeout').to_a]
    end
    one.close
    seen
  end
end.map(&:value)
ok('workers', answers)
ok('what stayed', main.query('select n, count(*) from rb group by n order by n').to_a)
['selec 1', 'select * from no_such_table', "insert into rb (note) select note from rb limit 1"].each do |sql|
  main.query(sql)
rescue Mysql2::Error => e
  ok('error', [e.error_number, e.sql_state])
end
several = open.call(Mysql2::Client::MULTI_STATEMENTS)
results = [several.query('select 1; select 2, 3; do 1; select 4').to_a]
results << several.store_result.to_a while several.next_result
ok('several', results)
main.query("set sql_mode = ''")
main.query("insert into rb (n) values ('12x')")
ok('warnings', [main.warning_count, main.query('show warnings').to_a])
ok('streamed', main.query('select a.id from rb a, rb b', stream: true, cache_rows: false).to_a.size)
main.query('set @mine = 5')
ok('variable', main.query('select @mine').to_a)
ok('ping', main.ping)
asked = (1..3).map { open.call.tap { |one| one.query('select sleep(0.05), 1', async: true) } }
ok('async', asked.map { |one| one.async_result.to_a })
