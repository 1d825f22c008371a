// A realistic small piece of work with one driver, for the lab tests:
// node drivers.mjs DRIVER PORT_OR_SOCKET USER PASSWORD SCHEMA [compress]
// Prints what is in the table in the end as one line of JSON. Throws on whatever goes wrong.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const [driver, port, user, password, database, compress] = process.argv.slice(2)
const way = port.startsWith('/') ? { socketPath: port } : { host: '127.0.0.1', port: Number(port) }
const options = { ...way, user, password, database, compress: compress === 'compress' }
const workers = 20
const rounds = 15

async function mysql2() {
  const mysql = require('mysql2/promise')
  const pool = mysql.createPool({ ...options, connectionLimit: 10, multipleStatements: true })
  await work({
    run: async (sql, values) => (await pool.query(sql, values))[0],
    execute: async (sql, values) => (await pool.execute(sql, values))[0],
    transaction: async body => {
      const connection = await pool.getConnection()
      try {
        await connection.beginTransaction()
        await body(async (sql, values) => (await connection.query(sql, values))[0])
        await connection.commit()
      } finally {
        connection.release()
      }
    },
  })
  const connection = await pool.getConnection()
  await connection.query('set @mine = 5')
  await connection.changeUser({ user, password, database })
  const [[{ mine }]] = await connection.query('select @mine as mine')
  assert.equal(mine, null)
  const [several] = await connection.query('select 1 as a; select 2 as b')
  assert.deepEqual(JSON.parse(JSON.stringify(several)), [[{ a: 1 }], [{ b: 2 }]])
  connection.release()
  const [[seen]] = await pool.query('select count(*) as jobs, sum(amount) as amount from driver_jobs')
  await pool.end()
  return seen
}

async function mariadb() {
  const driver = require('mariadb')
  const pool = driver.createPool({
    ...options, connectionLimit: 10, multipleStatements: true, pipelining: true, allowPublicKeyRetrieval: true, insertIdAsNumber: true,
    bigIntAsNumber: true, decimalAsNumber: true,
  })
  await work({
    run: (sql, values) => pool.query(sql, values),
    execute: (sql, values) => pool.execute(sql, values),
    transaction: async body => {
      const connection = await pool.getConnection()
      try {
        await connection.beginTransaction()
        await body((sql, values) => connection.query(sql, values))
        await connection.commit()
      } finally {
        await connection.release()
      }
    },
  })
  // Sent ahead, without waiting for the answers, and in batches.
  const connection = await pool.getConnection()
  const ahead = await Promise.all(Array.from({ length: 50 }, (_, i) => connection.query(`select ${i} as i`)))
  assert.deepEqual(ahead.map(rows => rows[0].i), Array.from({ length: 50 }, (_, i) => i))
  await connection.batch('insert into driver_jobs (worker, amount, note) values (?, ?, ?)',
    Array.from({ length: 100 }, (_, i) => [1000 + i, i, `batch ${i}`]))
  await assert.rejects(Promise.all([connection.query('select 1'), connection.query('selec 1'), connection.query('select 2')]))
  assert.equal((await connection.query('select 3 as three'))[0].three, 3)
  await connection.query('set @mine = 5')
  // This driver neither resets nor changes the user on a MySQL that knows no COM_RESET_CONNECTION, and says so.
  const isReset = await connection.reset().then(() => true, () => false)
  assert.equal(isReset, !connection.serverVersion().startsWith('5.6'))
  assert.equal((await connection.query('select @mine as mine'))[0].mine === null, isReset)
  await connection.release()
  const [seen] = await pool.query('select count(*) as jobs, sum(amount) as amount from driver_jobs')
  await pool.end()
  return seen
}

// Inserts, reads back by key, updates in transactions, uses prepared statements and large values, all at once.
async function work({ run, execute, transaction }) {
  await run('drop table if exists driver_jobs')
  await run('create table driver_jobs (id int primary key auto_increment, worker int, amount int, note longtext) engine=innodb')
  await Promise.all(Array.from({ length: workers }, async (_, worker) => {
    for (let round = 0; round < rounds; round++) {
      const made = await execute('insert into driver_jobs (worker, amount, note) values (?, ?, ?)', [worker, 0, `note ${round}`])
      const id = made.insertId
      assert.equal(made.affectedRows, 1)
      const rows = await run('select worker, amount, note from driver_jobs where id = ?', [id])
      assert.deepEqual([rows[0].worker, rows[0].amount, rows[0].note], [worker, 0, `note ${round}`])
      await transaction(async inside => {
        await inside('update driver_jobs set amount = amount + 1 where id = ?', [id])
        const again = await inside('select amount from driver_jobs where id = ? for update', [id])
        assert.equal(again[0].amount, 1)
      })
      const counted = await execute('select count(*) as c from driver_jobs where worker = ?', [worker])
      assert.equal(Number(counted[0].c), round + 1)
    }
  }))
  const large = 'z'.repeat(4_000_000)
  const changed = await execute('update driver_jobs set note = ? where worker = 0 limit 1', [large])
  assert.equal(changed.affectedRows, 1)
  const [longest] = await run('select note from driver_jobs order by length(note) desc limit 1')
  assert.ok(longest.note === large, `${longest.note.length} characters`)
  await assert.rejects(run('select * from no_such_table'), error => error.errno === 1146)
  const [{ taken }] = await run('select min(id) as taken from driver_jobs')
  await assert.rejects(run('insert into driver_jobs (id) values (?)', [taken]), error => error.errno === 1062)
}

const seen = await { mysql2, mariadb }[driver]()
console.log(JSON.stringify({ jobs: Number(seen.jobs), amount: Number(seen.amount) }))
