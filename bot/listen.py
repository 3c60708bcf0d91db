"""One message heard: safety first, then the options of the standing question, then what free text may mean."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product

from bot.book import Book, Option, Step
from bot.nlu.understand import ENOUGH, understand_readings
from bot.packs import Packs
from bot.phrases import single_phrase
from bot.regions import hear_region
from bot.safety import Alarm, hear_alarm
from bot.state import Heard, Say, State
from bot.words import Reading, read_each

Readings = Mapping[str, Reading]  # one text as each pack reads it, by the tags of the packs

ANSWER_LISTS = ("yes", "no", "skip")
NEVER_ONLY_WORDS = ("danger", "self_harm", "maybe_danger", "maybe_self_harm", "erase_now")
MOST_OF_A_COMMAND = 4  # words: "stop", "talk to a person", "main menu"; a longer message is what somebody has to say
# "Lenders are at the door": first the danger, then what to do about lenders.
BEFORE_A_TOPIC = ("danger", "maybe_danger")
ABOUT_US = "feedback.start"  # who complains of the people on duty has not asked for one of them
GENTLE_OF = {"maybe_danger": "danger", "maybe_self_harm": "self_harm"}


def listen(book: Book, packs: Packs, state: State, text: str, *, kind: str = "text", about: str | None = None) -> Heard:
    """What a message says. `kind` is "text", "button" (then `about` is the "flow.step" it belongs to and `text` the
    option's key) or "media" (then `text` is its caption, if any; what is in it is never opened)."""
    if kind == "button":
        return _button(book, packs, state, text, about)
    readings = _read(packs, text)
    return replace(_listen(book, packs, state, readings, kind), region=_region(packs, readings))


def _listen(book: Book, packs: Packs, state: State, readings: Readings, kind: str) -> Heard:
    alarm = _alarm(packs, state, readings)
    if kind == "media":
        return replace(_raised(alarm, packs, readings), media=True)
    standing = book.find(state.at) if state.at else None
    if alarm and standing and standing.words and _belongs_to(readings, alarm):
        alarm = None
    if alarm and alarm.name == "person" and _named_topic(book, readings)[0] == ABOUT_US:
        alarm = None
    choice = choose(standing, packs, readings, state.language, inside=not standing.words) if standing else None
    if alarm and not (choice and standing and _gives_way(book, packs, alarm, standing, readings)):
        raised = _raised(alarm, packs, readings)
        meant = _free(book, packs, state, readings, raised.language) if alarm.name in BEFORE_A_TOPIC else Heard()
        return replace(raised, intent=meant.intent, topic=meant.topic, choice=meant.choice, about=meant.about)
    language = guess_language(readings)
    if choice:
        return Heard(choice=choice, language=choice if standing and standing.languages else language)
    if standing and standing.words:
        return Heard(language=language)
    return _free(book, packs, state, readings, language)


def _belongs_to(readings: Readings, alarm: Alarm) -> bool:
    """Whether an alarm is only a word among those that are kept as written ("the operator" is no call for one)."""
    return alarm.name not in NEVER_ONLY_WORDS and all(len(read.words) > MOST_OF_A_COMMAND for read in readings.values())


def _region(packs: Packs, readings: Readings) -> str | None:
    """The regional variant the words point at, in the first language of which they tell one."""
    for tag, reading in readings.items():
        variants = packs.pack(tag).variants
        region = hear_region(variants, reading.as_typed) if variants else None
        if region is not None:
            return region
    return None


def _read(packs: Packs, text: str) -> Readings:
    return read_each(text, {tag: packs.pack(tag).words for tag in packs.tags})


def _free(book: Book, packs: Packs, state: State, readings: Readings, language: str | None) -> Heard:
    found = understand_readings(readings, state.language or language)
    topic, covered = _named_topic(book, readings)
    if topic and covered >= found.covered:
        return Heard(topic=topic, language=language)
    if found.intent is None or found.confidence < ENOUGH:
        return Heard(language=language)
    opened = book.find(book.intents[found.intent]) if found.intent in book.intents else None
    choice = choose(opened, packs, readings, digits=False) if opened and opened.ask else None
    return Heard(intent=found.intent, choice=choice, about=opened.at if opened and choice else None, language=language)


def _named_topic(book: Book, readings: Readings) -> tuple[str | None, float]:
    """The step whose topic covers most of the text, as "flow.step", and how many words it covers."""
    covered: dict[str, float] = {}
    for reading in readings.values():
        for target, phrases in reading.known.topics.items():
            if book.flows.get(target.partition(".")[0]):
                covered[target] = max(covered.get(target, 0.0), reading.coverage(phrases))
    best = max(covered, key=lambda target: covered[target], default=None)
    return (best, covered[best]) if best and covered[best] else (None, 0.0)


def _button(book: Book, packs: Packs, state: State, text: str, about: str | None) -> Heard:
    if about is None and ":" in text:
        about, _, text = text.partition(":")
    key = text.strip()
    if key in ("0", "9"):
        return Heard(alarm="person" if key == "9" else "menu")
    flow, _, name = (about or "").partition(".")
    asked = book.find((flow, name)) if about else (book.find(state.at) if state.at else None)
    if asked is None:
        return Heard(about=(flow, name))
    if asked.languages:
        known = key if key in packs.tags else None
        return Heard(choice=known, about=asked.at, language=known)
    choice = key if asked.option(key) else choose(asked, packs, _read(packs, text))
    return Heard(choice=choice, about=asked.at)


def _alarm(packs: Packs, state: State, readings: Readings) -> Alarm | None:
    """The alarm of a text. A doubt about what is being answered already is none: its question stands."""
    alarm = hear_alarm(list(readings.values()))
    named = _language_named(packs, readings)
    if named and (alarm is None or alarm.name in ("person", "menu", "language")):
        return Alarm("language", (packs.tags.index(named),))
    if alarm and state.at and GENTLE_OF.get(alarm.name) == state.at[0]:
        return None
    return alarm


def _gives_way(book: Book, packs: Packs, alarm: Alarm, standing: Step, readings: Readings) -> bool:
    """An alarm gives way to a clear answer of its own question, a doubt also to the very words of an option."""
    if book.alarms[alarm.name][0] == standing.flow:
        return True
    return (
        alarm.name in (*GENTLE_OF, "language", "erase_ask")
        and _by_label(standing, standing.options, packs, readings) is not None
    )


def _raised(alarm: Alarm | None, packs: Packs, readings: Readings) -> Heard:
    if alarm is None:
        return Heard(language=guess_language(readings))
    if alarm.name == "language":
        return Heard(alarm="language", language=_language_named(packs, readings))
    heard_by = packs.tags[alarm.heard_by[0]] if len(alarm.heard_by) == 1 else None
    return Heard(alarm=alarm.name, language=guess_language(readings) or heard_by)


def _language_named(packs: Packs, readings: Readings) -> str | None:
    """The pack whose name for itself, or `tiếng X`, is all a message says beside asking for it."""
    for reading in readings.values():
        asked = reading.words[slice(*reading.without("polite", "language_request"))]
        for tag in packs.tags:
            if packs.pack(tag).words["called"].whole(asked):
                return tag
    return None


def guess_language(readings: Readings) -> str | None:
    """The language the words point at: by letters no other pack uses, or by more of its common words; else None."""
    scores: dict[str, int] = {}
    for tag, reading in readings.items():
        lists = (reading.known["marks"], *reading.known.intents.values())
        letters = sum(sign in reading.known.letters for sign in reading.text)
        scores[tag] = sum(len(reading.find(phrases)) for phrases in lists) + 2 * letters
    best = max(scores.values(), default=0)
    leaders = [tag for tag, score in scores.items() if score == best]
    return leaders[0] if best and len(leaders) == 1 else None


def choose(
    asked: Step | None,
    packs: Packs,
    readings: Readings,
    language: str | None = None,
    *,
    digits: bool = True,
    inside: bool = True,
) -> str | None:
    """The key of the option a text picks: by digit, by its label, by yes, no or skip, or by its own words inside it.

    Yes, no and skip are those of `language` where it is known: "no" is also "nợ" (debts) without its marks.
    """
    if asked is None:
        return None
    say = Say(asked.flow, asked.name, "", asked.options, languages=asked.languages is not None)
    options = packs.options(say)
    for reading in readings.values() if digits else ():
        # "nhắn sau" (later) is six without its mark; where there is no sixth option it means what it says.
        if reading.digit is not None and (numbered := _numbered(options, reading.digit)):
            return numbered
    labelled = _by_label(asked, options, packs, readings)
    if labelled or asked.languages:
        return labelled or _language_named(packs, readings)
    answering = {tag: reading for tag, reading in readings.items() if tag == language} or readings
    answered = _by_answer(options, answering) if digits else None
    return answered or (_by_words(asked, options, readings) if inside else None)


def _numbered(options: tuple[Option, ...], digit: int) -> str | None:
    """The option with this digit. One that is not printed has none beside printed ones: a slip must not find it."""
    if not 1 <= digit <= len(options):
        return None
    option = options[digit - 1]
    return option.key if option.printed or not any(other.printed for other in options) else None


def _by_label(asked: Step, options: tuple[Option, ...], packs: Packs, readings: Readings) -> str | None:
    """The option whose printed line, with or without its digit, in any region's words, is all the text says."""
    context = ".".join(asked.at)
    for tag, reading in readings.items():
        core = reading.words[slice(*reading.core)]
        for digit, option in enumerate(options, 1):
            lines = dict.fromkeys(packs.text(tongue, context, option.say) for tongue in packs.tongues_of(tag))
            for label, said in product(map(single_phrase, lines), (reading.words, core)):
                if label.whole(said) or (said and str(digit) in said[0].spelt.written and label.whole(said[1:])):
                    return option.key
    return None


def _by_answer(options: tuple[Option, ...], readings: Readings) -> str | None:
    keys = {option.key for option in options}
    for reading in readings.values():
        for key in ANSWER_LISTS:
            if key in keys and reading.polite_whole(reading.known[key]):
                return key
    return None


def _by_words(asked: Step, options: tuple[Option, ...], readings: Readings) -> str | None:
    """The option whose own words stand in the text; the longest phrase wins, and two as long pick nothing."""
    best: dict[str, int] = {}
    for reading in readings.values():
        for option in options:
            phrases = reading.known.options.get(f"{asked.flow}.{asked.name}:{option.key}")
            for match in reading.find(phrases) if phrases else ():
                best[option.key] = max(best.get(option.key, 0), match.end - match.start)
    longest = max(best.values(), default=0)
    leaders = [key for key, length in best.items() if length == longest]
    return leaders[0] if len(leaders) == 1 else None
