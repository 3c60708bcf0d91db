"""Thousands of malformed webhooks: no door breaks, nobody unproven leaves a row, and memory stays flat.

WEBHOOKS_FUZZED is how many a channel (300), half of them proven; WEBHOOKS_SEED is what they are made from (1).
"""

import gc
import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import psutil
import pytest

from storage import inbox
from tests.channels.bench import Knock, Side
from tests.channels.hall import Hall
from tests.channels.mangling import mangled, unproven
from tests.channels.test_arriving import both

pytestmark = pytest.mark.usefixtures("quiet")

USUAL = 300
AMOUNT, SEED = int(os.environ.get("WEBHOOKS_FUZZED", USUAL)), os.environ.get("WEBHOOKS_SEED", "1")
BATCH = 50
KNOWN = (200, 400, 403, 404, 413)
MOST_GROWTH = 24 * 1024 * 1024
"""In bytes, after a first fifth in which caches fill. A leak of 6 KiB a webhook passes it at ten thousand."""

TURNS = 60


def amount(hall: Hall) -> int:
    """Half of them on SQLite; as many as usual on PostgreSQL, where only what is kept differs."""
    return (AMOUNT if hall.program.database.is_sqlite else min(AMOUNT, USUAL)) // 2


def again(side: Side, number: int) -> str:
    """How to make this one again."""
    return f"{side.name}: WEBHOOKS_SEED={SEED}, number {number}"


def chance_of(kind: str, side: Side, number: int) -> Random:
    """The chance from which one webhook is made."""
    return Random(f"{SEED} {kind} {side.name} {number}")


def check(hall: Hall, side: Side, number: int, knock: Knock) -> int:
    """Knock; the status, which is one that a door may answer with."""
    try:
        status = hall.call(side, knock)
    except Exception as error:
        raise AssertionError(again(side, number)) from error
    assert status in KNOWN, again(side, number)
    return status


@both
def test_a_malformed_webhook_that_the_carrier_proved_breaks_no_door(side: Side, hall: Hall) -> None:
    """Proven over its very bytes, so that it is read: answered like any other, and memory does not grow with them."""
    statuses: Counter[int] = Counter()
    process, count = psutil.Process(), amount(hall)
    before = 0
    for number in range(count):
        if number == count // 5:
            gc.collect()
            before = process.memory_info().rss
        knock = mangled(side, hall, chance_of("proven", side, number), dict(side.secrets))
        statuses[check(hall, side, number, knock)] += 1
    gc.collect()
    assert process.memory_info().rss - before < MOST_GROWTH, again(side, count)
    assert statuses[200] > count // 20, "many are near enough to what is good"
    assert sum(statuses.values()) - statuses[200] > count // 20, "and many are not"


@both
def test_a_webhook_that_nobody_proved_leaves_no_row(side: Side, hall: Hall) -> None:
    """Good or malformed: 403, or another refusal; a batch that leaves a row is named."""
    for start in range(0, amount(hall), BATCH):
        before = hall.rows()
        for number in range(start, start + BATCH):
            check(hall, side, number, unproven(side, hall, chance_of("unproven", side, number)))
        assert hall.rows() == before, f"{again(side, start)} and the {BATCH} from there on"


def test_a_turn_bears_what_was_kept_of_malformed_webhooks(side: Side, hall: Hall) -> None:
    """What got through the door must not stop in the turn: some of them, taken at once."""
    before = unanswered(hall)
    for number in range(USUAL):
        hall.call(side, mangled(side, hall, chance_of("turn", side, number), dict(side.secrets)))
    waiting = sorted(unanswered(hall) - before)
    taken = Random(SEED).sample(waiting, min(TURNS, len(waiting)))
    for conversation in taken:
        hall.program.jobs.answer(conversation)
    assert taken
    assert unanswered(hall) & set(taken) == set(), f"a turn failed; {again(side, USUAL)}"


def unanswered(hall: Hall) -> set[UUID]:
    """The conversations that a turn has not answered, those too whose turn failed and is to be tried later."""
    until = datetime.now(UTC) + timedelta(days=1)
    with hall.program.database.read() as session:
        return set(inbox.waiting_conversations(session, until, until, 1_000_000))
