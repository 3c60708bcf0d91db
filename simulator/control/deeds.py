"""What a person can do on each carrier's phone, as the control API names it."""

import re
from collections.abc import Callable, Mapping

from werkzeug.exceptions import BadRequest

from simulator.smsgate import Smsgate
from simulator.telegram import Telegram
from simulator.twilio import Twilio
from simulator.twilio.fields import TELEPHONE
from simulator.zalo import Zalo

Carrier = Twilio | Telegram | Zalo | Smsgate
CARRIERS = ("twilio", "telegram", "zalo", "smsgate")
Deed = Callable[[], object]
TELEGRAM_PERSON = re.compile(r"[1-9][0-9]{0,14}")
ZALO_PERSON = re.compile(r"[1-9][0-9]{0,18}")


def check_address(carrier: Carrier, address: str) -> None:
    """Raises BadRequest (400) for an address that the carrier cannot have."""
    shapes = {Telegram: TELEGRAM_PERSON, Zalo: ZALO_PERSON}
    if not shapes.get(type(carrier), TELEPHONE).fullmatch(address):
        raise BadRequest("not an address of this carrier")


def deeds_of(carrier: Carrier, address: str, asked: Mapping[str, object]) -> dict[str, Deed]:
    """What the person at this address can do, each to be called with what `asked` says.

    Each returns what the new message or update is called by, or None, and may raise ValueError or BadRequest.
    """
    if isinstance(carrier, Telegram):
        return telegram_deeds(carrier, int(address), asked)
    if not isinstance(carrier, Zalo):
        return {"texts": lambda: carrier.text(address, word(asked, "text"))}
    return {
        "texts": lambda: carrier.text(address, word(asked, "text")),
        "media": lambda: carrier.send_media(address, word(asked, "kind")),
        "follows": lambda: carrier.follow(address) if asked.get("following", True) else carrier.unfollow(address),
        "echoes": lambda: carrier.echo(address, word(asked, "text")),
    }


def telegram_deeds(telegram: Telegram, person: int, asked: Mapping[str, object]) -> dict[str, Deed]:
    """What a person can do on Telegram."""
    return {
        "texts": lambda: telegram.text(person, word(asked, "text")),
        "presses": lambda: telegram.press(person, word(asked, "data")),
        "media": lambda: telegram.send_media(person, word(asked, "kind")),
        "edits": lambda: telegram.edit(person, word(asked, "text")),
        "blocks": lambda: telegram.block(person) if asked.get("blocked", True) else telegram.unblock(person),
    }


def word(asked: Mapping[str, object], name: str) -> str:
    """A text of the request that must be there; 400."""
    value = asked.get(name)
    if not isinstance(value, str) or not value:
        raise BadRequest(f"{name} is needed, a text")
    return value
