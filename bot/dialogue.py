"""Flows as data: bot/flows/*.yaml read into a frozen Book, or refused with the file, the step and what to do.

A flow file says:

  flow: papers              its name, the same as the file's
  about: ...                one line for the reader
  kind: urgent              how its messages are treated: answer (the default), urgent, neutral, farewell
  interrupts: true          it may cut in anywhere and goes `back` afterwards
  calm: true                free words never lead away from its question and never bring a menu
  gate: what                nothing of the service is told before this flow is passed; 0 leads to the step named here
  alarms: {danger: start}   what is heard before any flow, and the step that answers
  intents: {greet: hello}   what free text may mean, and the step that answers
  topics: [hello]           steps that words alone lead to, which locales/<tag>/topics/<flow>.yaml lists
  steps:                    by name; the first one is where the flow begins
    lost:
      do: {want_person: P1} effects: want_person with a band, stop, erase, feedback (these words are for the lead alone)
      say: [...]            one message each, in source English; one that tells a fact is written
                            {text: ..., facts: [names in bot/facts.yaml]} and falls away when one of them expires
      ask: ...              a question, with
      options:              up to eight, in the order of their digits (or `options: languages` with `go:`)
        - {say: Yes, key: yes, go: next, set: {place: vn}, do: {...}, printed: false}
      words: kept           where any other words lead; they are kept as written and nothing is understood from them
      menu: true            the line about 0 and 9 is printed below the options where it fits
      kind: neutral         as above, for this step alone
      then: more            where to go when nothing is asked; or
      by: place             ... where to go depends on: place (vn, abroad, unknown) or language (known, unknown)
      cases: {vn: inside}
      moved_to: other       this step is gone; who stands here goes on there

A target is `step`, `flow.step`, `flow` (its first step) or one of: back (the question an interruption came from),
topic (what the first words asked for, else the menu), wait (say nothing more, the question stands), silence (safe
mode until they write), gone (everything is being erased).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from bot.book import (
    ALARMS,
    CASES,
    EFFECTS,
    KINDS,
    MENU,
    MOST_OPTIONS,
    SPECIAL_TARGETS,
    WELCOME,
    Book,
    BrokenFlow,
    DialogueError,
    Flow,
    Option,
    Step,
    Told,
)
from bot.facts import Fact
from bot.flow_checks import check_book
from bot.plain_yaml import Unreadable, misshapen, read_plain

__all__ = ["MENU", "WELCOME", "Book", "BrokenFlow", "DialogueError", "Flow", "Option", "Step", "Told", "load_book"]

FLOW_KEYS = frozenset({"flow", "about", "kind", "interrupts", "calm", "gate", "alarms", "intents", "topics", "steps"})
STEP_KEYS = frozenset({"do", "say", "ask", "options", "words", "go", "menu", "kind", "then", "by", "cases", "moved_to"})
SHAPES: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("alarms", "intents", "steps", "do", "cases", "set"), (dict,)),
    **dict.fromkeys(("say", "options"), (str, list)),
    **dict.fromkeys(("topics", "facts"), (list,)),
}
TOLD_KEYS = frozenset({"text", "facts"})
OPTION_KEYS = frozenset({"say", "key", "go", "set", "do", "printed"})


def load_book(folder: Path, facts: Mapping[str, Fact]) -> Book:
    """Read every *.yaml of a folder into a Book; BrokenFlow when one of them cannot be meant as it stands.

    Refused: unknown keys, targets, alarms, effects and facts; a step with no way on or that nobody can reach; a
    question without options, with more than eight or with the digits 9 or 0; a loop that never asks; anything said
    twice; a number told without the fact it stands in.
    """
    raw = {path.name: _read(path) for path in sorted(folder.glob("*.yaml"))}
    names = {str(page.get("flow")): tuple(page.get("steps") or ()) for page in raw.values()}
    flows: dict[str, Flow] = {}
    for file, page in raw.items():
        flow = _FlowReader(file, page, names).read()
        flows[flow.name] = flow
    book = Book(flows, dict(_openings(flows, "alarms")), dict(_openings(flows, "intents")), facts)
    check_book(book)
    return book


def _openings(flows: Mapping[str, Flow], what: str) -> Iterator[tuple[str, tuple[str, str]]]:
    seen: dict[str, str] = {}
    for flow in flows.values():
        opened: Mapping[str, str] = flow.alarms if what == "alarms" else flow.intents
        for heard, step in opened.items():
            if heard in seen:
                raise BrokenFlow(f"{flow.name}.yaml", step, f"{heard!r} is answered by {seen[heard]} too", "Keep one")
            seen[heard] = flow.name
            yield heard, (flow.name, step)


def _read(path: Path) -> dict[str, Any]:
    try:
        page = read_plain(path)
    except Unreadable as error:
        raise BrokenFlow(path.name, "", "it cannot be read", str(error).rstrip(".")) from error
    if not isinstance(page, dict) or page.get("flow") != path.stem:
        raise BrokenFlow(path.name, "", "its `flow:` is not the name of the file", f"Write `flow: {path.stem}`")
    if not isinstance(page.get("steps"), dict) or not page["steps"]:
        raise BrokenFlow(path.name, "", "it has no steps", "Write at least one under `steps:`")
    return page


class _FlowReader:
    """Reads one file. `names` holds the steps of every flow, so that targets can be resolved."""

    def __init__(self, file: str, page: dict[str, Any], names: Mapping[str, tuple[str, ...]]) -> None:
        self.file, self.page, self.names = file, page, names
        self.flow = str(page["flow"])

    def read(self) -> Flow:
        page = self.page
        self._known_keys("", page, FLOW_KEYS)
        for step in page["steps"]:
            if step in self.names or step in SPECIAL_TARGETS or "." in step:
                self._refuse(step, "its name already means something else as a target", "Choose another name")
        for alarm in page.get("alarms", {}):
            if alarm not in ALARMS:
                self._refuse("", f"nothing raises the alarm {alarm!r}", f"Use one of {', '.join(ALARMS)}")
        for step in [
            *page.get("alarms", {}).values(),
            *page.get("intents", {}).values(),
            *page.get("topics", ()),
            *self._gate_steps(),
        ]:
            if step not in page["steps"]:
                self._refuse(step, "the top of the file names it, but it is not among the steps", "Write it or drop it")
        return Flow(
            name=self.flow,
            about=str(page.get("about", "")),
            steps={name: self._step(name, body or {}) for name, body in page["steps"].items()},
            interrupts=self._flag("", page, "interrupts"),
            calm=self._flag("", page, "calm"),
            gate=page.get("gate"),
            alarms=page.get("alarms", {}),
            intents=page.get("intents", {}),
            topics=tuple(page.get("topics", ())),
        )

    def _gate_steps(self) -> list[str]:
        return [self.page["gate"]] if "gate" in self.page else []

    def _step(self, name: str, body: Any) -> Step:
        self._known_keys(name, body, STEP_KEYS)
        kind = body.get("kind", self.page.get("kind", "answer"))
        if kind not in KINDS:
            self._refuse(name, f"there is no kind {kind!r}", f"Use one of {', '.join(KINDS)}")
        say = body.get("say", [])
        step = Step(
            flow=self.flow,
            name=name,
            say=tuple(self._told(name, told) for told in (say if isinstance(say, list) else [say])),
            ask=body.get("ask"),
            options=self._options(name, body),
            languages=self._languages(name, body),
            menu=self._flag(name, body, "menu"),
            then=self._target(name, body["then"]) if "then" in body else None,
            by=body.get("by"),
            cases={case: self._target(name, target) for case, target in body.get("cases", {}).items()},
            do=self._effects(name, body),
            kind=kind,
            words=self._target(name, body["words"]) if "words" in body else None,
            moved_to=self._target(name, body["moved_to"]) if "moved_to" in body else None,
        )
        self._has_one_way_on(step)
        return step

    def _told(self, step: str, told: Any) -> Told:
        if isinstance(told, str):
            return Told(told)
        self._known_keys(step, told, TOLD_KEYS)
        if "text" not in told:
            self._refuse(step, "something told has no `text:`", "Write the message there, beside its `facts:`")
        return Told(told["text"], tuple(told.get("facts", ())))

    def _has_one_way_on(self, step: Step) -> None:
        ways = [bool(step.ask), step.then is not None, step.by is not None, step.moved_to is not None]
        if sum(ways) != 1:
            self._refuse(step.name, f"it has {sum(ways)} ways on", "Give it exactly one of ask, then, by, moved_to")
        if step.ask and not step.options and not step.languages:
            self._refuse(step.name, "it asks without options", "List the `options:` that answer it")
        if (step.options or step.words) and not step.ask:
            self._refuse(step.name, "it has options or `words:` but asks nothing", "Write the question under `ask:`")
        if step.by and (step.by not in CASES or set(step.cases) != set(CASES[step.by])):
            wanted = "; ".join(f"{name}: {', '.join(cases)}" for name, cases in CASES.items())
            self._refuse(
                step.name,
                f"`by: {step.by}` does not go with its cases",
                f"Give all the cases of one of {wanted}",
            )
        printed = [option for option in step.options if option.printed]
        if len(printed) > MOST_OPTIONS:
            self._refuse(
                step.name,
                f"it has {len(printed)} printed options",
                "Keep eight: 9 is a person and 0 the main menu",
            )
        keys = [option.key for option in step.options]
        for key in keys:
            if keys.count(key) > 1:
                self._refuse(step.name, f"two options have the key {key!r}", "Give each option its own key")

    def _options(self, step: str, body: dict[str, Any]) -> tuple[Option, ...]:
        listed = body.get("options", [])
        if listed == "languages":
            return ()
        return tuple(self._option(step, option) for option in listed)

    def _option(self, step: str, body: Any) -> Option:
        if "digit" in body:
            self._refuse(step, "an option chooses its digit", "Drop it: digits are places, 9 is a person, 0 the menu")
        self._known_keys(step, body, OPTION_KEYS)
        for needed in ("say", "key", "go"):
            if needed not in body:
                self._refuse(step, f"an option has no {needed!r}", "Give each option say, key and go")
        if body["key"] in ("0", "9") or ":" in body["key"]:
            self._refuse(step, f"an option has the key {body['key']!r}", "9 is a person and 0 the menu; use a word")
        if body.get("set", {}).get("place", "vn") not in CASES["place"]:
            self._refuse(step, f"there is no place {body['set']['place']!r}", "Use vn or abroad")
        return Option(
            say=body["say"],
            key=body["key"],
            go=self._target(step, body["go"]),
            set=body.get("set", {}),
            do=self._effects(step, body),
            printed="printed" not in body or self._flag(step, body, "printed"),
        )

    def _languages(self, step: str, body: dict[str, Any]) -> str | None:
        if body.get("options") == "languages":
            if "go" not in body:
                self._refuse(step, "the list of languages leads nowhere", "Write `go:` beside it")
            return self._target(step, body["go"])
        if "go" in body:
            self._refuse(step, "`go:` belongs to an option", "Use `then:`")
        return None

    def _effects(self, step: str, body: dict[str, Any]) -> tuple[tuple[str, str], ...]:
        effects = tuple((name, detail or "") for name, detail in body.get("do", {}).items())
        for name, detail in effects:
            if detail not in EFFECTS.get(name, ()):
                self._refuse(step, f"there is no effect {name!r} {detail!r}", f"Use one of {', '.join(EFFECTS)}")
        return effects

    def _target(self, step: str, target: str) -> str:
        if target in SPECIAL_TARGETS:
            return target
        if target in self.page["steps"]:
            return f"{self.flow}.{target}"
        flow, _, name = target.partition(".")
        if flow in self.names and not name:
            return f"{flow}.{self.names[flow][0]}"
        if name in self.names.get(flow, ()):
            return target
        return self._refuse(step, f"it leads to {target!r}, which does not exist", "Name a step, a flow or flow.step")

    def _flag(self, step: str, body: dict[str, Any], key: str) -> bool:
        value = body.get(key, "false")
        if value not in ("true", "false"):
            self._refuse(step, f"`{key}: {value}` is neither true nor false", "Write true or false")
        return bool(value == "true")

    def _known_keys(self, step: str, body: Any, known: frozenset[str]) -> None:
        wrong = misshapen(body, SHAPES)
        if wrong:
            self._refuse(step, wrong, "Write it as in a neighbouring step")
        for key in body:
            if key not in known:
                self._refuse(step, f"it has an unknown key {key!r}", f"Known keys are {', '.join(sorted(known))}")

    def _refuse(self, step: str, problem: str, remedy: str) -> NoReturn:
        raise BrokenFlow(self.file, step, problem, remedy)
