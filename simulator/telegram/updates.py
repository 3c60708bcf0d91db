"""How updates travel from Telegram to the program: in order within a chat, repeated until acknowledged."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from simulator.carrier.faults import Faults
from simulator.carrier.misbehave import Inbound
from simulator.carrier.posting import Answer, Attempt
from simulator.telegram.shapes import JSON
from simulator.world import World

WAIT_S = 0.1  # how often a waiting update looks whether there is a webhook


@dataclass(frozen=True)
class Webhook:
    """Where updates go. `allowed` None means every kind this simulator makes."""

    url: str
    secret: str = ""
    allowed: tuple[str, ...] | None = None
    most_connections: int = 40


@dataclass
class Pending:
    """An update on its way, with the chat and the bubble it is about."""

    update: JSON
    chat: int
    bubble: str
    born: datetime
    tries: int = 0


class Updates:
    """The updates of one bot and its webhook. Ids grow and are never reused. Safe to use from many threads.

    `obey` gets the method call that an answer carries; `told` hears of each acknowledged update's chat and
    bubble.
    """

    def __init__(
        self,
        world: World,
        faults: Faults,
        told: Callable[[int, str], None],
        obey: Callable[[str, JSON], None],
    ) -> None:
        self.webhook: Webhook | None = None
        self.attempts: list[Attempt] = []
        self.last_error: tuple[datetime, str] | None = None
        self._pace, self._lanes, self._inbound = world.settings.pace, world.lanes, Inbound(faults, world.lanes)
        self._now, self._postman, self._told, self._obey = world.now, world.postman, told, obey
        self._lock = threading.Lock()
        self._number = world.chance.randrange(10**8, 10**9)
        self._pending: dict[int, Pending] = {}

    def tell(self, chat: int, kind: str, content: JSON, bubble: str = "") -> int | None:
        """Put an update on its way and return its id; None when the webhook does not ask for this kind."""
        with self._lock:
            if self.webhook and self.webhook.allowed is not None and kind not in self.webhook.allowed:
                return None
            self._number += 1
            number = self._number
            self._pending[number] = Pending({"update_id": number, kind: content}, chat, bubble, self._now())
            self._inbound.put(
                f"telegram:{chat}",
                lambda copies: self._deliver(number, copies),
                lambda: self._drop(number),
            )
            return number

    def set_webhook(self, webhook: Webhook | None, drop_pending: bool = False) -> None:
        """Set or delete the webhook; what was waiting is tried at once."""
        with self._lock:
            self.webhook = webhook
            if drop_pending:
                self._pending.clear()
        self._lanes.hurry()

    def waiting(self) -> int:
        """How many updates were not acknowledged yet."""
        with self._lock:
            return len(self._pending)

    def _deliver(self, number: int, copies: int) -> float | None:
        with self._lock:
            pending, webhook = self._pending.get(number), self.webhook
        if pending is None:
            return None
        if (self._now() - pending.born).total_seconds() > self._pace.keep_updates_s:
            self._drop(number)
            return None
        if webhook is None:
            return WAIT_S
        answers = self._post(webhook, number, pending.update, copies)
        if not any(answer.acknowledged for answer in answers):
            return self._come_back(pending, answers[0].code)
        self._drop(number)
        self._told(pending.chat, pending.bubble)
        for answer in answers:
            self._read_answer(answer)
        return None

    def _come_back(self, pending: Pending, code: int | None) -> float:
        wrong = f"Wrong response from the webhook: {code}" if code else "Connection refused or timed out"
        self.last_error = (self._now(), wrong)
        pending.tries += 1
        return float(min(self._pace.retry_most_s, self._pace.retry_first_s * 2 ** min(pending.tries - 1, 20)))

    def _post(self, webhook: Webhook, number: int, update: JSON, copies: int) -> list[Answer]:
        headers = {"Content-Type": "application/json"}
        if webhook.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = webhook.secret
        body = json.dumps(update).encode()
        answers = self._postman.post(webhook.url, body, headers, self._pace.telegram_timeout_s, copies)
        self.attempts.extend(Attempt("update", str(number), answer.code, self._now()) for answer in answers)
        return answers

    def _read_answer(self, answer: Answer) -> None:
        try:
            asked = json.loads(answer.body) if "json" in answer.form else None
        except ValueError:
            return
        if isinstance(asked, dict) and isinstance(asked.get("method"), str):
            self._obey(asked.pop("method"), asked)

    def _drop(self, number: int) -> None:
        with self._lock:
            self._pending.pop(number, None)
