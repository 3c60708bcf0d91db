"""People who write one message after the other, each only when they know that the last one arrived."""

import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Protocol

from program import load_mind, read_clock
from terminal import open_chat
from tests.road.line import Line, wait_until

MIND = load_mind()


def sentence(flow: str, step: str) -> str:
    """The question of a step, in Vietnamese; of a step that asks nothing, the first thing it says."""
    found = MIND.book.find((flow, step))
    assert found is not None
    return MIND.packs.text("vi", f"{flow}.{step}", found.ask or found.say[0].text)


GOOD_MOMENT, MAIN_MENU = sentence("welcome", "good_moment"), sentence("menu", "main")
LOST_CARD = "mat can cuoc"
ASKED = (LOST_CARD, "toi chua co can cuoc bao gio", "ho khau", "giay xac nhan cua cong an")
"""What is written about papers. Each leads to an answer of its own, and not only to a question."""


def beginnings() -> dict[str, str]:
    """What is written about papers, and how the answer to it begins, as the bot says in a terminal."""
    with open_chat(MIND, "sms", None, read_clock) as chat:
        chat.say("xin chao")
        chat.say("1")
        answers = {text: chat.say(text) for text in ASKED}
    assert all(len(answer) > 1 for answer in answers.values())
    begins = {text: answer[0] for text, answer in answers.items()}
    assert len(set(begins.values())) == len(ASKED)
    return begins


class Phone(Protocol):
    """One person's phone, on whichever channel."""

    @property
    def channel(self) -> str:
        """The channel's name."""

    @property
    def address(self) -> str:
        """Where the program knows them."""

    def write(self, text: str) -> None:
        """Write a message."""

    def got(self) -> list[str]:
        """What came from us, in order."""

    def arrived(self) -> bool:
        """Whether our server acknowledged everything they wrote."""


@dataclass(frozen=True)
class SmsPhone:
    """A telephone that Twilio serves."""

    line: Line
    number: str
    channel: str = "twilio"

    @property
    def address(self) -> str:
        """The number."""
        return self.number

    def write(self, text: str) -> None:
        """Send an SMS."""
        self.line.carriers.twilio.text(self.number, text)

    def got(self) -> list[str]:
        """What their screen shows of us: Twilio's own record may be redacted or deleted by now."""
        return [b.text for b in self.line.carriers.twilio.phones.screen(self.number) if b.sender == "line"]

    def arrived(self) -> bool:
        """Whether the newest of theirs was acknowledged; the ones before it were waited for."""
        screen = self.line.carriers.twilio.phones.screen(self.number)
        mine = [bubble for bubble in screen if bubble.sender == "person"]
        return not mine or mine[-1].status == "delivered"


@dataclass(frozen=True)
class GatePhone:
    """A telephone that writes to ours, in which SMSGate is."""

    line: Line
    number: str
    channel: str = "smsgate"

    @property
    def address(self) -> str:
        """The number."""
        return self.number

    def write(self, text: str) -> None:
        """Send an SMS."""
        self.line.carriers.smsgate.text(self.number, text)

    def got(self) -> list[str]:
        """What their screen shows of us."""
        return [b.text for b in self.line.carriers.smsgate.phones.screen(self.number) if b.sender == "line"]

    def arrived(self) -> bool:
        """Whether the newest of theirs was acknowledged."""
        screen = self.line.carriers.smsgate.phones.screen(self.number)
        mine = [bubble for bubble in screen if bubble.sender == "person"]
        return not mine or mine[-1].status == "delivered"


@dataclass(frozen=True)
class TelegramPhone:
    """A phone with Telegram."""

    line: Line
    chat: int
    channel: str = "telegram"

    @property
    def address(self) -> str:
        """The chat's id."""
        return str(self.chat)

    def write(self, text: str) -> None:
        """Write to the bot."""
        self.line.carriers.telegram.text(self.chat, text)

    def got(self) -> list[str]:
        """What their screen shows of us."""
        screen = self.line.carriers.telegram.phones.screen(str(self.chat))
        return [bubble.text for bubble in screen if bubble.sender == "line"]

    def arrived(self) -> bool:
        """Whether the newest of theirs was acknowledged."""
        screen = self.line.carriers.telegram.phones.screen(str(self.chat))
        mine = [bubble for bubble in screen if bubble.sender == "person"]
        return not mine or mine[-1].status == "delivered"


@dataclass(frozen=True)
class ZaloPhone:
    """A phone with Zalo."""

    line: Line
    person: str
    channel: str = "zalo"

    @property
    def address(self) -> str:
        """The person's id at our Official Account."""
        return self.person

    def write(self, text: str) -> None:
        """Write to the account."""
        self.line.carriers.zalo.text(self.person, text)

    def got(self) -> list[str]:
        """What their screen shows of us, whether the program or an employee wrote it."""
        return [b.text for b in self.line.carriers.zalo.phones.screen(self.person) if b.sender == "line"]

    def arrived(self) -> bool:
        """Whether the newest of theirs was acknowledged."""
        screen = self.line.carriers.zalo.phones.screen(self.person)
        mine = [bubble for bubble in screen if bubble.sender == "person"]
        return not mine or mine[-1].status == "delivered"


def greet(phones: Iterable[Phone]) -> None:
    """Bring conversations to where anything may be asked: greeted, and the moment is good."""
    phones = list(phones)
    for text, seen in (("xin chao", GOOD_MOMENT), ("1", MAIN_MENU)):
        for phone in phones:
            phone.write(text)
        for phone in phones:
            wait_until(partial(shows, phone, seen), 15, seen)


def shows(phone: Phone, text: str) -> bool:
    """Whether this stands in the last message on somebody's screen."""
    return any(text in last for last in phone.got()[-1:])


def got_more(phone: Phone, before: int) -> bool:
    """Whether somebody has got more messages than before."""
    return len(phone.got()) > before


@dataclass
class Writer:
    """Writes `texts` over and over until told to stop, in a thread; `written` is what they wrote."""

    phone: Phone
    texts: deque[str]
    chance: Random
    gap_s: float = 0.8
    written: list[str] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        """Make the thread; start() starts it."""
        self._thread = threading.Thread(target=self._write, daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write no more."""
        self.stopping.set()
        self._thread.join(10)

    def _write(self) -> None:
        while not self.stopping.wait(self.gap_s * (0.5 + self.chance.random())):
            text, before = self.texts[0], len(self.phone.got())
            self.texts.rotate(-1)
            self.written.append(text)
            self.phone.write(text)
            while not (self.phone.arrived() or len(self.phone.got()) > before or self.stopping.is_set()):
                time.sleep(0.05)
