"""What lies in the files of the database: nothing anybody said while they are here, and no key once they are gone."""

import base64
import uuid
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import delete, insert

from storage import erasing, outbox
from storage.models import Person, PersonKey
from tests.storage.stage import NOW, SMS, Stage

TEXT = "dấu vết Hoàng Liên Sơn"
SAID = "câu trả lời Phan Xi Păng"
ADDRESS = "+84987650123"
PROVIDER_ID = "SMfedcba9876543210"


def _spellings(mark: bytes) -> Iterator[bytes]:
    """A mark as it is, in hex, and in base64 wherever it may begin within three bytes."""
    yield mark
    yield mark.hex().encode()
    yield mark.hex().upper().encode()
    for shift in range(3):
        whole = base64.b64encode(bytes(shift) + mark)
        yield whole[4 if shift else 0 : len(whole) // 4 * 4 - 4]


def _found(stage: Stage, *marks: str | bytes) -> list[str | bytes]:
    """The marks that stand anywhere in the database's files."""
    path = Path(stage.url.removeprefix("sqlite:///"))
    files = [name.read_bytes() for name in path.parent.iterdir() if name.is_file()]
    assert files
    spelled = {mark: list(_spellings(mark.encode() if isinstance(mark, str) else mark)) for mark in marks}
    return [mark for mark, ways in spelled.items() if any(way in content for way in ways for content in files)]


def _talk(stage: Stage) -> tuple[UUID, bytes]:
    """A conversation with marks in everything that is kept; the person and their wrapped key."""
    conversation_id = stage.hear(TEXT, address=ADDRESS, provider_id=PROVIDER_ID, facts=SMS)
    assert conversation_id is not None
    (row_id,) = stage.say(conversation_id, SAID)
    person_id = stage.person_of(conversation_id)
    with stage.database.write() as session:
        outbox.note_provider_id(session, stage.vault, SMS.name, row_id, PROVIDER_ID)
        return person_id, session.get_one(PersonKey, person_id).wrapped


def test_the_search_finds_what_is_there(sqlite_stage: Stage) -> None:
    """A search that finds nothing proves nothing unless it finds the wrapped key while it is there."""
    _, wrapped = _talk(sqlite_stage)
    assert len(wrapped) == 60
    assert _found(sqlite_stage, wrapped, SMS.name) == [wrapped, SMS.name]


def test_no_word_number_or_carriers_id_stands_in_the_files(sqlite_stage: Stage) -> None:
    """Not in the file, not in its write-ahead log, not in any spelling, while the person is still here."""
    _talk(sqlite_stage)
    assert _found(sqlite_stage, TEXT, SAID, ADDRESS, ADDRESS.removeprefix("+"), PROVIDER_ID) == []


def test_the_wrapped_key_of_an_erased_person_is_in_no_file(sqlite_stage: Stage) -> None:
    """Not in freed pages, not in the log, not in its index, after the log is wiped."""
    person_id, wrapped = _talk(sqlite_stage)
    with sqlite_stage.database.write() as session:
        erasing.forget_person(session, sqlite_stage.vault, person_id, NOW, uuid.uuid4)
    assert sqlite_stage.database.wipe_log()
    assert _found(sqlite_stage, wrapped, wrapped[:16], wrapped[-16:]) == []
    assert _found(sqlite_stage, TEXT, SAID, ADDRESS, PROVIDER_ID, person_id.hex) == []


@pytest.mark.parametrize("seed", [19, 22])
def test_keys_leave_no_copy_behind_when_the_file_is_rearranged(sqlite_stage: Stage, seed: int) -> None:
    """SQLite moves rows between pages and does not overwrite where they were: a key must never be moved.

    With these seeds a key that is stored as a plain blob is found twice, or after its deletion.
    """
    random, live, gone = Random(seed), dict[UUID, bytes](), list[bytes]()
    path = Path(sqlite_stage.url.removeprefix("sqlite:///"))
    for _ in range(9):
        fresh = {}
        for _ in range(random.randint(1, 60)):
            person_id = UUID(bytes=random.randbytes(16))
            fresh[person_id] = random.randbytes(60)
        here = sorted(live | fresh, key=lambda key: key.hex)
        leaving = random.sample(here, int(len(here) * random.random() * 0.9))
        with sqlite_stage.database.write() as session:
            people = [{"id": key, "alias": "Tre 1000", "since": date(2026, 3, 2)} for key in fresh]
            keys = [{"person_id": key, "master": "abcdef01", "wrapped": wrapped} for key, wrapped in fresh.items()]
            session.execute(insert(Person), people)
            session.execute(insert(PersonKey), keys)
            live |= fresh
            for key in leaving:
                session.execute(delete(PersonKey).where(PersonKey.person_id == key))
                gone.append(live.pop(key))
        assert sqlite_stage.database.wipe_log()
        content = path.read_bytes()
        assert [wrapped for wrapped in gone if wrapped in content] == []
        assert {content.count(wrapped) for wrapped in live.values()} <= {1}
