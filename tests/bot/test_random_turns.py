"""Thousands of made-up turns, by what a turn really does: whatever is typed, nothing is said that must not be.

TURNS_WALKED is how many (2,000), half of them with every fact expired; TURNS_SEED is what they are made from (1).
"""

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from random import Random
from uuid import UUID

import pytest

from bot.book import Book, Step, Told
from bot.checks.lines import Line
from bot.checks.sentences import check_warnings, check_words
from bot.packs import MOST_SEGMENTS, Packs
from bot.state import State
from bot.thinking import Mind, Scene, Thought, think
from storage.inbox import Message
from storage.sms import segments
from tests.bot.chatter import Chatter
from tests.bot.talk import SMS

TURNS, SEED = int(os.environ.get("TURNS_WALKED", "2000")), os.environ.get("TURNS_SEED", "1")
TURNS_OF_ONE = 25  # then somebody else writes
MOST_MESSAGES = 8  # of ours in one turn
TELEPHONE = re.compile(r"\d{3}")
OPTION = re.compile(r"\d ")
NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)


class Conversations:
    """Made-up people, one after the other, on a Book as it is told on a day."""

    def __init__(self, book: Book, packs: Packs, seed: str, today: date) -> None:
        self.mind = Mind(book, packs).on(today)
        self.lapsed = today == date.max
        self.chance = Random(seed)
        self.chatter = Chatter(book, packs, self.chance)
        self.read: set[tuple[str, str, str]] = set()

    def take(self, turns: int) -> None:
        """So many turns. AssertionError with the seed's own words for the first that is not as it must be."""
        place, state, at = None, State(), NOON
        for number in range(turns):
            if number % TURNS_OF_ONE == 0:
                place, at = self.chance.choice((None, "vn", "abroad")), NOON
                state = State(place=place)
            message = self.chatter.message(state, at)
            thought = self._think(place, state, at, message)
            self._check(thought, f"turn {number}: {message.text!r} ({message.kind} {message.about}) at {state}")
            state, at = thought.state, message.written_at
            nine = self._think(place, state, at, Message(message.id, "9", "text", None, at, None))
            assert "want_person" in {effect.name for effect in nine.effects}, (state, "9")

    def _think(self, place: str | None, state: State, heard_at: datetime, message: Message) -> Thought:
        kept = State.from_json(json.loads(json.dumps(state.to_json())))
        scene = Scene(UUID(int=1), UUID(int=2), 0, SMS, kept, place, heard_at, None, (message,))
        return think(self.mind, scene)

    def _check(self, thought: Thought, turn: str) -> None:
        book, packs = self.mind.book, self.mind.packs
        assert 1 <= len(thought.spoken) <= MOST_MESSAGES, turn
        if "erase" not in {effect.name for effect in thought.effects}:
            standing = book.find(thought.state.at) if thought.state.at else None
            assert standing is not None, turn
            assert standing.ask, turn
        for spoken in thought.spoken:
            say, language = spoken.say, spoken.language
            texts = [one.text for one in packs.render_all(say, language, SMS)]
            assert texts, turn
            for text in texts:
                self._read(f"{say.flow}.{say.step}", language, text, bool(say.options), turn)

    def _read(self, place: str, language: str | None, text: str, asks: bool, turn: str) -> None:
        if (place, language or "", text) in self.read:
            return
        self.read.add((place, language or "", text))
        assert text.strip(), turn
        assert segments(text) <= MOST_SEGMENTS, (turn, text)
        assert not (self.lapsed and TELEPHONE.search(text)), (turn, text)
        packs = self.mind.packs
        tags = (language.partition("@")[0],) if language else packs.opening()
        lines = [Line(place, tag, text, "label") for tag in tags]
        question = "\n".join(line for line in text.splitlines() if not OPTION.match(line))
        for line in lines:
            asked = replace(line, text=question, kind="asked" if asks else "told")
            assert list(check_words(self.mind.book, packs.pack(line.tag), [line, asked])) == [], turn
        # Before a language is known a long message goes out in the first of them alone, its warning too.
        assert any(not list(check_warnings(packs, [line])) for line in lines), turn


@pytest.mark.parametrize("today", [NOON.date(), date.max], ids=["with the facts", "with every fact expired"])
def test_whatever_is_typed_the_answer_is_one_that_may_be_given(book: Book, packs: Packs, today: date) -> None:
    """No exception, never silence, a question stands, 9 brings a person, nothing forbidden is said or asked.

    Expired facts take their telephone numbers with them: a wrong number is worse than none.
    """
    Conversations(book, packs, f"{SEED} {today}", today).take(TURNS // 2)


def _told(step: Step, text: str) -> Step:
    return replace(step, say=(Told(text),))


@pytest.mark.parametrize(
    ("change", "today"),
    [
        (lambda step: _told(step, "You are a victim."), NOON.date()),
        (lambda step: _told(step, "What is your name?"), NOON.date()),
        (lambda step: _told(step, "Call 111."), NOON.date()),
        (lambda step: _told(step, "ă" * 202), NOON.date()),
        (lambda step: _told(step, "Call 1900 1234."), date.max),
        (lambda step: replace(step, say=()), NOON.date()),
    ],
)
def test_a_turn_that_must_not_be_is_noticed(
    book: Book, packs: Packs, change: Callable[[Step], Step], today: date
) -> None:
    """What the limit of understanding says is met in nearly every conversation."""
    miss = book.flows["miss"]
    steps = {name: change(step) if name == "first" else step for name, step in miss.steps.items()}
    steps["first"] = replace(steps["first"], then="back" if steps["first"].say else "wait")
    broken = replace(book, flows={**book.flows, "miss": replace(miss, steps=steps)})
    with pytest.raises(AssertionError):
        Conversations(broken, packs, SEED, today).take(600)
