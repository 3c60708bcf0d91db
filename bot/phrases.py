"""Finding phrases in a message: exactly as written, or as people write without marks."""

import itertools
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import NamedTuple

from bot.folding import Spelling, Word, fold, split_words, toneless, written

CHOICES = re.compile(r"\(([^()]*)\)")
PARTS = re.compile(r"(?:\([^()]*\)|[^\s()])+")


@dataclass(frozen=True)
class Wanted:
    """One word of a phrase, in each way it may be typed."""

    written: str
    folded: str
    toneless: str


class Match(NamedTuple):
    """Where a phrase stands in a message: words from `start` up to `end`; `exact` when every mark was typed."""

    start: int
    end: int
    exact: bool


@dataclass(eq=False)
class Fork:
    """A place inside a phrase: whether it may end here, and each next word with the place behind it.

    Lines are not written out choice by choice: with groups of words that would be a hundred thousand phrases.
    """

    ends: bool = False
    ways: "dict[str, list[tuple[Wanted, Fork]]]" = field(default_factory=dict)

    def lead(self, words: tuple[Wanted, ...], target: "Fork") -> None:
        """Let some words lead from here to a place; no words at all mean that the place is here too."""
        if not words:
            self.ends = self.ends or target.ends
            for folded, ways in target.ways.items():
                self.ways.setdefault(folded, []).extend(ways)
            return
        first, *rest = words
        following = Fork() if rest else target
        if rest:
            following.lead(tuple(rest), target)
        self.ways.setdefault(first.folded, []).append((first, following))


class Phrases:
    """A list of phrases. `(a|b)` in one of them stands for each choice, `(a|)` makes a word optional."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.root, self.longest, self.lines = Fork(), 0, tuple(lines)
        vocabulary: set[str] = set()
        for line in self.lines:
            parts = [_choices(part) for part in PARTS.findall(unicodedata.normalize("NFC", line.casefold()))]
            place = Fork(ends=True)
            for choices in reversed(parts):
                place, target = Fork(), place
                for words in choices:
                    place.lead(words, target)
                    vocabulary |= {word.folded for word in words}
            place.ends = False  # a line of which every word is optional still needs one
            self.root.lead((), place)
            self.longest = max(self.longest, sum(max(map(len, choices)) for choices in parts))
        self.vocabulary = frozenset(vocabulary)

    def written_out(self, most: int = 64) -> Iterator[str]:
        """Phrases as somebody may type them; of a line with more than `most` choices so many, spread over all."""
        for line in self.lines:
            pieces = CHOICES.split(line)
            choices = [piece.split("|") if place % 2 else [piece] for place, piece in enumerate(pieces)]
            count = math.prod(map(len, choices))
            for number in range(min(count, most)):
                yield _chosen(choices, number * count // min(count, most))

    def whole(self, words: tuple[Word, ...]) -> Match | None:
        """The phrase that is all of these words, the exact one first; None when none is."""
        if not 0 < len(words) <= self.longest:
            return None
        found = [match for match in _follow(self.root, words, 0, True) if match.end == len(words)]
        return max(found, key=lambda match: match.exact, default=None)


@dataclass(eq=False)
class Place:
    """A place inside the phrases of many lists: the lists that have a phrase ending here, and each next word."""

    ends: tuple[Phrases, ...]
    ways: "dict[str, list[tuple[Wanted, Place]]]" = field(default_factory=dict)

    def step(self, word: Word) -> "list[tuple[Place, bool]]":
        """Where a word leads, and whether it has every mark."""
        ways = (way for folded in word.spelt.folded for way in self.ways.get(folded, ()))
        compared = ((following, _compare(wanted, word)) for wanted, following in ways)
        return [(following, same) for following, same in compared if same is not None]


class Lexicon:
    """Many lists of phrases put together, so that one walk over a message finds all of theirs."""

    def __init__(self, lists: Iterable[Phrases]) -> None:
        self._root = _join(frozenset((phrases, phrases.root) for phrases in lists), {})

    def find(self, words: tuple[Word, ...]) -> dict[Phrases, list[Match]]:
        """Every place where a phrase stands, by its list and from the first word on; lists without any are left out."""
        found: dict[Phrases, list[Match]] = {}
        steps: dict[tuple[Place, Spelling], list[tuple[Place, bool]]] = {}
        for start in range(len(words)):
            waiting = [(self._root, start, True)]
            while waiting:
                place, end, exact = waiting.pop()
                for phrases in place.ends:
                    found.setdefault(phrases, []).append(Match(start, end, exact))
                if end == len(words) or place.ways.keys().isdisjoint(words[end].spelt.folded):
                    continue
                step = (place, words[end].spelt)
                if step not in steps:
                    steps[step] = place.step(words[end])
                waiting += [(following, end + 1, exact and same) for following, same in steps[step]]
        return found


def _join(forks: frozenset[tuple[Phrases, Fork]], known: dict[frozenset[tuple[Phrases, Fork]], Place]) -> Place:
    """The one place that stands for forks of many lists: each next word leads to one place behind it, not to many."""
    if forks in known:
        return known[forks]
    place = known[forks] = Place(tuple({phrases for phrases, fork in forks if fork.ends}))
    following: dict[Wanted, set[tuple[Phrases, Fork]]] = {}
    for phrases, fork in forks:
        for wanted, target in itertools.chain.from_iterable(fork.ways.values()):
            following.setdefault(wanted, set()).add((phrases, target))
    for wanted, targets in following.items():
        place.ways.setdefault(wanted.folded, []).append((wanted, _join(frozenset(targets), known)))
    return place


def _chosen(choices: list[list[str]], number: int) -> str:
    """The phrase with this number among all that the choices make."""
    chosen = []
    for listed in choices:
        number, place = divmod(number, len(listed))
        chosen.append(listed[place])
    return " ".join("".join(chosen).split())


@lru_cache(maxsize=1024)  # of sentences we say, never of what people type
def single_phrase(line: str) -> Phrases:
    """A list of one phrase, such as the label of an option."""
    return Phrases([line])


def _follow(place: Fork, words: tuple[Word, ...], end: int, exact: bool) -> Iterator[Match]:
    if place.ends:
        yield Match(0, end, exact)
    if end == len(words):
        return
    for folded in words[end].spelt.folded:
        for wanted, following in place.ways.get(folded, ()):
            same = _compare(wanted, words[end])
            if same is not None:
                yield from _follow(following, words, end + 1, exact and same)


def _compare(wanted: Wanted, word: Word) -> bool | None:
    """True for a word with every mark, False for one without marks, None for another word.

    A word typed with a tone must have the right one: `từ từ` is never taken for `tự tử`.
    """
    if wanted.written in word.spelt.written:
        return True
    if wanted.folded in word.spelt.plain or wanted.toneless in word.spelt.toneless:
        return False
    return None


@cache  # of what packs are written with, never of what people type
def _choices(part: str) -> list[tuple[Wanted, ...]]:
    """What one part of a line may be, such as `kill`, `(a|b)` or `kill(ed|ing|)`."""
    pieces = CHOICES.split(part)
    choices = [piece.split("|") if place % 2 else [piece] for place, piece in enumerate(pieces)]
    texts = {"".join(chosen) for chosen in itertools.product(*choices)}
    return [tuple(_want(word) for word, _ in split_words(text)) for text in sorted(texts)]


@cache  # likewise
def _want(word: str) -> Wanted:
    return Wanted(written(word), fold(word), toneless(word))
