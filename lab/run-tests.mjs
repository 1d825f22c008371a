// Runs test programs one after another, shows their progress, and closes with the line `N passed, N failed, N skipped`.
//
//   node lab/run-tests.mjs [--filter TEXT]... [--failed STEP]... [--beside STEP COMMAND] PROGRAM... [--shared PROGRAM]
//
//   --failed STEP          counts a step before this as failed
//   --shared PROGRAM       the last one: its classes are shared out to processes that run beside each other
//   --at-once N            how many; as many as suit the machine when it is not given
//   --beside STEP COMMAND  runs meanwhile, and is counted when it fails
//
// It reads the events that the test programs print as they happen, not a report at the end: a program that crashes
// writes no report, and then the tests that were running are what one wants to know. `test` at the top calls this.
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { processesBeside, readTimes, shareOut } from './test-shares.mjs';

const MINUTE = 60_000;
// The longest single test takes a few minutes; one that says nothing for so long hangs.
const silenceMax = (process.env.SEAWALL_LONG ? 60 : 10) * MINUTE;
// What a test program gets to take its servers down after it was asked to stop.
const goodbyeMax = 5_000;
const errorLinesMax = 25;

const filters = [];
const programs = [];
const totals = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const skips = [];
const running = new Set();
let atOnce = processesBeside();
let shared = '';
let beside = null;
let interrupted = false;

const words = process.argv.slice(2);
while (words.length > 0) {
  const word = words.shift();
  if (word === '--filter') filters.push('-method', `*${words.shift()}*`);
  else if (word === '--failed') fail(words.shift(), '');
  else if (word === '--at-once') atOnce = Number(words.shift());
  else if (word === '--shared') shared = words.shift();
  else if (word === '--beside') beside = { step: words.shift(), command: words.shift() };
  else programs.push(word);
}

// Every process that a test starts inherits this word, and can be found by it when the test program is gone.
const markName = 'SEAWALL_TEST_RUN';
let programsStarted = 0;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (!interrupted) fail('the run', `was ended by ${signal}`);
    interrupted = true;
    for (const child of running) end(child, 'SIGINT', goodbyeMax);
  });
}

for (const program of programs) {
  if (interrupted) break;
  console.log(basename(program));
  await run(program);
}
if (shared && !interrupted) await runShared(shared);

report();

function fail(name, message) {
  totals.failed++;
  failures.push({ name, message: message.trimEnd() });
  if (running.size > 0) console.log(`FAILED  ${name}\n${indent(message)}`);
}

function indent(text) {
  return text.trimEnd().replace(/^/gm, '        ');
}

// Asks a program to end, and sees to it.
function end(child, signal, patience) {
  child.kill(signal);
  setTimeout(() => killGroup(child.pid), patience).unref();
}

function killGroup(leader) {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // It was gone.
  }
}

// First what wants the machine for itself, then the rest in processes beside each other, each with servers of its own.
async function runShared(program) {
  const name = basename(program);
  const listed = spawnSync(program, ['-list', 'classes/json', '-noColor', ...filters], { encoding: 'utf8' });
  let classes;
  try {
    classes = JSON.parse(listed.stdout.slice(listed.stdout.indexOf('[')));
  } catch {
    fail(name, `did not say what its classes are\n${listed.stdout}${listed.stderr}`);
    return;
  }
  const { alone, shares } = shareOut(classes, readTimes(join(import.meta.dirname, 'test-times.tsv')));
  const hands = Math.min(atOnce, shares.length);
  console.log(hands > 1 ? `${name}, ${hands} processes at once` : name);
  if (alone.length > 0) await run(program, alone);
  const work = Array.from({ length: hands }, async () => {
    while (shares.length > 0 && !interrupted) await run(program, shares.shift());
  });
  await Promise.all([...work, ...(beside && !interrupted ? [runBeside(beside)] : [])]);
}

// Behind the tests, for which the machine is.
async function runBeside({ step, command }) {
  const began = Date.now();
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'nice', '-n', '10', 'sh', '-c', command], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const status = await new Promise((resolve) => child.on('error', resolve).on('close', resolve));
  if (!interrupted) {
    const seconds = ((Date.now() - began) / 1000).toFixed(0);
    console.log(`${step}: ${status === 0 ? 'ok' : 'FAILED'} (${seconds} s)`);
    if (status !== 0) fail(step, said);
  }
  killGroup(child.pid);
  running.delete(child);
}

async function run(program, only = []) {
  const name = basename(program);
  const unheard = new Set(only);
  const mark = `${process.pid}.${Date.now()}.${++programsStarted}`;
  const tests = new Map(); // those that run now, by id
  const classes = new Map();
  const errors = [];
  let finished = false;
  let complained = false;
  let timer;

  // A process group of its own, which the terminal's Ctrl-C does not reach: it is passed on above, once. The kernel
  // kills the program when this process dies without a word.
  const options = ['-reporter', 'json', '-noAutoReporters', '-noColor', ...filters, ...only.flatMap((one) => ['-class', one])];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, ...options], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, [markName]: mark },
  });
  running.add(child);
  const ended = new Promise((resolve) => {
    child.on('error', (error) => resolve({ reason: `could not be started: ${error.message}` }));
    child.on('exit', (status, signal) =>
      resolve({ status, reason: signal ? `was ended by ${signal}` : `ended with status ${status}` }));
  });
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      fail(name, `said nothing for ${silenceMax / MINUTE} minutes and was killed${whileRunning(tests)}`);
      killGroup(child.pid);
    }, silenceMax);
  };

  heard();
  const errorsRead = readLines(child.stderr, (line) => {
    // A crash says first what it is; what follows is stack.
    if (errors.length < errorLinesMax) errors.push(line.slice(0, 200));
  });
  const eventsRead = readLines(child.stdout, (line) => {
    // Tests may print anything, even the beginning of a line that an event ends.
    const at = line.indexOf('{"$type":"');
    if (at < 0) return;
    let event;
    try {
      event = JSON.parse(line.slice(at));
    } catch {
      return;
    }
    heard();
    if (event.$type === 'test-assembly-finished') finished = true;
    else if (take(event, tests, classes)) complained = true;
    if (event.$type === 'test-class-starting') unheard.delete(event.TestClassName);
  });

  const { status, reason } = await ended;
  // What a crashed program leaves behind may hold its output open; a moment for what is still in the pipe, no more.
  await Promise.race([Promise.all([eventsRead, errorsRead]), after(1000)]);
  clearTimeout(timer);
  // Killed servers take a moment to be gone.
  let left = [];
  for (let look = 0; look < 10 && (left = processesMarked(mark)).length > 0; look++) await after(100);
  killGroup(child.pid);
  for (const { pid } of left) kill(pid);

  if (!interrupted) {
    if (!finished) {
      fail(name, `${reason} before its tests were done${whileRunning(tests)}\n${errors.join('\n')}`);
    } else if (status !== 0 && !complained) {
      fail(name, `${reason}, and named no test that failed\n${errors.join('\n')}`);
    } else if (unheard.size > 0) {
      fail(name, `ended without a word of ${[...unheard].join(', ')}`);
    } else if (left.length > 0) {
      fail(name, `left processes behind:\n${left.map(({ pid, command }) => `${pid} ${command}`).join('\n')}`);
    }
  }
  running.delete(child);
}

function whileRunning(tests) {
  return tests.size > 0 ? `, in ${[...tests.values()].map(({ name }) => name).join(', ')}` : '';
}

// An event of the test program; true when it tells of a failure. Their names and fields are xUnit.net's.
function take(event, tests, classes) {
  const test = tests.get(event.TestUniqueID);
  const inClass = classes.get(event.TestClassUniqueID);
  switch (event.$type) {
    case 'test-class-starting':
      classes.set(event.TestClassUniqueID, { name: event.TestClassName, passed: 0, failed: 0, skipped: 0 });
      break;
    case 'test-class-finished':
      if (inClass) sayClass(inClass, event.ExecutionTime);
      classes.delete(event.TestClassUniqueID);
      break;
    case 'test-starting':
      tests.set(event.TestUniqueID, { name: event.TestDisplayName });
      break;
    case 'test-finished':
      tests.delete(event.TestUniqueID);
      break;
    case 'test-passed':
      totals.passed++;
      if (inClass) inClass.passed++;
      break;
    case 'test-skipped':
      totals.skipped++;
      if (inClass) inClass.skipped++;
      skips.push({ name: test?.name ?? 'a test', reason: event.Reason.replace(/\s+/g, ' ').trim() });
      break;
    case 'test-failed':
      if (inClass) inClass.failed++;
      fail(test?.name ?? 'a test', messageOf(event));
      return true;
    default:
      // Fixtures that cannot be taken down, and errors outside any test.
      if (event.$type.endsWith('cleanup-failure') || event.$type === 'error-message') {
        fail(event.$type, messageOf(event));
        return true;
      }
  }
  return false;
}

function messageOf({ Messages = [], StackTraces = [], Output = '' }) {
  const output = Output.trim() ? `output:\n${Output}` : '';
  return [...Messages.map((message, i) => `${message}\n${StackTraces[i] ?? ''}`), output].join('\n');
}

function sayClass({ name, passed, failed, skipped }, seconds) {
  const what = [
    passed > 0 ? `${passed} passed` : '',
    failed > 0 ? `${failed} FAILED` : '',
    skipped > 0 ? `${skipped} skipped` : '',
  ].filter(Boolean);
  console.log(`  ${name}: ${what.join(', ') || 'no tests'} (${Number(seconds).toFixed(1)} s)`);
}

function after(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function readLines(stream, take) {
  return new Promise((resolve) => createInterface({ input: stream }).on('line', take).on('close', resolve));
}

function processesMarked(mark) {
  const found = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`${markName}=${mark}`)) continue;
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      if (command) found.push({ pid: Number(pid), command: command.slice(0, 200) });
    } catch {
      // Another user's, or gone.
    }
  }
  return found;
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was gone.
  }
}

function report() {
  const ranNothing = totals.passed + totals.failed === 0;
  if (skips.length > 0) {
    console.log(`\nskipped (${skips.length}):`);
    for (const { name, reason } of skips) console.log(`  ${name}: ${reason}`);
  }
  if (failures.length > 0) {
    console.log(`\nfailed (${failures.length}):`);
    for (const { name, message } of failures) console.log(`  ${name}${message ? `: ${message.split('\n')[0]}` : ''}`);
  }
  if (ranNothing) console.log('\nno test ran');
  console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  process.exitCode = interrupted ? 130 : totals.failed > 0 || ranNothing ? 1 : 0;
}
