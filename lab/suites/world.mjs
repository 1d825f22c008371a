// The private server of a run, and Seawall in front of it. Both end with this process, however it ends.
import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { getPriority, homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createRequire } from 'node:module';

export const labFolder = dirname(dirname(fileURLToPath(import.meta.url)));
export const cacheFolder = process.env.SEAWALL_LAB ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'seawall-lab');
const home = dirname(labFolder);
// Of a second or two, on a machine with much else to do.
const letsInSecondsMax = 120;

/** The driver with which servers are prepared and neighbours speak; from lab/node, where lab/install puts it. */
export const mysql2 = () => createRequire(join(labFolder, 'node', 'package.json'))('mysql2/promise');

/** Gets what the suites need; answers what is not to be had. */
export async function install({ chosen, server }) {
  const steps = [
    [join(labFolder, 'install'), [server, 'node']],
    [join(labFolder, 'suites', 'install'), [...new Set(chosen.flatMap(suite => suite.needs(server)))]],
  ];
  for (const [program, words] of steps) {
    if (words.length === 0) continue;
    const { status, stderr } = spawnSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
    if (status !== 0) return stderr.trim() || `${program} ${words.join(' ')} ended with status ${status}`;
  }
  return null;
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** A new server on this machine with an account seawall/seawall that may do everything. */
export async function startServer(kind, suite, results) {
  // Sockets have short paths; and a test's own folder for files must be one of the server's.
  const base = mkdtempSync(join(tmpdir(), 'seawall-suite.'));
  const port = await freePort();
  const data = join(base, 'mysqld.1', 'data');
  mkdirSync(dirname(data), { recursive: true });
  const words = [kind, data, port, '1', '--hold', '--tls', '--', ...suite.serverOptions?.(kind, base) ?? []];
  if (kind === 'mysql56') words.splice(words.indexOf('--tls'), 1);
  const log = createWriteStream(join(results, 'server.log'));
  const child = spawn(join(labFolder, 'server'), words.map(String), {
    stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...suite.serverEnvironment },
  });
  child.stderr.pipe(log);
  const line = await firstLine(child, 'lab/server');
  const [, version, , , socket] = line.split(' ');
  return {
    kind, version, port, socket, base, data,
    connect: (options = {}) => mysql2().createConnection({ socketPath: socket, user: 'root', multipleStatements: true, ...options }),
    stop: async () => {
      child.stdin.end();
      await ended(child);
      rmSync(base, { recursive: true, force: true });
    },
  };
}

/** Seawall as anybody would start it, with a pool of so many connections for each account. */
export async function startSeawall(server, pool, results) {
  const port = await freePort();
  const socket = join(server.base, 'seawall.sock');
  const settings = join(server.base, 'seawall.toml');
  writeFileSync(settings, `[clients]
listen = ["127.0.0.1:${port}", "${socket}"]
[[servers]]
name = "primary"
address = "127.0.0.1:${server.port}"
connections_max = 400
dials_per_second = 1000
dial_burst = 100
allow_public_key_retrieval = true
[pool]
size = ${pool}
wait_ms_max = 15000
# Tests wait until the server's process list is as short as before; it should not be connections of others that they wait for.
idle_ms_max = 2000
[monitor]
user = "seawall"
password = "seawall"
# On a machine with much else to do everything waits for its turn, and a suite would be turned away for that.
[protection]
mode = "off"
[admin]
listen = "off"
[metrics]
listen = "off"
[log]
level = "debug"
`, { mode: 0o600 });
  const log = createWriteStream(join(results, 'seawall.log'));
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', join(home, 'seawall'), 'run', '-c', settings],
    { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stderr.pipe(log);
  await firstLine(child, 'seawall');
  const seawall = {
    port, socket,
    stop: async () => {
      child.kill('SIGKILL');
      await ended(child);
    },
  };
  await letsIn(seawall);
  return seawall;
}

/** It listens before it has read the server's accounts, and says so to whoever comes so early. */
async function letsIn({ port }) {
  const end = Date.now() + letsInSecondsMax * 1000;
  for (;;) {
    try {
      const client = await mysql2().createConnection({ host: '127.0.0.1', port, user: 'seawall', password: 'seawall' });
      return await client.end();
    } catch (problem) {
      if (Date.now() > end) throw problem;
      await sleep(200);
    }
  }
}

function firstLine(child, what) {
  return new Promise((resolve, reject) => {
    let text = '', errors = '';
    child.stderr.on('data', bytes => { errors = (errors + bytes).slice(-2000); });
    child.stdout.on('data', bytes => {
      text += bytes;
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
    });
    child.on('error', reject);
    child.on('exit', status => reject(new Error(`${what} ended with status ${status}: ${errors}`)));
  });
}

function ended(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise(resolve => child.once('exit', resolve));
}

/** Runs a program to its end, at a low priority, and no longer than it may take. */
export function execute(program, words, { env, cwd, secondsMax }) {
  return new Promise(resolve => {
    // Once is enough: somebody who has given all of it a low priority wants it to get somewhere.
    const nice = Math.max(0, 10 - getPriority());
    const child = spawn('nice', ['-n', String(nice), program, ...words.map(String)], {
      cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true,
    });
    let output = '', errors = '', late = false;
    const timer = setTimeout(() => {
      late = true;
      try {
        process.kill(-child.pid, 'SIGKILL'); // What it has started goes with it.
      } catch {
        // It was gone.
      }
    }, secondsMax * 1000);
    child.stdout.setEncoding('latin1').on('data', text => { output += text; });
    child.stderr.setEncoding('latin1').on('data', text => { errors += text; });
    child.on('error', error => { errors += error.message; });
    child.on('close', status => {
      clearTimeout(timer);
      resolve({ status, output, errors, late });
    });
  });
}
