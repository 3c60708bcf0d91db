"""A simulated Zalo with one application and one Official Account, and people who write to it.

Promises taken from docs.zaloplatforms.com/docs/OA: a webhook gets 2 s, is tried again after each gap of the
pace with `num_retry` in its headers, and after the last one in vain the webhook is disabled; a message may go
to a person for 7 days after they last did something, the first 48 hours free; errors come with HTTP 200. What
the program sends comes back as oa_send_text, which no page says but those who run bots do.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from simulator.carrier.faults import Faults
from simulator.carrier.ladder import Call, Ladder, Rungs
from simulator.carrier.misbehave import DOWN_POLL_S, Inbound, Step, report
from simulator.carrier.phones import Bubble, Phones
from simulator.carrier.posting import Attempt
from simulator.settings import ZaloAccount
from simulator.world import World
from simulator.zalo import events
from simulator.zalo.requests import Refused, demand_window, read_message
from simulator.zalo.tokens import Tokens

BOT_ADMIN = "5710010010010010010"  # the employee whom echoes of API messages name when the account wants it so


@dataclass(frozen=True)
class OaMessage:
    """A message the program sent to a person."""

    id: str
    person: str = field(repr=False)
    text: str = field(repr=False)
    at: datetime


class Zalo:
    """The Official Account. Its people act through text() and so on, its employees through echo().

    `attempts` tells every webhook call and how it was answered; `calls` counts the requests by kind. No
    content in either. People are named by the digits of their id.
    """

    def __init__(self, account: ZaloAccount, world: World) -> None:
        self.account, self.lanes, self.phones = account, world.lanes, Phones()
        self.faults, self.tokens, self.calls = Faults("zalo"), Tokens(account, world), Counter[str]()
        pace = world.settings.pace
        self.webhooks = Ladder(
            world,
            self.faults,
            f"{world.settings.public_url}/webhooks/zalo",
            Rungs(pace.zalo_timeout_s, pace.zalo_retry_s),
            lambda body, tries: events.headers(account, body, tries),
            self._disable,
        )
        self._pace, self._chance, self._now = pace, world.chance, world.now
        self._inbound, self._lock = Inbound(self.faults, world.lanes), threading.RLock()
        self._sent: list[OaMessage] = []
        self._unseen: defaultdict[str, list[str]] = defaultdict(list)
        self._minute = (0, 0)  # of the clock, and how many calls it saw
        self._acted_at: dict[str, datetime] = {}  # when each person last did something; gone when they unfollow

    # The people's side: what has a message returns its id

    def text(self, person: str, text: str) -> str:
        """A person writes."""
        return self._say(person, "user_send_text", text, {"text": text})

    def send_media(self, person: str, kind: str, text: str = "") -> str:
        """A person sends a file of a kind in zalo_events.MEDIA_KINDS, with or without words; ValueError for another."""
        part = {"attachments": [events.attachment(kind, f"{self._chance.getrandbits(64):016x}")]}
        return self._say(person, f"user_send_{kind}", text, part | ({"text": text} if text else {}), kind)

    def write_in_group(self, group: str, person: str, text: str) -> str:
        """A person writes in a group that the account is in."""
        return self._say(person, "user_send_group_text", text, {"text": text}, recipient={"id": group})

    def text_anonymously(self, visitor: str, text: str) -> str:
        """Somebody without an account writes; they cannot be written to as people are."""
        conversation = f"{self._chance.getrandbits(80):020x}"
        part = {"text": text, "conversation_id": conversation}
        return self._say(visitor, "anonymous_send_text", text, part, acts=False)

    def submit_info(self, person: str, name: str, telephone: str) -> None:
        """A person fills in the card that asks who they are."""
        self._act(person)
        info = {"name": name, "phone": telephone.removeprefix("+"), "address": "", "city": "", "district": ""}
        self.tell(events.from_person(self.account, person, "user_submit_info", self._now(), info=info), person)

    def follow(self, person: str) -> None:
        """A person follows the account."""
        self._act(person)
        self.tell(events.membership(self.account, person, "follow", self._now()), person)

    def unfollow(self, person: str) -> None:
        """A person no longer follows it, and cannot be written to before they do something again."""
        with self._lock:
            self._acted_at.pop(person, None)
        self.tell(events.membership(self.account, person, "unfollow", self._now()), person)

    def see(self, person: str) -> None:
        """A person looks at what they were sent."""
        with self._lock:
            ids = self._unseen.pop(person, [])
        message = {"msg_ids": ids, "msg_id": ids[-1] if ids else ""}
        self.tell(events.to_person(self.account, person, "user_seen_message", self._now(), message=message), person)

    # The account's side, and Zalo's own

    def echo(self, person: str, text: str, admin_id: str = "4567891234567891234") -> str:
        """An employee writes to a person in OA Manager; the message's id."""
        with self._lock:
            number, at = self._new_id(), self._now()
            self.phones.show(person, Bubble(number, "line", text, at, "sent"))
            part = {"text": text, "msg_id": number}
        self.tell(events.to_person(self.account, person, "oa_send_text", at, admin_id, message=part), person, number)
        return number

    def tell(self, event: Mapping[str, object], person: str, number: str = "", bubble: str = "") -> None:
        """Send any event, signed, behind those of the same person; `number` is what `attempts` shows."""

        def told(arrived: bool) -> None:
            self.phones.change(person, bubble, status="delivered" if arrived else "unanswered")

        name = str(event.get("event_name", ""))
        kind, called = "echo" if name.startswith("oa_") else "inbound", number or f"{name} {self._new_id()}"
        call = Call(kind, called, events.write(event), told)
        self._inbound.put(
            f"zalo:{person}", lambda copies: self.webhooks.post(call, copies), lambda: told(arrived=False)
        )

    def probe(self) -> None:
        """What registering a webhook sends: `{}` without a signature."""
        self._post_when_up(Call("probe", self._new_id(), b"{}"))

    def enable_webhook(self) -> None:
        """What the account's admin does after the webhook was disabled."""
        self.webhooks.closed = False

    def fault(self, name: str, times: int = 1, size: float | None = None, moment: str | None = None) -> None:
        """Misbehave, as Faults.add says; `moment` "refresh" strikes the token instead of a message."""
        self.faults.add(name, times, size, moment)

    def up(self) -> None:
        """End "down"."""
        self.faults.up()

    # What the program asks for

    def send(self, asked: object) -> dict[str, object]:
        """Send a consultation message; the `data` of the answer. What becomes of it follows. Raises Refused."""
        person, text = read_message(asked)
        with self._lock:
            now = self._now()
            quota = demand_window(self._acted_at.get(person), now)
            message = OaMessage(self._new_id(), person, text, now)
            self._sent.append(message)
        self.phones.show(person, Bubble(message.id, "line", text, now, "sent"))
        lane, pace = f"zalo:{message.id}", self._pace.receipt_s
        report(self.faults, self.lanes, lane, ("sent", "delivered"), pace, lambda step: self._take(message, step))
        if self.account.echoes:
            self._echo(message)
        shown: dict[str, object] = {"quota_type": quota, "owner_type": "OA", "owner_id": self.account.oa_id}
        return {
            "message_id": message.id,
            "user_id": person,
            "sent_time": events.milliseconds(now),
            "quota": shown | ({} if quota == "reply" else {"remain": "1999", "total": "2000"}),
        }

    def count_call(self, kind: str) -> int:
        """Count a request; how many are left in this minute. Raises Refused beyond the application's limit."""
        with self._lock:
            self.calls[kind] += 1
            minute = int(self._now().timestamp()) // 60
            self._minute = (minute, self._minute[1] + 1 if self._minute[0] == minute else 1)
            left = self.account.calls_a_minute - self._minute[1]
        if left < 0:
            raise too_many()
        return left

    # For tests: what happened

    @property
    def attempts(self) -> list[Attempt]:
        """Every webhook call so far; the kinds are inbound, receipt, echo and probe."""
        return list(self.webhooks.attempts)

    @property
    def webhook_disabled(self) -> bool:
        """Whether Zalo has given the webhook up."""
        return self.webhooks.closed

    @property
    def refreshes(self) -> int:
        """How often another pair of tokens was asked for."""
        return self.tokens.refreshes

    def acknowledged(self) -> frozenset[str]:
        """The ids of people's messages whose webhook was answered with 2xx at least once."""
        return self.webhooks.acknowledged("inbound")

    def sent_to(self, person: str) -> tuple[OaMessage, ...]:
        """The messages the program sent to a person, oldest first."""
        with self._lock:
            return tuple(message for message in self._sent if message.person == person)

    # How it works

    def _say(
        self,
        person: str,
        name: str,
        text: str,
        part: Mapping[str, object],
        kind: str = "text",
        acts: bool = True,
        **more: object,
    ) -> str:
        text.encode()  # a lone surrogate is not text: no telephone sends it
        with self._lock:
            if acts:
                self._act(person)
            number, at = self._new_id(), self._now()
            self.phones.show(person, Bubble(number, "person", text, at, "sent", kind=kind))
            message = {"msg_id": number, **part}
            event = events.from_person(self.account, person, name, at, message=message)
            self.tell(event | more, person, number, number)
        return number

    def _act(self, person: str) -> None:
        if not person.isdecimal():
            raise ValueError("people have ids of digits")
        with self._lock:
            self._acted_at[person] = self._now()

    def _take(self, message: OaMessage, step: Step) -> None:
        if step.kept:
            self.phones.change(message.person, message.id, status=step.status)
        if step.status != "delivered":
            return
        with self._lock:
            if step.kept:
                self._unseen[message.person].append(message.id)
            at = self._now()
        if step.copies:
            part = {"msg_id": message.id, "delivery_time": events.milliseconds(at)}
            event = events.to_person(self.account, message.person, "user_received_message", at, message=part)
            self.webhooks.post(Call("receipt", message.id, events.write(event)), step.copies)

    def _echo(self, message: OaMessage) -> None:
        admin = BOT_ADMIN if self.account.echoes == "admin" else None
        part = {"text": message.text, "msg_id": message.id}
        event = events.to_person(self.account, message.person, "oa_send_text", message.at, admin, message=part)
        self._post_when_up(Call("echo", message.id, events.write(event)))

    def _post_when_up(self, call: Call) -> None:
        lane = f"zalo:{call.kind} {call.id}"
        self.lanes.put(lane, lambda: DOWN_POLL_S if self.faults.is_down else self.webhooks.post(call))

    def _new_id(self) -> str:
        return f"{self._chance.getrandbits(80):020x}"

    def _disable(self) -> None:
        self.webhooks.closed = True


def too_many() -> Refused:
    """-32: the application called too often in this minute."""
    return Refused(-32, "Your application reached limit call api")
