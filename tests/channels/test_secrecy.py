"""No channel tells anybody what was said, to whom, and with which secrets: not in logs, not in words for errors."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.channels import wire
from tests.channels.bench import Side, seal
from tests.channels.hall import Hall
from tests.channels.overhearing import check_silent, overheard
from tests.channels.sender import sender_apart, sender_in
from webhooks.channel import CarrierSilent, Halted

SAID = "Lời này chỉ của riêng mình thôi."


def secrets_of(side: Side) -> list[str]:
    """The settings of a channel that nobody may read; what only names the account may be known."""
    return [value for name, value in side.secrets.items() if any(w in name for w in ("TOKEN", "SECRET", "KEY", "PASS"))]


def test_what_arrives_is_never_logged(side: Side, hall: Hall) -> None:
    """Well proven, wrongly proven, unreadable, of an unknown kind, and the turn that follows: at DEBUG."""
    address = hall.somebody(side)
    with overheard() as heard:
        for what in ("text", side.kinds[0], "unknown"):
            letter = hall.letter(side, what, address, SAID)
            knock = seal(side, letter)
            hall.post(side, knock)
            hall.post(side, seal(side, letter, secrets=side.stranger))
            hall.post(side, seal(side, letter, body=knock.body[:-2]))
            hall.post(side, seal(side, letter, body=knock.body + b"x"), form="text/plain")
        hall.turn(side, address)
    check_silent(heard.getvalue(), [SAID, address, *secrets_of(side)])


def test_what_is_sent_is_never_logged(side: Side, hall: Hall, fault: str) -> None:
    """However a send ends; and what the ending says of it is a number or the kind of an error."""
    sender = sender_in(hall, side)
    with overheard() as heard:
        sender.carrier.spoil(fault, size=0.2)
        ending = sender.send(SAID)
        sender.carrier.mend()
        sender.send_at_last(SAID)
    check_silent(f"{heard.getvalue()} {ending.reason} {ending.outcome}", [SAID, sender.address, *secrets_of(side)])
    assert len(ending.reason) <= 60


def test_a_carrier_that_repeats_our_words_is_not_quoted(side: Side, hall: Hall) -> None:
    """Carriers put texts, numbers and tokens into the words of their errors."""
    words = f"{SAID} {' '.join(secrets_of(side))}"
    body = f'{{"message": "{words}", "description": "{words}", "error": -99, "code": 99, "ok": false}}'.encode()
    for status in ("400 Bad Request", "403 Forbidden", "500 Internal Server Error", "200 OK"):
        answer = wire.spell(status, body)
        with overheard() as heard, wire.machine(answer) as other, sender_apart(hall, side, url=other.url) as sender:
            ending = sender.send(SAID)
        check_silent(f"{heard.getvalue()} {ending!r}", [SAID, sender.address, *secrets_of(side)])


def test_no_part_of_a_channel_shows_its_secrets(side: Side, hall: Hall) -> None:
    """Printed by a debugger, a failed assertion or a crash report: the channel, and everything of ours in it."""
    shown = [repr(part) for part in parts_of(hall.channel(side))]
    assert shown
    check_silent(" ".join(shown), secrets_of(side))


def parts_of(part: object) -> Iterator[object]:
    """An object of ours and those in it; what libraries show of themselves is theirs."""
    if type(part).__module__.startswith(("webhooks", "storage")):
        yield part
        for inner in getattr(part, "__dict__", {}).values():
            yield from parts_of(inner)


def test_what_goes_wrong_says_nothing_of_anybody(side: Side, hall: Hall) -> None:
    """The texts of our own errors reach logs and screens."""
    with wire.nobody() as url, sender_apart(hall, side, settings=dict.fromkeys(side.urls, url + side.path)) as sender:
        try:
            sender.channel.tend(datetime.now(UTC))
        except (CarrierSilent, Halted) as error:
            check_silent(f"{error} {error!r}", [sender.address, *secrets_of(side)])
        ending = sender.send(SAID)
    check_silent(repr(ending), [SAID, sender.address, *secrets_of(side)])


@pytest.mark.parametrize("place", ["text", "proof"])
def test_a_refusal_repeats_nothing(side: Side, hall: Hall, place: str) -> None:
    """Whoever knocks without proof learns nothing but that."""
    address = hall.somebody(side)
    knock = seal(side, hall.letter(side, "text", address, SAID), secrets=side.stranger)
    answer = hall.post(side, knock)
    shown = f"{answer.status} {answer.headers} {answer.get_data(as_text=True)}"
    assert answer.status_code == 403
    check_silent(shown, [SAID, address] if place == "text" else [knock.headers[side.proof], *secrets_of(side)])
