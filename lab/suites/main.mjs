// Runs test suites that nobody of this project wrote: each test directly and then through Seawall, with fewer server
// connections than there are sessions, and compares. `lab/suites/run` calls this.
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { explanationsOf } from './explained.mjs';
import { Neighbours } from './neighbours.mjs';
import { comparedIn, Report } from './report.mjs';
import { cacheFolder, freePort, install, startSeawall, startServer } from './world.mjs';
import { suites } from './suites.mjs';

const usage = `usage: lab/suites/run [SUITE...] [options]

${Object.values(suites).map(({ name, about }) => `  ${name.padEnd(16)} ${about}`).join('\n')}

Without a SUITE: all of them that the server has. Fetches what it needs, starts a private server and Seawall in front of it.

  --server KIND      mariadb (default), mysql97 or mysql56
  --pool N           Seawall's connections per account; by default the fewest that the suite's own sessions can do with
  --neighbours N     sessions that work beside the suite all the time, on the same account, with settings of their
                     own; by default twice the pool. Without them a suite of one session would keep one connection
  --pause MS         how long each of them rests between two of its statements; by default 20
  --sample I/N       every Nth test, beginning with the Ith
  --only GLOB        tests whose name matches; may be given again
  --from NAME        tests from that name on, in the order of --list
  --to NAME          tests before that name
  --minutes N        begins no test of a suite after so long; the report says how many were left
  --seconds N        gives one of mysqltest's tests so long at most; by default 120
  --load N           begins no test while the machine's load is above N
  --extra OPTION     one more option for mysqltest, such as --ps-protocol; may be given again
  --results FOLDER   where results are kept; by default a new folder below ${join(cacheFolder, 'suites', 'results')}
  --resume           goes on behind what a run into the same --results has compared, and reports both as one
  --through-first    runs directly only what has not passed through Seawall: the same regressions in half of the time, but
                     no count of what passes directly
  --list             prints the tests' names and runs nothing

A test that passes directly and not through Seawall is a regression. It is run again, both ways, and is one only when that
happens again; the others are named as unsteady, and those that ran out of time by themselves. lab/suites/explained.tsv has those with a reason that no proxy can mend
(docs/compatibility.md). The last line is the answer: "0 regressions", or how many. Exit status: 0 none, 1 some, 2 wrong
usage, nothing compared or a suite broken off, 3 something is not to be had on this machine.
`;

const options = {
  server: { type: 'string', default: 'mariadb' },
  pool: { type: 'string' },
  neighbours: { type: 'string' },
  pause: { type: 'string', default: '20' },
  sample: { type: 'string', default: '1/1' },
  only: { type: 'string', multiple: true, default: [] },
  from: { type: 'string' },
  to: { type: 'string' },
  minutes: { type: 'string' },
  seconds: { type: 'string' },
  load: { type: 'string' },
  extra: { type: 'string', multiple: true, default: [] },
  results: { type: 'string' },
  'through-first': { type: 'boolean', default: false },
  resume: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
};

// How often the machine is asked whether it is less busy now.
const loadPauseMs = 2_000;

function wrong(message) {
  console.error(`lab/suites/run: ${message} (lab/suites/run --help)`);
  process.exit(2);
}

function read() {
  let parsed;
  try {
    parsed = parseArgs({ options, allowPositionals: true });
  } catch (error) {
    wrong(error.message);
  }
  const { values, positionals } = parsed;
  if (values.help) {
    console.log(usage);
    process.exit(0);
  }
  const unknown = positionals.find(name => !suites[name]);
  if (unknown) wrong(`no suite '${unknown}'; there are ${Object.keys(suites).join(', ')}`);
  if (!['mariadb', 'mysql97', 'mysql56'].includes(values.server)) wrong(`no server '${values.server}'`);
  const [, first, every] = /^([1-9]\d*)\/([1-9]\d*)$/.exec(values.sample) ?? [];
  if (!first || Number(first) > Number(every)) wrong(`--sample ${values.sample} is not I/N with I up to N`);
  for (const name of ['pool', 'neighbours', 'pause', 'minutes', 'seconds', 'load']) {
    if (values[name] !== undefined && !/^\d+$/.test(values[name])) wrong(`--${name} ${values[name]} is not a number`);
  }
  const named = positionals.length > 0 ? positionals.map(name => suites[name]) : Object.values(suites);
  if (values.resume && !values.results) wrong('--resume needs the --results of the run that it goes on with');
  const able = named.filter(suite => suite.servers.includes(values.server));
  if (able.length === 0) wrong(`none of them can be run on ${values.server}`);
  return { ...values, first: Number(first), every: Number(every), chosen: able };
}

const globs = patterns => patterns.map(pattern =>
  new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`));

async function runSuite(suite, asked, folder, report) {
  const results = join(folder, `${suite.name}-${asked.server}`);
  mkdirSync(results, { recursive: true });
  const pool = Number(asked.pool ?? suite.pool);
  const server = await startServer(asked.server, suite, results);
  let seawall, neighbours = [];
  try {
    const world = { kind: asked.server, version: server.version, server, folder: results, extra: asked.extra, seconds: asked.seconds };
    await suite.prepare?.(world);
    seawall = await startSeawall(server, pool, results);
    const legs = [
      { name: 'direct', host: '127.0.0.1', port: server.port, socket: server.socket, ...suite.account },
      { name: 'seawall', host: '127.0.0.1', port: seawall.port, socket: seawall.socket, ...suite.account },
    ];
    // Both runs have them: what they do to the server as a whole is then no difference.
    const count = Number(asked.neighbours ?? pool * 2);
    for (const leg of legs) neighbours.push(await Neighbours.start(leg, count, Number(asked.pause)));
    console.log(`${suite.name}: ${server.version}, ${pool} connections, ${count} neighbours; results in ${results}`);
    const units = unitsOf(suite, world, asked);
    const earlier = asked.resume ? comparedIn(results).filter(({ unit }) => units.includes(unit)) : [];
    const end = Date.now() + Number(asked.minutes ?? Infinity) * 60_000;
    await report.suite(suite, asked.server, results, { total: units.length, earlier }, async compare => {
      for (const unit of units.filter(unit => !earlier.some(one => one.unit === unit))) {
        while (loadavg()[0] > Number(asked.load ?? Infinity) && Date.now() < end) await sleep(loadPauseMs);
        if (Date.now() >= end) break;
        await compare(unit, leg => runUnit(suite, unit, world, leg), legs);
      }
    });
    for (const { leg, wrongs } of neighbours) report.neighbours(suite, leg.name, wrongs);
  } finally {
    for (const one of neighbours) one.stop();
    await suite.close?.();
    await seawall?.stop();
    await server.stop();
  }
}

function unitsOf(suite, world, { first, every, only, from, to }) {
  const wanted = globs(only);
  return suite.list(world)
    .filter(unit => wanted.length === 0 || wanted.some(glob => glob.test(unit)))
    .filter(unit => (from === undefined || unit >= from) && (to === undefined || unit < to))
    .filter((_, i) => i % every === first - 1);
}

async function runUnit(suite, unit, world, leg) {
  const reason = suite.reasonNotToRun?.(unit, world);
  if (reason) return [{ name: unit, status: 'skip', why: reason }];
  await suite.reset?.(world);
  return suite.run(unit, world, leg);
}

const asked = read();
const missing = await install(asked);
if (missing) {
  console.error(missing);
  process.exit(3);
}
if (asked.list) {
  for (const suite of asked.chosen) {
    for (const unit of unitsOf(suite, { kind: asked.server }, asked)) console.log(`${suite.name}\t${unit}`);
  }
  process.exit(0);
}
const folder = asked.results ?? join(cacheFolder, 'suites', 'results', new Date().toISOString().slice(0, 19).replaceAll(':', ''));
mkdirSync(folder, { recursive: true });
const report = new Report(explanationsOf(), { throughFirst: asked['through-first'] });
for (const suite of asked.chosen) {
  try {
    await runSuite(suite, asked, folder, report);
  } catch (problem) {
    report.broke(suite, problem);
  }
}
const text = report.text();
writeFileSync(join(folder, 'report.txt'), `${text}\n`);
console.log(`\n${text}`);
process.exit(report.status());
