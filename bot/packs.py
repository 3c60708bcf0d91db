"""Language packs: one folder each, with fallback sentence by sentence, and messages made ready to send."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po

from bot.book import Option
from bot.plain_yaml import read_plain
from bot.regions import RegionError, Variant
from bot.state import Say
from bot.words import Words, load_words
from storage.channels import Facts
from storage.sms import segments

PACK_KEYS = frozenset(
    {
        "name",
        "script",
        "fallback",
        "opening",
        "review",
        "reviewers",
        "never_said",
        "never_promised",
        "never_asked",
        "only_in",
        "told_with",
        "variants",
    }
)
MOST_SEGMENTS = 3  # of one message: longer ones arrive in pieces and in disorder on old phones
SLOT = re.compile(r"\{(\w+)\}")


class PackError(Exception):
    """A pack cannot be used; the text names the folder, the file and what to do."""


@dataclass(frozen=True)
class Pack:
    """One language. `sentences` maps (context, source English) to the translation; `fallback` names other packs.

    `never_said`, `never_promised` and `never_asked` are phrases; `only_in` names those that one flow may say all the
    same, by flow; `told_with` the words without which a number is not told, by number;
    `variants` are the ways of its regions, by name.
    """

    tag: str
    name: str
    fallback: tuple[str, ...]
    opening: bool
    review: str
    never_said: tuple[str, ...]
    never_promised: tuple[str, ...]
    never_asked: tuple[str, ...]
    only_in: Mapping[str, tuple[str, ...]]
    told_with: Mapping[str, str]
    sentences: Mapping[tuple[str, str], str]
    words: Words
    variants: Mapping[str, Variant] = field(default_factory=dict)


@dataclass(frozen=True)
class Rendered:
    """A message ready to send: its text and its buttons as (label, "flow.step:key").

    `left_out` are the lines about 0 and 9 of a menu that is too long for them.
    """

    text: str
    buttons: tuple[tuple[str, str], ...] = ()
    left_out: tuple[str, ...] = ()


class Packs:
    """Every language pack, and the fixed sentences that belong to no flow (fixed.yaml).

    A tongue is the tag of a pack, or with one of its variants "vi@south"; a variant that is not there is the base.
    """

    def __init__(self, packs: Mapping[str, Pack], fixed: Mapping[str, str]) -> None:
        self._packs, self._fixed = packs, fixed
        self.tags, self.fixed_names = tuple(packs), tuple(fixed)

    def pack(self, tag: str) -> Pack:
        """The pack with this tag; KeyError when there is none."""
        return self._packs[tag]

    def tongues(self) -> tuple[str, ...]:
        """Every language in every variant: each tag, and after it those with a region."""
        return tuple(tongue for tag in self.tags for tongue in self.tongues_of(tag))

    def tongues_of(self, tag: str) -> tuple[str, ...]:
        """One language in every variant, the base first."""
        return (tag, *(f"{tag}@{region}" for region in self._packs[tag].variants))

    def opening(self) -> tuple[str, ...]:
        """The languages in which we speak while we do not know which is understood."""
        return tuple(tag for tag in self.tags if self._packs[tag].opening) or self.tags[:1]

    def text(self, tongue: str, context: str, sentence: str) -> str:
        """A source sentence in a language: its own words, else those of its fallbacks in turn, else the English.

        In a region that the words come from, its terms stand for those of the base.
        """
        tag, _, region = tongue.partition("@")
        waiting, seen = [tag], set[str]()
        while waiting:
            here = waiting.pop(0)
            if here in seen or here not in self._packs:
                continue
            seen.add(here)
            told = self._packs[here].sentences.get((context, sentence))
            if told:
                variant = self._packs[here].variants.get(region)
                return variant.tell(told) if variant else told
            waiting += self._packs[here].fallback
        return sentence

    def options(self, say: Say) -> tuple[Option, ...]:
        """The options of a message as they can be chosen; where languages are asked for, one for each pack."""
        if say.languages:
            return tuple(Option(say=self._packs[tag].name, key=tag, go="") for tag in self.tags[:8])
        return say.options

    def render_all(self, say: Say, language: str | None, facts: Facts) -> tuple[Rendered, ...]:
        """A message as it goes out on a channel, most often as one text.

        While the language is None it is said in every opening language, one below the other. Where that would be longer
        than three segments, what is urgent goes out by SMS as one message for each language (understanding goes before
        length), and anything else in the first of them alone.
        """
        if language is not None:
            return (self._render(say, (language,), facts),)
        together = self._render(say, self.opening(), facts)
        if segments("\n".join([together.text, *together.left_out])) <= MOST_SEGMENTS:
            return (together,)
        if say.kind != "urgent":
            return (self._render(say, self.opening()[:1], facts),)
        if facts.medium != "sms":
            return (together,)
        return tuple(self._render(say, (tag,), facts) for tag in self.opening())

    def render(self, say: Say, language: str, facts: Facts) -> Rendered:
        """A message in a language that is known, within the limits of a channel.

        Options are printed with their digits. A channel with buttons gets those instead when all of them fit; a
        typed digit is understood there too.
        """
        return self._render(say, (language,), facts)

    def _render(self, say: Say, tags: tuple[str, ...], facts: Facts) -> Rendered:
        context = f"{say.flow}.{say.step}"
        text = "\n".join(_unique(self._fill(tag, context, say.sentence, say.slots) for tag in tags))
        options = [(digit, option) for digit, option in enumerate(self.options(say), 1) if option.printed]
        labels = {option.key: self._label(tags, context, option) for _, option in options}
        buttons = tuple((f"{digit} {labels[option.key]}", f"{context}:{option.key}") for digit, option in options)
        more = self._menu_buttons(say, tags, context)
        if buttons and len(buttons) <= facts.buttons:
            room = facts.buttons - len(buttons)
            return Rendered(text, (*buttons, *(more if len(more) <= room else more[-1:][:room])))
        text = "\n".join([text, *(label for label, _ in buttons)])
        lines = tuple(label for label, _ in more)
        if segments("\n".join([text, *lines])) <= MOST_SEGMENTS:
            text, lines = "\n".join([text, *lines]), ()
        return Rendered(text[: facts.limit], left_out=lines)

    def neutral(self, name: str, language: str | None) -> str:
        """A fixed sentence that tells nothing, such as "late" for a reply that would come too late."""
        tags = (language,) if language else self.opening()
        return "\n".join(_unique(self.text(tag, f"fixed.{name}", self._fixed[name]) for tag in tags))

    def _label(self, tags: tuple[str, ...], context: str, option: Option) -> str:
        return " / ".join(_unique(self.text(tag, context, option.say) for tag in tags))

    def _fill(self, tag: str, context: str, sentence: str, slots: Mapping[str, str]) -> str:
        return SLOT.sub(lambda found: slots.get(found[1], found[0]), self.text(tag, context, sentence))

    def _menu_buttons(self, say: Say, tags: tuple[str, ...], context: str) -> tuple[tuple[str, str], ...]:
        if not say.menu:
            return ()
        named = (("9", "person"),) if say.flow == "menu" else (("0", "start"), ("9", "person"))
        return tuple(
            (f"{key} " + " / ".join(_unique(self.neutral(name, tag) for tag in tags)), f"{context}:{key}")
            for key, name in named
        )


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def load_packs(folder: Path) -> Packs:
    """Read every pack of a folder (those that hold a pack.yaml) and fixed.yaml beside them.

    PackError when a pack is not usable. Sentences are read from LC_MESSAGES/*.po directly; fuzzy and empty ones are
    skipped, so that their fallback is said instead.
    """
    fixed = read_plain(folder / "fixed.yaml") or {}
    packs = [_load_pack(path.parent) for path in sorted(folder.glob("*/pack.yaml"))]
    packs.sort(key=lambda pack: (not pack.opening, pack.tag != "vi", pack.tag))
    by_tag = {pack.tag: pack for pack in packs}
    for pack in packs:
        for other in pack.fallback:
            if other not in by_tag:
                raise PackError(f"{pack.tag}/pack.yaml falls back to {other!r}, which is no pack. Name one or drop it.")
    return Packs(by_tag, fixed)


def _load_pack(folder: Path) -> Pack:
    page = read_plain(folder / "pack.yaml") or {}
    for key in page:
        if key not in PACK_KEYS:
            raise PackError(
                f"{folder.name}/pack.yaml has an unknown key {key!r}. Known: {', '.join(sorted(PACK_KEYS))}."
            )
    if not page.get("name"):
        raise PackError(f"{folder.name}/pack.yaml has no name. Write the language's own name for itself.")
    return Pack(
        tag=folder.name,
        name=page["name"],
        fallback=tuple(page.get("fallback", ())),
        opening=page.get("opening") == "true",
        review=page.get("review", "draft"),
        never_said=tuple(page.get("never_said", ())),
        never_promised=tuple(page.get("never_promised", ())),
        never_asked=tuple(page.get("never_asked", ())),
        only_in={flow: tuple(words) for flow, words in (page.get("only_in") or {}).items()},
        told_with=page.get("told_with") or {},
        sentences=_load_sentences(folder),
        words=load_words(folder),
        variants=_read_variants(folder, page.get("variants", {})),
    )


def _read_variants(folder: Path, page: Mapping[str, Mapping[str, object]]) -> dict[str, Variant]:
    try:
        return {name: Variant(name, body) for name, body in page.items()}
    except RegionError as error:
        raise PackError(f"{folder.name}/pack.yaml, variants: {error}.") from error


def _load_sentences(folder: Path) -> dict[tuple[str, str], str]:
    sentences: dict[tuple[str, str], str] = {}
    for path in sorted(folder.glob("LC_MESSAGES/*.po")):
        catalog = read_catalog(path)
        for message in catalog:
            if isinstance(message.id, str) and message.id and message.string and not message.fuzzy:
                sentences[(message.context or "", message.id)] = str(message.string)
    return sentences


def read_catalog(path: Path) -> Catalog:
    """A PO file of a pack; PackError, with its name, when it cannot be read."""
    try:
        with path.open("rb") as file:
            return read_po(file, abort_invalid=True)  # no locale given: CLDR knows few of our tags
    except (PoFileError, UnicodeDecodeError) as error:
        named = "/".join(path.parts[-3:])
        raise PackError(
            f"{named} is no readable PO file ({error}). Open it in an editor for PO files, or undo."
        ) from error
