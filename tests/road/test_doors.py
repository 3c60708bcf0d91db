"""The doors as a whole, and what only one carrier's door does; what all of them do is tried in tests/channels."""

import json
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

import app as application
from storage import people
from storage.models import InboxMessage, OutboxMessage
from tests.road.doors import (
    FORM,
    MASKS,
    OTHER,
    RECEIPT,
    SECRET,
    SMS,
    STATUS,
    TELEGRAM,
    UPDATE,
    Doors,
    check_headers,
    config_for,
    fields_of,
    flip,
    open_doors,
    sign,
)
from tests.road.line import Line, running_line


@pytest.fixture(scope="module")
def shared_doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """Doors on SQLite; somebody has written before, so that everything behind them has been made."""
    with open_doors(f"sqlite:///{tmp_path_factory.mktemp('doors') / 'nhipcau.db'}") as opened:
        assert opened.update(json.dumps({**UPDATE, "update_id": 1}).encode(), SECRET) == 200
        yield opened


@pytest.fixture
def doors(shared_doors: Doors) -> Doors:
    """The shared doors, quiet: thousands of refusals are not worth a line each."""
    return shared_doors


@pytest.fixture
def nothing_kept(doors: Doors) -> Iterator[None]:
    """The test must not leave a row behind."""
    before = doors.rows()
    yield
    assert doors.rows() == before


def test_a_flipped_byte_of_a_receipt_or_its_address_is_refused(doors: Doors) -> None:
    """The status door is proven like the other; our own id in its address is signed too."""
    form = {**FORM, "MessageSid": "SM" + "1" * 32, "From": OTHER}
    assert doors.sms(urlencode(form).encode(), sign(SMS, form)) == 200
    program = application.program_of(doors.app)
    with doors.books.database.read() as session:
        contact = people.find_contact(session, program.vault, "tel", OTHER)
        assert contact is not None
        mine = InboxMessage.person_id == contact.person_id
        conversation = session.scalars(select(InboxMessage.conversation_id).where(mine)).one()
    program.jobs.answer(conversation)
    with doors.books.database.read() as session:
        told = OutboxMessage.conversation_id == conversation
        query = f"m={session.scalars(select(OutboxMessage.id).where(told)).one()}"
    body, signature = urlencode(RECEIPT).encode(), sign(f"{STATUS}?{query}", RECEIPT)
    fields = fields_of(body)
    for mask in MASKS:
        for place in range(len(body)):
            flipped = flip(body, place, mask)
            if fields_of(flipped) != fields:
                assert doors.sms(flipped, signature, STATUS, query) == 403
        for place in range(len(query)):
            other = flip(query.encode(), place, mask).decode("latin-1")
            assert doors.sms(body, signature, STATUS, other) == 403, other
        for place in range(len(STATUS)):
            path = flip(STATUS.encode(), place, mask).decode("latin-1")
            assert doors.sms(body, signature, path, query) in (403, 404), path
    assert [told.delivery for told in doors.books.talk("twilio", OTHER).told] == [None]
    assert doors.sms(body, signature, STATUS, query) == 200
    assert [told.delivery for told in doors.books.talk("twilio", OTHER).told] == ["delivered"]


def broken_updates() -> list[bytes]:
    """What the right secret may bring and no Telegram would send."""
    message = UPDATE["message"]
    assert isinstance(message, dict)
    wrong: list[object] = [
        [],
        "text",
        7,
        None,
        {},
        {"update_id": "one"},
        {**UPDATE, "update_id": 10**30},
        {**UPDATE, "update_id": -1},
        {**UPDATE, "message": []},
        {**UPDATE, "message": {**message, "chat": None}},
        {**UPDATE, "message": {**message, "chat": {"id": 1}}},
        {**UPDATE, "message": {**message, "date": "yesterday"}},
        {**UPDATE, "message": {**message, "date": 10**20}},
        {**UPDATE, "message": {**message, "text": 5}},
        {**UPDATE, "message": {**message, "text": {"a": 1}}},
        {"update_id": 5, "callback_query": {"id": "1"}},
        {"update_id": 5, "my_chat_member": {"chat": 1}},
    ]
    return [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"null", *(json.dumps(update).encode() for update in wrong)]


@pytest.mark.parametrize("body", broken_updates(), ids=lambda body: body[:40].decode("latin-1"))
@pytest.mark.usefixtures("nothing_kept")
def test_a_proven_update_that_cannot_be_understood_keeps_nothing(doors: Doors, body: bytes) -> None:
    """Never 500, and nothing of it is kept for a turn to stumble over.

    What is JSON is taken all the same: refused, Telegram would repeat it for a day and slow the bot down for everybody.
    """
    assert doors.update(body, SECRET) == (200 if is_json(body) else 400)


def is_json(body: bytes) -> bool:
    """Whether it can be read at all, at a depth that a reader bears."""
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


@pytest.mark.parametrize(
    ("path", "query", "form"),
    [
        (SMS, "", {}),
        (SMS, "", {**FORM, "From": ""}),
        (SMS, "", {**FORM, "MessageSid": ""}),
        (STATUS, "", {**RECEIPT, "MessageStatus": "teleported"}),
        (STATUS, "", {**RECEIPT, "MessageSid": ""}),
        (STATUS, "m=not-an-id", RECEIPT),
    ],
)
@pytest.mark.usefixtures("nothing_kept")
def test_a_proven_form_that_cannot_be_read_is_400(doors: Doors, path: str, query: str, form: dict[str, str]) -> None:
    """The carrier's own request, and yet not one we know."""
    address = f"{path}?{query}" if query else path
    assert doors.sms(urlencode(form).encode(), sign(address, form), path, query) == 400


def test_a_receipt_for_a_message_we_do_not_have_is_taken_and_dropped(doors: Doors) -> None:
    """It may be of somebody who was erased: the carrier must not repeat it."""
    query = "m=11111111-2222-4333-8444-555555555555"
    signature = sign(f"{STATUS}?{query}", RECEIPT)
    assert doors.sms(urlencode(RECEIPT).encode(), signature, STATUS, query) == 200
    assert doors.sms(urlencode(RECEIPT).encode(), sign(STATUS, RECEIPT), STATUS) == 200


def test_a_channel_that_is_off_and_one_that_never_was_have_no_door(doors: Doors) -> None:
    """404 for both: without secrets nothing could be proven."""
    for path in ("/webhooks/zalo", "/webhooks/none", "/webhooks/", "/webhooks", "/webhooks/twilio/status/x"):
        assert doors.post(path, b"", None).status_code == 404


@pytest.mark.parametrize("try_it", [False, True])
def test_every_route_is_declared_public_or_refused(sqlite_url: str, try_it: bool) -> None:
    """Nothing is public unless app.PUBLIC says so and why; a route that somebody only adds stays shut."""
    app = application.create_app(config_for(sqlite_url, try_it=try_it))
    app.add_url_rule("/added-without-a-word", "added", lambda: "secret")
    for rule in app.url_map.iter_rules():
        declared = rule.endpoint in application.PUBLIC or rule.endpoint.partition(".")[0] in application.PUBLIC
        assert declared != (rule.endpoint == "added"), rule
    answer = app.test_client().get("/added-without-a-word")
    check_headers(answer)
    assert answer.status_code == 404


def test_the_page_to_try_it_exists_only_where_it_was_asked_for(doors: Doors) -> None:
    """TRY_IT=1 turns the phone on; otherwise there is nothing at its address."""
    assert doors.client.get("/try").status_code == 404
    assert doors.client.get("/try/").status_code == 404


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """The real server, for what it does with a request before the application sees it."""
    folder = tmp_path_factory.mktemp("server")
    with running_line(f"sqlite:///{folder / 'nhipcau.db'}", folder) as line:
        line.start()
        yield line


def knock(server: Line, head: str, pieces: Iterable[bytes]) -> tuple[int, str]:
    """Send a request as raw bytes until it is over or refused; the status and the head of the answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=15) as connection:
        connection.sendall(f"POST {TELEGRAM} HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode())
        with suppress(ConnectionError):
            for piece in pieces:
                connection.sendall(piece)
        answer = connection.recv(4096).decode("latin-1")
    return int(answer.split()[1]), answer


def test_the_server_refuses_a_large_body_whether_its_size_is_told_or_not(server: Line) -> None:
    """A told size is refused before a byte is read; in pieces without a size, as soon as there are too many."""
    secret = f"X-Telegram-Bot-Api-Secret-Token: {server.environment['TELEGRAM_SECRET']}"
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    told = knock(server, f"{secret}\r\nContent-Length: 1048577", [])
    in_pieces = knock(server, f"{secret}\r\nTransfer-Encoding: chunked", [*[piece] * 17, b"0\r\n\r\n"])
    for status, answer in (told, in_pieces):
        assert status == 413
        assert all(f"{name}: {value}" in answer for name, value in application.HEADERS.items())
    small = knock(server, f"{secret}\r\nTransfer-Encoding: chunked", [b"2\r\n{}\r\n0\r\n\r\n"])
    assert small[0] == 200, "a small one in pieces is read"


def test_a_secret_said_twice_is_refused_by_the_server(server: Line) -> None:
    """Two headers of one name arrive joined, and joined they are no secret."""
    secret = f"X-Telegram-Bot-Api-Secret-Token: {server.environment['TELEGRAM_SECRET']}"
    body = json.dumps(UPDATE).encode()
    status, _ = knock(server, f"{secret}\r\n{secret}\r\nContent-Length: {len(body)}", [body])
    assert status in (400, 403)
