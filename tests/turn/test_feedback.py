"""Feedback in a turn: that message alone is marked for the lead, in the turn's transaction, and no log tells of it."""

import logging
import uuid
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.book import Option, Step, Told
from bot.packs import Packs, Rendered
from bot.state import Say, State
from bot.thinking import Mind
from bot.turn import take_turn
from storage import inbox, people
from storage.channels import Facts
from storage.models import Conversation, InboxMessage
from tests.turn.office import Office

WORDS = "nguoi truc noi nang loi kẹo dừa"
START = ("feedback", "start")


@pytest.fixture
def mind(mind: Mind) -> Mind:
    """The dialogue with a small flow of feedback of our own."""
    options = (Option("Another time", "no", "menu.main"),)
    steps = {
        "start": Step(*START, ask="What was wrong?", options=options, words="feedback.kept"),
        "kept": Step("feedback", "kept", say=(Told("It is kept."),), do=(("feedback", ""),), then="menu.main"),
    }
    flows = {**mind.book.flows, "feedback": replace(mind.book.flows["feedback"], steps=steps)}
    return replace(mind, book=replace(mind.book, flows=flows))


def _asked(office: Office) -> UUID:
    """Somebody who is asked what was wrong."""
    conversation_id = office.hear("xin chao")
    office.answer_and_send(conversation_id)
    with office.stage.database.write() as session:
        conversation = session.get_one(Conversation, conversation_id)
        key = office.stage.vault.person_key(session, conversation.person_id)
        state = State(language="vi", place="vn", at=START).to_json()
        conversation.state_sealed = people.seal_state(key, conversation_id, state)
    return conversation_id


def _for_lead(office: Office) -> list[bool]:
    """Whether each message is for the lead alone, in order of acceptance."""
    with office.stage.database.read() as session:
        return list(session.scalars(select(InboxMessage.for_lead).order_by(InboxMessage.accepted_at)))


def test_what_answers_the_question_is_for_the_lead_alone(office: Office) -> None:
    """That message, not the ones around it."""
    conversation_id = _asked(office)
    for text in (WORDS, "giay to"):
        office.clock.move(1)
        office.hear(text)
    office.answer_and_send(conversation_id)
    assert _for_lead(office) == [False, True, False]
    assert "It is kept." in office.sms.texts()


@pytest.mark.parametrize("text", ["1", "cuu em voi", "9", "XOA HET", "dung lai"])
def test_what_does_not_answer_it_is_for_those_on_duty(office: Office, text: str) -> None:
    """The way out, danger and whatever else is always heard."""
    conversation_id = _asked(office)
    office.hear(text)
    office.answer_and_send(conversation_id)
    assert _for_lead(office) == [False, False]


class Torn(Packs):
    """Packs that are torn when an answer is to be said."""

    def render_all(self, say: Say, language: str | None, facts: Facts) -> tuple[Rendered, ...]:
        """Nothing."""
        raise Unsayable


class Unsayable(Exception):
    """The answer cannot be said."""


def test_a_turn_that_fails_leaves_no_mark(office: Office) -> None:
    """The mark stands with the answer or not at all."""
    conversation_id = _asked(office)
    office.hear(WORDS)
    torn = replace(office.mind, packs=Torn({tag: office.mind.packs.pack(tag) for tag in ("vi", "en")}, {}))
    with pytest.raises(Unsayable):
        take_turn(office.stage.database, office.stage.vault, torn, conversation_id, office.clock(), uuid.uuid4)
    assert _for_lead(office) == [False, False]
    office.answer_and_send(conversation_id)
    assert _for_lead(office) == [False, True]


def test_erasing_takes_it_along(office: Office) -> None:
    """A complaint is nobody's property but theirs."""
    conversation_id = _asked(office)
    for text in (WORDS, "XOA HET"):
        office.hear(text)
        office.answer_and_send(conversation_id)
        office.clock.move(60)
    assert office.jobs.erase_due()[0] == 1
    assert office.stage.counts() == (0, 0, 0, 0)


def test_nothing_of_it_stands_in_a_log(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """Neither while it is answered nor while it is read, with every library at its most talkative."""
    caplog.set_level(logging.DEBUG)
    conversation_id = _asked(office)
    with capture_logs() as ours, caplog.at_level(logging.DEBUG, "sqlalchemy.engine"):
        office.hear(WORDS)
        office.answer_and_send(conversation_id)
        with office.stage.database.write() as session:
            (read,) = inbox.read_for_lead(session, office.stage.vault, "lead", None, office.clock(), office.jobs.new_id)
    assert read.text == WORDS
    assert caplog.records
    told = f"{ours} {caplog.text}"
    assert not [word for word in ("nang loi", "kẹo", "dừa") if word in told]
