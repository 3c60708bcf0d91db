"""What goes out: in order, by one sender, settled once, and never contradicted by a late receipt."""

import uuid
from datetime import timedelta
from functools import partial
from itertools import product
from uuid import UUID

import pytest

from storage import erasing, outbox
from storage.outbox import CLAIM_SECONDS, Claimed, Reply
from storage.receipts import DELIVERY_RANK, Receipt, record_receipt
from tests.storage.stage import NOW, OTHER_SMS, SECOND, SMS, Stage, at_once

SETTLED = ("sent", "refused", "unsure")


def test_replies_leave_in_the_order_in_which_they_were_said(stage: Stage) -> None:
    """Within a turn and from turn to turn; each only after the one before it is settled."""
    conversation_id = stage.talk()
    stage.say(conversation_id, "một", "hai")
    stage.say(conversation_id, "ba")
    said = []
    while (claimed := stage.claim(conversation_id)) is not None:
        assert stage.claim(conversation_id) is None
        said.append(claimed.text)
        assert stage.settle(claimed, "sent")
    assert said == ["một", "hai", "ba"]


def test_a_reply_is_sent_as_it_was_said(stage: Stage) -> None:
    """Text, buttons, kind and last moment come back unsealed."""
    conversation_id = stage.talk()
    reply = Reply("Bạn nhắn lúc này có tiện không?", (("Tiện", "1"), ("Không", "2")), "question", NOW + SECOND)
    (row_id,) = stage.say(conversation_id, reply)
    claimed = stage.claim(conversation_id)
    assert claimed is not None
    assert (claimed.id, claimed.conversation_id, claimed.claimed_at, claimed.tries) == (row_id, conversation_id, NOW, 1)
    assert Reply(claimed.text, claimed.buttons, claimed.kind, claimed.stale_at) == reply


def test_of_twenty_senders_at_once_one_gets_the_message(stage: Stage) -> None:
    """A message is in one pair of hands."""
    conversation_id = stage.talk()
    stage.say(conversation_id, "xin chào")
    claims = at_once([partial(stage.claim, conversation_id)] * 20)
    assert len([claimed for claimed in claims if claimed is not None]) == 1


@pytest.mark.parametrize("status", outbox.UNSETTLED)
def test_nothing_ordinary_overtakes_a_message_that_is_not_settled(stage: Stage, status: str) -> None:
    """A sender who looked too early and holds the second message does not get it while the first is open."""
    conversation_id = stage.talk()
    first, second = stage.say(conversation_id, "một", "hai")
    stage.put(first, status=status)
    late = stage.outbox_row(second)
    with stage.database.write() as session:
        key = stage.vault.person_key(session, late.person_id)
        assert outbox.claim(session, key, late, NOW) is None
    assert stage.outbox_row(second).status == "due"


@pytest.mark.parametrize("status", ["due", "asking"])
def test_danger_overtakes_what_waits_or_is_asked_about(stage: Stage, status: str) -> None:
    """Help does not stand in a queue behind an answer, whenever it was said."""
    conversation_id = stage.talk()
    first, _second, urgent = stage.say(conversation_id, "một", "hai", Reply("gọi 113", kind="urgent"))
    stage.put(first, status=status)
    assert stage.must_claim(conversation_id).id == urgent


def test_danger_overtakes_what_is_to_be_tried_again_later(stage: Stage) -> None:
    """A carrier that asked us to wait asked it for another message."""
    conversation_id = stage.talk()
    first, urgent = stage.say(conversation_id, "một", Reply("gọi 113", kind="urgent"))
    stage.put(first, try_at=NOW + 60 * SECOND)
    assert stage.must_claim(conversation_id).id == urgent


def test_after_danger_the_others_leave_in_their_order(stage: Stage) -> None:
    """Overtaken, not lost; and of two that are urgent the first said leaves first."""
    conversation_id = stage.talk()
    stage.say(conversation_id, "một", Reply("gọi 113", kind="urgent"), "hai", Reply("hoặc 115", kind="urgent"))
    said = []
    while (claimed := stage.claim(conversation_id)) is not None:
        said.append(claimed.text)
        stage.settle(claimed, "sent")
    assert said == ["gọi 113", "hoặc 115", "một", "hai"]


@pytest.mark.parametrize("kind", ["answer", "urgent"])
def test_two_messages_of_a_conversation_are_never_on_their_way_together(stage: Stage, kind: str) -> None:
    """Not even an urgent one joins another: carriers bring two at once in any order."""
    conversation_id = stage.talk()
    (first,) = stage.say(conversation_id, "một")
    stage.must_claim(conversation_id)
    (second,) = stage.say(conversation_id, Reply("hai", kind=kind))
    late = stage.outbox_row(second)
    with stage.database.write() as session:
        assert outbox.next_due(session, conversation_id, NOW) is None
        assert outbox.claim(session, stage.vault.person_key(session, late.person_id), late, NOW) is None
    assert [stage.outbox_row(row).status for row in (first, second)] == ["sending", "due"]


def test_of_twenty_senders_of_two_messages_at_once_one_gets_one(stage: Stage) -> None:
    """An ordinary message and an urgent one, looked at by many: one is on its way."""
    conversation_id = stage.talk()
    stage.say(conversation_id, "một", Reply("gọi 113", kind="urgent"))
    claims = at_once([partial(stage.claim, conversation_id)] * 20)
    assert len([claimed for claimed in claims if claimed is not None]) == 1


def test_one_conversation_does_not_wait_for_another(stage: Stage) -> None:
    """An open message holds up its own conversation only."""
    waiting, free = stage.talk("+84900000001"), stage.talk("+84900000002")
    stage.say(waiting, "một")
    stage.say(free, "hai")
    assert stage.claim(waiting) is not None
    assert stage.claim(free) is not None


def test_what_is_too_late_is_not_claimed(stage: Stage) -> None:
    """A reply whose time is over by the moment of sending stays here."""
    conversation_id = stage.talk()
    stage.say(conversation_id, Reply("muộn", stale_at=NOW + SECOND))
    assert stage.claim(conversation_id, NOW + SECOND) is None
    assert stage.claim(conversation_id, NOW) is not None


def test_only_what_is_due_can_be_taken_back(stage: Stage) -> None:
    """What is on its way cannot be cancelled, and a kind can be cancelled alone."""
    conversation_id = stage.talk()
    leaving, question, answer = stage.say(conversation_id, "đang đi", Reply("1 hay 2?", kind="question"), "còn đây")
    stage.claim(conversation_id)
    with stage.database.write() as session:
        outbox.cancel_due(session, conversation_id, kind="question")
    assert [stage.outbox_row(row).status for row in (leaving, question, answer)] == ["sending", "cancelled", "due"]
    with stage.database.write() as session:
        outbox.cancel_due(session, conversation_id)
    assert [stage.outbox_row(row).status for row in (leaving, question, answer)] == [
        "sending",
        "cancelled",
        "cancelled",
    ]


def test_only_what_is_due_and_late_is_retired(stage: Stage) -> None:
    """A farewell has no last moment, and what is on its way is left to its sender."""
    conversation_id = stage.talk()
    leaving, late, still_good, farewell = stage.say(
        conversation_id,
        Reply("đang đi", stale_at=NOW + SECOND),
        Reply("muộn", stale_at=NOW + SECOND),
        Reply("còn kịp", stale_at=NOW + 2 * SECOND),
        Reply("tạm biệt", kind="farewell"),
    )
    stage.claim(conversation_id)
    with stage.database.write() as session:
        outbox.retire_stale(session, conversation_id, NOW + SECOND)
    fates = [stage.outbox_row(row).status for row in (leaving, late, still_good, farewell)]
    assert fates == ["sending", "stale", "due", "due"]


def test_a_postponed_message_waits_for_its_moment_and_counts_its_tries(stage: Stage) -> None:
    """Nothing left: the same message is due again later."""
    conversation_id = stage.talk()
    (row_id,) = stage.say(conversation_id, "bận")
    claimed = stage.must_claim(conversation_id)
    with stage.database.write() as session:
        outbox.postpone(session, claimed, NOW + 5 * SECOND)
        assert outbox.waiting_to_send(session, SMS.name, False, NOW, 10) == []
        assert outbox.waiting_to_send(session, SMS.name, False, NOW + 5 * SECOND, 10) == [
            outbox.Waiting(conversation_id, SMS.name, is_urgent=False)
        ]
    assert stage.outbox_row(row_id).claimed_at is None
    assert stage.claim(conversation_id, NOW + 4 * SECOND) is None
    again = stage.claim(conversation_id, NOW + 5 * SECOND)
    assert again is not None
    assert again.tries == 2


@pytest.mark.parametrize("status", [*SETTLED, "cancelled", "stale"])
def test_what_is_settled_stays_settled(stage: Stage, status: str) -> None:
    """A slow sender cannot bring back, settle again or doubt what is over."""
    conversation_id = stage.talk()
    (row_id,) = stage.say(conversation_id, "xong")
    claimed = stage.must_claim(conversation_id)
    stage.put(row_id, status=status)
    with stage.database.write() as session:
        outbox.postpone(session, claimed, NOW)
        outbox.doubt(session, claimed, 1)
        assert not outbox.settle(session, claimed, "refused", NOW)
    assert stage.outbox_row(row_id).status == status


def _pass_on(stage: Stage, conversation_id: UUID) -> tuple[Claimed, Claimed]:
    """A sender falls asleep, its message is put back for another try, and a second sender takes it: both claims."""
    sleeper = stage.must_claim(conversation_id)
    with stage.database.write() as session:
        outbox.postpone(session, sleeper, NOW)
    return sleeper, stage.must_claim(conversation_id, NOW + SECOND)


def test_a_sleeper_does_not_undo_its_successors_work(stage: Stage) -> None:
    """Whose claim has passed can neither put the message back, nor doubt it, nor say that it was refused."""
    conversation_id = stage.talk()
    (row_id,) = stage.say(conversation_id, "chậm")
    sleeper, successor = _pass_on(stage, conversation_id)
    with stage.database.write() as session:
        outbox.postpone(session, sleeper, NOW)
        outbox.doubt(session, sleeper, 1)
        assert not outbox.settle(session, sleeper, "refused", NOW)
        assert not outbox.settle(session, sleeper, "unsure", NOW)
    row = stage.outbox_row(row_id)
    assert (row.status, row.claimed_at, row.tries) == ("sending", successor.claimed_at, 2)
    assert stage.settle(successor, "refused")
    assert stage.outbox_row(row_id).status == "refused"


def test_of_askers_and_senders_at_once_one_settles(stage: Stage) -> None:
    """Whoever was quicker has said how it ended; the others hear that it had ended."""
    conversation_id = stage.talk()
    stage.say(conversation_id, "chậm")
    claimed = stage.must_claim(conversation_id)
    ends = at_once([partial(stage.settle, claimed, "unsure")] * 8)
    assert ends.count(True) == 1


def test_what_left_is_sent_even_after_its_claim_has_passed(stage: Stage) -> None:
    """It was put back for another try, then the slow sender says that the carrier took it: not said twice."""
    conversation_id = stage.talk()
    (row_id,) = stage.say(conversation_id, "chậm")
    sleeper = stage.must_claim(conversation_id)
    with stage.database.write() as session:
        outbox.postpone(session, sleeper, NOW)
    assert stage.settle(sleeper, "sent", NOW + SECOND)
    row = stage.outbox_row(row_id)
    assert (row.status, row.settled_at) == ("sent", NOW + SECOND)
    assert stage.claim(conversation_id, NOW + 9 * SECOND) is None


@pytest.mark.parametrize("status", ["sending", "asking", "unsure"])
def test_what_left_is_sent_whatever_was_thought_of_it(stage: Stage, status: str) -> None:
    """The carrier has it: no asking, no doubt, and a successor's claim has nothing left to say."""
    conversation_id = stage.talk()
    (row_id,) = stage.say(conversation_id, "chậm")
    sleeper, successor = _pass_on(stage, conversation_id)
    stage.put(row_id, status=status)
    assert stage.settle(sleeper, "sent")
    with stage.database.write() as session:
        outbox.postpone(session, successor, NOW)
        assert not outbox.settle(session, successor, "refused", NOW)
    assert stage.outbox_row(row_id).status == "sent"


@pytest.mark.parametrize("status", ["refused", "cancelled", "stale"])
def test_what_left_does_not_bring_back_what_had_ended(stage: Stage, status: str) -> None:
    """It was given up meanwhile, and perhaps replaced."""
    conversation_id = stage.talk()
    (row_id,) = stage.say(conversation_id, "chậm")
    claimed = stage.must_claim(conversation_id)
    stage.put(row_id, status=status)
    assert stage.settle(claimed, "sent")
    assert stage.outbox_row(row_id).status == status


def test_what_left_for_somebody_erased_meanwhile_is_told(stage: Stage) -> None:
    """Then only the carrier's copy is left to be deleted."""
    conversation_id = stage.talk()
    stage.say(conversation_id, "chậm")
    claimed = stage.must_claim(conversation_id)
    with stage.database.write() as session:
        erasing.forget_person(session, stage.vault, stage.person_of(conversation_id), NOW, uuid.uuid4)
    assert not stage.settle(claimed, "sent")
    assert not stage.settle(claimed, "refused")


def test_a_doubtful_message_is_asked_about_and_then_settled(stage: Stage) -> None:
    """It blocks its conversation until the carrier has told."""
    conversation_id = stage.talk()
    row_id, behind = stage.say(conversation_id, "có đi không?", "và nữa")
    claimed = stage.must_claim(conversation_id)
    with stage.database.write() as session:
        assert outbox.abandoned(session, SMS.name, NOW) == []
        outbox.doubt(session, claimed, 1)
        assert outbox.abandoned(session, SMS.name, NOW) == [row_id]
        assert outbox.next_due(session, conversation_id, NOW) is None
        assert outbox.settle(session, claimed, "unsure", NOW + SECOND)
        assert outbox.abandoned(session, SMS.name, NOW) == []
        assert outbox.is_open(session, conversation_id)
    assert stage.must_claim(conversation_id).id == behind
    with stage.database.write() as session:
        outbox.note_sent(session, behind, NOW)
        assert not outbox.is_open(session, conversation_id)


def test_a_message_whose_sender_vanished_is_found_when_its_claim_is_over(stage: Stage) -> None:
    """Not before: a sender has its time."""
    conversation_id = stage.talk()
    (row_id,) = stage.say(conversation_id, "rơi")
    stage.claim(conversation_id)
    over = NOW + timedelta(seconds=CLAIM_SECONDS)
    with stage.database.read() as session:
        assert outbox.abandoned(session, SMS.name, over - SECOND) == []
        assert outbox.abandoned(session, SMS.name, over) == [row_id]


def test_the_last_fate_is_that_of_the_newest_message_that_was_more_than_neutral(stage: Stage) -> None:
    """A neutral line says nothing, so it does not count."""
    conversation_id = stage.talk()
    with stage.database.read() as session:
        assert outbox.last_fate(session, conversation_id) is None
    _, question, _ = stage.say(conversation_id, "một", Reply("1 hay 2?", kind="question"), Reply("ừ", kind="neutral"))
    stage.put(question, status="unsure")
    with stage.database.read() as session:
        assert outbox.last_fate(session, conversation_id) == "unsure"


def test_receipts_never_lower_what_is_known_of_a_delivery(stage: Stage) -> None:
    """They come late, twice and in any order: of every three, the highest stays, with its own error."""
    conversation_id = stage.talk()
    (row_id,) = stage.say(conversation_id, "tới chưa?")
    for deliveries in product(DELIVERY_RANK, repeat=3):
        stage.put(row_id, status="sent", delivery=None, delivery_error=None)
        with stage.database.write() as session:
            row = session.get_one(outbox.OutboxMessage, row_id)
            for number, delivery in enumerate(deliveries, start=1):
                receipt = Receipt(delivery, reference=row_id, error=f"after {delivery}")
                assert record_receipt(session, stage.vault, SMS.name, receipt, NOW)
                highest = max(deliveries[:number], key=DELIVERY_RANK.__getitem__)
                assert (row.delivery, row.delivery_error) == (highest, f"after {highest}")


@pytest.mark.parametrize("status", ["sending", "asking", "unsure"])
def test_a_receipt_settles_what_was_open(stage: Stage, status: str) -> None:
    """A carrier speaks only of what reached it: no asking, no doubt, no second try."""
    conversation_id = stage.talk()
    for delivery in DELIVERY_RANK:
        (row_id,) = stage.say(conversation_id, "có đi không?")
        stage.put(row_id, status=status, tries=1)
        receipt = Receipt(delivery, reference=row_id, provider_id=f"SM {delivery}")
        with stage.database.write() as session:
            assert record_receipt(session, stage.vault, SMS.name, receipt, NOW)
        row = stage.outbox_row(row_id)
        assert (row.status, row.settled_at, row.delivery) == ("sent", NOW, delivery)
        with stage.database.read() as session:
            known = outbox.known_provider_ids(session, stage.vault, SMS.name, ["SM none", f"SM {delivery}"])
        assert known == {f"SM {delivery}"}


def test_a_receipt_stops_a_second_try(stage: Stage) -> None:
    """The carrier did not know of it when asked, so it is due again; then the receipt of the first try comes."""
    conversation_id = stage.talk()
    (row_id,) = stage.say(conversation_id, "chậm")
    claimed = stage.must_claim(conversation_id)
    with stage.database.write() as session:
        outbox.postpone(session, claimed, NOW)
        record_receipt(session, stage.vault, SMS.name, Receipt("sent", reference=row_id), NOW)
    assert stage.claim(conversation_id) is None
    assert stage.outbox_row(row_id).status == "sent"


@pytest.mark.parametrize("status", ["due", "cancelled", "stale", "refused"])
def test_a_receipt_does_not_settle_what_never_left(stage: Stage, status: str) -> None:
    """Whatever a carrier says of it, it was not sent."""
    conversation_id = stage.talk()
    (row_id,) = stage.say(conversation_id, "ở đây")
    stage.put(row_id, status=status)
    with stage.database.write() as session:
        record_receipt(session, stage.vault, SMS.name, Receipt("delivered", reference=row_id), NOW)
    assert stage.outbox_row(row_id).status == status


def test_a_receipt_is_found_by_the_carriers_own_id_on_its_own_channel(stage: Stage) -> None:
    """The id is kept hashed with its channel; another channel's same id is another message."""
    conversation_id = stage.talk()
    (row_id,) = stage.say(conversation_id, "đi")
    stage.claim(conversation_id)
    with stage.database.write() as session:
        outbox.note_sent(session, row_id, NOW)
        outbox.note_provider_id(session, stage.vault, SMS.name, row_id, "SM1")
    with stage.database.write() as session:
        assert not record_receipt(session, stage.vault, OTHER_SMS.name, Receipt("read", provider_id="SM1"), NOW)
        assert record_receipt(session, stage.vault, SMS.name, Receipt("delivered", provider_id="SM1"), NOW)
    assert stage.outbox_row(row_id).delivery == "delivered"
    with stage.database.read() as session:
        assert outbox.known_provider_ids(session, stage.vault, OTHER_SMS.name, ["SM1"]) == set()


def test_a_receipt_for_an_erased_message_is_dropped(stage: Stage) -> None:
    """It is neither an error nor a reason to make a row."""
    conversation_id = stage.talk()
    (row_id,) = stage.say(conversation_id, "đi")
    with stage.database.write() as session:
        erasing.forget_person(session, stage.vault, stage.person_of(conversation_id), NOW, uuid.uuid4)
    with stage.database.write() as session:
        for receipt in (Receipt("read", reference=row_id), Receipt("read", provider_id="SM1"), Receipt("read")):
            assert not record_receipt(session, stage.vault, SMS.name, receipt, NOW)
    assert stage.count(outbox.OutboxMessage) == 0


def _waiting(stage: Stage, seconds: int, limit: int = 10, channel: str = SMS.name) -> list[UUID]:
    with stage.database.read() as session:
        found = outbox.waiting_to_send(session, channel, False, NOW + seconds * SECOND, limit)
        assert {waiting.channel for waiting in found} <= {channel}
        return [waiting.conversation_id for waiting in found]


def test_conversations_with_danger_are_sent_first_then_those_that_wait_longest(stage: Stage) -> None:
    """However many answers wait: the limit cuts them off, not the danger."""
    late, early, danger = (stage.talk(f"+8490000000{number}") for number in range(3))
    stage.say(late, "một", at=NOW + SECOND)
    stage.say(early, "một")
    stage.say(danger, "một", Reply("gọi 113", kind="urgent"), at=NOW + 2 * SECOND)
    assert _waiting(stage, 2) == [danger, early, late]
    assert _waiting(stage, 2, limit=1) == [danger]


def test_a_sender_looks_only_where_something_may_leave(stage: Stage) -> None:
    """Not behind what is on its way or asked about, nor before its time; but where something came too late, always."""
    moving, asked, postponed, free = all_four = [stage.talk(f"+8490000000{number}") for number in range(4)]
    for conversation_id in all_four:
        stage.say(conversation_id, *(Reply(text, stale_at=NOW + 60 * SECOND) for text in ("một", "hai")))
    stage.must_claim(moving)
    doubtful, busy = stage.must_claim(asked), stage.must_claim(postponed)
    with stage.database.write() as session:
        outbox.doubt(session, doubtful, 1)
        outbox.postpone(session, busy, NOW + 600 * SECOND)
    assert _waiting(stage, 1) == [free]
    assert set(_waiting(stage, 60)) == set(all_four)
    with stage.database.read() as session:
        for conversation_id in all_four:
            assert outbox.has_work(session, conversation_id, NOW + SECOND) == (conversation_id == free)
            assert not outbox.has_stale(session, conversation_id, NOW + SECOND)
            assert outbox.has_stale(session, conversation_id, NOW + 60 * SECOND)
            assert outbox.has_work(session, conversation_id, NOW + 60 * SECOND)


def test_a_sender_looks_only_at_channels_that_are_on(stage: Stage) -> None:
    """What waits for a carrier without its secrets starves nobody on the others."""
    off, on = stage.talk("+84900000001", facts=OTHER_SMS), stage.talk("+84900000002")
    stage.say(off, Reply("gọi 113", kind="urgent"))
    stage.say(on, "một", at=NOW + SECOND)
    assert _waiting(stage, 1, limit=1) == [on]
    assert _waiting(stage, 1, channel=OTHER_SMS.name) == [off]
    assert _waiting(stage, 1, channel="none") == []
