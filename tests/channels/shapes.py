"""Changing the shape of a payload: a field less, a field of another type, a number beyond all bounds."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

Path = tuple[str | int, ...]

WRONG: tuple[object, ...] = (None, True, 0, -1, 1.5, "", "x", [], [[]], {}, {"a": 1}, [1, "x"])
HUGE: tuple[object, ...] = (10**19, -(10**19), 2**63, 10**400, 1e308, "9" * 400, "1e999", "NaN", "-0", "٣", "①")


def paths(found: Any, before: Path = ()) -> Iterator[Path]:
    """The way to every field, the outer ones first."""
    inner = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for name, value in inner:
        yield (*before, name)
        yield from paths(value, (*before, name))


def value_at(payload: Any, path: Path) -> Any:
    """What stands there."""
    for name in path:
        payload = payload[name]
    return payload


def without(payload: Any, path: Path) -> Any:
    """The same without a field."""
    changed = deepcopy(payload)
    del value_at(changed, path[:-1])[path[-1]]
    return changed


def with_value(payload: Any, path: Path, value: object) -> Any:
    """The same with something else in a field."""
    changed = deepcopy(payload)
    value_at(changed, path[:-1])[path[-1]] = value
    return changed


def fits(payload: object) -> bool:
    """Whether a form can hold it: texts only."""
    return isinstance(payload, dict) and all(isinstance(value, str) for value in payload.values())
