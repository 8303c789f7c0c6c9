import pytest

from muster.store.records.database import MEMORY, Database
from muster.store.records.rememberedrows import RememberedRows
from muster.store.records.watchedtables import Subject


@pytest.fixture(params=["file", "memory"])
def database(request, tmp_path):
    database = Database(tmp_path / "records.sqlite" if request.param == "file" else MEMORY)
    database.open()
    yield database
    database.close()


def test_rows_are_read_again_after_a_change_and_no_sooner(database):
    rows, read = RememberedRows(database, Subject.NODES), []

    def names():
        read.append(1)
        return [row[0] for row in database.all("SELECT name FROM nodes ORDER BY name")]

    before = (rows.get(None, names), rows.get(None, names))
    with database.change() as writer:
        writer.execute("INSERT INTO spaces (id, name) VALUES ('s', 'Home')")
    elsewhere = rows.get(None, names)
    with database.change() as writer:
        writer.execute(
            "INSERT INTO nodes (id, space, name, created_ns, last_seen_ns, revoked_ns,"
            " revoked_reason, renamed_from, facts) VALUES ('n', 's', 'web', 1, 1, 0, '', '', '{}')"
        )
    after = (rows.get(None, names), rows.get(None, names))

    assert before == ([], [])
    assert elsewhere == []
    assert after == (["web"], ["web"])
    assert len(read) == 2


def test_questions_are_told_apart_and_few_are_remembered(database):
    rows = RememberedRows(database, Subject.NODES)

    assert [rows.get(key, lambda key=key: key * 2) for key in (*range(20), 19)] == [
        *(key * 2 for key in range(20)),
        38,
    ]
    assert len(rows._held[1]) <= 8
