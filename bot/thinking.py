"""What a turn comes to: everything a person wrote since we last spoke goes in, what is still true at the end comes out.

Pure: no clock, no store, no network.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from bot.dialogue import Book
from bot.engine import Effect, Heard, Say, State, Stepped, ask_again, step
from bot.listen import listen
from bot.packs import Packs
from storage.channels import Facts
from storage.inbox import Message

SILENCE = timedelta(minutes=30)
"""After so long somebody else may hold the phone: the next message starts as new (standards.md 4), and a greeting in
somebody's own language would tell as much as a topic."""

ALWAYS_SAID = ("urgent", "farewell")
STILL_TRUE_LATER = (*ALWAYS_SAID, "answer")

HEARD_BESIDE_A_HUMAN = ("danger", "self_harm", "stop", "erase_now", "erase_ask")
"""What the bot answers even while one of our people writes to them: it may be quicker, and these must never wait."""


@dataclass(frozen=True)
class Mind:
    """What the bot knows by heart: the dialogue and the language packs."""

    book: Book
    packs: Packs

    def on(self, today: date) -> "Mind":
        """What may be said on this day: without the facts that have expired."""
        return replace(self, book=self.book.told_on(today))


@dataclass(frozen=True)
class Scene:
    """A conversation as a turn finds it.

    `last_fate` is how our newest message ended; `place` comes from the number; `with_human` means that one of our
    people is writing to them, so that only an alarm is answered.
    """

    id: UUID
    person_id: UUID
    version: int
    facts: Facts
    state: State | None
    place: str | None
    heard_at: datetime | None
    last_fate: str | None
    messages: Sequence[Message]
    with_human: bool = False


@dataclass(frozen=True)
class Spoken:
    """Something to say, in the language of the moment it was thought of, with its regional variant ("vi@south")."""

    say: Say
    language: str | None


@dataclass(frozen=True)
class Thought:
    """What a turn came to.

    It ends with the message that asks for erasing: `unheard` messages after that one are somebody new's. `sorry` adds
    the neutral line of a late answer. `for_lead` are the ids of messages that are for the safeguarding lead alone.
    """

    state: State
    spoken: Sequence[Spoken]
    effects: Sequence[Effect]
    unheard: int = 0
    sorry: bool = False
    for_lead: Sequence[UUID] = ()


def think(mind: Mind, scene: Scene) -> Thought:
    """Step through all messages in order and keep what is still true at the end. No clock, no store, no network."""
    state, heard_at, fate = scene.state or State(place=scene.place), scene.heard_at, scene.last_fate
    steps: list[tuple[Stepped, str | None]] = []
    for_lead: list[UUID] = []
    unheard = list(scene.messages)
    while unheard:
        message = unheard.pop(0)
        silent = heard_at is not None and message.written_at - heard_at > SILENCE
        if silent or state.quiet:
            state, fate = State(place=scene.place), None
        heard = listen(mind.book, mind.packs, state, message.text, kind=message.kind, about=message.about)
        if scene.with_human and not _must_be_heard(mind.book, state, heard):
            heard_at = message.written_at
            continue
        outcome = ask_again(mind.book, state) if _never_saw(state, heard, fate) else step(mind.book, state, heard)
        state, heard_at, fate = outcome.state, message.written_at, None
        steps.append((outcome, state.tongue))
        if _does(outcome, "feedback"):
            for_lead.append(message.id)
        if _does(outcome, "erase"):
            break
    effects = [effect for outcome, _ in steps for effect in outcome.effects]
    return Thought(state, _still_true(steps), effects, unheard=len(unheard), for_lead=for_lead)


def _must_be_heard(book: Book, state: State, heard: Heard) -> bool:
    """What the bot answers beside one of our people: what must never wait, and answers to what it asked about that."""
    asked_by = {book.alarms[name][0] for name in HEARD_BESIDE_A_HUMAN}
    is_answer = heard.choice is not None and state.at is not None and state.at[0] in asked_by
    return is_answer or heard.alarm in HEARD_BESIDE_A_HUMAN


def _never_saw(state: State, heard: Heard, fate: str | None) -> bool:
    """Whether the standing question should be asked again instead of taking this for its answer.

    It was never sent (stale), or it may not have been (unsure) and the message does not answer it.
    """
    if state.at is None or heard.alarm or heard.intent or heard.topic or heard.about:
        return False
    return fate == "stale" or (fate == "unsure" and heard.choice is None)


def _still_true(steps: Sequence[tuple[Stepped, str | None]]) -> list[Spoken]:
    """Answers and danger replies of every step, questions only of the last; in safe mode only what is urgent."""
    spoken: list[Spoken] = []
    for number, (outcome, language) in enumerate(steps, start=1):
        kept: tuple[str, ...] = STILL_TRUE_LATER
        if any(later.state.quiet or _does(later, "erase") for later, _ in steps[number:]):
            kept = ALWAYS_SAID
        for say in outcome.says:
            line = Spoken(say, language)
            if (number == len(steps) or say.kind in kept) and line not in spoken:
                spoken.append(line)
    return spoken


def _does(outcome: Stepped, effect: str) -> bool:
    return any(done.name == effect for done in outcome.effects)
