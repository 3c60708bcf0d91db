"""A simulated telephone with the SMSGate app behind a server, and people who write to its number.

Promises taken from docs.sms-gate.app: a message goes through Pending, Processed, Sent and Delivered or Failed,
and can be asked for by the id the client gave it; the same id twice is refused (409) and sent once; each part
of a long message is reported on its own; a webhook gets 30 s and is tried again after each gap of the pace; the
messageId of a received message is made of its content.
"""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from simulator.carrier.faults import Faults
from simulator.carrier.ladder import Call, Ladder, Rungs
from simulator.carrier.misbehave import DOWN_POLL_S, Inbound, Step, report
from simulator.carrier.phones import Bubble, Phones
from simulator.carrier.posting import Attempt
from simulator.carrier.segments import count_segments
from simulator.settings import SmsgatePhone
from simulator.smsgate import events
from simulator.smsgate.requests import Refused, Sending, read_request
from simulator.twilio.fields import TELEPHONE
from simulator.world import World


@dataclass(frozen=True)
class Sent:
    """A message the program sent to a person."""

    id: str
    person: str = field(repr=False)
    text: str = field(repr=False)
    at: datetime


class Smsgate:
    """The telephone and its server. People act through text(); the program through the HTTP in smsgate_http.py.

    `attempts` tells every webhook call and how it was answered; `calls` counts the requests by kind. No
    content in either.
    """

    def __init__(self, own: SmsgatePhone, world: World) -> None:
        self.own, self.lanes, self.phones = own, world.lanes, Phones()
        self.faults, self.calls = Faults("smsgate"), Counter[str]()
        pace = world.settings.pace
        self.webhooks = Ladder(
            world,
            self.faults,
            f"{world.settings.public_url}/webhooks/smsgate",
            Rungs(pace.smsgate_timeout_s, pace.smsgate_retry_s),
            lambda body, _: events.headers(own.signing_key, body, world.now()),
            lambda: None,
        )
        self._pace, self._chance, self._now = pace, world.chance, world.now
        self._inbound, self._lock = Inbound(self.faults, world.lanes), threading.RLock()
        self._sendings: dict[str, Sending] = {}
        self._sent: list[Sent] = []
        self._is_on = True

    # The person's side, and the telephone's own

    def text(self, person: str, body: str, events_made: int = 1) -> str:
        """A person writes to the telephone; the messageId.

        Some telephones make several events, each with an id of its own, of one message: `events_made` (issue 288 of
        github.com/capcom6/android-sms-gateway). Raises ValueError for an address that is not E.164 and for a text
        that no telephone can send.
        """
        if not TELEPHONE.fullmatch(person):
            raise ValueError("not a telephone number in E.164")
        body.encode()
        with self._lock:
            at = self._now()
            payload = events.received(person, self.own.number, body, at)
            bubble = f"{payload['messageId']}-{self._chance.getrandbits(32):08x}"
            segments = count_segments(body)
            self.phones.show(person, Bubble(bubble, "person", body, at, "sent", segments=segments))
            for _ in range(events_made):
                self.tell("sms:received", payload, person, bubble)
        return str(payload["messageId"])

    def send_mms(self, person: str) -> None:
        """A person sends a picture: the telephone tells that it came, not what it shows."""
        number, at = events.new_id(self._chance), self._now()
        payload = events.outgoing(number, self.own.number, person, transactionId=number, size=9000)
        self.tell("mms:received", payload | {"phoneNumber": person, "receivedAt": events.local(at)}, person)

    def ping(self) -> None:
        """The telephone shows that it lives."""
        self.tell("system:ping", {"health": {"status": "pass", "checks": {}}}, "")

    def tell(self, event: str, payload: Mapping[str, object], person: str, bubble: str = "") -> None:
        """Send any event, signed, behind those of the same person."""

        def told(arrived: bool) -> None:
            self.phones.change(person, bubble, status="delivered" if arrived else "unanswered")

        number = events.new_id(self._chance)
        body = events.write(event, number, payload, self.own.device_id)
        call = Call("inbound", str(payload.get("messageId", number)), body, told)
        self._inbound.put(
            f"smsgate:{person}", lambda copies: self.webhooks.post(call, copies), lambda: told(arrived=False)
        )

    def switch_off(self) -> None:
        """The telephone is off: the server still takes messages, and nothing comes of them before switch_on()."""
        self._is_on = False

    def switch_on(self) -> None:
        """The telephone is on again; messages that are no longer valid fail."""
        self._is_on = True

    def fault(self, name: str, times: int = 1, size: float | None = None, moment: str | None = None) -> None:
        """Misbehave, as Faults.add says; `moment` "fetch" strikes the question for a state."""
        self.faults.add(name, times, size, moment)

    def up(self) -> None:
        """End "down"."""
        self.faults.up()

    # What the program asks for

    def send(self, body: object, skip_validation: bool = False) -> Sending:
        """Accept a message; what becomes of it follows in the background. Raises Refused (400, 409)."""
        now = self._now()
        asked = read_request(body, now, self.own.device_id, skip_validation)
        with self._lock:
            number = asked.id or events.new_id(self._chance)
            if number in self._sendings:
                raise Refused(409, "duplicate id")
            states = dict.fromkeys(asked.people, "Pending")
            sending = Sending(number, asked.text, asked.valid_until, states, {"Pending": now})
            self._sendings[number], accepted = sending, sending.copy()
            self._sent += [Sent(number, person, asked.text, now) for person in states]
        statuses = ("processed", "sent", "delivered") if asked.reports else ("processed", "sent")
        segments = count_segments(asked.text)
        for person in states:
            self.phones.show(person, Bubble(number, "line", asked.text, now, "pending", segments=segments))
            self._report(sending, person, statuses)
        return accepted

    def fetch(self, number: str) -> Sending:
        """A message by its id; raises Refused (404)."""
        with self._lock:
            found = self._sendings.get(number)
            if found is None:
                raise Refused(404, "message not found")
            return found.copy()

    # For tests: what happened

    @property
    def attempts(self) -> list[Attempt]:
        """Every webhook call so far; an inbound one is called by its messageId, a receipt by the event's own id."""
        return list(self.webhooks.attempts)

    def acknowledged(self) -> frozenset[str]:
        """The messageIds of people's messages whose webhook was answered with 2xx at least once."""
        return self.webhooks.acknowledged("inbound")

    def sent_to(self, person: str) -> tuple[Sent, ...]:
        """The messages the program sent to a person, oldest first."""
        with self._lock:
            return tuple(sent for sent in self._sent if sent.person == person)

    # How it works

    def _report(self, sending: Sending, person: str, statuses: tuple[str, ...]) -> None:
        lane = f"smsgate:{sending.id} {person}"
        report(
            self.faults,
            self.lanes,
            lane,
            statuses,
            self._pace.receipt_s,
            lambda step: self._take(sending, person, step),
        )

    def _take(self, sending: Sending, person: str, step: Step) -> float | None:
        """One status of a message to one person: onto the telephone's record, and to the program."""
        if not self._is_on:
            return DOWN_POLL_S
        with self._lock:
            at, status, reason = self._now(), step.status, f"Delivery result: {step.code}"
            if sending.states[person] == "Failed" and step.kept:
                return None
            if status == "processed" and sending.valid_until is not None and at > sending.valid_until:
                status, reason = "failed", "TTL expired"
            if step.kept:
                sending.states[person] = status.capitalize()
                sending.since.setdefault(sending.state, at)
                if status == "failed":
                    sending.errors[person] = reason
                self.phones.change(person, sending.id, status=status)
        if status != "processed" and step.copies:
            self._tell_status(sending, person, status, reason, step.copies)
        return None

    def _tell_status(self, sending: Sending, person: str, status: str, reason: str, copies: int) -> None:
        parts, more = count_segments(sending.text), {f"{status}At": events.local(self._now())}
        each = parts if status == "delivered" or (status == "sent" and self.own.sent_per_part) else 1
        extra: dict[str, object] = {"partsCount": parts} if status == "sent" else {}
        extra |= {"reason": reason} if status == "failed" else {}
        for _ in range(each):
            payload = events.outgoing(sending.id, person, self.own.number, **more, **extra)
            number = events.new_id(self._chance)
            body = events.write(f"sms:{status}", number, payload, self.own.device_id)
            self.webhooks.post(Call("receipt", number, body), copies)
