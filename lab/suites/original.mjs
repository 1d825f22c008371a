// A server as it was before the first test, to be put back between two: schemas, accounts, global variables.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const schemasOfTheServer = new Set(['mysql', 'information_schema', 'performance_schema', 'sys', 'mtr']);
// They move on by themselves, cannot be set back, or are only where something is.
const moving = new RegExp(['gtid_(executed|purged|owned|next|current|binlog|slave|cleanup)', 'timestamp', 'last_insert', 'pseudo',
  '^server_uuid', 'binlog_pos', 'innodb_buffer_pool_(dump|load)', '_now$', 'innodb_log_checkpoint', 'statement_id',
  '^(general|slow_query)_log_file'].join('|'));
const lockWaitSeconds = 5;
const triesMax = 4;

export class Original {
  #server;
  #kind;
  #variables;
  #accounts;
  #lifeline;

  static async look(server, kind) {
    const self = new Original();
    self.#server = server;
    self.#kind = kind;
    const admin = await server.connect();
    self.#variables = await self.#readVariables(admin);
    self.#accounts = new Set(await readAccounts(admin));
    // A test may leave a server that lets nobody in (with one way of compression only, or with all its places taken).
    self.#lifeline = admin;
    admin.on('error', () => {}); // Or it may kill this one.
    return self;
  }

  close() {
    this.#lifeline.destroy();
  }

  async restore() {
    const admin = await this.#server.connect().catch(async problem => {
      await this.#restoreVariables(this.#lifeline).catch(() => { throw problem; });
      return this.#server.connect();
    });
    await admin.query(`set sql_log_bin=0, lock_wait_timeout=${lockWaitSeconds}`);
    for (const schema of await column(admin, 'show databases')) {
      if (!schemasOfTheServer.has(schema.toLowerCase())) await this.#drop(admin, schema);
    }
    for (const account of await readAccounts(admin)) {
      if (this.#accounts.has(account)) continue;
      // A role has no host, and DROP USER does not know it.
      await attempt(admin, `drop user ${account}`) || await attempt(admin, `drop role ${account.split('@')[0]}`);
    }
    await this.#restoreVariables(admin);
    await admin.query(`create database if not exists test${this.#kind === 'mariadb' ? ' character set latin1' : ''}; flush privileges`);
    await admin.end();
  }

  async #drop(admin, schema) {
    const statement = `drop database if exists \`${schema.replaceAll('`', '``')}\``;
    for (let i = 0; i < triesMax && !await attempt(admin, statement); i++) {
      // Files that a test has written there are none of the server's; and somebody may hold a lock for ever.
      if (i === 0) emptyFolder(join(this.#server.data, schema));
      else await killOthers(admin);
    }
  }

  async #restoreVariables(admin) {
    const now = await this.#readVariables(admin);
    for (const [name, value] of this.#variables) {
      if (now.get(name) === value || moving.test(name)) continue;
      const isNumber = /^-?\d+(\.\d+)?$/.test(value);
      await attempt(admin, `set global ${name} = ${isNumber ? value : admin.escape(value)}`);
    }
  }

  async #readVariables(admin) {
    const table = this.#kind === 'mariadb' ? 'information_schema' : 'performance_schema';
    const [rows] = await admin.query({ sql: `select variable_name, variable_value from ${table}.global_variables`, rowsAsArray: true });
    return new Map(rows.map(([name, value]) => [String(name).toLowerCase(), String(value)]));
  }
}

async function attempt(admin, statement) {
  try {
    await admin.query(statement);
    return true;
  } catch {
    return false;
  }
}

async function column(admin, question) {
  const [rows] = await admin.query({ sql: question, rowsAsArray: true });
  return rows.map(([value]) => String(value));
}

const readAccounts = admin => column(admin, "select concat(quote(user), '@', quote(host)) from mysql.user");

async function killOthers(admin) {
  const ids = await column(admin, "select id from information_schema.processlist where id <> connection_id() "
    + "and user not in ('system user', 'event_scheduler', 'seawall') and command <> 'Daemon'");
  for (const id of ids) await attempt(admin, `kill ${id}`);
}

function emptyFolder(folder) {
  try {
    for (const file of readdirSync(folder)) rmSync(join(folder, file), { recursive: true, force: true });
  } catch {
    // It is not there.
  }
}
