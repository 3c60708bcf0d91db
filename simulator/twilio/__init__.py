"""A simulated Twilio account with one number: what it keeps, what it refuses, and the webhooks it sends.

Promises taken from Twilio's pages: a webhook gets 15 s and is not repeated unless its URL asks for it
(overrides.py); an inbound message stands in the list whether or not its webhook arrived; the status runs
queued, sent, delivered with a signed callback for each (messaging/api/message-resource); STOP and its
siblings opt a number out, later sends to it are refused with 21610 until START (error 21610), and with
Advanced Opt-Out the webhook carries OptOutType. Twilio's own reply to STOP is left out.
"""

import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

from simulator.carrier.faults import Faults
from simulator.carrier.misbehave import Inbound, Step, report
from simulator.carrier.phones import Bubble, Phones
from simulator.carrier.posting import Attempt
from simulator.carrier.segments import count_segments
from simulator.twilio.fields import TELEPHONE
from simulator.twilio.forms import check, inbound_form, receipt_form, sign
from simulator.twilio.messages import FINAL, Message, Question, Refused
from simulator.twilio.overrides import Overrides
from simulator.world import World

STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START_WORDS = frozenset({"START", "UNSTOP"})  # YES brings a number back too, but only one that had opted out
HELP_WORDS = frozenset({"HELP", "INFO"})


class Twilio:
    """The account's state. Its people act through text(); the program through the HTTP in twilio_http.py.

    `attempts` tells every webhook call and how it was answered; `calls` counts the requests by kind. No
    content in either.
    """

    def __init__(self, world: World) -> None:
        self.settings, self.lanes, self.phones = world.settings, world.lanes, Phones()
        self.faults = Faults("twilio")
        self.webhook_url = world.settings.twilio_webhook
        self.attempts: list[Attempt] = []
        self.calls: Counter[str] = Counter()
        self._chance, self._now, self._postman = world.chance, world.now, world.postman
        self._inbound = Inbound(self.faults, world.lanes)
        self._lock = threading.RLock()
        self._messages: dict[str, Message] = {}
        self._numbers: dict[str, int] = {}  # of every sid ever given, deleted ones too: no sid is used twice
        self._opted_out: set[str] = set()

    # The person's side

    def text(self, person: str, body: str) -> str:
        """A person writes to our number: the message is listed, its webhook on its way. Returns its sid.

        Raises ValueError for an address that is not E.164 and for a text that no telephone can send.
        """
        if not TELEPHONE.fullmatch(person):
            raise ValueError("not a telephone number in E.164")
        body.encode()
        with self._lock:
            stop = self._hear_stop(person, body)
            message = self._keep("inbound", person, self.settings.twilio_from, body, "received")
            self._messages[message.sid] = message = replace(message, sent=message.created)
        segments = count_segments(body)
        self.phones.show(person, Bubble(message.sid, "person", body, message.created, "sent", segments=segments))
        form = inbound_form(self.settings.twilio_account_sid, message, stop)
        self._inbound.put(
            f"twilio:{person}",
            lambda copies: self._deliver_inbound(message, form, copies),
            lambda: self.phones.change(person, message.sid, status="unanswered"),
        )
        return message.sid

    def fault(self, name: str, times: int = 1, size: float | None = None, moment: str | None = None) -> None:
        """Misbehave, as Faults.add says."""
        self.faults.add(name, times, size, moment)

    def up(self) -> None:
        """End "down"."""
        self.faults.up()

    # What the program asks for

    def send(self, form: Mapping[str, str]) -> Message:
        """Accept an outgoing message; its statuses follow in the background. Raises Refused."""
        recipient, service = form.get("To", ""), form.get("MessagingServiceSid") or None
        check(form, self.settings.twilio_from)
        with self._lock:
            if recipient in self._opted_out:
                raise Refused(400, 21610, "Attempt to send to unsubscribed recipient")
            status = "accepted" if service else "queued"
            kept = self._keep("outbound-api", self.settings.twilio_from, recipient, form["Body"], status)
            message = replace(kept, service=service, callback=form.get("StatusCallback") or None)
            self._messages[message.sid] = message
        segments = count_segments(message.body)
        bubble = Bubble(message.sid, "line", message.body, message.created, status, segments=segments)
        self.phones.show(recipient, bubble)
        statuses, pace = ("queued", "sent", "delivered"), self.settings.pace.receipt_s
        lane = f"twilio:{message.sid}"
        report(self.faults, self.lanes, lane, statuses, pace, lambda step: self._take(message, step), "undelivered")
        return message

    def fetch(self, sid: str) -> Message:
        """One message; raises Refused (20404)."""
        with self._lock:
            try:
                return self._messages[sid]
            except KeyError:
                raise Refused(404, 20404, "The requested resource was not found") from None

    def redact(self, sid: str, form: Mapping[str, str]) -> Message:
        """Empty a message's body; Body must be empty and the message final. Raises Refused."""
        with self._lock:
            message = self.fetch(sid)
            if "Status" in form:
                raise Refused(400, 20001, "Nothing is scheduled here that could be canceled")
            if form.get("Body") != "":
                raise Refused(400, 30400, "Only an empty Body redacts a message")
            if message.status not in FINAL:
                raise Refused(409, 20009, "Resource not complete")
            self._messages[sid] = replace(message, body="", updated=self._now())
            return self._messages[sid]

    def delete(self, sid: str) -> None:
        """Remove a message from the account; only once it is final. Raises Refused."""
        with self._lock:
            if self.fetch(sid).status not in FINAL:
                raise Refused(409, 20009, "Cannot delete this resource before it is complete")
            del self._messages[sid]

    def list(self, question: Question) -> tuple[tuple[Message, ...], bool]:
        """The page asked for, newest first, and whether more follow."""
        with self._lock:
            newest_first = sorted(self._messages.values(), key=lambda message: -message.number)
            before = self._numbers.get((question.token or "").removeprefix("PA"))
        fitting = [message for message in newest_first if question.fits(message)]
        if before is not None:
            fitting = [message for message in fitting if message.number < before]
        else:
            fitting = fitting[question.page * question.size :]
        return tuple(fitting[: question.size]), len(fitting) > question.size

    # For tests: what happened

    @property
    def messages(self) -> tuple[Message, ...]:
        """Every message the account still has, oldest first."""
        with self._lock:
            return tuple(self._messages.values())

    def sent_to(self, person: str) -> tuple[Message, ...]:
        """The messages the program sent to a person, oldest first."""
        return tuple(m for m in self.messages if m.direction == "outbound-api" and m.recipient == person)

    def acknowledged(self) -> frozenset[str]:
        """The sids of inbound messages whose webhook was answered with 2xx at least once."""
        return frozenset(a.id for a in list(self.attempts) if a.kind == "inbound" and a.acknowledged)

    # How it works

    def _keep(self, direction: str, sender: str, recipient: str, body: str, status: str) -> Message:
        number = len(self._numbers) + 1
        sid = f"SM{self._chance.getrandbits(128):032x}"
        while sid in self._numbers:
            sid = f"SM{self._chance.getrandbits(128):032x}"
        self._numbers[sid] = number
        at = self._now()
        message = Message(number, sid, direction, sender, recipient, body, status, created=at, updated=at)
        self._messages[sid] = message
        return message

    def _hear_stop(self, person: str, body: str) -> str | None:
        word = body.strip().upper()
        if word in STOP_WORDS:
            self._opted_out.add(person)
            return "STOP"
        if word in START_WORDS or (word == "YES" and person in self._opted_out):
            self._opted_out.discard(person)
            return "START"
        return "HELP" if word in HELP_WORDS else None

    def _deliver_inbound(self, message: Message, form: Mapping[str, str], copies: int) -> None:
        acknowledged = self._post("inbound", message.sid, self.webhook_url, form, copies)
        self.phones.change(message.sender, message.sid, status="delivered" if acknowledged else "unanswered")

    def _take(self, sent: Message, step: Step) -> None:
        """One status of a message: into the record, unless that was deleted, and to its callback."""
        at, code = self._now(), step.code or None
        shown = replace(sent, status=step.status, error_code=code, updated=at)
        with self._lock:
            old = self._messages.get(sent.sid)
            if step.kept and old is None:
                return
            if step.kept and old is not None:
                left = old.sent or (at if step.status != "queued" else None)
                shown = replace(old, status=step.status, error_code=code, updated=at, sent=left)
                self._messages[sent.sid] = shown
        if step.kept:
            self.phones.change(sent.recipient, sent.sid, status=step.status)
        if sent.callback and step.copies:
            form = receipt_form(self.settings.twilio_account_sid, shown)
            self._post("receipt", sent.sid, sent.callback, form, step.copies)

    def _post(self, kind: str, sid: str, url: str, form: Mapping[str, str], copies: int = 1) -> bool:
        """Post a webhook, again where its connection overrides ask for it; whether it was acknowledged."""
        overrides, body = Overrides.read(url), urlencode(form).encode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "X-Twilio-Signature": sign(self.settings.twilio_auth_token, overrides.target, form),
            "I-Twilio-Idempotency-Token": f"{self._chance.getrandbits(128):032x}",
        }
        until, left = time.monotonic() + self.settings.pace.twilio_timeout_s, self.settings.pace.twilio_timeout_s
        for _ in range(1 + overrides.retries):
            answers = self._postman.post(overrides.target, body, headers, left, copies)
            self.attempts.extend(Attempt(kind, sid, answer.code, self._now()) for answer in answers)
            if any(answer.acknowledged for answer in answers):
                return True
            left = until - time.monotonic()
            if left <= 0 or not overrides.repeat(answers[0]):
                break
        return False
