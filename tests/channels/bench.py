"""The bench on which every channel is tried: what its own side must provide, and the sides that there are.

A channel is a file in webhooks/ with a `connect`. Its side is the file of the same name in this folder, with a `SIDE`
that fulfils the protocol below: how the carrier writes, how it proves that it was the one who wrote, how it behaves
when we send. All cases stand in this folder's tests, written once, and know no channel by its name. A case that has no
meaning on a channel is named in the side's `lacks`, with the reason in words.
"""

import importlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Protocol
from urllib.parse import quote, urlencode
from uuid import UUID

from storage.channels import Facts, facts_of
from webhooks import channel_modules
from webhooks.outcomes import Then

FORM, JSON = "application/x-www-form-urlencoded", "application/json"

ENDINGS = {
    "500_before": Then.ASK,
    "500_after_accepting": Then.ASK,
    "time_out_before": Then.ASK,
    "time_out_after_accepting": Then.ASK,
    "slow": Then.SETTLE,
    "429": Then.WAIT,
    "wrong_json": Then.ASK,
    "blocked": Then.STOP_PERSON,
    "window_closed": Then.STOP_PERSON,
    "token_expired": Then.REFRESH,
}
"""What follows from each way in which a carrier spoils a send; a side names the ones that are otherwise with it."""

Payload = dict[str, Any]


@dataclass(frozen=True)
class Letter:
    """What a carrier tells us, before it is written down and proven: fields of a form, or an object of JSON."""

    payload: Any
    door: str = ""
    query: str = ""


@dataclass(frozen=True)
class Knock:
    """One request as it arrives, byte for byte."""

    body: bytes
    headers: Mapping[str, str]
    form: str
    door: str = ""
    query: str = ""


@dataclass(frozen=True)
class Told:
    """A message of ours that the carrier took: our own reference, and the carrier's id."""

    reference: UUID
    provider_id: str
    address: str


class Carrier(Protocol):
    """A carrier on this machine, which serves until its with-block ends."""

    @property
    def url(self) -> str:
        """Where it answers."""

    def meet(self, address: str) -> None:
        """This person does whatever they must do before they can be written to."""

    def screen(self, address: str) -> list[str]:
        """What this person's phone shows of us, oldest first."""

    def spoil(self, fault: str, size: float | None = None) -> None:
        """The next send goes wrong in this way; "down" is every request from now on."""

    def mend(self) -> None:
        """Nothing goes wrong any more."""


class Side(Protocol):
    """What one channel brings to the bench."""

    @property
    def name(self) -> str:
        """The channel's, as its file in webhooks/ and its door have it."""

    @property
    def lacks(self) -> Mapping[str, str]:
        """Cases that have no meaning here, and why, in words."""

    @property
    def form(self) -> str:
        """The content type of its webhooks: FORM or JSON."""

    @property
    def proof(self) -> str:
        """The header with the proof."""

    @property
    def answer(self) -> tuple[str, str]:
        """What the carrier wants to hear when a text was kept: body and content type."""

    @property
    def secrets(self) -> Mapping[str, str]:
        """The settings that turn the channel on, all but where the carrier is."""

    @property
    def stranger(self) -> Mapping[str, str]:
        """The same of another account."""

    @property
    def vital(self) -> Sequence[tuple[str, ...]]:
        """The ways to the fields without which a text cannot be kept."""

    @property
    def kinds(self) -> Sequence[str]:
        """What people send beside texts."""

    @property
    def deliveries(self) -> Sequence[str]:
        """What receipts can say, in our own words and the weakest first."""

    @property
    def urls(self) -> Sequence[str]:
        """The settings that say where the carrier is; the first is where messages go."""

    @property
    def path(self) -> str:
        """What those add to the carrier's address."""

    @property
    def faults(self) -> Mapping[str, Then]:
        """The ways in which the carrier spoils a send, and what follows."""

    @property
    def wrong(self) -> Mapping[str, str]:
        """Settings with which the carrier knows us no more."""

    def address(self, number: int) -> str:
        """The address of somebody nobody else has."""

    def tell(self, what: str, number: int, address: str, text: str, at: datetime) -> Letter:
        """What the carrier says when something happens; `number` names the event and never repeats.

        `what` is "text", one of `kinds` (then `text` is its caption), or "edited", "group", "echo", "textless",
        "unknown", "shut", "opened", "desk" (one of our people writes at the carrier's own desk).
        """

    def report(self, number: int, told: Told, delivery: str, at: datetime) -> Letter:
        """What the carrier says later of a message of ours; `delivery` is one of `deliveries`."""

    def provider_id(self, number: int) -> str:
        """An id such as the carrier gives to a message of ours."""

    def sign(self, body: bytes, door: str, query: str, at: datetime, secrets: Mapping[str, str]) -> dict[str, str]:
        """The headers with which the carrier of that account would send these bytes, whatever they are."""

    def forge(self, knock: Knock) -> Iterable[tuple[str, Knock]]:
        """Ways of this carrier's own to make something else of a proven request, each with a word for it."""

    def open(self) -> AbstractContextManager[Carrier]:
        """Its carrier, simulated."""


@dataclass(frozen=True)
class Bench:
    """The sides of all channels that there are, and the channels that have none."""

    sides: tuple[Side, ...]
    missing: tuple[str, ...] = field(default=())


def short_name(module: ModuleType) -> str:
    """A channel's name as its file has it."""
    return module.__name__.rpartition(".")[2]


def gather(channels: Iterable[ModuleType] | None = None, package: str = __package__) -> Bench:
    """The side of every channel that channel_modules() finds."""
    names = [short_name(module) for module in (channel_modules() if channels is None else channels)]
    missing = tuple(name for name in names if find_spec(f"{package}.{name}") is None)
    there = (importlib.import_module(f"{package}.{name}") for name in names if name not in missing)
    return Bench(tuple(module.SIDE for module in there), missing)


def demand_sides(bench: Bench) -> None:
    """AssertionError naming the channels that nobody has brought to the bench."""
    without = ", ".join(f"webhooks/{name}.py" for name in bench.missing)
    assert not bench.missing, (
        f"{without} has no side on the bench: write the file of the same name in tests/channels/, with a SIDE as "
        "tests/channels/bench.py describes it; every shared case then runs for it"
    )


def facts(side: Side) -> Facts:
    """The facts that the channel registered."""
    return facts_of(side.name)


def write(side: Side, payload: object) -> bytes:
    """A payload as the carrier would write it: a form, or JSON."""
    if side.form == FORM:
        assert isinstance(payload, Mapping | Sequence)
        return urlencode(payload, encoding="utf-8", errors="surrogatepass").encode()
    return json.dumps(payload).encode()


def seal(
    side: Side,
    letter: Letter,
    *,
    body: bytes | None = None,
    at: datetime | None = None,
    secrets: Mapping[str, str] | None = None,
) -> Knock:
    """A letter, proven as by its carrier; `body` is sent instead of what the letter says."""
    written = write(side, letter.payload) if body is None else body
    headers = side.sign(written, letter.door, letter.query, at or datetime.now(UTC), secrets or side.secrets)
    return Knock(written, headers, side.form, letter.door, letter.query)


def spell_otherwise(side: Side, payload: object) -> bytes:
    """The same payload in other bytes, such as another version of the carrier may write it."""
    if side.form == FORM:
        assert isinstance(payload, Mapping)
        return re.sub(rb"%[0-9A-F]{2}", lambda found: found[0].lower(), urlencode(payload, quote_via=quote).encode())
    return json.dumps(payload, ensure_ascii=False, indent=2).encode()
