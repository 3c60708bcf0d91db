"""The PO files of a pack: complete, in step with the flows, and the same facts in both languages."""

import calendar
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po, write_po

from bot.checks.finding import Finding
from bot.packs import SLOT, Packs

SOURCE = "en"  # the language the flows are written in; its pack has no sentences of its own
DIGITS = re.compile(r"\d+")
MONTHS = tuple(name.casefold() for name in calendar.month_name)  # "July 2025" is "tháng 7/2025"

Sentences = Mapping[str, Sequence[tuple[str, str]]]  # (context, source) by PO file, in the order of the flow


def check_translations(packs: Packs, locales: Path, sentences: Sentences, tag: str) -> Iterator[Finding]:
    """Every finding in the PO files of one pack, as they stand in `locales`."""
    if tag == SOURCE:
        return
    known = {key for of_file in sentences.values() for key in of_file}
    seen: dict[tuple[str, str], str] = {}
    for path in sorted((locales / tag / "LC_MESSAGES").glob("*.po")):
        yield from _check_file(path, tag, known, seen)
    if packs.pack(tag).opening:
        for file, of_file in sentences.items():
            for context, sentence in of_file:
                if not packs.pack(tag).sentences.get((context, sentence)):
                    problem = f"{sentence!r} has no translation, or an uncertain one"
                    remedy = f"Run `flask --app app packs update {tag}` and write it in {file}.po"
                    yield Finding(context, problem, remedy, (tag,))


def missing(packs: Packs, sentences: Sentences, tag: str) -> int:
    """How many sentences a pack takes from its fallbacks."""
    own = packs.pack(tag).sentences
    return 0 if tag == SOURCE else sum(key not in own for of_file in sentences.values() for key in of_file)


def _check_file(
    path: Path, tag: str, known: set[tuple[str, str]], seen: dict[tuple[str, str], str]
) -> Iterator[Finding]:
    file = f"{tag}/{path.name}"
    try:
        catalog = read_po(io.BytesIO(path.read_bytes()), abort_invalid=True)
    except (PoFileError, ValueError) as error:
        yield Finding(file, f"it cannot be read ({error})", "Mend that line")
        return
    yield from _check_round(file, catalog)
    if unicodedata.normalize("NFC", text := path.read_text(encoding="utf-8")) != text:
        yield Finding(file, "a letter is not composed (NFC)", "Write the file anew in NFC")
    for message in catalog:
        if not message.id:
            continue
        key = (message.context or "", str(message.id))
        yield from _check_place(file, path.stem, key, known)
        if key in seen:
            yield Finding(file, f"{key[1]!r} of {key[0]} stands in {seen[key]} too", "Keep one of the two")
        seen[key] = file
        if message.string:
            yield from _check_pair(key, str(message.string), tag)
    for gone in catalog.obsolete.values():
        yield Finding(file, f"an entry is commented out ({gone.id!r})", "Take it out")


def _check_round(file: str, catalog: Catalog) -> Iterator[Finding]:
    """What a tool of translators writes back must be what was read: nothing of an entry may get lost on the way."""
    written = io.BytesIO()
    write_po(written, catalog, width=0)
    again = read_po(io.BytesIO(written.getvalue()), abort_invalid=True)
    if _entries(again) != _entries(catalog):
        yield Finding(file, "it is not the same after reading and writing it", "Write it anew with `packs update`")


def _entries(catalog: Catalog) -> list[tuple[str, str, str, tuple[str, ...], bool]]:
    return [
        (one.context or "", str(one.id), str(one.string), tuple(one.user_comments), one.fuzzy)
        for one in catalog
        if one.id
    ]


def _check_place(file: str, stem: str, key: tuple[str, str], known: set[tuple[str, str]]) -> Iterator[Finding]:
    context, sentence = key
    if context.partition(".")[0] != stem:
        yield Finding(file, f"{sentence!r} belongs to {context or 'no flow'}", "Each flow has a file of its own name")
    if key not in known:
        here = [other for place, other in known if place == context]
        near = get_close_matches(sentence, here, n=1, cutoff=0.3) or get_close_matches(
            sentence, [other for _, other in known], n=1
        )
        remedy = f"Nearest: {near[0]!r}" if near else "Take it out"
        yield Finding(file, f"{context} does not say {sentence!r} any more", remedy)


def _check_pair(key: tuple[str, str], told: str, tag: str) -> Iterator[Finding]:
    """The same slots and the same numbers in both; months may be numbers in one of them."""
    context, sentence = key
    slots, told_slots = sorted(SLOT.findall(sentence)), sorted(SLOT.findall(told))
    if slots != told_slots:
        problem = f"{told!r} has the slots {told_slots}, its source {slots}"
        yield Finding(context, problem, "Use each slot of the source, by its name", (tag,))
    numbers, told_numbers = Counter(DIGITS.findall(sentence)), Counter(DIGITS.findall(told))
    months = Counter(str(MONTHS.index(word)) for word in _words(sentence) if word in MONTHS)
    lost, added = numbers - told_numbers, told_numbers - numbers - months
    if set(lost) - set(told_numbers) or set(added) - set(numbers):
        problem = f"{told!r} tells the numbers {sorted(told_numbers)}, its source {sorted(numbers)}"
        yield Finding(context, problem, "Tell the same numbers in both", (tag,))


def _words(sentence: str) -> list[str]:
    return re.findall(r"\w+", sentence.casefold())
