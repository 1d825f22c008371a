"""SQLAlchemy's ORM on a Python driver, with its pool: orm.py DRIVER HOST PORT USER PASSWORD SCHEMA."""
import sys
import threading

import sqlalchemy as sa
from sqlalchemy.orm import declarative_base, relationship, sessionmaker

driver, host, port, user, password, schema = sys.argv[1:]
engine = sa.create_engine(f'mysql+{driver}://{user}:{password}@{host}:{port}/{schema}?charset=utf8mb4', pool_size=12,
                          max_overflow=0, pool_pre_ping=True)
Base = declarative_base()


def ok(what, answer):
    print(f'ok {what}: {answer!r}')


class Author(Base):
    __tablename__ = 'orm_author'
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String(100), nullable=False, unique=True)
    books = relationship('Book', back_populates='author', order_by='Book.title')


class Book(Base):
    __tablename__ = 'orm_book'
    id = sa.Column(sa.Integer, primary_key=True)
    title = sa.Column(sa.String(100))
    price = sa.Column(sa.Numeric(10, 2))
    data = sa.Column(sa.JSON)
    author_id = sa.Column(sa.ForeignKey('orm_author.id'))
    author = relationship('Author', back_populates='books')


Base.metadata.create_all(engine)
Session = sessionmaker(engine)


def work(number):
    for turn in range(5):
        with Session() as session:
            session.add(Author(name=f'author {number}.{turn} 漢字', books=[Book(title=f'{i}', price=i, data={'i': [i, '😀']}) for i in range(4)]))
            session.flush()
            (session.rollback if turn % 2 else session.commit)()


threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
with Session() as session:
    ok('kept', (session.query(Author).count(), session.query(Book).count()))
    author = session.query(Author).filter_by(name='author 3.0 漢字').one()
    ok('loaded', [(book.title, book.price, book.data) for book in author.books])
    with session.begin_nested():
        author.name = 'changed'
    session.commit()
    try:
        session.add(Author(name='changed'))
        session.commit()
    except sa.exc.IntegrityError as problem:
        session.rollback()
        ok('twice', problem.orig.args[0])
    ok('isolation', session.connection(execution_options={'isolation_level': 'SERIALIZABLE'}).get_isolation_level())
    session.rollback()
    ok('isolation after', session.connection().get_isolation_level())
ok('tables', [(table, len(sa.inspect(engine).get_columns(table))) for table in sorted(sa.inspect(engine).get_table_names())
              if table.startswith('orm_')])
Base.metadata.drop_all(engine)
engine.dispose()
