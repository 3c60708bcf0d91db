"""Every door opens to its own carrier only: whatever is not proven, not readable or too large is refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.channels.bench import FORM, Side, seal
from tests.channels.conftest import BENCH
from tests.channels.hall import Hall
from tests.channels.shapes import HUGE, WRONG, fits, paths, value_at, with_value, without
from webhooks.receiving import LONGEST_BODY

PROOFS: dict[str, Callable[[str], str | None]] = {
    "missing": lambda _: None,
    "empty": lambda _: "",
    "a blank": lambda _: " ",
    "a sign": lambda _: "=",
    "something else": lambda proof: "x" * len(proof),
    "not ASCII": lambda _: "\xff\xfe bí mật",
    "without its last letter": lambda proof: proof[:-1],
    "half of it": lambda proof: proof[: len(proof) // 2],
    "with a letter more": lambda proof: proof + "x",
    "twice": lambda proof: proof * 2,
    "two headers of it": lambda proof: f"{proof},{proof}",
    "with a NUL": lambda proof: f"{proof}\0",
}
BROKEN: tuple[bytes, ...] = (
    b"",
    b"{",
    b"\xff\xfe",
    b"\0",
    b'"',
    b"null",
    b"[]",
    b"7",
    b'"text"',
    b"{}x",
    b"%",
    b"&&=&=",
)
refused = pytest.mark.usefixtures("nothing_kept")


@refused
@pytest.mark.parametrize("name", PROOFS)
def test_a_wrong_proof_is_refused(side: Side, hall: Hall, name: str) -> None:
    """403, and nothing of it is looked at."""
    knock = seal(side, hall.letter(side, "text", hall.somebody(side), "xin chào"))
    shown = PROOFS[name](knock.headers[side.proof])
    others = {header: value for header, value in knock.headers.items() if header != side.proof}
    headers = others if shown is None else {**others, side.proof: shown}
    assert hall.post(side, replace(knock, headers=headers)).status_code == 403


@refused
def test_the_proof_of_another_account_is_none(side: Side, hall: Hall) -> None:
    """Everything is right but the secret."""
    letter = hall.letter(side, "text", hall.somebody(side), "xin chào")
    assert hall.post(side, seal(side, letter, secrets=side.stranger)).status_code == 403


@refused
def test_the_proof_of_another_request_is_none(side: Side, hall: Hall) -> None:
    """Whoever has seen one request cannot make another with it."""
    one, other = (seal(side, hall.letter(side, "text", hall.somebody(side), text)) for text in ("một", "hai"))
    assert hall.post(side, replace(one, headers=other.headers)).status_code == 403


@refused
def test_a_proof_opens_no_other_door(side: Side, hall: Hall) -> None:
    """Neither another of the same carrier, nor one of another carrier, nor one that never was."""
    knock = seal(side, hall.letter(side, "text", hall.somebody(side), "xin chào"))
    for door in ("status", "voice", "x", "%2e%2e", "status/x"):
        assert hall.post(side, replace(knock, door=door)).status_code in (403, 404), door
    for other in BENCH.sides:
        if other.name != side.name:
            assert hall.post(other, knock).status_code == 403, other.name
    for path in ("/webhooks/none", "/webhooks/", "/webhooks", f"/webhooks//{side.name}", f"/webhooks/{side.name}/"):
        assert hall.post(side, knock, path=path).status_code in (403, 404), path


@refused
def test_a_request_forged_in_the_carriers_own_way_is_refused(side: Side, hall: Hall) -> None:
    """What this kind of proof might let through; its side knows."""
    forged = list(side.forge(seal(side, hall.letter(side, "text", hall.somebody(side), "xin chào"))))
    for how, knock in forged:
        assert hall.post(side, knock).status_code in (400, 403), how
    assert forged


@refused
def test_an_old_request_is_refused(side: Side, hall: Hall) -> None:
    """Its proof is right, and yet it was made so long ago that only a thief would bring it now."""
    address, old = hall.somebody(side), datetime.now(UTC) - timedelta(days=3)
    letter = hall.letter(side, "text", address, "xin chào", old)
    assert hall.post(side, seal(side, letter, at=old)).status_code == 403


@refused
def test_a_request_from_the_future_is_refused(side: Side, hall: Hall) -> None:
    """Made with a stolen clock, it would be good for ever."""
    address, late = hall.somebody(side), datetime.now(UTC) + timedelta(days=3)
    letter = hall.letter(side, "text", address, "xin chào", late)
    assert hall.post(side, seal(side, letter, at=late)).status_code == 403


@refused
def test_a_text_without_a_vital_field_keeps_nothing(side: Side, hall: Hall) -> None:
    """It is the carrier's own, and yet cannot be kept; it may be acknowledged all the same."""
    letter = hall.letter(side, "text", hall.somebody(side), "xin chào")
    for path in side.vital:
        bare = replace(letter, payload=without(letter.payload, path))
        assert hall.knock(side, bare) in (200, 400, 403), path


@refused
def test_a_text_with_a_vital_field_of_another_type_keeps_nothing(side: Side, hall: Hall) -> None:
    """An address that is no address would be a person that nobody can be."""
    letter = hall.letter(side, "text", hall.somebody(side), "xin chào")
    for path in side.vital:
        right = type(value_at(letter.payload, path))
        for value in [""] if side.form == FORM else [value for value in WRONG if type(value) is not right]:
            bent = replace(letter, payload=with_value(letter.payload, path, value))
            assert hall.knock(side, bent) in (200, 400, 403), (path, value)


def test_a_text_without_any_one_field_breaks_no_door(side: Side, hall: Hall) -> None:
    """Each field in turn: carriers leave out what they have promised."""
    for what in ("text", *side.kinds):
        letter = hall.letter(side, what, hall.somebody(side), "xin chào")
        for path in paths(letter.payload):
            assert hall.knock(side, replace(letter, payload=without(letter.payload, path))) in (200, 400, 403), path


def test_a_field_of_any_type_breaks_no_door(side: Side, hall: Hall) -> None:
    """Each field in turn, of each type that there is; and a turn bears what was kept of it."""
    address = hall.somebody(side)
    letter = hall.letter(side, "text", address, "xin chào")
    for path in paths(letter.payload):
        for value in WRONG:
            bent = with_value(hall.letter(side, "text", address, "xin chào").payload, path, value)
            if side.form != FORM or fits(bent):
                assert hall.knock(side, replace(letter, payload=bent)) in (200, 400, 403), (path, value)
    if hall.conversation(side, address):
        hall.turn(side, address)


def test_a_number_beyond_all_bounds_breaks_no_door(side: Side, hall: Hall) -> None:
    """Each field in turn: too large for the database, for a date, for a float; digits that are none of ours."""
    address = hall.somebody(side)
    letter = hall.letter(side, "text", address, "xin chào")
    for path in paths(letter.payload):
        for value in HUGE:
            bent = with_value(letter.payload, path, value)
            if side.form != FORM or fits(bent):
                assert hall.knock(side, replace(letter, payload=bent)) in (200, 400, 403), (path, value)


@refused
def test_what_is_no_payload_keeps_nothing(side: Side, hall: Hall) -> None:
    """Proven by the carrier, and yet not to be read: 400 or a shrug, never a failure."""
    letter = hall.letter(side, "text", hall.somebody(side), "xin chào")
    for body in BROKEN:
        assert hall.post(side, seal(side, letter, body=body)).status_code in (200, 400, 403), body


@refused
def test_json_too_deep_to_read_is_refused(side: Side, hall: Hall) -> None:
    """A reader that descends into it would fall."""
    letter = hall.letter(side, "text", hall.somebody(side), "xin chào")
    for body in (b"[" * 100_000, b'{"a":' * 100_000, b"[" * 50_000 + b"]" * 50_000):
        assert hall.post(side, seal(side, letter, body=body)).status_code in (400, 403)


def test_a_field_said_twice_makes_no_second_message(side: Side, hall: Hall) -> None:
    """Two readers may believe two different ones: such a request is refused, or read in one way only."""
    address = hall.somebody(side)
    letter = hall.letter(side, "text", address, "xin chào")
    assert hall.knock(side, letter) == 200
    body = seal(side, letter).body
    twice = body + b"&" + body if side.form == FORM else body[:-1] + b"," + body[1:]
    assert hall.post(side, seal(side, letter, body=twice)).status_code in (200, 400, 403)
    assert len(hall.heard(side, address)) == 1


@pytest.mark.parametrize("form", ["text/plain", "multipart/form-data; boundary=x", "", "application/xml", "x" * 4_000])
def test_another_content_type_breaks_no_door(side: Side, hall: Hall, form: str) -> None:
    """What is no form has no fields, and none was signed; JSON is read whatever it calls itself, or not at all."""
    address = hall.somebody(side)
    knock = seal(side, hall.letter(side, "text", address, "xin chào"))
    status = hall.post(side, knock, form=form).status_code
    assert status in ((403,) if side.form == FORM else (200, 400, 403, 415))
    assert len(hall.heard(side, address)) == (status == 200)


@refused
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_door_opens_only_to_post(side: Side, hall: Hall, method: str) -> None:
    """By GET texts would stand in addresses, and addresses in logs."""
    knock = seal(side, hall.letter(side, "text", hall.somebody(side), "xin chào"))
    for door in ("", "status"):
        status = hall.post(side, replace(knock, door=door), method=method).status_code
        assert status == (200 if method == "OPTIONS" else 405)


@refused
@pytest.mark.parametrize("is_told", [True, False], ids=["told", "in pieces"])
def test_a_body_over_one_mebibyte_is_refused(side: Side, hall: Hall, is_told: bool) -> None:
    """413 before anything else is, whether its size was told or is found out; the proof is not even looked at."""
    letter = hall.letter(side, "text", hall.somebody(side), "xin chào")
    for size in (LONGEST_BODY + 1, LONGEST_BODY * 3):
        proven = seal(side, letter, body=grow(side, hall, size))
        for knock in (proven, replace(proven, headers={})):
            assert hall.post(side, knock, is_told=is_told).status_code == 413


def test_a_body_of_exactly_one_mebibyte_is_taken(side: Side, hall: Hall) -> None:
    """The bound is the last that may pass; from there on the proof decides."""
    address = hall.somebody(side)
    body = grow(side, hall, LONGEST_BODY, address)
    letter = hall.letter(side, "text", address)
    assert hall.post(side, seal(side, letter, body=body, secrets=side.stranger)).status_code == 403
    assert hall.post(side, seal(side, letter, body=body)).status_code == 200
    assert [set(text) for text, _ in hall.heard(side, address)] == [{"a"}]


def grow(side: Side, hall: Hall, size: int, address: str | None = None) -> bytes:
    """The body of a text that is exactly so many bytes long."""
    number, at, who = next(hall.numbers), datetime.now(UTC), address or hall.somebody(side)
    rest = len(seal(side, side.tell("text", number, who, "", at)).body)
    body = seal(side, side.tell("text", number, who, "a" * (size - rest), at)).body
    assert len(body) == size
    return body
