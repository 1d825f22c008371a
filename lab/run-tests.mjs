// Runs test programs one after another, shows their progress, and closes with the line `N passed, N failed, N skipped`.
//
//   node lab/run-tests.mjs [--filter TEXT]... [--failed STEP]... PROGRAM...
//
// It reads the events that the test programs print as they happen, not a report at the end: a program that crashes
// writes no report, and then the tests that were running are what one wants to know. `test` at the top calls this.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';

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
let running = null;
let interrupted = false;

const words = process.argv.slice(2);
while (words.length > 0) {
  const word = words.shift();
  if (word === '--filter') filters.push('-method', `*${words.shift()}*`);
  else if (word === '--failed') fail(words.shift(), '');
  else programs.push(word);
}

// Every process that a test starts inherits this word, and can be found by it when the test program is gone.
const markName = 'SEAWALL_TEST_RUN';
const markValue = `${process.pid}.${Date.now()}`;
const mark = `${markName}=${markValue}`;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (!interrupted) fail('the run', `was ended by ${signal}`);
    interrupted = true;
    end('SIGINT', goodbyeMax);
  });
}

for (const program of programs) {
  if (!interrupted) await run(program);
}

report();

function fail(name, message) {
  totals.failed++;
  failures.push({ name, message: message.trimEnd() });
  if (running) console.log(`FAILED  ${name}\n${indent(message)}`);
}

function indent(text) {
  return text.trimEnd().replace(/^/gm, '        ');
}

// Asks the program to end, and sees to it.
function end(signal, patience) {
  const child = running;
  if (!child) return;
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

async function run(program) {
  const name = basename(program);
  const tests = new Map(); // those that run now, by id
  const classes = new Map();
  const errors = [];
  let finished = false;
  let timer;

  // A process group of its own, which the terminal's Ctrl-C does not reach: it is passed on above, once. The kernel
  // kills the program when this process dies without a word.
  console.log(name);
  const options = ['-reporter', 'json', '-noAutoReporters', '-noColor', ...filters];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, ...options], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, [markName]: markValue },
  });
  running = child;
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
    else take(event, tests, classes);
  });

  const { status, reason } = await ended;
  // What a crashed program leaves behind may hold its output open; a moment for what is still in the pipe, no more.
  await Promise.race([Promise.all([eventsRead, errorsRead]), after(1000)]);
  clearTimeout(timer);
  // Killed servers take a moment to be gone.
  let left = [];
  for (let look = 0; look < 10 && (left = processesOfThisRun()).length > 0; look++) await after(100);
  killGroup(child.pid);
  for (const { pid } of left) kill(pid);

  if (!interrupted) {
    if (!finished) {
      fail(name, `${reason} before its tests were done${whileRunning(tests)}\n${errors.join('\n')}`);
    } else if (status !== 0 && failures.length === 0) {
      fail(name, `${reason}, and named no test that failed\n${errors.join('\n')}`);
    } else if (left.length > 0) {
      fail(name, `left processes behind:\n${left.map(({ pid, command }) => `${pid} ${command}`).join('\n')}`);
    }
  }
  running = null;
}

function whileRunning(tests) {
  return tests.size > 0 ? `, in ${[...tests.values()].map(({ name }) => name).join(', ')}` : '';
}

// An event of the test program. Their names and fields are xUnit.net's.
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
      break;
    default:
      // Fixtures that cannot be taken down, and errors outside any test.
      if (event.$type.endsWith('cleanup-failure') || event.$type === 'error-message') {
        fail(event.$type, messageOf(event));
      }
  }
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

function processesOfThisRun() {
  const found = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(mark)) continue;
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
