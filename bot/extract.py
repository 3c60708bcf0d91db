"""For Babel: the sentences of the flows and of fixed.yaml, with flow.step as their context.

babel.cfg names the two functions as extraction methods; run it with `python -m babel.messages.frontend extract`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Found = tuple[int, str, tuple[str, str], list[str]]


def extract_flow(file: BinaryIO, *_asked_for: Any, **_options: Any) -> Iterator[Found]:
    """Every sentence of one flow file as Babel wants it: (line, "pgettext", (context, sentence), comments)."""
    page = _mapping(yaml.compose(file, Loader=yaml.BaseLoader))
    flow = page["flow"].value
    for step, body in _mapping(page["steps"]).items():
        parts = _mapping(body)
        for sentence in _sentences(parts.get("say")) + _sentences(parts.get("ask")):
            yield _found(f"{flow}.{step}", sentence)
        listed = parts.get("options")
        for option in listed.value if isinstance(listed, SequenceNode) else ():
            yield _found(f"{flow}.{step}", _mapping(option)["say"])


def extract_fixed(file: BinaryIO, *_asked_for: Any, **_options: Any) -> Iterator[Found]:
    """Every sentence of fixed.yaml, its context fixed.<name>."""
    for name, sentence in _mapping(yaml.compose(file, Loader=yaml.BaseLoader)).items():
        yield _found(f"fixed.{name}", sentence)


def every_sentence(flows: Path, fixed: Path) -> dict[str, list[tuple[str, str]]]:
    """What a pack translates: (context, sentence) in the order they are written, by the PO file they belong to."""
    found: dict[str, list[tuple[str, str]]] = {}
    for path, extract in [*((path, extract_flow) for path in sorted(flows.glob("*.yaml"))), (fixed, extract_fixed)]:
        with path.open("rb") as file:
            found[path.stem] = list(dict.fromkeys(message for _, _, message, _ in extract(file)))
    return {name: sentences for name, sentences in found.items() if sentences}


def _found(context: str, sentence: Node) -> Found:
    return (sentence.start_mark.line + 1, "pgettext", (context, str(sentence.value)), [])


def _mapping(node: Node | None) -> dict[str, Node]:
    return {key.value: value for key, value in node.value} if isinstance(node, MappingNode) else {}


def _sentences(node: Node | None) -> list[Node]:
    """The texts of what is said: one, or a list of them, each alone or beside its facts."""
    listed = node.value if isinstance(node, SequenceNode) else [node]
    texts = [_mapping(one).get("text") if isinstance(one, MappingNode) else one for one in listed]
    return [text for text in texts if isinstance(text, ScalarNode)]
