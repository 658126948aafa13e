"""Statements that are sent again and again: compiled once, and then handed straight to the database's driver.

What they say stands in SQLAlchemy's words, which check names and types; what SQLAlchemy would work out anew for every
execution is worked out once. It is two thirds of what a statement costs, and a sign-in has fifty.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any, Final

from sqlalchemy import Delete, Insert, Select, Update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, MultipleResultsFound

from idp.database import connection

Values = Mapping[str, Any]
Sentence = Select[*tuple[Any, ...]] | Insert | Update | Delete

_Processor = Callable[[Any], Any]


class Prepared:
    """One statement with its bound names. Sent in the present transaction; rows have their columns as attributes.

    `DBAPIError` and its kinds as from SQLAlchemy; `TypeError` for values that do not fit the names. Lists of unknown
    length (`IN`) and defaults that Python makes are not for here.
    """

    __slots__ = ("_compiled", "core")

    def __init__(self, core: Sentence | Callable[[str], Sentence]) -> None:
        """`core` is the statement, or gives it for the name of a dialect where the databases differ."""
        self.core: Final = core
        self._compiled: dict[tuple[str, tuple[str, ...]], _Compiled] = {}

    def send(self, values: Values) -> None:
        """Have it done."""
        self.rows(values)

    def send_all(self, many: Sequence[Values]) -> None:
        """Have it done for each of these, in as few sendings as the database takes."""
        used = connection()
        used.execute(self.in_words_of(used.dialect.name), many)

    def value(self, values: Values) -> Any | None:
        """The first column of the only row; `None` without a row."""
        row = self.row(values)
        return None if row is None else row[0]

    def row(self, values: Values) -> Any | None:
        """The only row, or `None`; `MultipleResultsFound` when there are more."""
        rows = self.rows(values)
        if len(rows) > 1:
            raise MultipleResultsFound("more than one row where at most one was expected")
        return rows[0] if rows else None

    def rows(self, values: Values) -> Sequence[Any]:
        """All its rows; none where it gives none."""
        used = connection()
        if used.engine.dispatch.before_cursor_execute:  # somebody watches what is sent
            result = used.execute(self.in_words_of(used.dialect.name), values)
            return result.all() if result.returns_rows else ()
        key = (used.dialect.name, tuple(values))
        if (compiled := self._compiled.get(key)) is None:
            compiled = _Compiled(self.in_words_of(used.dialect.name), used, key[1])
            self._compiled[key] = compiled
        return compiled.send(used, values)

    def in_words_of(self, dialect: str) -> Sentence:
        """The statement for that database."""
        return self.core(dialect) if callable(self.core) else self.core


class _Compiled:
    """A statement in the words of one database, for values of these names."""

    __slots__ = ("_after", "_constants", "_given", "_make", "_order", "_sql")

    def __init__(self, core: Sentence, used: Connection, names: tuple[str, ...]) -> None:
        dialect = used.dialect
        # as SQLAlchemy does: names that are columns say what an insert or update sets
        compiled: Any = core.compile(dialect=dialect, column_keys=list(names))
        if compiled.post_compile_params or compiled.insert_prefetch or compiled.update_prefetch:
            raise TypeError("this statement differs from one execution to the next")
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        needed = {name for name, bind in binds.items() if bind.required}
        if not needed <= set(names) or not set(names) <= set(binds):
            raise TypeError(f"needs {sorted(needed)} of {sorted(binds)}, got {sorted(names)}")
        self._sql: str = compiled.string
        self._order: Sequence[str] = compiled.positiontup if compiled.positional else ()
        self._constants: dict[str, Any] = {}
        self._given: list[tuple[str, _Processor | None]] = []
        for name, bind in binds.items():
            before = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if name in names:
                self._given.append((name, before))
            else:
                value = compiled.params[name]
                self._constants[name] = value if before is None else before(value)
        columns = list(core.exported_columns)  # of an insert, update or delete: what it returns
        keys = [each.key for each in columns]
        named: Any = namedtuple  # noqa: PYI024  # its fields are known only here
        self._make = named("Row", keys, rename=True)._make
        self._after: list[tuple[int, _Processor]] = []
        for place, column in enumerate(columns):
            after = column.type.dialect_impl(dialect).result_processor(dialect, None)
            if after is not None:
                self._after.append((place, after))

    def send(self, used: Connection, values: Values) -> Sequence[Any]:
        """Its rows."""
        filled = self._constants.copy()
        for name, before in self._given:
            filled[name] = values[name] if before is None else before(values[name])
        sent = [filled[name] for name in self._order] if self._order else filled
        line = used.connection
        try:
            with closing(line.cursor()) as cursor:
                cursor.execute(self._sql, sent)
                found = cursor.fetchall() if cursor.description else ()
        except used.dialect.loaded_dbapi.Error as wrong:
            raise _as_sqlalchemy_says(wrong, used, self._sql) from wrong
        if not self._after:
            return [self._make(row) for row in found]
        rows = []
        for row in found:
            columns = list(row)
            for place, after in self._after:
                columns[place] = after(columns[place])
            rows.append(self._make(columns))
        return rows


def _as_sqlalchemy_says(wrong: Any, used: Connection, sql: str) -> BaseException:
    """What SQLAlchemy raises for an error of the driver; a connection that is lost is not given to anybody again."""
    dialect = used.dialect
    lost = dialect.is_disconnect(wrong, used.connection.dbapi_connection, None)
    if lost:
        used.invalidate(wrong)
    said: BaseException = DBAPIError.instance(
        sql,
        None,
        wrong,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,  # as everywhere: no error's text repeats what somebody typed
        connection_invalidated=lost,
        dialect=dialect,
    )
    return said
