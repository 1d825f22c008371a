// A pool of one connection, asked until it is refused and then until it is answered again, for the lab tests:
// node refused.mjs DRIVER PORT
// Prints `connected`, then `refused NUMBER SQLSTATE`, then one line of JSON.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const [driver, port] = process.argv.slice(2)
const options = { host: '127.0.0.1', port: Number(port), user: 'seawall', password: 'seawall', connectionLimit: 1 }

const pools = {
  mysql2: () => {
    const pool = require('mysql2/promise').createPool(options)
    return {
      rows: async sql => (await pool.query(sql))[0], execute: async (sql, values) => (await pool.execute(sql, values))[0], end: () => pool.end(),
    }
  },
  mariadb: () => {
    const pool = require('mariadb').createPool({ ...options, allowPublicKeyRetrieval: true, bigIntAsNumber: true })
    return { rows: sql => pool.query(sql), execute: (sql, values) => pool.execute(sql, values), end: () => pool.end() }
  },
}

const { rows, execute, end } = pools[driver]()
const session = async () => {
  const [row] = await rows('select connection_id() as id, @@time_zone as zone')
  return `${row.id} ${row.zone}`
}
await rows("set time_zone = '+03:00'")
const before = await session()
await execute('select ? as n', [1])
console.log('connected')

// Asks as text and by a prepared statement in turns, until what comes is what is waited for.
let asked = 0
let errors = 0
async function until(isRefused) {
  for (;;) {
    try {
      await (asked++ % 2 ? execute('select ? as n', [asked]) : rows('select 1'))
      if (!isRefused) return null
    } catch (error) {
      errors++
      if (isRefused) return error
    }
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

const refusal = await until(true)
console.log(`refused ${refusal.errno} ${refusal.sqlState}`)
await until(false)
console.log(JSON.stringify({ same: (await session()) === before, errors, fatal: Boolean(refusal.fatal) }))
await end()
