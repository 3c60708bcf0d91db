"""Talks as text that a case worker can read and write: a line they wrote begins with `> `, what we said with `< `.

# A lost ID card
channel: sms

// A note of whoever keeps the talk. It stays where it is: above a line they wrote, or below what we said to it.
> xin chao
< Chào bạn...
  a reply's further lines are indented
< 1 Tiện
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

THEY_WROTE, WE_SAID, GOES_ON, NOTE, TITLE, CHANNEL = ">", "<", "  ", "//", "#", "channel:"
LONGEST_TITLE = 80  # letters, when it is what they wrote first


@dataclass
class Exchange:
    """One line of a person, and everything we answered, with the notes above and below."""

    said: str
    replies: list[str] = field(default_factory=list)
    above: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)


@dataclass
class Talk:
    """A whole conversation on one kind of channel. `notes` stand below its title, `ending` behind everything."""

    channel: str
    title: str = ""
    exchanges: list[Exchange] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ending: list[str] = field(default_factory=list)


class BrokenTalk(ValueError):
    """A talk's file does not follow the format; says in which line, what is wrong with it and what to do."""

    def __init__(self, line: int, problem: str, remedy: str) -> None:
        super().__init__(f"line {line}: {problem}. {remedy}.")


def title_of(talk: Talk) -> str:
    """The title of a talk to which nobody gave one: the first thing they wrote."""
    words = (" ".join(exchange.said.split()) for exchange in talk.exchanges)
    return next(filter(None, words), "A talk")[:LONGEST_TITLE].strip()


def write_talk(talk: Talk) -> str:
    """The talk as text that `read_talk` reads back."""
    lines = [f"{TITLE} {talk.title}"] if talk.title else []
    lines += [f"{CHANNEL} {talk.channel}", *_noted(talk.notes), ""]
    for exchange in talk.exchanges:
        lines += [*_noted(exchange.above), f"{THEY_WROTE} {exchange.said}" if exchange.said else THEY_WROTE]
        for reply in exchange.replies:
            first, *rest = reply.split("\n")
            lines += [f"{WE_SAID} {first}", *(GOES_ON + line for line in rest)]
        lines += [*_noted(exchange.below), ""]
    return "\n".join([*lines, *_noted(talk.ending), *([""] if talk.ending else [])])


def _noted(notes: Iterable[str]) -> list[str]:
    return [f"{NOTE} {note}" if note else NOTE for note in notes]


def read_talk(text: str) -> Talk:
    """A talk from its text, also as other editors leave it (Windows' line ends, its mark at the beginning).

    Raises BrokenTalk.
    """
    reader = _Reader()
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    for number, line in enumerate(lines, start=1):
        reader.take(number, line)
    return reader.finish(len(lines))


class _Reader:
    """Reads one talk, line by line."""

    def __init__(self) -> None:
        self.talk = Talk(channel="")
        self.number = 0
        self.pending: list[str] = []  # notes, until it is known above which line they stand
        self.after_gap = False

    def take(self, number: int, line: str) -> None:
        """One line."""
        self.number = number
        if not line.strip():
            self.after_gap = True
            return
        ways: Mapping[str, Callable[[str], None]] = {
            NOTE: self._note,
            THEY_WROTE: self._they_wrote,
            WE_SAID: self._we_said,
            GOES_ON: self._goes_on,
            TITLE: self._title,
            CHANNEL: self._channel,
        }
        for beginning, take in ways.items():
            if line.startswith(beginning):
                take(line.removeprefix(beginning))
                self.after_gap = self.after_gap and beginning == NOTE
                return
        self._refuse(
            f"nobody can tell whose words these are: {line[:40]!r}",
            "Begin the line with '> ' (they wrote), '< ' (we said), two spaces (we said more) or '// ' (a note)",
        )

    def finish(self, number: int) -> Talk:
        """The talk, once all lines are read."""
        self.number = number
        if not self.talk.exchanges:
            self._refuse("nobody has written anything yet", "Write a line that begins with '> '")
        self.talk.ending = self.pending
        self.talk.channel = self.talk.channel or "sms"
        return self.talk

    def _note(self, note: str) -> None:
        said = self.talk.exchanges
        if self.after_gap:
            self.pending.append(note.strip())
        else:
            (said[-1].below if said else self.talk.notes).append(note.strip())

    def _they_wrote(self, line: str) -> None:
        self.talk.exchanges.append(Exchange(_unspaced(line), above=self.pending))
        self.pending = []

    def _we_said(self, line: str) -> None:
        self._last("an answer stands above everything they wrote").replies.append(_unspaced(line))

    def _goes_on(self, line: str) -> None:
        replies = self._last("this goes on with nothing").replies
        if not replies:
            self._refuse("this goes on with an answer that is not there", "Put a line that begins with '< ' above it")
        replies[-1] += "\n" + line

    def _last(self, problem: str) -> Exchange:
        if not self.talk.exchanges:
            self._refuse(problem, "Put the line that they wrote, beginning with '> ', above it")
        return self.talk.exchanges[-1]

    def _title(self, title: str) -> None:
        if self.talk.title or self.talk.exchanges:
            self._refuse("a title stands only once, in the first line", "To write a note, begin the line with '// '")
        self.talk.title = title.strip()

    def _channel(self, channel: str) -> None:
        if self.talk.channel or self.talk.exchanges:
            self._refuse("the channel stands only once, below the title", "Move it there, or take it out")
        self.talk.channel = channel.strip()

    def _refuse(self, problem: str, remedy: str) -> NoReturn:
        raise BrokenTalk(self.number, problem, remedy)


def _unspaced(line: str) -> str:
    return line.removeprefix(" ")
