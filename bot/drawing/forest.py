"""Which card hangs on which: what is drawn as a line, what is only named, and the order in which cards are read."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Ways = Mapping[str, Sequence[str | None]]
COLUMNS = 3  # cards side by side on a sheet of A4, with letters that can be read
MEETING = 3  # so many cards that lead to one: it stands for itself, and they name its number


@dataclass(frozen=True)
class Forest:
    """Trees of cards. `parent` holds (card, row) of those that a line leads to; the others begin a tree."""

    roots: tuple[str, ...]
    parent: Mapping[str, tuple[str, int]]
    children: Mapping[str, tuple[str, ...]]

    def order(self) -> tuple[str, ...]:
        """The names of the cards as they are read: from the first answer to its end, then the second."""
        found, waiting = list[str](), list(reversed(self.roots))
        while waiting:
            name = waiting.pop()
            found.append(name)
            waiting += reversed(self.children[name])
        return tuple(found)


def grow(ways: Ways) -> Forest:
    """Trees from the first card on, none deeper than the columns of a sheet; every card stands in one of them.

    `ways` gives for each card the card that each of its rows leads to, None where it leads out of the picture.
    """
    first = next(iter(ways))
    apart = _meetings(first, ways)
    parent: dict[str, tuple[str, int]] = {}
    children: dict[str, list[str]] = {name: [] for name in ways}
    roots, placed = list[str](), set[str]()
    for root in (first, *(name for name in ways if name in apart), *ways):
        if root in placed:
            continue
        roots.append(root)
        placed.add(root)
        waiting = deque([(root, 1)])
        while waiting:
            name, depth = waiting.popleft()
            for row, target in enumerate(ways[name]):
                if target and target not in placed and target not in apart and depth < COLUMNS:
                    placed.add(target)
                    parent[target] = (name, row)
                    children[name].append(target)
                    waiting.append((target, depth + 1))
    return Forest(tuple(roots), parent, {name: tuple(below) for name, below in children.items()})


def _meetings(first: str, ways: Ways) -> frozenset[str]:
    """The cards in which several ways meet, such as the question after each answer: not nearer to any of them."""
    far, waiting = {first: 0}, deque([first])
    while waiting:
        name = waiting.popleft()
        for target in ways[name]:
            if target and target not in far:
                far[target] = far[name] + 1
                waiting.append(target)
    leading: dict[str, set[str]] = {}
    for name, targets in ways.items():
        for target in targets:
            if target and name != target and far.get(name, 0) <= far.get(target, 0):
                leading.setdefault(target, set()).add(name)
    return frozenset(name for name, sources in leading.items() if len(sources) >= MEETING and name != first)
