"""What packs listen for: every list names something that is there, and every phrase can be heard."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from bot.book import Book, Option, Step
from bot.checks.finding import Finding
from bot.folding import fold
from bot.listen import listen
from bot.packs import Packs
from bot.phrases import Phrases
from bot.state import Heard, State


def check_word_lists(book: Book, packs: Packs, tags: Iterable[str]) -> Iterator[Finding]:
    """Lists of steps and options that do not exist, and phrases of theirs that mean something else when typed alone."""
    for tag in tags:
        words = packs.pack(tag).words
        for target, phrases in words.topics.items():
            flow, _, step = target.partition(".")
            if book.find((flow, step)) is None:
                yield _unknown(tag, target, "topics", [".".join(at) for at in _places(book)])
            else:
                yield from _check_topic(book, packs, tag, target, phrases)
        for target, phrases in words.options.items():
            place, _, key = target.partition(":")
            flow, _, step = place.partition(".")
            asked = book.find((flow, step))
            option = asked.option(key) if asked else None
            if asked is None or option is None:
                yield _unknown(tag, target, "options", list(_options(book)))
            else:
                yield from _check_option(book, packs, tag, target, asked, option, phrases)


def _check_topic(book: Book, packs: Packs, tag: str, target: str, phrases: Phrases) -> Iterator[Finding]:
    for phrase in dict.fromkeys(phrases.written_out()):
        heard = listen(book, packs, State(language=tag), phrase)
        bare = listen(book, packs, State(language=tag), fold(phrase))
        if heard.alarm or heard.topic != target:
            yield _misheard(tag, target, "topics", phrase, heard)
        elif bare.alarm:
            yield _misheard(tag, target, "topics", fold(phrase), bare)


def _check_option(
    book: Book, packs: Packs, tag: str, target: str, asked: Step, option: Option, phrases: Phrases
) -> Iterator[Finding]:
    state = State(language=tag, at=asked.at)
    for phrase in dict.fromkeys(phrases.written_out()):
        heard = listen(book, packs, state, phrase)
        if heard.alarm and heard.alarm in book.alarms and ".".join(book.alarms[heard.alarm]) == option.go:
            continue
        if heard.alarm or heard.choice != option.key:
            yield _misheard(tag, target, "options", phrase, heard)


def _misheard(tag: str, target: str, listed: str, phrase: str, heard: Heard) -> Finding:
    meant = [
        *([f"the alarm {heard.alarm!r}"] if heard.alarm else []),
        *([f"the option {heard.choice!r}"] if heard.choice else []),
        *([f"the topic {heard.topic!r}"] if heard.topic else []),
        *([f"the intent {heard.intent!r}"] if heard.intent else []),
    ]
    problem = f"{listed} {target!r}: {phrase!r} is heard as {meant[0] if meant else 'nothing'}"
    remedy = "Take it out, or make it say more" if meant else "Take it out of one of the lists that have it"
    return Finding(f"{tag}/topics/{target.partition('.')[0]}.yaml", problem, remedy)


def _unknown(tag: str, target: str, listed: str, known: list[str]) -> Finding:
    near = get_close_matches(target, known, n=1)
    remedy = f"Did you mean {near[0]!r}" if near else "Take it out"
    file = f"{tag}/topics/{target.partition('.')[0]}.yaml"
    return Finding(file, f"{listed} name {target!r}, which does not exist", remedy)


def _places(book: Book) -> Iterator[tuple[str, str]]:
    return (step.at for flow in book.flows.values() for step in flow.steps.values())


def _options(book: Book) -> Iterator[str]:
    return (f"{'.'.join(asked.at)}:{option.key}" for asked in book.questions() for option in asked.options)
