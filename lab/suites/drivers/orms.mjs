// A work-out with one of Node's ORMs and query builders: orms.mjs NAME HOST PORT USER PASSWORD SCHEMA. Prints `ok WHAT: ANSWER`.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [name, host, port, user, password, database] = process.argv.slice(2);
const require = createRequire(join(process.env.SEAWALL_ORMS, 'package.json'));
const options = { host, port: Number(port), user, password, database, charset: 'utf8mb4' };
const text = 'żółć, Ω, 漢字, 😀, \\ \' " %';
const workers = 16;
const ok = (what, answer) => console.log(`ok ${what}: ${JSON.stringify(answer)}`);
const all = work => Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
const code = problem => (problem.original ?? problem.driverError ?? problem.cause ?? problem).errno;

async function sequelize() {
  const { Sequelize, DataTypes } = require('sequelize');
  const db = new Sequelize({ ...options, username: user, dialect: 'mysql', logging: false, pool: { max: 12 } });
  const Author = db.define('seq_author', { name: { type: DataTypes.STRING, unique: true }, data: DataTypes.JSON });
  const Book = db.define('seq_book', { title: DataTypes.STRING, price: DataTypes.DECIMAL(10, 2) });
  Author.hasMany(Book, { foreignKey: 'author_id' });
  Book.belongsTo(Author, { foreignKey: 'author_id' });
  await db.sync({ force: true });
  await all(worker => db.transaction(async transaction => {
    const author = await Author.create({ name: `${worker} ${text}`, data: { worker } }, { transaction });
    await Book.bulkCreate([1, 2, 3].map(i => ({ title: `${i}`, price: i, author_id: author.id })), { transaction });
    if (worker % 2) throw new Error('no');
  }).catch(problem => problem.message === 'no' || Promise.reject(problem)));
  ok('kept', [await Author.count(), await Book.count()]);
  ok('loaded', (await Author.findAll({ include: Book, order: [['name', 'asc'], [Book, 'title', 'asc']] }))
    .map(author => [author.name, author.seq_books.map(book => [book.title, book.price])]));
  ok('twice', await Author.create({ name: `0 ${text}` }).catch(code));
  const [changed] = await Book.update({ title: 'new' }, { where: { price: 2 } });
  ok('changed', changed);
  ok('prepared', await db.query('select count(*) as n from seq_books where price > $1', { bind: [1], type: 'SELECT' }));
  await db.drop();
  await db.close();
}

async function typeorm() {
  const { DataSource, EntitySchema } = require('typeorm');
  const Author = new EntitySchema({
    name: 'to_author',
    columns: { id: { type: Number, primary: true, generated: true }, name: { type: String, unique: true, length: 100 }, data: { type: 'json' } },
    relations: { books: { type: 'one-to-many', target: 'to_book', inverseSide: 'author', cascade: true } },
  });
  const Book = new EntitySchema({
    name: 'to_book',
    columns: { id: { type: Number, primary: true, generated: true }, title: { type: String }, price: { type: 'decimal', precision: 10, scale: 2 } },
    relations: { author: { type: 'many-to-one', target: 'to_author', inverseSide: 'books' } },
  });
  const db = await new DataSource({
    ...options, username: user, type: 'mysql', connectorPackage: 'mysql2', entities: [Author, Book], synchronize: true, poolSize: 12,
  }).initialize();
  await all(worker => db.transaction(worker % 3 ? 'READ COMMITTED' : 'SERIALIZABLE', async manager => {
    await manager.save('to_author', { name: `${worker} ${text}`, data: { worker }, books: [1, 2].map(i => ({ title: `${i}`, price: i })) });
    if (worker % 2) throw new Error('no');
  }).catch(async problem => {
    if (problem.message === 'no') return;
    if (code(problem) !== 1213) throw problem;
    // Serialised inserts lock each other out: the one that was chosen does it again.
    await db.manager.save('to_author', { name: `${worker} ${text}`, data: { worker }, books: [1, 2].map(i => ({ title: `${i}`, price: i })) });
  }));
  const authors = await db.getRepository('to_author').find({ relations: { books: true }, order: { name: 'asc', books: { title: 'asc' } } });
  ok('loaded', authors.map(author => [author.name, author.data, author.books.map(book => [book.title, book.price])]));
  ok('twice', await db.getRepository('to_author').insert({ name: `0 ${text}`, data: {} }).catch(code));
  ok('built', await db.getRepository('to_book').createQueryBuilder('b').select('count(*)', 'n').where('b.price > :p', { p: 1 }).getRawOne());
  await db.dropDatabase();
  await db.destroy();
}

async function knex() {
  for (const client of ['mysql2', 'mysql']) {
    const db = require('knex')({ client, connection: options, pool: { min: 0, max: 12 } });
    await db.schema.dropTableIfExists('kn_item');
    await db.schema.createTable('kn_item', table => {
      table.increments('id');
      table.string('note', 100).unique();
      table.integer('n');
      table.dateTime('at', { precision: 6 });
    });
    await all(worker => db.transaction(async trx => {
      const [id] = await trx('kn_item').insert({ note: `${worker} ${text}`, n: worker, at: '2026-02-28 23:59:59.123456' });
      await trx('kn_item').where({ id }).increment('n', 100);
      if (worker % 2) throw new Error('no');
    }).catch(problem => problem.message === 'no' || Promise.reject(problem)));
    ok(`${client} kept`, await db('kn_item').orderBy('n').select('note', 'n'));
    await db.batchInsert('kn_item', Array.from({ length: 300 }, (_, i) => ({ note: `batch ${i}`, n: i })), 50);
    ok(`${client} batch`, await db('kn_item').where('note', 'like', 'batch%').count({ n: '*' }).sum({ s: 'n' }));
    ok(`${client} twice`, await db('kn_item').insert({ note: `0 ${text}` }).catch(code));
    let streamed = 0;
    for await (const row of db.raw('select a.id from kn_item a, kn_item b limit 5000').stream()) streamed += row.id > 0 ? 1 : 0;
    ok(`${client} streamed`, streamed);
    await db.schema.dropTable('kn_item');
    await db.destroy();
  }
}

async function drizzle() {
  const pool = require('mysql2/promise').createPool({ ...options, connectionLimit: 12 });
  const { drizzle: open } = require('drizzle-orm/mysql2');
  const { int, mysqlTable, varchar } = require('drizzle-orm/mysql-core');
  const { eq, gt, sql } = require('drizzle-orm');
  const db = open(pool);
  await db.execute(sql`create table dz_item (id int primary key auto_increment, note varchar(100) unique, n int) character set utf8mb4`);
  const items = mysqlTable('dz_item', { id: int().autoincrement().primaryKey(), note: varchar({ length: 100 }), n: int() });
  await all(worker => db.transaction(async tx => {
    const [{ id }] = await tx.insert(items).values({ note: `${worker} ${text}`, n: worker }).$returningId();
    await tx.update(items).set({ n: worker + 100 }).where(eq(items.id, id));
    if (worker % 2) tx.rollback();
  }).catch(problem => /rollback/i.test(problem.name + problem.message) || Promise.reject(problem)));
  ok('kept', (await db.select().from(items).orderBy(items.n)).map(({ note, n }) => [note, n]));
  const prepared = db.select({ n: items.n }).from(items).where(gt(items.n, sql.placeholder('low'))).orderBy(items.n).prepare();
  ok('prepared', [await prepared.execute({ low: 105 }), await prepared.execute({ low: 110 })]);
  ok('twice', await db.insert(items).values({ note: `0 ${text}` }).catch(code));
  await db.execute(sql`drop table dz_item`);
  await pool.end();
}

async function kysely() {
  const { Kysely, MysqlDialect } = await import(require.resolve('kysely'));
  const db = new Kysely({ dialect: new MysqlDialect({ pool: require('mysql2').createPool({ ...options, connectionLimit: 12 }) }) });
  await db.schema.createTable('ky_item').addColumn('id', 'integer', c => c.primaryKey().autoIncrement())
    .addColumn('note', 'varchar(100)', c => c.unique()).addColumn('n', 'integer').execute();
  await all(worker => db.transaction().setIsolationLevel('read committed').execute(async trx => {
    const { insertId } = await trx.insertInto('ky_item').values({ note: `${worker} ${text}`, n: worker }).executeTakeFirst();
    await trx.updateTable('ky_item').set({ n: worker + 100 }).where('id', '=', Number(insertId)).execute();
    if (worker % 2) throw new Error('no');
  }).catch(problem => problem.message === 'no' || Promise.reject(problem)));
  ok('kept', await db.selectFrom('ky_item').select(['note', 'n']).orderBy('n').execute());
  ok('twice', await db.insertInto('ky_item').values({ note: `0 ${text}` }).execute().catch(code));
  await db.schema.dropTable('ky_item').execute();
  await db.destroy();
}

await { sequelize, typeorm, knex, drizzle, kysely }[name]();
process.exit(0);
