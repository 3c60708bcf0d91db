"""What people type, by language, read once into lists that can be matched.

words.yaml of a pack says how people answer and what alarms are heard by; topics/<flow>.yaml how they name the options
of a flow (`options`, by "step:key") and what leads them straight to one of its steps (`topics`, by step).
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bot.folding import Message, Typed
from bot.phrases import Lexicon, Match, Phrases
from bot.plain_yaml import misshapen, read_plain

LIST_KEYS = ("called", "language_request", "letters", "marks", "yes", "no", "skip", "polite", "number_before")
NEGATION_KEYS = ("not_before", "between", "not_after", "ask_before", "ask_after", "past", "now")
SYLLABLE = re.compile(r"^(?=..).*[aeiouy]")  # what a word typed without spaces may be made of
GROUP = re.compile(r"<(\w+)>")
MOST_COURTEOUS = 40  # words, a full SMS: a longer message is no single phrase, with courtesies around it or without
HEARINGS = (
    "sure",
    "said",
    "accented",
    "only_accented",
    "doubt",
    "accented_doubt",
    "whole",
    "whole_accented",
    "whole_doubt",
    "harmless",
)


class WordsError(Exception):
    """A file of words says something unknown; the text names the file and the key."""


@dataclass(frozen=True)
class Hearing:
    """The lists with which one alarm is heard. A list that words.yaml leaves out is empty.

    `sure` whatever stands around it; `said` unless denied; `accented` as written, and only as a doubt without
    marks; `only_accented` never without marks; `doubt` always only a doubt, `accented_doubt` one as written;
    `whole` only as the whole message, `whole_accented` and `whole_doubt` likewise; `harmless` longer phrases that
    contain one of the others and mean something else.
    """

    lists: Mapping[str, Phrases]

    def __getitem__(self, name: str) -> Phrases:
        return self.lists[name]


class Words:
    """One pack's words.yaml, and its topics/<flow>.yaml as `by_flow`."""

    def __init__(
        self, page: Mapping[str, Any], file: str = "words.yaml", by_flow: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        _known_keys(file, page, {*LIST_KEYS, *NEGATION_KEYS, "groups", "short", "numbers", "safety", "intents"})
        self.short: Mapping[str, str] = page.get("short", {})
        self.letters = frozenset("".join(page.get("letters", [])))
        self.numbers = {int(digit): Phrases(words) for digit, words in page.get("numbers", {}).items()}
        self._lists = {key: Phrases(page.get(key, [])) for key in (*LIST_KEYS, *NEGATION_KEYS) if key != "letters"}
        self._groups = {name: f"({'|'.join(lines)})" for name, lines in page.get("groups", {}).items()}
        self.alarms = {alarm: self._hearing(file, alarm, lists) for alarm, lists in page.get("safety", {}).items()}
        self.options, self.topics = _by_place(by_flow or {}, "options"), _by_place(by_flow or {}, "topics")
        self.intents = {intent: Phrases(lines) for intent, lines in page.get("intents", {}).items()}
        self._known = frozenset(word for word in self._folded_words() | {*self.short} if SYLLABLE.search(word))
        self._lexicon = Lexicon((*self._phrases(), *self.numbers.values()))

    def __getitem__(self, name: str) -> Phrases:
        return self._lists[name]

    def read(self, typed: Typed) -> "Reading":
        """What was typed as words: short forms of this language written out, words without spaces taken apart."""
        return Reading(self, typed.read(self.short, self._known), typed)

    def find(self, message: Message) -> Mapping[Phrases, list[Match]]:
        """Every place in a message where a phrase of this pack stands, by the list that has the phrase."""
        return self._lexicon.find(message.words)

    def _folded_words(self) -> frozenset[str]:
        return frozenset().union(*(phrases.vocabulary for phrases in self._phrases()))

    def _phrases(self) -> tuple[Phrases, ...]:
        heard = (phrases for hearing in self.alarms.values() for phrases in hearing.lists.values())
        named = (self.options, self.topics, self.intents)
        return (*self._lists.values(), *heard, *(phrases for lists in named for phrases in lists.values()))

    def _hearing(self, file: str, alarm: str, lists: Mapping[str, list[str]]) -> Hearing:
        for name in lists:
            if name not in HEARINGS:
                raise WordsError(f"{file}: {alarm} has an unknown list {name!r}; known are {', '.join(HEARINGS)}")
        written_out = {name: [self._with_groups(file, line) for line in lines] for name, lines in lists.items()}
        return Hearing({name: Phrases(written_out.get(name, [])) for name in HEARINGS})

    def _with_groups(self, file: str, line: str) -> str:
        for name in GROUP.findall(line):
            if name not in self._groups:
                raise WordsError(f"{file}: no group {name!r} for {line!r}; known are {', '.join(self._groups)}")
        return GROUP.sub(lambda found: self._groups[found[1]], line)


class Reading:
    """One message as one pack reads it: its words, and where the phrases of the pack stand in it, found once.

    Never kept longer than the call that made it.
    """

    def __init__(self, known: Words, message: Message, typed: Typed) -> None:
        self.known, self.text, self.words, self._typed = known, message.text, message.words, typed
        self._found = known.find(message)
        self._spans: dict[Phrases, dict[tuple[int, int], Match]] = {}

    def find(self, phrases: Phrases) -> list[Match]:
        """Every place where a phrase of one of the pack's lists stands, within a clause or across."""
        return self._found.get(phrases, [])

    def coverage(self, phrases: Phrases) -> float:
        """How many words of the message these phrases cover, and a half more when one stands there exactly."""
        found = self.find(phrases)
        covered = {place for match in found for place in range(match.start, match.end)}
        return len(covered) + (0.5 if any(match.exact for match in found) else 0.0)

    def at(self, phrases: Phrases, start: int, end: int) -> Match | None:
        """The phrase that is all of the words from `start` up to `end`, the exact one first; None when none is."""
        if phrases not in self._found:
            return None
        if phrases not in self._spans:
            ordered = sorted(self.find(phrases), key=lambda match: match.exact)
            self._spans[phrases] = {(match.start, match.end): match for match in ordered}
        return self._spans[phrases].get((start, end))

    def covers(self, phrases: Phrases, match: Match) -> bool:
        """Whether one of the phrases stands over all the words of a match and more."""
        if not self.find(phrases):
            return False
        starts = range(max(0, match.end - phrases.longest), match.start + 1)
        spans = ((start, end) for start in starts for end in range(match.end, start + phrases.longest + 1))
        return any(span != (match.start, match.end) and self.at(phrases, *span) for span in spans)

    def whole(self, phrases: Phrases) -> Match | None:
        """The phrase that is the whole message; None when none is."""
        return self.at(phrases, 0, len(self.words))

    def polite_whole(self, phrases: Phrases) -> Match | None:
        """The phrase that is the whole message, courtesies beside it left out or not; None when none is."""
        return self.whole(phrases) or self.at(phrases, *self.core)

    @cached_property
    def as_typed(self) -> Message:
        """The message with its short forms and its glued words as they were typed."""
        return self._typed.read({})

    @cached_property
    def core(self) -> tuple[int, int]:
        """From where up to where the message stands without the courtesies before and after it."""
        return self.without("polite")

    @cached_property
    def digit(self) -> int | None:
        """The digit a message is: 1, 1., 1), a full-width or keycap one, `số 1`, `so mot`, `một`, `one`; else None."""
        start, end = self.without("polite", "number_before")
        if end - start != 1:
            return None
        for spelling in self.words[start].spelt.written:
            if len(spelling) == 1 and spelling.isdecimal():
                return int(spelling)
        numbers = self.known.numbers.items()
        named = [(match.exact, digit) for digit, names in numbers if (match := self.at(names, start, end))]
        return max(named)[1] if named else None

    def without(self, *names: str) -> tuple[int, int]:
        """From where up to where the message stands without the phrases of these lists before and after it.

        Something is always left, and of a message longer than MOST_COURTEOUS everything.
        """
        start, end = 0, len(self.words)
        before = None
        while before != (start, end) and len(self.words) <= MOST_COURTEOUS:
            before = (start, end)
            for phrases in (self.known[name] for name in names):
                lengths = range(min(phrases.longest, end - start - 1), 0, -1)
                start += next((length for length in lengths if self.at(phrases, start, start + length)), 0)
                lengths = range(min(phrases.longest, end - start - 1), 0, -1)
                end -= next((length for length in lengths if self.at(phrases, end - length, end)), 0)
        return start, end


def read_each(text: str, words: Mapping[str, Words]) -> dict[str, Reading]:
    """A text as each pack reads it, by the tags of the packs."""
    typed = Typed(text)
    return {tag: known.read(typed) for tag, known in words.items()}


def load_words(folder: Path) -> Words:
    """Read the words of a pack's folder; WordsError or yaml.YAMLError when they cannot be used."""
    by_flow = {path.stem: read_plain(path) or {} for path in sorted(folder.glob("topics/*.yaml"))}
    for flow, page in by_flow.items():
        _known_keys(f"{folder.name}/topics/{flow}.yaml", page, {"options", "topics"})
    return Words(read_plain(folder / "words.yaml") or {}, f"{folder.name}/words.yaml", by_flow)


def _known_keys(file: str, page: Any, known: Collection[str]) -> None:
    if not isinstance(page, Mapping):
        raise WordsError(f"{file}: it is no mapping; write its keys one below the other, as in a neighbouring file")
    for key in page:
        if key not in known:
            raise WordsError(f"{file}: unknown key {key!r}; known are {', '.join(sorted(known))}")


def _by_place(by_flow: Mapping[str, Mapping[str, Any]], name: str) -> dict[str, Phrases]:
    for flow, page in by_flow.items():
        wrong = misshapen(page.get(name) or {}, dict.fromkeys(page.get(name) or {}, (list,)))
        if wrong:
            raise WordsError(f"topics/{flow}.yaml, {name}: {wrong}; write the words as a list")
    lists = ((flow, page.get(name) or {}) for flow, page in by_flow.items())
    return {f"{flow}.{where}": Phrases(lines) for flow, listed in lists for where, lines in listed.items()}
