"""Talks as text that a case worker can read and write: a line they wrote begins with `> `, what we said with `< `.

# A lost ID card
channel: sms

> xin chao
< Chào bạn...
  a reply's further lines are indented
< 1 Tiện
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

THEY_WROTE, WE_SAID, GOES_ON = "> ", "< ", "  "


@dataclass
class Exchange:
    """One line of a person, and everything we answered."""

    said: str
    replies: list[str] = field(default_factory=list)


@dataclass
class Talk:
    """A whole conversation on one kind of channel."""

    channel: str
    title: str = ""
    exchanges: list[Exchange] = field(default_factory=list)


class BrokenTalk(ValueError):
    """A talk's file does not follow the format; says in which line."""


def write_talk(talk: Talk) -> str:
    """The talk as text that `read_talk` reads back."""
    lines = [f"# {talk.title}"] if talk.title else []
    lines += [f"channel: {talk.channel}", ""]
    for exchange in talk.exchanges:
        lines.append(THEY_WROTE + exchange.said)
        for reply in exchange.replies:
            first, *rest = reply.split("\n")
            lines += [WE_SAID + first, *(GOES_ON + line for line in rest)]
        lines.append("")
    return "\n".join(lines)


def read_talk(text: str) -> Talk:
    """A talk from its text. Raises BrokenTalk."""
    talk = Talk(channel="sms")
    for number, line in _written(text.splitlines()):
        if line.startswith("# ") and not talk.exchanges:
            talk.title = talk.title or line.removeprefix("# ")
        elif line.startswith("channel: ") and not talk.exchanges:
            talk.channel = line.removeprefix("channel: ").strip()
        elif line.startswith(THEY_WROTE):
            talk.exchanges.append(Exchange(line.removeprefix(THEY_WROTE)))
        elif line.startswith(WE_SAID) and talk.exchanges:
            talk.exchanges[-1].replies.append(line.removeprefix(WE_SAID))
        elif line.startswith(GOES_ON) and talk.exchanges and talk.exchanges[-1].replies:
            talk.exchanges[-1].replies[-1] += "\n" + line.removeprefix(GOES_ON)
        else:
            raise BrokenTalk(f"line {number}: begin it with '> ' (they wrote), '< ' (we said) or two spaces (goes on)")
    return talk


def _written(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
