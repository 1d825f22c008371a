// The suites, in the order in which they run when none is named. Each has
//   name, about        for --help
//   servers            the kinds that it can be run on
//   needs(kind)        what lab/suites/install must get
//   account            as whom its tests log in
//   pool               the fewest connections that the sessions of one test can do with
//   list(world)        its units: what is run, and run again, as one
//   run(unit, world, leg)   runs one against leg (host, port, socket, user, password): [{ name, status, why, output }];
//                      status is pass, fail, skip, or late: it took longer than it may, and says nothing
// and may have reasonNotToRun(unit, world), serverOptions(kind, base), serverEnvironment, prepare(world), reset(world), close().
import { clientTest } from './client-test.mjs';
import { drivers } from './drivers.mjs';
import { mysqltest } from './mysqltest.mjs';
import { perl } from './perl.mjs';
import { php } from './php.mjs';
import { sysbench } from './sysbench.mjs';

export const suites = Object.fromEntries([drivers, perl, php, clientTest, mysqltest, sysbench].map(suite => [suite.name, suite]));
