"""The application without a server around it: every channel on, its carrier beside it, and a look behind the doors."""

import base64
import io
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse
from werkzeug.wrappers import Response

import app as application
from config import Config
from program import Program
from storage import erasing, inbox, migrations, models, outbox, people
from storage.database import Database
from storage.outbox import Claimed, OutboxMessage, Reply
from storage.people import Contact, Conversation
from tests.channels.bench import Carrier, Knock, Letter, Side, Told, facts, seal
from tests.channels.simulated import NOWHERE
from webhooks.channel import Channel

MASTER_KEY = base64.b64encode(b"hall" * 8).decode()
OURS = "Chào bạn, mình đây."
LATE = 900_000  # a version that no turn reaches: what the bench itself queues stands behind all else
TABLES = (
    models.Person,
    models.Contact,
    models.Conversation,
    models.InboxMessage,
    models.OutboxMessage,
    models.Seen,
    models.DoNotWrite,
    models.Errand,
)
"""Where anything of people may be kept."""


@dataclass(frozen=True)
class Hall:
    """All doors, their carriers, and what is behind them. `numbers` are for events and people, none used twice."""

    app: Flask
    carriers: Mapping[str, Carrier]
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def program(self) -> Program:
        """The parts behind the doors."""
        return application.program_of(self.app)

    def channel(self, side: Side) -> Channel:
        """The channel as the program connected it."""
        return self.program.channels[side.name]

    def carrier(self, side: Side) -> Carrier:
        """The channel's carrier."""
        return self.carriers[side.name]

    def somebody(self, side: Side) -> str:
        """The address of somebody who has never written."""
        return side.address(next(self.numbers))

    def letter(self, side: Side, what: str, address: str, text: str = "", at: datetime | None = None) -> Letter:
        """Something happens there, now."""
        return side.tell(what, next(self.numbers), address, text, at or datetime.now(UTC))

    # Knocking

    def post(
        self,
        side: Side,
        knock: Knock,
        *,
        method: str = "POST",
        path: str | None = None,
        is_told: bool = True,
        form: str | None = None,
    ) -> TestResponse:
        """Knock, byte for byte; whatever the answer, it must carry the headers of every answer.

        A size that is not told is that of a body in chunks.
        """
        overrides: dict[str, object] = {
            "PATH_INFO": path or f"/webhooks/{side.name}" + (f"/{knock.door}" if knock.door else ""),
            "QUERY_STRING": knock.query,
            "CONTENT_TYPE": knock.form if form is None else form,
            **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in knock.headers.items()},
        }
        body = knock.body
        if not is_told:
            overrides |= {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
            overrides["wsgi.input"] = io.BytesIO(body)
        answer = self.app.test_client().open("/", method=method, data=body, environ_overrides=overrides)
        check_headers(answer)
        return answer

    def call(self, side: Side, knock: Knock, door: str | None = None) -> int:
        """Knock as a server would, without a client in between: three times as fast. The status of the answer."""
        path = door if door is not None else f"/webhooks/{side.name}" + (f"/{knock.door}" if knock.door else "")
        environ = {
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": knock.query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_TYPE": knock.form,
            "CONTENT_LENGTH": str(len(knock.body)),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(knock.body),
            "wsgi.errors": io.StringIO(),
        }
        environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in knock.headers.items()}
        return Response.from_app(self.app.wsgi_app, environ).status_code

    def knock(self, side: Side, letter: Letter) -> int:
        """Its carrier tells us; the status of our answer."""
        return self.post(side, seal(side, letter)).status_code

    def write(self, side: Side, address: str, text: str = "xin chào") -> None:
        """Somebody writes, and it is kept."""
        assert self.knock(side, self.letter(side, "text", address, text)) == 200

    # What is behind the doors

    def rows(self) -> dict[str, int]:
        """How many rows each table has that may hold anything of people."""
        with self.program.database.read() as session:
            return {t.__tablename__: session.scalars(select(func.count()).select_from(t)).one() for t in TABLES}

    def contact(self, side: Side, address: str) -> Contact | None:
        """The contact with this address."""
        with self.program.database.read() as session:
            return people.find_contact(session, self.program.vault, facts(side).contact_kind, address)

    def conversation(self, side: Side, address: str) -> Conversation | None:
        """The conversation with this address on the side's channel."""
        contact = self.contact(side, address)
        with self.program.database.read() as session:
            here = (Conversation.contact_id == contact.id) if contact else None
            mine = select(Conversation).where(here, Conversation.channel == side.name) if here is not None else None
            return session.scalars(mine).one_or_none() if mine is not None else None

    def heard(self, side: Side, address: str) -> list[tuple[str, str]]:
        """What is kept of what they wrote: text and kind, in order of acceptance."""
        talk = self.conversation(side, address)
        if talk is None:
            return []
        with self.program.database.read() as session:
            key, row = self.program.vault.person_key(session, talk.person_id), models.InboxMessage
            rows = session.scalars(select(row).where(row.conversation_id == talk.id).order_by(row.accepted_at, row.id))
            kept = [inbox.unseal(key, message) for message in rows]
        return [(message.text, message.kind) for message in kept]

    def report(self, side: Side, told: Told, delivery: str) -> Letter:
        """The carrier speaks of a message of ours, now."""
        return side.report(next(self.numbers), told, delivery, datetime.now(UTC))

    def erase(self, side: Side, address: str) -> None:
        """They are erased, as if they had asked for it."""
        contact, program = self.contact(side, address), self.program
        assert contact is not None
        with program.database.write() as session:
            erasing.forget_person(session, program.vault, contact.person_id, datetime.now(UTC), uuid.uuid4)

    def is_blocked(self, side: Side, address: str) -> bool:
        """Whether they have shut the door."""
        contact = self.contact(side, address)
        if contact is None:
            return False
        with self.program.database.read() as session:
            here = (Conversation.contact_id == contact.id) & (Conversation.channel == side.name)
            talk = session.scalars(select(Conversation).where(here)).one_or_none()
            return talk is not None and talk.blocked_at is not None

    def send(self, side: Side, address: str) -> None:
        """Send what is due there."""
        talk = self.conversation(side, address)
        assert talk is not None
        self.program.jobs.send(talk.id)

    def turn(self, side: Side, address: str) -> list[str]:
        """Take the turn that is waiting; the kinds of what is said. Nothing may be left unanswered."""
        talk = self.conversation(side, address)
        assert talk is not None
        self.program.jobs.answer(talk.id)
        with self.program.database.read() as session:
            mine = models.InboxMessage.conversation_id == talk.id
            left = select(func.count()).where(mine, models.InboxMessage.answered_in.is_(None))
            assert session.scalars(left).one() == 0, "the turn failed"
        return [row.kind for row in self.told_rows(side, address)]

    def told_rows(self, side: Side, address: str) -> Sequence[OutboxMessage]:
        """Everything queued for this address, in order."""
        talk = self.conversation(side, address)
        with self.program.database.read() as session:
            mine = select(OutboxMessage).where(OutboxMessage.conversation_id == (talk.id if talk else None))
            return session.scalars(mine.order_by(OutboxMessage.position)).all()

    def row_of(self, told: Told) -> OutboxMessage | None:
        """A message of ours as it is kept."""
        with self.program.database.read() as session:
            return session.get(OutboxMessage, told.reference)

    def tell(self, side: Side, address: str, *, is_unsure: bool = False) -> Told:
        """Somebody writes, and one short message of ours is taken by the carrier, or may have been."""
        self.write(side, address)
        talk, program, now = self.conversation(side, address), self.program, datetime.now(UTC)
        assert talk is not None
        told = Told(uuid.uuid4(), side.provider_id(next(self.numbers)), address)
        with program.database.write() as session:
            key = program.vault.person_key(session, talk.person_id)
            outbox.queue(session, key, talk.id, talk.person_id, LATE, [Reply(OURS)], now, lambda: told.reference)
            session.flush()
            row = session.get_one(OutboxMessage, told.reference)
            message = outbox.claim(session, key, row, now)
            assert message is not None
            if is_unsure:
                outbox.settle(session, message, "unsure", now)
            else:
                assert outbox.note_sent(session, told.reference, now)
                outbox.note_provider_id(session, program.vault, side.name, told.reference, told.provider_id)
        return told


def claimed(text: str = OURS, buttons: tuple[tuple[str, str], ...] = ()) -> Claimed:
    """A message in a sender's hands."""
    now = datetime.now(UTC)
    return Claimed(uuid.uuid4(), UUID(int=1), "answer", text, buttons, now + timedelta(minutes=5), now, 1, 0)


def check_headers(answer: TestResponse) -> None:
    """Every answer of the program carries these, refusals too."""
    assert [name for name in application.HEADERS if name not in answer.headers] == []
    assert "Strict-Transport-Security" in answer.headers


def settings_of(side: Side, carrier: Carrier) -> dict[str, str]:
    """The settings that turn a channel on, with this carrier."""
    return {**side.secrets, **dict.fromkeys(side.urls, carrier.url + side.path)}


@contextmanager
def open_hall(url: str, sides: Sequence[Side]) -> Iterator[Hall]:
    """The application on an empty database, with the channels of these sides on."""
    database = Database(url)
    migrations.upgrade(database)
    database.close()
    with ExitStack() as ended:
        carriers = {side.name: ended.enter_context(side.open()) for side in sides}
        environment: dict[str, str] = {}
        for side in sides:
            environment |= settings_of(side, carriers[side.name])
        keys = (base64.b64decode(MASTER_KEY),)
        app = application.create_app(
            Config(database_url=url, master_keys=keys, secret_key="hall", public_url=NOWHERE, environment=environment)
        )
        hall = Hall(app, carriers)
        ended.callback(hall.program.database.close)
        yield hall
