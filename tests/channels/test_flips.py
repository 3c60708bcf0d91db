"""Every flipped bit that changes what was signed, or the proof itself, is refused, on every channel."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from urllib.parse import parse_qsl

import pytest

from tests.channels.bench import FORM, Knock, Letter, Side, seal
from tests.channels.hall import Hall
from tests.channels.texts import TEXTS

pytestmark = pytest.mark.usefixtures("quiet")

PAYLOADS = 20
MASKS = (0x01, 0x20, 0x80)


def letters(side: Side, hall: Hall) -> Iterator[Letter]:
    """What a carrier tells, of every kind: recorded payloads, each of somebody else."""
    told = hall.tell(side, hall.somebody(side))
    for delivery in side.deliveries:
        yield hall.report(side, told, delivery)
    for kind in side.kinds:
        yield hall.letter(side, kind, hall.somebody(side), "cứu tôi với")
    short = [text for text in TEXTS.values() if len(text) < 100]
    for place in range(PAYLOADS):
        yield hall.letter(side, "text", hall.somebody(side), short[place % len(short)])


def knocks(side: Side, hall: Hall) -> list[Knock]:
    """Twenty of them, as the carrier sends them."""
    return [seal(side, letter) for letter, _ in zip(letters(side, hall), range(PAYLOADS), strict=False)]


def flip(text: bytes, place: int, mask: int) -> bytes:
    """The same bytes with one of them changed."""
    return text[:place] + bytes([text[place] ^ mask]) + text[place + 1 :]


def flips(text: bytes, masks: tuple[int, ...] = MASKS) -> Iterator[bytes]:
    """Every byte changed in its turn."""
    return (flip(text, place, mask) for place in range(len(text)) for mask in masks)


def signed_part(side: Side, body: bytes) -> object:
    """What the proof is made over: of a form its fields, so that the case of a hex digit (%C3) does not count."""
    return parse_qsl(body.decode("latin-1"), keep_blank_values=True) if side.form == FORM else body


def test_a_changed_byte_of_what_was_signed_is_refused(side: Side, hall: Hall) -> None:
    """Twenty payloads, each of their bytes; the first with three flips, the others with one by chance."""
    made, chance, before = knocks(side, hall), Random(7), hall.rows()
    for place, knock in enumerate(made):
        signed, refused = signed_part(side, knock.body), 0
        for body in flips(knock.body, MASKS if place == 0 else (chance.choice(MASKS),)):
            if signed_part(side, body) != signed:
                assert hall.call(side, replace(knock, body=body)) == 403, body
                refused += 1
        assert refused > 0.9 * len(knock.body)
    assert hall.rows() == before
    assert {hall.call(side, knock) for knock in made} == {200}, "unchanged, each of them is taken"


def test_a_changed_byte_of_the_proof_is_refused(side: Side, hall: Hall) -> None:
    """Every byte of every header that proves, the last one too, and those that are not ASCII any more."""
    made, before = knocks(side, hall), hall.rows()
    for knock in made:
        for name, value in knock.headers.items():
            for changed in flips(value.encode("latin-1")):
                headers = {**knock.headers, name: changed.decode("latin-1")}
                assert hall.call(side, replace(knock, headers=headers)) == 403, (name, changed)
    assert hall.rows() == before


def test_a_changed_byte_of_the_address_opens_nothing(side: Side, hall: Hall) -> None:
    """Another path is another door, or none; a query belongs to what was signed."""
    made, before = knocks(side, hall), hall.rows()
    for knock in made[:4]:
        path = f"/webhooks/{side.name}" + (f"/{knock.door}" if knock.door else "")
        for changed in flips(path.encode()):
            assert hall.call(side, knock, changed.decode("latin-1")) in (403, 404), changed
        for changed in flips(knock.query.encode()):
            assert hall.call(side, replace(knock, query=changed.decode("latin-1"))) == 403, changed
    assert hall.rows() == before


@pytest.mark.parametrize("place", [0, -1])
def test_a_secret_that_differs_in_one_byte_signs_nothing(side: Side, hall: Hall, place: int) -> None:
    """The first and the last count like all others."""
    letter, before = hall.letter(side, "text", hall.somebody(side), "xin chào"), hall.rows()
    proof = seal(side, letter).headers
    for name, value in side.secrets.items():
        raw = value.encode()
        changed = flip(raw, place % len(raw), 0x01).decode()
        knock = seal(side, letter, secrets={**side.secrets, name: changed})
        if knock.headers[side.proof] != proof[side.proof]:
            assert hall.call(side, knock) == 403, name
    assert hall.rows() == before
