"""What carriers say later: receipts that only ever raise, people who shut the door and open it again."""

import uuid

from storage.receipts import DELIVERY_RANK
from tests.channels.bench import Side, Told, seal
from tests.channels.hall import Hall
from tests.channels.test_arriving import both


def report(hall: Hall, side: Side, told: Told, delivery: str) -> int:
    """The carrier speaks of one of our messages; the status of our answer."""
    return hall.knock(side, hall.report(side, told, delivery))


def delivery_of(hall: Hall, told: Told) -> str | None:
    """What is believed to have become of it."""
    row = hall.row_of(told)
    assert row is not None
    return row.delivery


@both
def test_a_receipt_raises_the_delivery(side: Side, hall: Hall) -> None:
    """Everything that this carrier can say, each about a message of its own."""
    for delivery in side.deliveries:
        told = hall.tell(side, hall.somebody(side))
        assert delivery_of(hall, told) is None
        assert report(hall, side, told, delivery) == 200
        assert delivery_of(hall, told) == delivery


def test_a_receipt_twice_counts_once(side: Side, hall: Hall) -> None:
    """The same bytes, and the same news proven anew."""
    for delivery in side.deliveries:
        told = hall.tell(side, hall.somebody(side))
        letter = hall.report(side, told, delivery)
        knock = seal(side, letter)
        again = [hall.post(side, knock).status_code, hall.post(side, knock).status_code, hall.knock(side, letter)]
        assert again == [200, 200, 200]
        assert delivery_of(hall, told) == delivery


def test_receipts_never_go_backwards(side: Side, hall: Hall) -> None:
    """All ordered pairs of what this carrier can say: the higher one stays."""
    for first in side.deliveries:
        for second in side.deliveries:
            told = hall.tell(side, hall.somebody(side))
            assert [report(hall, side, told, delivery) for delivery in (first, second)] == [200, 200]
            assert delivery_of(hall, told) == max(first, second, key=DELIVERY_RANK.__getitem__), (first, second)


def test_a_receipt_for_an_unknown_message_is_taken_and_dropped(side: Side, hall: Hall) -> None:
    """It may be of somebody who was erased: the carrier must not repeat it, and only its own copy is seen to."""
    told, before = Told(uuid.uuid4(), side.provider_id(next(hall.numbers)), hall.somebody(side)), hall.rows()
    assert [report(hall, side, told, delivery) for delivery in side.deliveries] == [200] * len(side.deliveries)
    assert {**hall.rows(), "errand": 0} == {**before, "errand": 0}


def test_a_receipt_for_somebody_erased_is_taken_and_dropped(side: Side, hall: Hall) -> None:
    """Nothing of them comes back with it."""
    address = hall.somebody(side)
    told = hall.tell(side, address)
    hall.erase(side, address)
    before = hall.rows()
    assert report(hall, side, told, side.deliveries[-1]) == 200
    after = hall.rows()
    assert {**after, "errand": 0} == {**before, "errand": 0}, "only an errand to drop the carrier's copy may be left"
    assert hall.contact(side, address) is None


def test_a_receipt_settles_what_was_unsure(side: Side, hall: Hall) -> None:
    """A carrier would not speak of a message that never reached it; it names ours, whose id we never learnt."""
    told = hall.tell(side, hall.somebody(side), is_unsure=True)
    assert report(hall, side, told, side.deliveries[-1]) == 200
    row = hall.row_of(told)
    assert row is not None
    assert row.status == "sent"


def test_a_receipt_of_somebody_else_is_refused(side: Side, hall: Hall) -> None:
    """Without it nobody can say of our messages what became of them."""
    told = hall.tell(side, hall.somebody(side))
    letter = hall.report(side, told, side.deliveries[-1])
    knock = seal(side, letter, secrets=side.stranger)
    assert hall.post(side, knock).status_code == 403
    assert delivery_of(hall, told) is None


@both
def test_who_shuts_the_door_is_written_to_no_more(side: Side, hall: Hall) -> None:
    """What is due does not leave."""
    address = hall.somebody(side)
    hall.write(side, address)
    hall.turn(side, address)
    assert hall.knock(side, hall.letter(side, "shut", address)) == 200
    assert hall.is_blocked(side, address)
    hall.send(side, address)
    assert {row.status for row in hall.told_rows(side, address)} == {"cancelled"}


def test_who_opens_the_door_again_can_be_written_to(side: Side, hall: Hall) -> None:
    """Nothing is said to them for it: they did not write."""
    address = hall.somebody(side)
    hall.write(side, address)
    hall.turn(side, address)
    said = len(hall.told_rows(side, address))
    assert [hall.knock(side, hall.letter(side, what, address)) for what in ("shut", "opened")] == [200, 200]
    assert not hall.is_blocked(side, address)
    assert len(hall.told_rows(side, address)) == said


def test_who_writes_after_shutting_the_door_is_answered(side: Side, hall: Hall) -> None:
    """Whoever writes can be written to again."""
    address = hall.somebody(side)
    hall.write(side, address)
    assert hall.knock(side, hall.letter(side, "shut", address)) == 200
    hall.write(side, address)
    assert not hall.is_blocked(side, address)
    assert hall.turn(side, address)


def test_the_news_of_a_shut_door_twice_counts_once(side: Side, hall: Hall) -> None:
    """Repeated late, it must not shut a door that was opened since."""
    address = hall.somebody(side)
    hall.write(side, address)
    knock = seal(side, hall.letter(side, "shut", address))
    assert hall.post(side, knock).status_code == 200
    assert hall.knock(side, hall.letter(side, "opened", address)) == 200
    assert hall.post(side, knock).status_code == 200
    assert not hall.is_blocked(side, address)


def test_a_stranger_who_opens_or_shuts_the_door_is_not_made_known(side: Side, hall: Hall) -> None:
    """Following or blocking is no message: nobody is greeted, and no person is made of it."""
    before = hall.rows()
    for what in ("opened", "shut"):
        assert hall.knock(side, hall.letter(side, what, hall.somebody(side))) == 200
    after = hall.rows()
    assert {name for name in after if after[name] != before[name]} <= {"seen", "do_not_write", "errand"}
