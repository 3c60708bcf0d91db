"""What packs listen for: every list names something that is there, and every line of it can be heard."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from bot.book import Book, Option, Step
from bot.checks.finding import Finding
from bot.folding import fold
from bot.listen import listen
from bot.packs import Packs
from bot.phrases import Phrases
from bot.state import Heard, State

DOUBTS = ("maybe_danger", "maybe_self_harm")  # a gentle question, after which they say it in other words


@dataclass(frozen=True)
class _List:
    """One list of a topics file: what it is for, where somebody stands who types it, and when it was heard rightly."""

    named: str
    target: str
    phrases: Phrases
    standing: State
    is_right: Callable[[Heard], bool]


def check_word_lists(book: Book, packs: Packs, tags: Iterable[str]) -> Iterator[Finding]:
    """Lists for steps and options that do not exist, and lines that are always heard as something else."""
    for tag in tags:
        words = packs.pack(tag).words
        for target, phrases in words.topics.items():
            flow, _, step = target.partition(".")
            if book.find((flow, step)) is None:
                yield _unknown(tag, "topics", target, [".".join(at) for at in _places(book)])
            else:
                yield from _check_list(book, packs, tag, _topic(tag, target, phrases))
        for target, phrases in words.options.items():
            place, _, key = target.partition(":")
            flow, _, step = place.partition(".")
            asked = book.find((flow, step))
            option = asked.option(key) if asked else None
            if asked is None or option is None:
                yield _unknown(tag, "options", target, list(_options(book)))
            elif asked.words:
                file = f"{tag}/topics/{flow}.yaml"
                yield Finding(file, f"options {target!r}: words are kept there, not understood", "Take the list out")
            else:
                yield from _check_list(book, packs, tag, _own_words(book, tag, target, phrases, asked, option))


def _topic(tag: str, target: str, phrases: Phrases) -> _List:
    return _List("topics", target, phrases, State(language=tag), lambda heard: heard.topic == target)


def _own_words(book: Book, tag: str, target: str, phrases: Phrases, asked: Step, option: Option) -> _List:
    def is_right(heard: Heard) -> bool:
        if heard.alarm:
            return heard.alarm in book.alarms and ".".join(book.alarms[heard.alarm]) == option.go
        return heard.choice == option.key

    return _List("options", target, phrases, State(language=tag, at=asked.at), is_right)


def _check_list(book: Book, packs: Packs, tag: str, listed: _List) -> Iterator[Finding]:
    """A line of which no phrase is heard as it is meant, with marks or, by an alarm, without."""
    for line in listed.phrases.lines:
        heard = _always(book, packs, listed, Phrases([line]).written_out())
        bare = heard or _always(book, packs, listed, map(fold, Phrases([line]).written_out()), (None, *DOUBTS))
        if bare:
            how = "it is" if heard else "without marks it is"
            problem = f"{listed.named} {listed.target!r}: {line!r} can never be heard, {how} {_meant(bare)}"
            remedy = "Take it out, say more in it, or leave it in one list alone"
            yield Finding(f"{tag}/topics/{listed.target.partition('.')[0]}.yaml", problem, remedy)


def _always(
    book: Book, packs: Packs, listed: _List, phrases: Iterable[str], harmless: tuple[str | None, ...] = ()
) -> Heard | None:
    """What the last of these phrases is heard as, when none is heard as it is meant or raises a harmless alarm."""
    heard: Heard | None = None
    for phrase in phrases:
        heard = listen(book, packs, listed.standing, phrase)
        if listed.is_right(heard) or heard.alarm in harmless:
            return None
    return heard


def _meant(heard: Heard) -> str:
    if heard.alarm:
        return f"the alarm {heard.alarm!r}"
    if heard.choice and not heard.about:
        return f"the option {heard.choice!r}"
    return (
        f"the topic {heard.topic!r}" if heard.topic else f"the intent {heard.intent!r}" if heard.intent else "nothing"
    )


def _unknown(tag: str, named: str, target: str, known: list[str]) -> Finding:
    near = get_close_matches(target, known, n=1)
    remedy = f"Did you mean {near[0]!r}" if near else "Take it out"
    file = f"{tag}/topics/{target.partition('.')[0]}.yaml"
    return Finding(file, f"{named} name {target!r}, which does not exist", remedy)


def _places(book: Book) -> Iterator[tuple[str, str]]:
    return (step.at for step in book.steps())


def _options(book: Book) -> Iterator[str]:
    return (f"{'.'.join(asked.at)}:{option.key}" for asked in book.questions() for option in asked.options)
