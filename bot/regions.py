"""Regional variants of a language: the words that give a region away, and the words said there instead of the base's.

In pack.yaml, the base text being that of the pack itself:

  variants:
    south:
      marks: [tui, biết hông]     one of these, typed just so, is enough
      hints: [nha, nghen]         two different ones in a message that is written with marks
      unless: [đau hông]          where these stand, a mark or a hint in them is another word
      against: [nhé, vâng]        two different ones and nothing of the above: the base again
      terms: {nhé: nha}           said in the base, said there; the longest goes first, a term to itself is left alone
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from bot.folding import Message, Word
from bot.phrases import Lexicon, Match, Phrases

BASE = ""  # of a region that was heard: the base text again
ENOUGH_HINTS = 2
KEYS = frozenset({"marks", "hints", "unless", "against", "terms"})
NAME = re.compile(r"[a-z]+")
SLOT = r"\{\w+\}"


class RegionError(ValueError):
    """A variant cannot be used; the text names what is wrong in it and what to do."""


class Variant:
    """One region's way with a language. Raises RegionError while it is made."""

    def __init__(self, name: str, page: Mapping[str, Any]) -> None:
        for key in page:
            if key not in KEYS:
                raise RegionError(f"{name} has an unknown key {key!r}. Known: {', '.join(sorted(KEYS))}")
        if not NAME.fullmatch(name):
            raise RegionError(f"{name!r} is no name of a variant. Write small letters alone, such as south")
        self.name = name
        self._marks, self._hints = Phrases(page.get("marks", [])), Phrases(page.get("hints", []))
        self._unless, self._against = Phrases(page.get("unless", [])), Phrases(page.get("against", []))
        self._lexicon = Lexicon((self._marks, self._hints, self._unless, self._against))
        self.terms: Mapping[str, str] = dict(page.get("terms", {}))
        _check_terms(name, self.terms)
        for there in self.terms.values():
            if self.tell(there) != there:
                raise RegionError(f"{name} says {there!r} for one term and something else for its words. Keep one")

    def tell(self, text: str) -> str:
        """A sentence of the base as it is said there. Words in capitals are what somebody is to type: they stay."""
        return self._pattern.sub(self._instead, text) if self.terms else text

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        longest_first = "|".join(re.escape(term) for term in sorted(self.terms, key=lambda term: (-len(term), term)))
        return re.compile(rf"{SLOT}|(?<!\w)(?:{longest_first})(?!\w)", re.IGNORECASE)

    def _instead(self, found: re.Match[str]) -> str:
        said = found[0]
        if said.startswith("{") or said.isupper():
            return said
        there = self.terms[said.casefold()]
        return there[0].upper() + there[1:] if said[0].isupper() else there

    def hear(self, message: Message) -> str | None:
        """What a message tells, its words as typed: the name of this variant, BASE, or None for nothing."""
        words = message.words
        found = self._lexicon.find(words)
        elsewhere = {place for match in found.get(self._unless, ()) for place in range(match.start, match.end)}

        def different(phrases: Phrases) -> int:
            exact = (match for match in found.get(phrases, ()) if match.exact and match.start not in elsewhere)
            return len({_spelt(words, match) for match in exact})

        hints = different(self._hints) if any(not word.spelt.plain for word in words) else 0
        if different(self._marks) or hints >= ENOUGH_HINTS:
            return self.name
        return BASE if not hints and different(self._against) >= ENOUGH_HINTS else None


def hear_region(variants: Mapping[str, Variant], message: Message) -> str | None:
    """The one variant that is heard, BASE when none is and one is spoken against, else None."""
    heard = {variant.hear(message) for variant in variants.values()} - {None}
    regions = heard - {BASE}
    if len(regions) == 1:
        return regions.pop()
    return BASE if heard == {BASE} else None


def _spelt(words: Sequence[Word], match: Match) -> tuple[frozenset[str], ...]:
    return tuple(word.spelt.written for word in words[match.start : match.end])


def _check_terms(name: str, terms: Mapping[str, str]) -> None:
    for here, there in terms.items():
        for term in (here, there):
            if not re.fullmatch(r"[^\W\d_]+( [^\W\d_]+)*", term):
                raise RegionError(f"{name} has the term {term!r}. Write words alone, without digits or signs")
            if term != unicodedata.normalize("NFC", term) or term != term.casefold():
                raise RegionError(f"{name} has the term {term!r}. Write it in small letters, composed (NFC)")
