"""How a message is read for matching: words with and without their marks. The text itself is never changed.

Nothing here is cached: a cache of words would keep what people typed in memory long after they had it erased.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")  # the five tone marks of Vietnamese, as combining letters
UNSEEN = re.compile("[\u200b-\u200f\u2060\ufeff\ufe0e\ufe0f\u20e3]")  # zero widths, emoji styles, the keycap
CLAUSE_ENDS = frozenset(".,;:!?…\n、。，！？")
GLUED = 8  # letters from which a word is taken apart: no Vietnamese word has more than seven (nghiêng)
GLUED_ALONE = 5  # the same when it is all that was typed (cuuem)
LONGEST_WORD = 12
LONGEST_TEXT = 8192  # signs: twice the longest message of a carrier; one sign (ﷺ) may stand for eighteen
LONGEST_SPELT = 64  # letters; no word of any pack is as long
MOST_MARKS = 16  # on one letter; the languages we know need four
HALF_WIDTH_MARKS = "\uff9e\uff9f"  # letters by their category, marks once they are normalised
STRETCHED = re.compile(r"([^\W\d_])\1{2,}")


def fold(word: str) -> str:
    """Without any mark and with d for đ, as people type when the keyboard gives no Vietnamese."""
    bare = "".join(sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign))
    return bare.replace("đ", "d").replace("Đ", "D")


def written(word: str) -> str:
    """One spelling for old and new placing of the tone: `xoá` and `xóa` are the same word, `từ` and `tự` are not."""
    letters, tone = _apart(word)
    return letters + tone


def toneless(word: str) -> str:
    """Without the tone but with ă â đ ê ô ơ ư: what is left when somebody marks letters and drops tones."""
    return _apart(word)[0]


def _apart(word: str) -> tuple[str, str]:
    spread = unicodedata.normalize("NFD", word)
    letters = "".join(sign for sign in spread if sign not in TONES)
    return unicodedata.normalize("NFC", letters), "".join(sign for sign in spread if sign in TONES)


@dataclass(frozen=True, eq=False, slots=True)
class Spelling:
    """A word as typed: as written, without any mark, and what it may stand for when marks or tones were left out."""

    written: frozenset[str]
    folded: frozenset[str]
    plain: frozenset[str]
    toneless: frozenset[str]


class Word(NamedTuple):
    """One word of a message and the number of its clause."""

    spelt: Spelling
    clause: int


@dataclass(frozen=True)
class Message:
    """A message as words. `text` is what was written, trimmed, in one case and one encoding of each letter."""

    text: str
    words: tuple[Word, ...]


class Typed:
    """What somebody typed, split into words and spelt once for every language that reads it.

    The work grows with the length of a text and no faster, whatever stands in it: everybody's messages wait meanwhile.
    Never kept longer than the call that made it.
    """

    def __init__(self, text: str) -> None:
        even = unicodedata.normalize("NFKC", _few_marks(UNSEEN.sub("", text[:LONGEST_TEXT]))).casefold()
        self.text = unicodedata.normalize("NFC", even[:LONGEST_TEXT].strip())
        self._parts = split_words(self.text)
        self._spelt: dict[tuple[str, str | None], Spelling] = {}

    def read(self, short: Mapping[str, str], known: Collection[str] = ()) -> Message:
        """The text for matching. `short` maps a short form (ko, dc, cccd) to the word or words it stands for; `known`
        are folded words with which words that were typed without spaces (cuutoivoi) are taken apart."""
        words: list[Word] = []
        for part, clause in _unglue(self._parts, known) if known else self._parts:
            meant = short.get(part, "").split()
            if len(meant) > 1:
                words += [Word(self._spell(word, None), clause) for word in meant]
            else:
                words.append(Word(self._spell(part, meant[0] if meant else None), clause))
        return Message(self.text, tuple(words))

    def _spell(self, part: str, meant: str | None) -> Spelling:
        spelt = self._spelt.get((part, meant))
        if spelt is None:
            spelt = self._spelt[part, meant] = _spell(part, meant)
        return spelt


def _few_marks(text: str) -> str:
    """With no more than a few marks on one letter: hundreds of them take a normaliser quadratic time."""
    if text.isascii():
        return text
    kept, marks = [], 0
    for sign in text:
        marks = marks + 1 if unicodedata.category(sign)[0] == "M" or sign in HALF_WIDTH_MARKS else 0
        if marks <= MOST_MARKS:
            kept.append(sign)
    return "".join(kept)


def _unglue(parts: list[tuple[str, int]], known: Collection[str]) -> Iterator[tuple[str, int]]:
    enough = GLUED_ALONE if len(parts) == 1 else GLUED
    for part, clause in parts:
        folded = fold(part) if len(part) >= enough and part.isalpha() else ""
        glued = len(folded) == len(part) and folded not in known
        place = 0
        for piece in (_pieces(folded, known) if glued else None) or [part]:
            yield part[place : place + len(piece)], clause
            place += len(piece)


def _pieces(glued: str, known: Collection[str]) -> list[str] | None:
    """The fewest known words that make up a glued one, None when nothing does."""
    fewest: list[tuple[int, int] | None] = [(0, 0)]  # up to each place: how many words, and where the last begins
    for end in range(1, len(glued) + 1):
        ways = [
            (before[0] + 1, start)
            for start in range(max(0, end - LONGEST_WORD), end - 1)
            if (before := fewest[start]) is not None and glued[start:end] in known
        ]
        fewest.append(min(ways, default=None))
    pieces, end = list[str](), len(glued)
    while end and (last := fewest[end]):
        pieces.append(glued[last[1] : end])
        end = last[1]
    return pieces[::-1] or None


def _spell(part: str, meant: str | None) -> Spelling:
    """Also with stretched letters (cuuuu) let go, and with the word a short form stands for."""
    spellings = {part, meant or part}
    if len(part) > 2:
        spellings |= {STRETCHED.sub(r"\1", part), STRETCHED.sub(r"\1\1", part)}
    spellings = {spelling for spelling in spellings if len(spelling) <= LONGEST_SPELT}
    if all(map(_is_bare, spellings)):
        same = frozenset(spellings)
        return Spelling(same, same, same, same)
    return Spelling(
        written=frozenset(map(written, spellings)),
        folded=frozenset(map(fold, spellings)),
        plain=frozenset(spelling for spelling in spellings if fold(spelling) == spelling),
        toneless=frozenset(spelling for spelling in spellings if toneless(spelling) == spelling),
    )


def _is_bare(word: str) -> bool:
    """Whether a word has nothing that folding would take away; most words, and quicker to see than to do."""
    if word.isascii():
        return True
    unmarked = unicodedata.is_normalized("NFD", word) and not any(map(unicodedata.combining, word))
    return unmarked and "đ" not in word and "Đ" not in word


def split_words(text: str) -> list[tuple[str, int]]:
    """The words of a text with the number of their clause; each symbol such as an emoji is a word of its own."""
    found: list[tuple[str, int]] = []
    clause, word = 0, ""
    for sign in text + " ":
        kind = unicodedata.category(sign)
        if kind[0] in "LMN":
            word += sign
            continue
        if sign in "'’" and word:
            continue  # don't, i'm: one word
        if word:
            found.append((word, clause))
            word = ""
        if kind == "So":
            found.append((sign, clause))
        if sign in CLAUSE_ENDS:
            clause += 1
    return found
