"""The shared cases, counted for each channel. `python -m tests.channels.cases` prints the table of docs/channels.md."""

import importlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from math import prod

from tests.channels.bench import Side, gather

FILES = ("test_arriving", "test_proving", "test_reporting", "test_sending", "test_secrecy", "test_patience")
"""Where they stand; in each, every test is a shared case."""

Case = Callable[..., None]


def cases_of(file: str) -> Iterator[tuple[str, Case]]:
    """The cases of one file, by name."""
    module = importlib.import_module(f"{__package__}.{file}")
    return ((name, case) for name, case in vars(module).items() if name.startswith("test_"))


def count(side: Side, file: str) -> tuple[int, int]:
    """How many cases of a file are tried on a channel, and how many have no meaning there.

    One that is tried with several values counts for each; on the second kind of database it does not count again.
    """
    tried = without = 0
    for name, case in cases_of(file):
        if name in side.lacks:
            without += times(case, side)
        else:
            tried += times(case, side)
    return tried, without


def times(case: Case, side: Side) -> int:
    """With how many values a case is tried on a channel."""
    marks = [mark for mark in getattr(case, "pytestmark", []) if mark.name == "parametrize" and mark.args[0] != "hall"]
    given = {mark.args[0] for mark in marks}
    faults = len(side.faults) if "fault" in inspect.signature(case).parameters and "fault" not in given else 1
    return prod(len(mark.args[1]) for mark in marks) * faults


def table(sides: Sequence[Side]) -> str:
    """How many shared cases are tried on which channel, and which have no meaning there and why, in Markdown."""
    lines = ["| cases | " + " | ".join(side.name for side in sides) + " |", "|---|" + "--:|" * len(sides)]
    for file in FILES:
        counted = (f"{tried}" for tried, _ in (count(side, file) for side in sides))
        lines.append(f"| {file.removeprefix('test_')} | " + " | ".join(counted) + " |")
    lines.append("| **together** | " + " | ".join(f"**{total(side)[0]}**" for side in sides) + " |")
    lines.append("| without meaning here | " + " | ".join(str(total(side)[1]) for side in sides) + " |")
    for side in sides:
        lines += ["", f"On {side.name} these have no meaning:", ""]
        lines += [f"- {name.removeprefix('test_').replace('_', ' ')}: {why}" for name, why in side.lacks.items()]
    return "\n".join(lines)


def total(side: Side) -> tuple[int, int]:
    """All files together."""
    counted = [count(side, file) for file in FILES]
    return sum(tried for tried, _ in counted), sum(without for _, without in counted)


if __name__ == "__main__":
    print(table(gather().sides))
