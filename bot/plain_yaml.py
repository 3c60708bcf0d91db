"""YAML as people mean it: every scalar is the text that was typed (`no` stays "no", `1` stays "1"), no key twice."""

from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode


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
    """The file's content as text, lists and mappings; RepeatedKey or another yaml.YAMLError when it cannot be read."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_PlainLoader)  # noqa: S506 - builds plain text only
