"""People made up by chance: what they type, press and send, in the packs' own words and with their own mistakes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from bot.book import Book
from bot.folding import fold
from bot.packs import Packs
from bot.phrases import CHOICES
from bot.state import State
from storage.inbox import Message

A_MINUTE, LONG = timedelta(minutes=1), timedelta(hours=3)
NOBODY = UUID(int=0)
DIGIT_FORMS = ("{}", "{}", "{}", "{}.", "so {}", "số {}", "{}\ufe0f\u20e3", "number {}", " {} ")
ODD = ("", "?", "🙂", "asdf qwer", "http://a.example/b", "1 2", "99", "９", "12345678", "\u200b", "ﷺ" * 9, "a" * 300)


class Chatter:
    """Makes messages up. The same chance makes the same messages."""

    def __init__(self, book: Book, packs: Packs, chance: Random) -> None:
        self.book, self.packs, self.chance = book, packs, chance
        self.phrases = {tag: _phrases(packs, tag) for tag in packs.tags}
        self.alarms = {tag: _alarms(packs, tag) for tag in packs.tags}
        self.buttons = [f"{'.'.join(step.at)}:{option.key}" for step in book.questions() for option in step.options]

    def message(self, state: State, at: datetime) -> Message:
        """What somebody in this state sends next, and when: most often within minutes, sometimes hours later."""
        written_at = at + (LONG if self.chance.random() < 0.04 else A_MINUTE)
        ways = (self._digit, self._label, self._words, self._alarm, self._odd)
        kind = self.chance.choices(("text", "button", "media"), (88, 9, 3))[0]
        if kind == "button":
            text, about = self._button(state)
            return Message(NOBODY, text, kind, about, written_at, None)
        text = self.chance.choices(ways, (40, 18, 26, 12, 4))[0](state)
        return Message(NOBODY, text, kind, None, written_at, None)

    def _digit(self, state: State) -> str:
        asked = self.book.find(state.at) if state.at else None
        digits = len(asked.options) if asked and asked.options else len(self.packs.tags)
        digit = self.chance.randint(1, max(1, digits)) if self.chance.random() < 0.9 else self.chance.randint(0, 9)
        return self.chance.choice(DIGIT_FORMS).format(digit)

    def _label(self, state: State) -> str:
        asked = self.book.find(state.at) if state.at else None
        if not asked or not asked.options:
            return self._words(state)
        option, tag = self.chance.choice(asked.options), self._tag(state)
        return self._mistyped(self.packs.text(tag, ".".join(asked.at), option.say))

    def _words(self, state: State) -> str:
        lines = self.phrases[self._tag(state)]
        return self._mistyped(" ".join(self._chosen(lines) for _ in range(self.chance.choice((1, 1, 1, 2, 3)))))

    def _alarm(self, state: State) -> str:
        return self._mistyped(self._chosen(self.alarms[self._tag(state)]))

    def _odd(self, state: State) -> str:
        return self.chance.choice(ODD)

    def _button(self, state: State) -> tuple[str, str | None]:
        asked = self.book.find(state.at) if state.at else None
        if asked and asked.options and self.chance.random() < 0.7:
            return self.chance.choice([*(option.key for option in asked.options), "9", "0"]), ".".join(asked.at)
        about, _, key = self.chance.choice([*self.buttons, "gone.away:yes", "menu.main:??"]).partition(":")
        return key, about

    def _tag(self, state: State) -> str:
        other = state.language not in self.packs.tags or self.chance.random() < 0.15
        return self.chance.choice(self.packs.tags) if other else str(state.language)

    def _chosen(self, lines: Sequence[str]) -> str:
        """One line of a list, with one of each of its choices."""
        pieces = CHOICES.split(self.chance.choice(lines))
        chosen = [self.chance.choice(piece.split("|")) if place % 2 else piece for place, piece in enumerate(pieces)]
        return " ".join("".join(chosen).split())

    def _mistyped(self, text: str) -> str:
        """As thumbs type it: without marks, in capitals, with a letter lost, doubled or swapped, without spaces."""
        if self.chance.random() < 0.5:
            text = fold(text)
        way, place = self.chance.random(), self.chance.randrange(max(1, len(text)))
        if way < 0.06:
            return text.upper()
        if way < 0.11:
            return text[:place] + text[place + 1 :]
        if way < 0.15:
            return text[:place] + text[place : place + 1] * 3 + text[place:]
        if way < 0.19:
            return text[:place] + text[place : place + 2][::-1] + text[place + 2 :]
        return text.replace(" ", "") if way < 0.22 else text


def _phrases(packs: Packs, tag: str) -> list[str]:
    words = packs.pack(tag).words
    named = (
        *words.topics.values(),
        *words.options.values(),
        *words.intents.values(),
        words["yes"],
        words["no"],
        words["skip"],
    )
    return [line for phrases in named for line in phrases.lines]


def _alarms(packs: Packs, tag: str) -> list[str]:
    heard = packs.pack(tag).words.alarms.values()
    return [line for hearing in heard for phrases in hearing.lists.values() for line in phrases.lines]
