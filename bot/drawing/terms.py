"""The drawing's own words in the language of a picture, and which sentences of that language nobody has reviewed.

locales/<tag>/drawing.yaml, all of it optional:

  titles: {miss: Not understood}       a flow's title, where no option of the menu names it
  about: {"<the flow's about>": ...}   the line about a flow, by its English
  words: {"<English>": ...}            everything else, by its English
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.pofile import read_po

from bot.plain_yaml import read_plain

SOURCE = "en"
DRAFT = "review: draft"


@dataclass(frozen=True)
class Terms:
    """The words of one language. `drafts` holds (context, source English) of translations that await a review."""

    titles: Mapping[str, str] = field(default_factory=dict)
    abouts: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    drafts: frozenset[tuple[str, str]] = frozenset()

    def __call__(self, english: str, **values: object) -> str:
        """A phrase in this language, else in English, with its {values}."""
        return self.words.get(english, english).format(**values)

    def about(self, english: str) -> str:
        """What a flow is about, in this language where somebody has written it."""
        line = " ".join(english.split())
        return self.abouts.get(line, line)


def load_terms(locales: Path, tag: str) -> Terms:
    """The words of a pack's drawing.yaml, none where there is no such file."""
    file = locales / tag / "drawing.yaml"
    page = (read_plain(file) or {}) if file.exists() else {}
    titles, abouts, words = (page.get(key) or {} for key in ("titles", "about", "words"))
    return Terms(titles, abouts, words, _drafts(locales / tag))


def _drafts(folder: Path) -> frozenset[tuple[str, str]]:
    found = set[tuple[str, str]]()
    for path in sorted(folder.glob("LC_MESSAGES/*.po")):
        with path.open("rb") as file:
            catalog = read_po(file)
        found.update((one.context or "", str(one.id)) for one in catalog if one.id and DRAFT in one.user_comments)
    return frozenset(found)
