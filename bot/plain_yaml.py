"""YAML as people mean it: every scalar is the text that was typed (`no` stays "no", `1` stays "1"), no key twice."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode

SHAPES: dict[type, str] = {str: "text", list: "a list", dict: "keys with values"}


class Unreadable(ValueError):
    """A file that is no YAML; the text names it and what to do."""


class RepeatedKey(yaml.YAMLError):
    """A mapping says the same key twice; YAML would silently keep the last one."""


class _PlainLoader(yaml.BaseLoader):
    """Builds only text, lists and mappings, so a file can never name a Python object."""

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Refuse a repeated key with its line."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise RepeatedKey(f"line {key.start_mark.line + 1}: {key.value!r} stands twice in one mapping")
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def _construct_map(loader: _PlainLoader, node: MappingNode) -> dict[Any, Any]:
    return loader.construct_mapping(node, deep=True)


_PlainLoader.add_constructor("tag:yaml.org,2002:map", _construct_map)


def read_plain(path: Path) -> Any:
    """The file's content as text, lists and mappings; Unreadable, with file and line, when it cannot be read."""
    named = f"{path.parent.name}/{path.name}"
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_PlainLoader)  # noqa: S506 - builds plain text only
    except UnicodeDecodeError as error:
        raise Unreadable(f"{named} is not written in UTF-8. Save it anew in that encoding.") from error
    except yaml.YAMLError as error:
        raise Unreadable(f"{named} is not readable YAML. Mend the line it names: {error}") from error


def misshapen(page: Any, shapes: Mapping[str, tuple[type, ...]]) -> str | None:
    """What is wrong with the shape of a mapping's values, in words; None when nothing is. Unnamed keys hold text."""
    if not isinstance(page, dict):
        return f"{_shortly(page)} stands where keys with values are expected"
    for key, value in page.items():
        wanted = shapes.get(key, (str,))
        if not isinstance(value, wanted):
            names = " or ".join(SHAPES[shape] for shape in wanted)
            return f"`{key}:` holds {_shortly(value)} where {names} is expected"
        if isinstance(value, list) and not all(isinstance(item, str | dict) and item for item in value):
            return f"`{key}:` has an empty line, or a list within its list"
    return None


def _shortly(value: Any) -> str:
    return f"{SHAPES.get(type(value), 'something')} ({str(value)[:30]!r})"
