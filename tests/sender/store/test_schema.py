"""Migrations: what they make is what the code wants, once, whoever else starts at that moment."""

import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, column, inspect, select, update
from sqlalchemy.sql import table

from hookwright_sender.store.database import Database
from hookwright_sender.store.errors import SchemaOutdated, SchemaTooNew
from hookwright_sender.store.schema import REVISIONS, check_current, config, is_empty, upgrade
from hookwright_sender.store.tables import metadata


def test_the_migrations_make_what_the_tables_say(database):
    """Every table, column and index; check constraints, which alembic does not compare, by name."""
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        inspector = inspect(connection)
        for each in metadata.sorted_tables:
            wanted = {
                constraint.name
                for constraint in each.constraints
                if isinstance(constraint, CheckConstraint)
            }
            assert {found["name"] for found in inspector.get_check_constraints(each.name)} == wanted


def test_the_revisions_are_those_of_the_migrations():
    """A migration that is added is added to the list as well."""
    scripts = ScriptDirectory.from_config(config())
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == REVISIONS
    assert scripts.get_heads() == [REVISIONS[-1]]


def test_an_upgrade_is_done_once(empty_database):
    """The second one finds nothing to do."""
    assert is_empty(empty_database)
    with pytest.raises(SchemaOutdated):
        check_current(empty_database)
    assert upgrade(empty_database)
    assert not upgrade(empty_database)
    check_current(empty_database)
    assert not is_empty(empty_database)


def test_processes_that_start_together_upgrade_once(empty_database):
    """One does it, the others wait and find it done."""
    url = empty_database.url.render_as_string(hide_password=False)
    done: list[bool] = []
    barrier = threading.Barrier(3)

    def start():
        with Database(url) as database:
            barrier.wait()
            done.append(upgrade(database))

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False, False, True]


def test_an_upgrade_that_fails_leaves_nothing(empty_database, monkeypatch):
    """All or nothing, on SQLite too."""

    def fail(*_arguments):
        raise RuntimeError("in the last step")

    monkeypatch.setattr("alembic.runtime.migration.HeadMaintainer.update_to_step", fail)
    with pytest.raises(RuntimeError, match="in the last step"):
        upgrade(empty_database)
    monkeypatch.undo()
    with empty_database.reading() as connection:
        assert inspect(connection).get_table_names() == []
    assert upgrade(empty_database)


def test_a_later_versions_database_is_left_alone(database):
    """An older program must not write into tables that it does not know."""
    version = table("alembic_version", column("version_num"))
    with database.writing() as connection:
        connection.execute(update(version).values(version_num="9999"))
    with pytest.raises(SchemaTooNew):
        check_current(database)
    with pytest.raises(SchemaTooNew):
        upgrade(database)
    with database.reading() as connection:
        found = connection.execute(select(version.c.version_num)).scalar_one()
    assert found == "9999" != REVISIONS[-1]
