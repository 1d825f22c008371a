// Shares the classes of a test program out: each share is run by a process of its own, several beside each other.
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';

// A share that is not one long class has this much, in seconds: with less, processes and servers would start for little;
// with more, the last one would go on alone for long.
const SHARE = 45;
// Of a class that the table does not have.
const UNKNOWN = 10;
// Real servers and what tests them, for each process.
const BYTES_EACH = 3e9;

// How many processes: most tests wait for servers most of the time, so one more than there are processors.
export function processesBeside() {
  return Math.max(1, Math.min(availableParallelism() + 1, 4, Math.floor(totalmem() / BYTES_EACH)));
}

// Lines of the table: class, seconds, and "alone" for a class that measures and wants the machine for itself.
export function readTimes(file) {
  const times = new Map();
  if (!existsSync(file)) return times;
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [name, seconds, alone] = line.split('\t');
    times.set(name, { seconds: Number(seconds), alone: alone === 'alone' });
  }
  return times;
}

// {alone: [names], shares: [[names], ...]}, the longest share first: what begins last is to be short.
export function shareOut(classes, times) {
  const all = classes
    .map((name) => ({ name, seconds: UNKNOWN, alone: false, ...times.get(name) }))
    .sort((a, b) => b.seconds - a.seconds || (a.name < b.name ? -1 : 1));
  const rest = all.filter(({ alone, seconds }) => !alone && seconds < SHARE);
  const shares = all.filter(({ alone, seconds }) => !alone && seconds >= SHARE).map((one) => ({ names: [one.name], seconds: one.seconds }));
  const count = Math.ceil(rest.reduce((sum, { seconds }) => sum + seconds, 0) / SHARE);
  const small = Array.from({ length: count }, () => ({ names: [], seconds: 0 }));
  for (const { name, seconds } of rest) {
    const least = small.reduce((a, b) => (b.seconds < a.seconds ? b : a));
    least.names.push(name);
    least.seconds += seconds;
  }
  return {
    alone: all.filter(({ alone }) => alone).map(({ name }) => name),
    shares: [...shares, ...small].sort((a, b) => b.seconds - a.seconds).map(({ names }) => names),
  };
}
