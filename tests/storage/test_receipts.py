"""What receipts say of a message, of the whole or of its parts: whatever comes when, the end never goes backwards."""

import uuid
from functools import partial
from itertools import product
from uuid import UUID

import pytest

from storage.inbox import Seen
from storage.outbox import OutboxMessage
from storage.receipts import DELIVERY_RANK, Noted, Part, Receipt, record_receipt
from tests.storage.stage import NOW, SMS, Stage, at_once

MARKED = "Có người đang nghe bạn. "
TWO_PARTS, THREE_PARTS = MARKED * 5, MARKED * 8

EVENTS = ("queued", "sent", "sent of", "failed", "part a", "part b", "part c", "delivered")
"""What a carrier may say: `sent of` how many parts there are, `part x` that one is delivered, else of the whole."""


def receipt_of(event: str, row_id: UUID, parts: int, number: str) -> Receipt:
    """An event as a receipt; `number` makes the ids of part receipts differ from those of another try."""
    name, _, more = event.partition(" ")
    if name == "part":
        return Receipt("delivered", reference=row_id, part=Part(f"{number} {more}"))
    if event == "sent of":
        return Receipt("sent", reference=row_id, part=Part(f"{number} sent", of=parts))
    return Receipt(name, reference=row_id)


def expected(events: tuple[str, ...], parts: int) -> str:
    """How it stands after these events: the highest of what was said, and delivered by parts only by all of them."""
    said = {event.partition(" ")[0] for event in events} & set(DELIVERY_RANK)
    delivered = {event for event in events if event.startswith("part")}
    if delivered:
        said.add("delivered" if len(delivered) >= parts else "sent")
    return max(said, key=DELIVERY_RANK.__getitem__)


def say(stage: Stage, text: str = TWO_PARTS) -> UUID:
    """A message that was sent."""
    (row_id,) = stage.say(stage.talk(f"+849{uuid.uuid4().int % 10**8:08}"), text)
    stage.put(row_id, status="sent")
    return row_id


def tell(stage: Stage, receipt: Receipt) -> Noted:
    """One receipt arrives, in a transaction of its own."""
    with stage.database.write() as session:
        return record_receipt(session, stage.vault, SMS.name, receipt, NOW)


def tell_parts(stage: Stage, row_id: UUID, *numbers: str, of: int | None = None, plain: bool = False) -> str | None:
    """Receipts of these ids come, each saying that a part is delivered; how the message stands then."""
    for number in numbers:
        tell(stage, Receipt("delivered", reference=row_id, part=Part(number, of, plain)))
    return stage.outbox_row(row_id).delivery


@pytest.mark.parametrize(("first", "second"), list(product(DELIVERY_RANK, repeat=2)))
def test_of_two_receipts_the_higher_stays(stage: Stage, first: str, second: str) -> None:
    """Every ordered pair, each in its own transaction, with the error of the one that counts."""
    row_id = say(stage)
    for delivery in (first, second):
        assert tell(stage, Receipt(delivery, reference=row_id, error=f"of {delivery}")) is Noted.KNOWN
    row, highest = stage.outbox_row(row_id), max(first, second, key=DELIVERY_RANK.__getitem__)
    assert (row.delivery, row.delivery_error) == (highest, f"of {highest}")


@pytest.mark.parametrize(("text", "parts"), [("chào bạn", 1), (TWO_PARTS, 2), (THREE_PARTS, 3)])
def test_of_any_three_receipts_about_parts_the_end_never_goes_backwards(stage: Stage, text: str, parts: int) -> None:
    """Every ordered pair and triple: delivered when all parts are, failed when one is, and never less than before."""
    row_id = say(stage, text)
    with stage.database.write() as session:
        row = session.get_one(OutboxMessage, row_id)
        for number, events in enumerate(product(EVENTS, repeat=3)):
            row.delivery, row.parts, row.parts_delivered = None, None, 0
            stands: list[str | None] = []
            for event in events:
                record_receipt(session, stage.vault, SMS.name, receipt_of(event, row_id, parts, str(number)), NOW)
                stands.append(row.delivery)
            assert stands == [expected(events[: count + 1], parts) for count in range(3)], events
            ranks = [DELIVERY_RANK[delivery or ""] for delivery in stands]
            assert ranks == sorted(ranks)


def test_a_receipt_that_comes_again_counts_once(stage: Stage) -> None:
    """The webhook of one part is repeated until it is answered: that makes no second part of it."""
    row_id = say(stage)
    assert tell_parts(stage, row_id, *["first"] * 15) == "sent"
    assert tell_parts(stage, row_id, "second") == "delivered"
    assert stage.outbox_row(row_id).parts_delivered == 2


def test_parts_that_are_reported_at_once_are_all_counted(stage: Stage) -> None:
    """No receipt overwrites what another has counted."""
    row_id = say(stage, MARKED * 22)
    receipts = [Receipt("delivered", reference=row_id, part=Part(f"part {number}")) for number in range(8)]
    at_once([partial(tell, stage, receipt) for receipt in receipts[:7]])
    assert stage.outbox_row(row_id).delivery == "sent"
    tell(stage, receipts[7])
    row = stage.outbox_row(row_id)
    assert (row.parts, row.parts_delivered, row.delivery) == (8, 8, "delivered")


@pytest.mark.parametrize(("plain", "parts"), [(False, 2), (True, 1)])
def test_parts_are_counted_in_the_text_as_it_left(stage: Stage, plain: bool, parts: int) -> None:
    """Without its marks the same text fits into fewer."""
    row_id = say(stage)
    tell_parts(stage, row_id, "first", plain=plain)
    row = stage.outbox_row(row_id)
    assert (row.parts, row.delivery) == (parts, "delivered" if plain else "sent")


def test_a_number_of_parts_that_the_carrier_tells_is_believed(stage: Stage) -> None:
    """It knows how it has cut the text: of more parts, one more is waited for; of fewer, those are enough."""
    more, fewer = say(stage), say(stage)
    assert tell_parts(stage, more, "a", "b", of=3) == "sent"
    assert tell_parts(stage, more, "c") == "delivered"
    assert tell_parts(stage, fewer, "d") == "sent"
    tell(stage, Receipt("sent", reference=fewer, part=Part("e", of=1)))
    assert stage.outbox_row(fewer).delivery == "delivered"


def test_what_is_delivered_stays_so_when_more_parts_are_told_later(stage: Stage) -> None:
    """What staff have read does not become untrue by a late word about the sending."""
    row_id = say(stage)
    assert tell_parts(stage, row_id, "a", "b") == "delivered"
    tell(stage, Receipt("sent", reference=row_id, part=Part("c", of=5)))
    assert stage.outbox_row(row_id).delivery == "delivered"


def test_a_failed_part_is_a_failed_message(stage: Stage) -> None:
    """Half an address helps nobody: the parts that arrived do not hide the one that did not."""
    row_id = say(stage)
    assert tell_parts(stage, row_id, "a") == "sent"
    tell(stage, Receipt("failed", reference=row_id, error="RESULT_ERROR_NO_SERVICE", part=Part("b")))
    row = stage.outbox_row(row_id)
    assert (row.delivery, row.delivery_error) == ("failed", "RESULT_ERROR_NO_SERVICE")


@pytest.mark.parametrize("status", ["sending", "asking", "unsure"])
def test_a_receipt_about_a_part_settles_what_was_open(stage: Stage, status: str) -> None:
    """A telephone that delivered a part has the message, whatever became of our call."""
    row_id = say(stage)
    stage.put(row_id, status=status, tries=1)
    assert tell(stage, Receipt("delivered", reference=row_id, part=Part("a"))) is Noted.SETTLED
    row = stage.outbox_row(row_id)
    assert (row.status, row.settled_at, row.delivery) == ("sent", NOW, "sent")


def test_a_receipt_about_an_erased_message_leaves_nothing(stage: Stage) -> None:
    """Not even the hash of its own id."""
    conversation_id = stage.talk()
    (row_id,) = stage.say(conversation_id, TWO_PARTS)
    stage.erase(conversation_id)
    before = stage.count(Seen)
    assert tell(stage, Receipt("delivered", reference=row_id, part=Part("a"))) is Noted.NOTHING
    assert stage.count(Seen) == before
