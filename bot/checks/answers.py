"""Every option is found however its digit is typed, and by its own words typed back: proved by listening."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.book import Book, Option, Step
from bot.checks.finding import Finding
from bot.folding import fold
from bot.listen import listen
from bot.packs import Packs
from bot.state import Heard, Say, State

KEYCAP, FULL_WIDTH = "\ufe0f\u20e3", ord("０")


@dataclass(frozen=True)
class Answer:
    """Something typed at a question in a language, and the option it must pick."""

    asked: Step
    tongue: str
    typed: str
    option: Option


def check_answers(book: Book, packs: Packs, tags: Iterable[str]) -> Iterator[Finding]:
    """Answers that pick nothing, or something else than what they stand for on the phone."""
    for answer in every_answer(book, packs, tags):
        state = State(language=answer.tongue.partition("@")[0], at=answer.asked.at)
        heard = listen(book, packs, state, answer.typed)
        if _picks(book, answer, heard):
            continue
        instead = f"the alarm {heard.alarm!r}" if heard.alarm else f"the option {heard.choice!r}"
        taken = f"is heard as {instead}" if heard.alarm or heard.choice else "is not understood"
        problem = f"the answer {answer.typed!r} for the option {answer.option.key!r} {taken}"
        remedy = "Word the option differently, or mend words.yaml"
        yield Finding(".".join(answer.asked.at), problem, remedy, (answer.tongue,))


def _picks(book: Book, answer: Answer, heard: Heard) -> bool:
    """Whether it was heard as the option, or as the alarm that leads where the option does."""
    if heard.alarm == "language" and answer.asked.languages:
        return heard.language == answer.option.key
    if heard.alarm and heard.alarm in book.alarms:
        return ".".join(book.alarms[heard.alarm]) == answer.option.go
    return heard.choice == answer.option.key


def every_answer(book: Book, packs: Packs, tags: Iterable[str]) -> Iterator[Answer]:
    """Each way to answer each question in each language: digits, number words and labels, with and without marks."""
    tags = tuple(tags)
    for tongue in (tongue for tag in tags for tongue in packs.tongues_of(tag)):
        for asked in book.questions():
            options = _options_of(asked, packs)
            none_printed = not any(option.printed for option in options)
            for digit, option in enumerate(options, 1):
                if (option.printed or none_printed) and tongue in tags:  # digits are the same in every region
                    typed = _by_digit(packs, tongue, digit)
                    yield from (Answer(asked, tongue, one, option) for one in typed)
                if option.printed:
                    typed = _by_label(packs, tongue, asked, option, digit)
                    yield from (Answer(asked, tongue, one, option) for one in typed)


def _options_of(asked: Step, packs: Packs) -> tuple[Option, ...]:
    return packs.options(Say(asked.flow, asked.name, "", asked.options, languages=asked.languages is not None))


def _by_digit(packs: Packs, tongue: str, digit: int) -> tuple[str, ...]:
    """1 as a digit, a keycap, full width, with a stop, as `số 1`, and as every word for it."""
    words = packs.pack(tongue.partition("@")[0]).words
    signs = (str(digit), f"{digit}{KEYCAP}", chr(FULL_WIDTH + digit), f"{digit}.", f"({digit})")
    before = (f"{line} {digit}" for line in words["number_before"].written_out())
    named = words.numbers[digit].written_out() if digit in words.numbers else ()
    return tuple(dict.fromkeys((*signs, *before, *(form for name in named for form in (name, fold(name))))))


def _by_label(packs: Packs, tongue: str, asked: Step, option: Option, digit: int) -> tuple[str, ...]:
    label = option.say if asked.languages else packs.text(tongue, ".".join(asked.at), option.say)
    forms = (label, fold(label), label.upper(), fold(label).casefold(), f"{digit} {label}", f"{digit}. {fold(label)}")
    return tuple(dict.fromkeys(forms))


def check_number_words(packs: Packs, tags: Iterable[str]) -> Iterator[Finding]:
    """In the languages we begin in, every digit can be written as a word."""
    for tag in tags:
        missing = [digit for digit in range(10) if not packs.pack(tag).words.numbers.get(digit)]
        if packs.pack(tag).opening and missing:
            problem = f"it has no word for {', '.join(map(str, missing))}"
            yield Finding(f"{tag}/words.yaml", problem, "Write how people type it under `numbers:`")
