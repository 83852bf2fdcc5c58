"""Tables are made and changed by migrations: an empty database is brought to the newest, an older one waits for its owner."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text

FOLDER = Path(__file__).parent / "_migrations"
_LOCK = 7_223_001
"""Of PostgreSQL: two servers that start at the same time make the tables once."""


class SchemaError(ValueError):
    """Tables that this version of the program cannot work with."""


def ensure(engine: Engine) -> None:
    """Make the tables of an empty database; refuse one whose tables are older or newer than this program.

    Raises:
        SchemaError: naming the way out.
    """
    with engine.begin() as connection:
        at = _locked(connection)
        if at is None:
            command.upgrade(_config(connection), "head")
        elif at != newest():
            where = engine.url.render_as_string()
            raise SchemaError(
                f"{where} is at migration {at} and this program at {newest()}: stop every server that uses it, keep a copy, "
                f"and run `catallax migrate --database {where}`."
            )


def upgrade(url: str) -> tuple[str | None, str]:
    """Bring the tables of a database to the newest; all steps count, or none.

    Args:
        url: of SQLAlchemy.

    Returns:
        The migration it was at (None: it was empty), and the one it is at.

    Raises:
        SchemaError: if it is newer than this program, or of something else.
    """
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":  # one transaction for all, and no foreign keys while tables are copied
        event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            before = _locked(connection)
            command.upgrade(_config(connection), "head")
    finally:
        engine.dispose()
    return before, newest()


def revision(connection: Connection) -> str | None:
    """The migration a database is at; None if there was none."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """The last migration of this program."""
    head = ScriptDirectory(str(FOLDER)).get_current_head()
    assert head is not None
    return head


def draft(message: str) -> Path:
    """Write the migration from the newest one to what `_tables` says now; to be read over before it is committed.

    Args:
        message: what it does, in a few words.
    """
    with create_engine("sqlite://").begin() as connection:
        command.upgrade(_config(connection), "head")
        number = f"{len(_known()) + 1:04d}"
        made: Any = command.revision(_config(connection), message, autogenerate=True, rev_id=number)
    return Path(made.path)


def _known() -> set[str]:
    return {script.revision for script in ScriptDirectory(str(FOLDER)).walk_revisions()}


def _config(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("file_template", "m%%(rev)s_%%(slug)s")
    return config


def _locked(connection: Connection) -> str | None:
    """The migration a database is at, and nobody else changes it until this transaction ends; None if it is empty."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    at, where = revision(connection), connection.engine.url.render_as_string()
    if at is None and inspect(connection).get_table_names():
        raise SchemaError(f"{where} has tables that are no exchange's; give the exchange a database of its own.")
    if at is not None and at not in _known():
        raise SchemaError(
            f"{where} is at migration {at}, newer than this program's {newest()}: `pip install --upgrade catallax`."
        )
    return at
