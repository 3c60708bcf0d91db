"""What must hold of every sentence as it goes out: the words, the numbers, and how much there is to read at once."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby

from bot.book import Book
from bot.checks.finding import Finding
from bot.checks.lines import FIXED, Line, every_line, every_message
from bot.flow_checks import check_budget
from bot.folding import Typed, split_words
from bot.packs import Pack, Packs
from bot.phrases import Lexicon, single_phrase
from storage.channels import Facts

MOST_SENTENCES = 4  # a message: who reads slowly has forgotten the first when a fifth comes
MOST_WORDS = {"vi": 30}  # syllables, of which a Vietnamese word has one or two
MOST_WORDS_ELSEWHERE = 25  # GOV.UK content design, "Sentence length"; half of ours have eight or fewer
MOST_LETTERS = 27  # of a label: it stays on one line of an old phone with its digit
SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n")
BREATH = re.compile(r"[.!?…;:](?=\s|$)|[\n(]")
SPACED = re.compile(r"\s{2,}| [,.!?;:]|^\s|\s$")


def check_sentences(book: Book, packs: Packs, tags: Iterable[str], facts: Facts) -> Iterator[Finding]:
    """Each finding in what these packs say, on a channel of these facts (an SMS)."""
    tags = tuple(tags)
    for long in check_budget(book, packs, facts):
        if set(long.languages) & set(tags):
            problem, remedy = str(long).partition(": ")[2].rstrip(".").split(". ", 1)
            yield Finding(long.place, problem, remedy, long.languages)
    lines = tuple(every_line(book, packs, tags, facts))
    for tag in tags:
        own = tuple(line for line in lines if line.tag == tag)
        yield from check_words(book, packs.pack(tag), own)
        for line in own:
            yield from check_reading(line)
    yield from check_labels(lines)
    yield from check_warnings(packs, every_message(book, packs, tags, facts))


def check_words(book: Book, pack: Pack, lines: Iterable[Line]) -> Iterator[Finding]:
    """Words that shame, promises nobody can keep, questions that are never asked (standards.md 2).

    Compared as written, with all marks: folded Vietnamese collides (`bị bán`, `bị bạn`).
    """
    for flow in pack.only_in:
        if flow not in book.flows:
            problem = f"only_in names the flow {flow!r}, which does not exist"
            yield Finding(f"{pack.tag}/pack.yaml", problem, "Name a flow, or drop the line")
    said = (*pack.never_said, *(word for words in pack.only_in.values() for word in words))
    never = {**dict.fromkeys(said, "is never said"), **dict.fromkeys(pack.never_promised, "is never promised")}
    banned, asked = _Finder(never), _Finder(pack.never_asked)
    for line in lines:
        for phrase, told in banned.find(line.text):
            if phrase not in pack.only_in.get(line.flow, ()):
                problem = f"{told!r} {never[phrase]} ({line.text!r})"
                yield Finding(line.place, problem, "Say it in other words", (line.tongue,))
        for question in _questions(line):
            for _, told in asked.find(question):
                remedy = "Leave the question out: help does not depend on its answer"
                yield Finding(line.place, f"{told!r} is never asked ({question!r})", remedy, (line.tongue,))


class _Finder:
    """Phrases of a pack, `(a|b)` for choices, found in a text with every mark as it is written."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._phrases = {single_phrase(phrase): phrase for phrase in phrases}
        self._lexicon = Lexicon(self._phrases)

    def find(self, text: str) -> Iterator[tuple[str, str]]:
        """Each phrase that stands in a text, and the words of the text that it is."""
        read = Typed(text).read({})
        words = [word for word, _ in split_words(read.text)]
        for one, matches in self._lexicon.find(read.words).items():
            exact = max(
                (match for match in matches if match.exact), key=lambda match: match.end - match.start, default=None
            )
            if exact:
                yield self._phrases[one], " ".join(words[exact.start : exact.end])


def _questions(line: Line) -> list[str]:
    """The sentences that ask: all of what stands above options, and whatever ends in a question mark."""
    if line.kind in ("label", "hidden"):
        return []
    return [one for one in sentences_of(line.text) if line.kind == "asked" or one.endswith("?")]


def check_reading(line: Line) -> Iterator[Finding]:
    """What a person who left school after four years reads at once, with letters that every phone shows."""
    if line.text != unicodedata.normalize("NFC", line.text):
        yield _finding(line, "a letter is not composed (NFC)", "Write the file anew in NFC: others show as boxes")
    if SPACED.search(line.text):
        yield _finding(line, f"a space stands where none belongs ({line.text!r})", "Take it out")
    if line.kind == "label":
        if len(line.text) > MOST_LETTERS:
            problem = f"the option {line.text!r} has {len(line.text)} letters, {MOST_LETTERS} are allowed"
            yield _finding(line, problem, "Shorten it: it must stay on one line")
    elif line.kind != "hidden":
        written = sentences_of(line.text)
        if len(written) > MOST_SENTENCES:
            problem = f"{len(written)} sentences in one message, {MOST_SENTENCES} are allowed"
            yield _finding(line, problem, "Leave one out, or make two messages of it")
        most = MOST_WORDS.get(line.tag, MOST_WORDS_ELSEWHERE)
        for breath in BREATH.split(line.text):
            if (count := len(split_words(breath))) > most:
                problem = f"{count} words without a stop, {most} are allowed ({breath.strip()!r})"
                yield _finding(line, problem, "Make two sentences of it")


def sentences_of(text: str) -> list[str]:
    """The sentences of a text; a line of its own is one too."""
    return [part for part in SENTENCE_END.split(text) if part.strip()]


def check_labels(lines: Iterable[Line]) -> Iterator[Finding]:
    """No two options of a question look alike, with marks or without."""
    labels = (line for line in lines if line.kind == "label")
    for (place, tongue), of_one in groupby(labels, key=lambda line: (line.place, line.tongue)):
        seen: dict[tuple[frozenset[str], ...], str] = {}
        for line in of_one:
            folded = tuple(word.spelt.folded for word in Typed(line.text).read({}).words)
            if folded in seen:
                problem = f"the options {seen[folded]!r} and {line.text!r} are the same without marks"
                yield Finding(place, problem, "Name one of them differently", (tongue,))
            seen[folded] = line.text


def check_warnings(packs: Packs, messages: Iterable[Line]) -> Iterator[Finding]:
    """Numbers that are told only together with a warning, in the same message (standards.md 3: 111)."""
    numbers = {number for tag in packs.tags for number in packs.pack(tag).told_with}
    for message in messages:
        for number in numbers:
            if not re.search(rf"(?<!\d){re.escape(number)}(?!\d)", message.text):
                continue
            warnings = _warnings(packs, message.tag, number)
            if not any(warning.casefold() in message.text.casefold() for warning in warnings):
                problem = (
                    f"{number} is told without its warning ({' or '.join(map(repr, warnings)) or 'none is known'})"
                )
                remedy = "Say it in the same message; the words stand in pack.yaml under told_with"
                yield Finding(message.place, problem, remedy, (message.tongue,))


def _warnings(packs: Packs, tag: str, number: str) -> tuple[str, ...]:
    """In this language, and where a sentence falls back, in that one; English in the end."""
    spoken = dict.fromkeys((tag, *packs.pack(tag).fallback, *(other for other in packs.tags if other == "en")))
    return tuple(told for one in spoken if (told := packs.pack(one).told_with.get(number)))


def _finding(line: Line, problem: str, remedy: str) -> Finding:
    return Finding(line.place, problem, remedy, (line.tongue,))


def measure(lines: Iterable[Line]) -> dict[str, int]:
    """The most words without a stop, the most sentences in a message and the most letters in a label."""
    most = {"words without a stop": 0, "sentences in a message": 0, "letters in an option": 0}
    for line in lines:
        if line.kind == "label":
            most["letters in an option"] = max(most["letters in an option"], len(line.text))
        elif line.kind != "hidden" and not line.place.startswith(f"{FIXED}."):
            written = sentences_of(line.text)
            most["sentences in a message"] = max(most["sentences in a message"], len(written))
            longest = max(len(split_words(breath)) for breath in BREATH.split(line.text))
            most["words without a stop"] = max(most["words without a stop"], longest)
    return most
