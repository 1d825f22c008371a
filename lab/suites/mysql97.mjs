// Programs of the unpacked MySQL 9.x: with their own dynamic loader and libraries, as lab/common.sh runs them.
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './world.mjs';

export function mysql97(name) {
  const root = realpathSync(join(cacheFolder, 'mysql97', 'current'));
  const lib = join(root, 'usr', 'lib');
  const libraries = join(lib, readdirSync(lib).find(folder => folder.endsWith('-linux-gnu')));
  const loader = join(libraries, readdirSync(libraries).find(file => /^ld-linux.*\.so/.test(file)));
  const tests = join(lib, 'mysql-test');
  const program = [join(tests, 'bin'), join(root, 'usr', 'bin')].map(folder => join(folder, name)).find(existsSync);
  if (!program) throw new Error(`MySQL 9.x has no program ${name}`);
  return { command: [loader, '--inhibit-cache', '--library-path', libraries, program], tests, share: join(root, 'usr', 'share', 'mysql') };
}
