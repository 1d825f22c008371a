// Sessions that work beside a suite, on the same account, all the time. Behind Seawall they take the suite's server
// connection whenever it is free, leave it with other settings, warnings and errors, and so make every mistake in putting it
// back a visible one. They use no tables, do nothing that would pin them, and check their own settings.
import { mysql2 } from './world.mjs';

const wrongsMax = 20;

export class Neighbours {
  wrongs = [];
  #connections = [];
  #pauseMs;
  #stopped = false;

  /** `pauseMs`: of each of them between two of its looks at its settings, on average. */
  static async start(leg, count, pauseMs) {
    const self = new Neighbours();
    self.leg = leg;
    self.#pauseMs = pauseMs;
    for (let i = 0; i < count; i++) {
      const connection = await mysql2().createConnection({ host: leg.host, port: leg.port, user: leg.user, password: leg.password });
      connection.on('error', () => {}); // A test may kill any connection; its own work then fails, below.
      self.#connections.push(connection);
      self.#work(connection, i);
    }
    return self;
  }

  stop() {
    this.#stopped = true;
    for (const connection of this.#connections) connection.destroy();
  }

  async #work(connection, number) {
    try {
      const mine = 1000 + number;
      await connection.query(`set lock_wait_timeout = ${mine}, time_zone = '+0${number % 10}:30', sql_mode = 'ANSI_QUOTES'`);
      const works = [
        "select 1/0, cast('x' as signed)", 'select sql_calc_found_rows 1 union select 2 limit 1', 'do 1',
        'select 1 union select 2', 'set names latin1', 'set names utf8mb4', 'select * from nowhere.nothing', 'begin', 'commit',
        'set character_set_results = null',
      ];
      for (let i = number; !this.#stopped; i++) {
        await connection.query(works[i % works.length]).catch(problem => {
          if (!problem.sqlState || problem.fatal) throw problem;
        });
        const [[seen]] = await connection.query('select @@lock_wait_timeout as mine, @@sql_mode as mode, @@time_zone as zone');
        if (Number(seen.mine) !== mine || seen.mode !== 'ANSI_QUOTES' || seen.zone !== `+0${number % 10}:30`) {
          if (this.wrongs.length < wrongsMax) this.wrongs.push(JSON.stringify(seen));
        }
        await new Promise(resolve => setTimeout(resolve, this.#pauseMs * (0.5 + (i % 7) / 7)));
      }
    } catch (problem) {
      if (this.#stopped) return;
      // Killed, or refused while a test had the server's limits changed: another takes its place.
      setTimeout(() => this.#replace(number), 1000);
    }
  }

  async #replace(number) {
    if (this.#stopped) return;
    try {
      const { host, port, user, password } = this.leg;
      const connection = await mysql2().createConnection({ host, port, user, password });
      connection.on('error', () => {});
      if (this.#stopped) return connection.destroy();
      this.#connections[number] = connection;
      this.#work(connection, number);
    } catch {
      setTimeout(() => this.#replace(number), 1000);
    }
  }
}
