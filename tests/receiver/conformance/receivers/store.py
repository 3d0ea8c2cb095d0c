# ruff: noqa: N818  named for what happened
"""The inbox of the reference receiver: one SQLite file, nothing kept in memory."""

import sqlite3
import time

SCHEMA = """
CREATE TABLE IF NOT EXISTS inbox (
    id INTEGER PRIMARY KEY, key TEXT UNIQUE, digest TEXT, event TEXT, payload TEXT,
    status TEXT DEFAULT 'pending', attempts INTEGER DEFAULT 0, due REAL DEFAULT 0);
CREATE TABLE IF NOT EXISTS refused (id INTEGER PRIMARY KEY, reason TEXT, headers TEXT, body TEXT);
CREATE TABLE IF NOT EXISTS received (message_id INTEGER, payload TEXT);
"""


class Busy(Exception):
    """Somebody else holds the write lock."""


class Store:
    """Statements, each in a transaction of its own."""

    def __init__(self, path: str) -> None:
        self.connection = sqlite3.connect(path, timeout=0, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = OFF")
        self.connection.executescript(SCHEMA)

    def close(self) -> None:
        self.connection.close()

    def begin(self) -> None:
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            raise Busy from None

    def commit(self) -> None:
        self.connection.execute("COMMIT")

    def insert(self, key, digest, event, payload) -> str:
        """Store a message once; tell whether it was stored, a repeat or a conflict."""
        self.begin()
        try:
            row = self.connection.execute("SELECT digest FROM inbox WHERE key = ?", (key,))
            found = row.fetchone()
            if found is not None:
                return "repeat" if found[0] == digest else "conflict"
            self.connection.execute(
                "INSERT INTO inbox (key, digest, event, payload) VALUES (?, ?, ?, ?)",
                (key, digest, event, payload),
            )
            return "stored"
        finally:
            self.commit()

    def write(self, sql, parameters=()) -> int:
        self.begin()
        try:
            return self.connection.execute(sql, parameters).rowcount
        finally:
            self.commit()

    def rows(self, sql, parameters=()):
        return self.connection.execute(sql, parameters).fetchall()

    def due(self):
        """Return the messages whose handler may run now."""
        return self.rows(
            "SELECT id, event, payload, attempts FROM inbox WHERE status = 'pending' AND due <= ?",
            (time.time(),),
        )

    def done(self, number: int, payload: str) -> None:
        """Mark a message as done and write it to the sink, both or neither."""
        self.begin()
        self.connection.execute("UPDATE inbox SET status = 'done' WHERE id = ?", (number,))
        self.connection.execute("INSERT INTO received VALUES (?, ?)", (number, payload))
        self.commit()
