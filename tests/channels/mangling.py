"""Malformed webhooks by the thousand: recorded ones, mangled in bytes, structure, headers and query.

Each is made from a seed of its own, so that one that broke something can be made again.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from tests.channels.bench import FORM, Knock, Letter, Side, seal, write
from tests.channels.hall import Hall
from tests.channels.shapes import HUGE, WRONG, paths, value_at, with_value, without
from tests.channels.texts import TEXTS

ODD_TEXTS = (*TEXTS.values(), "", "\ud800", "0", "null", "../../etc/passwd", "%s%n", "a" * 5_000)
WAYS = ("structure", "structure", "structure", "bytes", "bytes", "headers", "address")
ODD_HEADERS = {
    "Content-Encoding": ("gzip", "br", "x"),
    "Transfer-Encoding": ("chunked", "gzip, chunked"),
    "Content-Length": ("0", "1", "-1", "x", "99999999999999999999"),
    "X-Forwarded-For": ("1.2.3.4, \xff", "a" * 9_000),
    "Host": ("evil.example", "", "[::1"),
    "Cookie": ("session=x; " * 50,),
    "Expect": ("100-continue",),
    "Range": ("bytes=0-",),
    "X-HTTP-Method-Override": ("DELETE",),
}
ODD_BYTES = (b"\0", b"\xed\xa0\x80", b"\xff", b'"', b"}", b"&", b"=", b"%")
ODD_FORMS = (
    *("", "text/plain", "multipart/form-data; boundary=x", "multipart/form-data", "application/json; charset=utf-7"),
    *("application/x-www-form-urlencoded; charset=utf-16", "application/octet-stream", "x/\xff", ";;;", "a" * 3_000),
)
ODD_QUERIES = ("m=1", "m=%00", "%", "a=b&a=c", "m=" + "9" * 5_000, "\xff", "m=11111111-2222-4333-8444-555555555555")


def recorded(side: Side, hall: Hall, chance: Random) -> Letter:
    """Something that the carrier tells, of any kind."""
    address = hall.somebody(side)
    kinds = ["text", "text", "text", *side.kinds, "unknown", "textless"]
    kinds += [] if "test_who_shuts_the_door_is_written_to_no_more" in side.lacks else ["shut", "opened"]
    kinds += [] if "test_an_edited_message_is_let_be" in side.lacks else ["edited"]
    kinds += [] if "test_what_is_said_in_a_group_is_let_be" in side.lacks else ["group"]
    return hall.letter(side, chance.choice(kinds), address, chance.choice(tuple(TEXTS.values())[:-1]))


def bend(side: Side, payload: Any, chance: Random) -> Any:
    """One to four fields taken away, put elsewhere, or made into something else."""
    for _ in range(chance.randint(1, 4)):
        ways = list(paths(payload))
        if not ways:
            return payload
        way = chance.choice(ways)
        values: tuple[Any, ...] = ODD_TEXTS if side.form == FORM else (*WRONG, *HUGE, *ODD_TEXTS)
        match chance.randrange(5):
            case 0:
                payload = without(payload, way)
            case 1 | 2:
                payload = with_value(payload, way, chance.choice(values))
            case 3:
                payload = with_value(payload, way, value_at(payload, chance.choice(ways)))
            case _:
                owner = value_at(payload, way[:-1])
                if isinstance(owner, dict):
                    payload = with_value(
                        payload, (*way[:-1], str(chance.choice(ODD_TEXTS))[:50]), chance.choice(values)
                    )
    return payload


def break_bytes(body: bytes, chance: Random) -> bytes:
    """One to five bytes flipped, cut out, put in, or a piece of it repeated; or the end missing."""
    for _ in range(chance.randint(1, 5)):
        place = chance.randrange(len(body) + 1)
        before, after = body[:place], body[place:]
        match chance.randrange(6):
            case 0:
                body = before
            case 1:
                body = before + chance.randbytes(chance.randint(1, 8)) + after
            case 2:
                body = before + after[chance.randint(1, 20) :]
            case 3:
                body = before + after[:50] * chance.randint(2, 40) + after
            case 4:
                body = before + chance.choice(ODD_BYTES) + after
            case _:
                body = before + bytes(byte ^ 1 << chance.randrange(8) for byte in after[:1]) + after[1:]
    return body


def mangled(side: Side, hall: Hall, chance: Random, secrets: dict[str, str]) -> Knock:
    """A malformed webhook, proven with these secrets over exactly what it is."""
    letter, ways = recorded(side, hall, chance), chance.sample(WAYS, chance.randint(1, 2))
    if "structure" in ways:
        letter = replace(letter, payload=bend(side, letter.payload, chance))
    if "address" in ways:
        door = chance.choice(("", "", "", "status", "x", "..", "\xff", "status/x"))
        letter = replace(letter, query=chance.choice(ODD_QUERIES), door=door)
    body = spell(side, letter.payload, chance)
    if "bytes" in ways:
        body = break_bytes(body, chance)
    knock = seal(side, letter, body=body, secrets=secrets)
    if "headers" in ways:
        name = chance.choice(tuple(ODD_HEADERS))
        form = chance.choice((*ODD_FORMS, side.form, side.form))
        knock = replace(knock, form=form, headers={**knock.headers, name: chance.choice(ODD_HEADERS[name])})
    return knock


def spell(side: Side, payload: Any, chance: Random) -> bytes:
    """The bytes of a payload; of JSON sometimes with a key twice, much depth, or letters as they are."""
    if side.form == FORM:
        return write(side, payload)
    body = json.dumps(payload, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    match chance.randrange(20):
        case 0 if body.endswith(b"}"):
            return body[:-1] + b"," + body[1:]
        case 1:
            return body[:1] + b'"x":' + b"[" * chance.choice((100, 5_000)) + b"," + body[1:]
        case 2:
            return b"\xef\xbb\xbf" + body
        case 3:
            return body.decode("utf-8", "replace").encode(chance.choice(("utf-16", "utf-32", "utf-16-le")))
    return body


def unproven(side: Side, hall: Hall, chance: Random) -> Knock:
    """A malformed or a good webhook that nobody proved: of another account, without a proof, with half of one."""
    ways: list[Callable[[Knock], Knock]] = [
        lambda knock: knock,
        lambda knock: replace(knock, headers={}),
        lambda knock: replace(knock, headers={**knock.headers, side.proof: ""}),
        lambda knock: replace(knock, headers={**knock.headers, side.proof: knock.headers[side.proof][:-1]}),
        lambda knock: replace(knock, headers={**knock.headers, side.proof: f"{knock.headers[side.proof]}\xff"}),
    ]
    stranger = dict(side.stranger)
    if chance.random() < 0.5:
        return chance.choice(ways)(mangled(side, hall, chance, stranger))
    return chance.choice(ways)(seal(side, recorded(side, hall, chance), secrets=stranger))
