"""Sealed is sealed: at its place, under its person's key, and for nobody without the master key."""

import hashlib
import time
import uuid
from functools import partial
from threading import Event, Thread
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from storage import people
from storage.database import Database
from storage.models import InboxMessage, Person, PersonKey
from storage.vault import REWRAP_BATCH, SYSTEM_KEYS, Forgotten, Key, Tampered, Vault, WrongMasterKey
from tests.storage.crash import rewrap, run_killed
from tests.storage.stage import MASTER, NEXT_MASTER, NOW, NUMBER, Stage, at_once

KEY = Key("somebody", hashlib.sha256(b"somebody's key").digest())
OTHER = Key("somebody else", hashlib.sha256(b"somebody's key").digest())
ROW = UUID("8f14e45f-ceea-467f-9575-1d3b2f1a0c11")

ANYTHING = st.text(st.characters(codec=None, exclude_categories=()))
PARTS = st.lists(ANYTHING, max_size=4)


@given(ANYTHING)
def test_whatever_was_sealed_is_read_again(text: str) -> None:
    """Every text a phone can send comes back as it was: lone surrogates, NUL, emoji, either direction."""
    assert KEY.unseal("inbox.content", ROW, KEY.seal("inbox.content", ROW, text)) == text


@pytest.mark.parametrize("text", ["", "\0", "\ud83d", "\udc00\ud800", "👩🏽‍🦱", "\u202eمرحبا", "ở đây", "a" * 100_000])
def test_difficult_texts_are_read_again(text: str) -> None:
    """The same, for texts that have broken other programs."""
    assert KEY.unseal("inbox.content", ROW, KEY.seal("inbox.content", ROW, text)) == text


@pytest.mark.parametrize(
    ("key", "place", "row"),
    [
        (KEY, "inbox.content", uuid.uuid4()),
        (KEY, "inbox.copy_id", ROW),
        (KEY, "outbox.content", ROW),
        (OTHER, "inbox.content", ROW),
    ],
)
def test_sealed_bytes_moved_elsewhere_are_refused(key: Key, place: str, row: UUID) -> None:
    """Nobody who can write to the database can show one person's words as another's, or at another place."""
    with pytest.raises(Tampered):
        key.unseal(place, row, KEY.seal("inbox.content", ROW, "em ở Lào Cai"))


def test_a_change_of_any_byte_is_refused() -> None:
    """Sealed bytes are read as they were written or not at all."""
    sealed = KEY.seal("inbox.content", ROW, "em ở Lào Cai")
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(Tampered):
            KEY.unseal("inbox.content", ROW, changed)
    for length in range(len(sealed)):
        with pytest.raises(Tampered):
            KEY.unseal("inbox.content", ROW, sealed[:length])


@given(PARTS, PARTS)
def test_a_hash_tells_its_parts_apart(one: list[str], other: list[str]) -> None:
    """Moving letters from one part to its neighbour, or cutting differently, gives another hash."""
    assert (KEY.hash(*one) == KEY.hash(*other)) == (one == other)


@given(ANYTHING, st.integers(0, 20), st.integers(0, 20))
def test_a_text_cut_in_two_ways_has_two_hashes(text: str, here: int, there: int) -> None:
    """The same letters, divided elsewhere."""
    one, other = (text[:here], text[here:]), (text[:there], text[there:])
    assert (KEY.hash(*one) == KEY.hash(*other)) == (one == other)


def test_a_key_does_not_show_its_bytes() -> None:
    """A key that is printed by accident prints no key."""
    shown = repr(KEY)
    assert "somebody" in shown
    assert repr(hashlib.sha256(b"somebody's key").digest()) not in shown


def test_with_another_master_key_nothing_opens_and_the_error_says_what_to_do(stage: Stage) -> None:
    """A slip in MASTER_KEY stops the program at its start and does not show the key."""
    with pytest.raises(WrongMasterKey, match="MASTER_KEY") as caught:
        Vault((NEXT_MASTER,)).open(stage.database)
    assert MASTER.hex() not in str(caught.value)
    assert "new,old" in str(caught.value)


def test_a_master_key_of_another_length_is_refused() -> None:
    """A key has 32 bytes."""
    with pytest.raises(WrongMasterKey, match="32"):
        Vault((b"short",))


def test_who_is_forgotten_cannot_be_read_again(stage: Stage) -> None:
    """The key goes, and with it all that it sealed, although the sealed bytes are still there."""
    conversation_id = stage.talk()
    person_id = stage.person_of(conversation_id)
    with stage.database.write() as session:
        stage.vault.forget(session, person_id)
    with stage.database.read() as session:
        contact_id = people.contact_of(session, conversation_id).id
        with pytest.raises(Forgotten):
            stage.vault.person_key(session, person_id)
        with pytest.raises(Forgotten):
            people.address_of(session, stage.vault, contact_id)
    assert stage.count(InboxMessage) == 1


def test_programs_that_open_a_new_store_at_once_share_its_keys(store_url: str) -> None:
    """The system's keys are made once; whoever came second uses those that are stored."""
    databases = [Database(store_url) for _ in range(8)]
    vaults = at_once([partial(Vault((MASTER,)).open, database) for database in databases])
    for name in SYSTEM_KEYS:
        assert len({vault.system(name).hash(NUMBER) for vault in vaults}) == 1
    for database in databases:
        database.close()


def test_a_change_of_the_master_key_killed_at_any_batch_leaves_everything_readable(stage: Stage) -> None:
    """Rotation may be killed and repeated; at its end the old key opens nothing and no index hash has changed."""
    conversation_id, crowd = stage.talk(), [UUID(int=number) for number in range(REWRAP_BATCH + 100)]
    with stage.database.write() as session:
        session.add_all(Person(id=person_id, alias="Tre 1000", since=NOW.date()) for person_id in crowd)
        session.flush()
        for person_id in crowd:
            stage.vault.make_person_key(session, person_id)
    hashes = [stage.vault.system(name).hash(NUMBER) for name in SYSTEM_KEYS]
    statements = 2
    while not run_killed(rewrap, stage.url, statements=statements):
        statements += 3
        _read(stage, Vault((NEXT_MASTER, MASTER)), crowd)
    assert statements > 10

    with pytest.raises(WrongMasterKey):
        Vault((MASTER,)).open(stage.database)
    after = Vault((NEXT_MASTER,)).open(stage.database)
    _read(stage, after, crowd)
    with stage.database.read() as session:
        assert len(session.scalars(select(PersonKey.master).distinct()).all()) == 1
    assert [after.system(name).hash(NUMBER) for name in SYSTEM_KEYS] == hashes
    with stage.database.read() as session:
        assert people.address_of(session, after, people.contact_of(session, conversation_id).id) == NUMBER
    assert after.rewrap(stage.database) == 0


def _read(stage: Stage, vault: Vault, crowd: list[UUID]) -> None:
    vault.open(stage.database)
    with stage.database.read() as session:
        stored = {row.person_id for row in session.scalars(select(PersonKey))}
        assert stored.issuperset(crowd)
        for person_id in crowd[::25]:
            vault.person_key(session, person_id)


def test_a_key_that_somebody_else_holds_is_not_left_behind(stage: Stage) -> None:
    """An erasure that is taken back while the master key changes must not leave its person under the old key."""
    person_id, holding = stage.person_of(stage.talk()), Event()

    def forget_and_think_better_of_it() -> None:
        with stage.database.write() as session:
            stage.vault.forget(session, person_id)
            holding.set()
            time.sleep(0.3)
            session.rollback()

    other = Thread(target=forget_and_think_better_of_it)
    other.start()
    assert holding.wait(10)
    vault = Vault((NEXT_MASTER, MASTER))
    vault.rewrap(stage.database)
    other.join(10)
    after = Vault((NEXT_MASTER,)).open(stage.database)
    with stage.database.read() as session:
        after.person_key(session, person_id)


def test_a_person_under_an_unknown_master_key_is_noticed(stage: Stage) -> None:
    """Also when the system's own keys are known, as after a change of the master key that was cut short."""
    stage.talk()
    person_id = stage.person_of(stage.talk("+84907654321"))
    with stage.database.write() as session:
        assert stage.vault.knows_every_key(session)
        session.get_one(PersonKey, person_id).master = "00000000"
        session.flush()
        assert not stage.vault.knows_every_key(session)


def test_every_key_is_known_while_the_master_key_changes(stage: Stage) -> None:
    """With the new key and the old one both at hand, before and after; with the new one alone, only after."""
    stage.talk()
    both, new = Vault((NEXT_MASTER, MASTER)), Vault((NEXT_MASTER,))
    with stage.database.read() as session:
        assert both.knows_every_key(session)
        assert not new.knows_every_key(session)
    both.rewrap(stage.database)
    with stage.database.read() as session:
        assert both.knows_every_key(session)
        assert new.knows_every_key(session)
        assert not stage.vault.knows_every_key(session)


@pytest.mark.parametrize("wrapped", [b"", b"damaged", bytes(60)])
def test_a_damaged_wrapped_key_is_told_from_an_unknown_one(stage: Stage, wrapped: bytes) -> None:
    """However it was damaged: whoever works through many people goes on with the next."""
    person_id = stage.person_of(stage.talk())
    with stage.database.write() as session:
        session.get_one(PersonKey, person_id).wrapped = wrapped
    with stage.database.read() as session, pytest.raises(Tampered):
        stage.vault.person_key(session, person_id)
