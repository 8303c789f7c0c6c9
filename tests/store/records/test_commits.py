"""Changes that share a transaction, on a SQLite file with several threads."""

import sqlite3
import threading

import pytest

from muster.store.records.commits import Commits


class File:
    """A file with one table, its commits, and what SQLite was told."""

    def __init__(self, path, most=64):
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.connection.execute("CREATE TABLE t (name TEXT UNIQUE)")
        self.lock = threading.RLock()
        self.commits = Commits(self.lock, most=most)
        self.told = []
        self.outcomes = {}
        self.connection.set_trace_callback(self.told.append)

    def add(self, name, *, then=lambda: None):
        try:
            with self.commits.change(lambda: self.connection) as writer:
                writer.execute("INSERT INTO t VALUES (?)", (name,))
                then()
        except (sqlite3.Error, ValueError) as error:
            self.outcomes[name] = error
        else:
            self.outcomes[name] = None

    def at_once(self, *names, **then):
        """Make changes that all wait for their turn before the first begins."""
        with self.lock:
            threads = [
                threading.Thread(target=self.add, args=(name,), kwargs={"then": then[name]})
                if name in then
                else threading.Thread(target=self.add, args=(name,))
                for name in names
            ]
            for thread in threads:
                thread.start()
            while self.commits._waiting < len(names):
                pass
        for thread in threads:
            thread.join(60)

    @property
    def names(self):
        return {row[0] for row in self.connection.execute("SELECT name FROM t")}

    @property
    def committed(self):
        return self.told.count("COMMIT")


@pytest.fixture
def file(tmp_path):
    file = File(tmp_path / "f")
    yield file
    file.connection.close()


def test_a_change_alone_is_committed_at_once(file):
    file.add("a")
    file.add("b")

    assert (file.names, file.committed) == ({"a", "b"}, 2)


def test_changes_that_wait_for_each_other_share_a_commit(file):
    file.at_once("a", "b", "c")

    assert file.outcomes == {"a": None, "b": None, "c": None}
    assert (file.names, file.committed) == ({"a", "b", "c"}, 1)


def test_no_more_share_one_than_may(tmp_path):
    file = File(tmp_path / "f", most=2)
    file.at_once("a", "b", "c", "d")

    assert (len(file.names), file.committed) == (4, 2)
    file.connection.close()


def test_a_change_that_fails_undoes_itself_alone(file):
    def fail():
        raise ValueError("no")

    file.at_once("a", "b", "c", b=fail)

    assert isinstance(file.outcomes.pop("b"), ValueError)
    assert file.outcomes == {"a": None, "c": None}
    assert (file.names, file.committed) == ({"a", "c"}, 1)


def test_what_a_transaction_loses_all_its_changes_are_told(file):
    """As a full disk does: SQLite rolls the whole of it back by itself."""
    lost = threading.Event()

    def lose():
        if len(file.outcomes) == 0 and file.told.count("SAVEPOINT change") == 2:
            lost.set()
            file.connection.execute("ROLLBACK")
            raise sqlite3.OperationalError("database or disk is full")

    file.at_once("a", "b", a=lose, b=lose)

    assert lost.is_set()
    assert all(isinstance(error, sqlite3.OperationalError) for error in file.outcomes.values())
    assert (file.names, len(file.outcomes)) == (set(), 2)
    file.add("c")
    assert file.names == {"c"}


def test_a_commit_that_fails_is_the_failure_of_every_change(file):
    file.connection.execute("PRAGMA foreign_keys = ON")
    file.connection.execute(
        "CREATE TABLE u (name TEXT REFERENCES t (name) DEFERRABLE INITIALLY DEFERRED)"
    )
    orphan = lambda: file.connection.execute("INSERT INTO u VALUES ('nobody')")  # noqa: E731
    file.at_once("a", "b", b=orphan)

    assert all(isinstance(error, sqlite3.IntegrityError) for error in file.outcomes.values())
    assert (file.names, len(file.outcomes)) == (set(), 2)


def test_what_is_open_can_be_finished_by_who_holds_the_lock(file):
    file.commits.finish()
    with file.lock, file.commits.change(lambda: file.connection) as writer:
        writer.execute("INSERT INTO t VALUES ('a')")

    assert file.names == {"a"}
