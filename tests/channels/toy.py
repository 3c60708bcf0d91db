"""The toy channel's side. Only test_toy.py has such a channel."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from tests.channels.bench import ENDINGS, JSON, Carrier, Knock, Letter, Told
from tests.channels.toy_carrier import open_loft
from webhooks.outcomes import Then

KINDS = {"edited": "edit", "echo": "ours", "unknown": "dreamt", "shut": "went", "opened": "came", "desk": "keeper"}
FAULTS = (
    *("500_before", "500_after_accepting", "time_out_before", "time_out_after_accepting"),
    *("slow", "429", "wrong_json", "blocked"),
)


class Toy:
    """Pigeon post."""

    name = "toy"
    lacks: ClassVar[Mapping[str, str]] = {
        "test_what_is_said_in_a_group_is_let_be": "pigeons do not fly in groups",
    }
    form, proof = JSON, "X-Toy-Proof"
    answer = ("", "text/plain")
    secrets: ClassVar[Mapping[str, str]] = {"TOY_KEY": "bench-key-of-the-loft"}
    stranger: ClassVar[Mapping[str, str]] = {"TOY_KEY": "key-of-another-loft"}
    vital = (("kind",), ("id",), ("who",), ("at",), ("words",))
    kinds = ("song",)
    deliveries = ("delivered", "read")
    urls, path = ("TOY_URL",), ""
    faults: ClassVar[Mapping[str, Then]] = {fault: ENDINGS[fault] for fault in FAULTS}
    wrong: ClassVar[Mapping[str, str]] = {"TOY_KEY": "not-the-key"}

    def address(self, number: int) -> str:
        """A window sill."""
        return f"window sill {number}"

    def provider_id(self, number: int) -> str:
        """A ring's number."""
        return f"ring-{number}"

    def tell(self, what: str, number: int, address: str, text: str, at: datetime) -> Letter:
        """A pigeon comes."""
        kind = KINDS.get(what, "song" if what == "song" else "words")
        event = {"kind": kind, "id": f"flight {number}", "who": address, "at": at.timestamp(), "words": text}
        if what == "textless":
            del event["words"]
        return Letter(event)

    def report(self, number: int, told: Told, delivery: str, at: datetime) -> Letter:
        """A pigeon comes back."""
        kind = "landed" if delivery == "delivered" else "read"
        event = {"kind": kind, "id": f"flight {number}", "who": told.address, "at": at.timestamp()}
        return Letter({**event, "ref": str(told.reference)})

    def sign(self, body: bytes, door: str, query: str, at: datetime, secrets: Mapping[str, str]) -> dict[str, str]:
        """An HMAC over the body."""
        return {self.proof: hmac.new(secrets["TOY_KEY"].encode(), body, hashlib.sha256).hexdigest()}

    def forge(self, knock: Knock) -> Iterable[tuple[str, Knock]]:
        """Not the HMAC."""
        yield "capitals", replace(knock, headers={self.proof: knock.headers[self.proof].upper()})

    def open(self) -> AbstractContextManager[Carrier]:
        """The loft."""
        return open_loft(self.secrets["TOY_KEY"])


SIDE = Toy()
