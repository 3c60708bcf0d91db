"""One turn: everything a person wrote since we last spoke goes in, the answer comes out.

Read, think with no transaction open, commit if nobody moved the conversation on meanwhile; else think again. State,
answers and "answered" marks are committed together, so a turn happened or it did not.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from bot.engine import Effect, State
from bot.thinking import Mind, Scene, Spoken, Thought, think
from storage import erasing, errands, inbox, outbox, people
from storage.channels import Facts, facts_of
from storage.database import Database
from storage.ids import NewId
from storage.outbox import Reply
from storage.vault import Forgotten, Key, Vault

STALE = timedelta(minutes=10)
"""How long an answer may take before it becomes one neutral line (standards.md 4)."""

NEUTRAL_STALE = timedelta(hours=2)
"""How long the neutral line may take: after a longer outage nothing is said, at whatever hour it ends."""

LATE = timedelta(minutes=5)
"""From here on an answer begins with an apology for the delay."""

REDACT_AFTER = timedelta(seconds=5)
TRIES = 5


class Overtaken(Exception):
    """Others moved the conversation on under each of our tries; it will be looked at again."""


def take_turn(
    database: Database, vault: Vault, mind: Mind, conversation_id: UUID, now: datetime, new_id: NewId
) -> str | None:
    """Answer what is unanswered in a conversation, up to 50 messages; the channel, or None when there was nothing.

    Raises Overtaken, Unavailable.
    """
    return _turn(database, vault, mind, conversation_id, now, new_id, lambda scene: think(mind.on(now.date()), scene))


def hand_to_person(
    database: Database, vault: Vault, mind: Mind, conversation_id: UUID, now: datetime, new_id: NewId
) -> str | None:
    """Put a conversation whose turns keep failing into the queue as P0, and own up to it in one neutral line."""

    def give_up(scene: Scene) -> Thought:
        language = scene.state.language if scene.state else None
        return Thought(State(language=language, place=scene.place), [], [Effect("want_person", "P0")], sorry=True)

    return _turn(database, vault, mind, conversation_id, now, new_id, give_up, is_last_resort=True)


def _turn(
    database: Database,
    vault: Vault,
    mind: Mind,
    conversation_id: UUID,
    now: datetime,
    new_id: NewId,
    come_to: Callable[[Scene], Thought],
    is_last_resort: bool = False,
) -> str | None:
    for _ in range(TRIES):
        scene = _read(database, vault, conversation_id, now, is_last_resort)
        if scene is None:
            return None
        if _commit(database, vault, mind, scene, come_to(scene), now, new_id):
            return scene.facts.name
    raise Overtaken


def _read(database: Database, vault: Vault, conversation_id: UUID, now: datetime, is_last_resort: bool) -> Scene | None:
    with database.read() as session:
        conversation = session.get(people.Conversation, conversation_id)
        person = session.get(people.Person, conversation.person_id) if conversation else None
        if conversation is None or person is None or person.erase_by is not None:
            return None
        try:
            key = vault.person_key(session, conversation.person_id)
            address = people.address_of(session, vault, conversation.contact_id)
        except (Forgotten, NoResultFound):  # erased between two of these statements
            return None
        messages = inbox.unanswered(session, key, conversation_id)
        if not messages:
            return None
        facts = facts_of(conversation.channel)
        human_until = conversation.human_until
        with_human = human_until is not None and human_until > now
        state = _state_of(key, conversation, is_last_resort)
        if state is not None and human_until is not None and not with_human:
            # what was asked last, a human asked
            state = State(language=state.language, place=state.place, region=state.region)
        return Scene(
            id=conversation_id,
            person_id=conversation.person_id,
            version=conversation.version,
            facts=facts,
            state=state,
            place=_place_of(address, facts),
            heard_at=conversation.heard_at,
            last_fate=outbox.last_fate(session, conversation_id),
            messages=messages,
            with_human=with_human,
        )


def _state_of(key: Key, conversation: people.Conversation, is_last_resort: bool) -> State | None:
    try:
        kept = people.state_of(key, conversation)
        return State.from_json(kept) if kept else None
    except Exception:
        if is_last_resort:  # what made the turns fail, however it is broken, must not keep them from a person too
            return None
        raise


def _place_of(address: str, facts: Facts) -> str | None:
    """A Vietnamese number gets the Vietnamese choices at once; of anybody else we do not know where they are."""
    return "vn" if facts.contact_kind == "tel" and address.startswith("+84") else None


def _commit(
    database: Database, vault: Vault, mind: Mind, scene: Scene, thought: Thought, now: datetime, new_id: NewId
) -> bool:
    heard = scene.messages[: len(scene.messages) - thought.unheard]
    with database.write() as session:
        try:
            person = people.hold(session, scene.person_id)
        except people.Gone:
            return False
        if person.erase_by is not None:  # asked for on another channel since this was read
            return False
        key = vault.person_key(session, scene.person_id)
        state = people.seal_state(key, scene.id, thought.state.to_json())
        heard_at = heard[-1].written_at
        moved = people.move_on(
            session,
            scene.id,
            scene.version,
            state_sealed=state,
            heard_at=heard_at,
            failures=0,
            look_after=None,
            **({} if scene.with_human else {"human_until": None}),
        )
        if not moved:
            return False
        version = scene.version + 1
        _carry_out(session, scene, thought.effects, now)
        if thought.state.quiet:  # no good moment: what was about to be said, here or on another channel, is not
            outbox.take_back(session, outbox.OutboxMessage.person_id == scene.person_id, now)
        inbox.mark_answered(session, [message.id for message in heard], version)
        if thought.for_lead:
            inbox.keep_for_lead(session, list(thought.for_lead))
        if any(spoken.say.kind == "question" for spoken in thought.spoken):
            outbox.cancel_due(session, scene.id, kind="question")
        outbox.queue(session, key, scene.id, scene.person_id, version, _replies(mind, scene, thought, now), now, new_id)
        for message in heard:
            if message.copy_id is not None and scene.facts.keeps_copies:
                errands.add(session, vault, scene.facts.name, "redact", message.copy_id, now + REDACT_AFTER, new_id)
    return True


def _carry_out(session: Session, scene: Scene, effects: Sequence[Effect], now: datetime) -> None:
    for effect in effects:
        if effect.name == "want_person":
            people.wait_for_person(session, scene.id, effect.detail, now)
        elif effect.name == "stop":
            contact = people.contact_of(session, scene.id)
            people.stop_writing(session, contact.kind, contact.address_hash)
        elif effect.name == "erase":
            erasing.begin(session, scene.person_id, now)


def _replies(mind: Mind, scene: Scene, thought: Thought, now: datetime) -> list[Reply]:
    written_at = scene.messages[-1].written_at
    replies = [reply for spoken in thought.spoken for reply in _render(mind, spoken, scene.facts, written_at + STALE)]
    if any(reply.kind == "urgent" for reply in replies):
        # what is said together leaves together, in its order, before anything that waits
        replies = [reply if reply.kind == "farewell" else replace(reply, kind="urgent") for reply in replies]
    if replies and now - written_at > LATE and not thought.state.quiet:
        apology = mind.packs.neutral("delayed", thought.state.tongue)
        replies.insert(0, Reply(apology, kind="neutral", stale_at=written_at + STALE))
    if thought.sorry:
        late = mind.packs.neutral("late", thought.state.language)
        replies.append(Reply(late, kind="neutral", stale_at=now + NEUTRAL_STALE))
    return replies


def _render(mind: Mind, spoken: Spoken, facts: Facts, stale_at: datetime) -> list[Reply]:
    kind = spoken.say.kind
    rendered = mind.packs.render_all(spoken.say, spoken.language, facts)
    return [Reply(one.text, one.buttons, kind, None if kind == "farewell" else stale_at) for one in rendered]


def give_way(
    session: Session,
    vault: Vault,
    mind: Mind,
    conversation: people.Conversation,
    now: datetime,
    new_id: NewId,
    is_owed: bool = False,
) -> None:
    """What comes too late gives way to one neutral line, or to nothing in safe mode (standards.md 4).

    A neutral line that comes too late gives way to nothing. `is_owed` means that an answer was given up already.
    Nothing is said either when something else is on its way, when a turn has just moved the conversation on, while one
    of our people writes to them, or once they asked to be erased.
    """
    if not outbox.retire_stale(session, conversation.id, now) and not is_owed:
        return
    person = session.get_one(people.Person, conversation.person_id)
    if person.erase_by is not None or (conversation.human_until is not None and conversation.human_until > now):
        return
    key = vault.person_key(session, conversation.person_id)
    state = State.from_json(people.state_of(key, conversation))
    if state.quiet or outbox.is_open(session, conversation.id):
        return
    version = conversation.version  # moving on raises it in this session's copy too
    if people.move_on(session, conversation.id, version):
        line = Reply(mind.packs.neutral("late", state.language), kind="neutral", stale_at=now + NEUTRAL_STALE)
        place = (conversation.id, conversation.person_id, version + 1)
        outbox.queue(session, key, *place, [line], now, new_id)
