"""From the layout's own numbers: nothing lies on anything else, nothing leaves its card or its sheet."""

from itertools import combinations

from bot.drawing.forest import COLUMNS, MEETING, grow
from bot.drawing.layout import Picture, Placed
from bot.drawing.letters import width_of, wrap
from bot.drawing.parts import TYPES, Path, Shape, Words
from bot.drawing.sheets import FOOT, HEIGHT, SIDE, TOP, WIDTH

SLACK = 0.6  # what rounding may take
Box = tuple[float, float, float, float]


def box(placed: Placed) -> Box:
    """Left, top, right, bottom."""
    return placed.x, placed.y, placed.x + placed.block.width, placed.y + placed.block.height


def strokes(path: Path) -> list[Box]:
    """The three straight pieces of a line, as boxes without width."""
    across = (path.x, path.y, path.lane, path.y)
    along = (path.lane, min(path.y, path.to_y), path.lane, max(path.y, path.to_y))
    return [across, along, (path.lane, path.to_y, path.to_x, path.to_y)]


def meet(one: Box, other: Box) -> bool:
    """Whether two boxes share more than an edge."""
    left, top, right, bottom = (
        max(one[0], other[0]),
        max(one[1], other[1]),
        min(one[2], other[2]),
        min(one[3], other[3]),
    )
    return left < right - SLACK and top < bottom - SLACK


def cross(one: Box, other: Box) -> bool:
    """Whether two straight strokes have a point in common."""
    return max(one[0], other[0]) <= min(one[2], other[2]) and max(one[1], other[1]) <= min(one[3], other[3])


def test_no_two_cards_overlap(pictures: list[Picture]) -> None:
    """Nor does one touch what stands above or below all cards."""
    for picture in pictures:
        for one, other in combinations(picture.placed, 2):
            assert not meet(box(one), box(other)), (picture.content.file, one.card.name, other.card.name)
        loose = [part for part in picture.loose if isinstance(part, Words)]
        for words in loose:
            around = (words.left, words.y - 10, words.left + words.width, words.y + 2)
            assert not any(meet(around, box(placed)) for placed in picture.placed), (picture.content.file, words.lines)


def test_no_card_is_cut_by_the_edge_of_a_sheet(pictures: list[Picture]) -> None:
    """Each stands whole on one sheet of A4, within the white edges."""
    for picture in pictures:
        for placed in picture.placed:
            left, top, right, bottom = box(placed)
            where = (picture.content.language, picture.content.file, placed.card.name)
            assert left >= SIDE - SLACK, where
            assert right <= WIDTH - SIDE + SLACK, where
            assert top % HEIGHT >= TOP - SLACK, where
            assert top // HEIGHT == bottom // HEIGHT, where
            assert bottom % HEIGHT <= HEIGHT - FOOT + SLACK, where
            assert bottom <= picture.sheets * HEIGHT, where


def test_no_text_leaves_its_card(pictures: list[Picture]) -> None:
    """Nor what stands outside of cards the sheet."""
    for picture in pictures:
        for placed in picture.placed:
            for part in placed.block.parts:
                where = (picture.content.language, picture.content.file, placed.card.name, part)
                if isinstance(part, Words):
                    assert part.left >= 0, where
                    assert part.left + part.width <= placed.block.width + SLACK, where
                    below = part.y + (len(part.lines) - 1) * TYPES[part.type].leading
                    assert part.y - TYPES[part.type].size >= -SLACK, where
                    assert below <= placed.block.height, where
                if isinstance(part, Shape):
                    assert part.x + part.w <= placed.block.width + SLACK, where
                    assert part.y + part.h <= placed.block.height + SLACK, where
        for loose in (part for part in picture.loose if isinstance(part, Words)):
            assert loose.left + loose.width <= WIDTH - SIDE + SLACK, (picture.content.file, loose.lines)


def test_no_line_crosses_a_card_or_another_line(pictures: list[Picture]) -> None:
    """Each has a lane of its own between two columns, on one sheet."""
    for picture in pictures:
        for path in picture.paths:
            assert path.y // HEIGHT == path.to_y // HEIGHT, picture.content.file
            for stroke in strokes(path):
                inner = (stroke[0], stroke[1] - 1, stroke[2], stroke[3] + 1)
                assert not any(meet(inner, box(placed)) for placed in picture.placed), (picture.content.file, path)
        for one, other in combinations(picture.paths, 2):
            crossing = any(cross(here, there) for here in strokes(one) for there in strokes(other))
            assert not crossing, (picture.content.language, picture.content.file, one, other)


def test_cards_are_numbered_in_the_order_in_which_they_stand(pictures: list[Picture]) -> None:
    """1, 2, 3 without a gap; a later card never stands on an earlier sheet."""
    for picture in pictures:
        assert [placed.card.number for placed in picture.placed] == list(range(1, len(picture.placed) + 1))
        sheets = [placed.y // HEIGHT for placed in picture.placed]
        assert sheets == sorted(sheets), (picture.content.language, picture.content.file)


def test_something_large_is_drawn_with_lines_too(pictures: list[Picture]) -> None:
    """The checks above mean little if nothing is drawn: 33 steps on several sheets, with lines."""
    large = [picture for picture in pictures if picture.content.file == "large"]
    assert large
    for picture in large:
        assert len(picture.placed) == 33
        assert picture.sheets > 3
        assert len(picture.paths) > 5


def test_a_card_stands_where_the_shortest_way_leads_and_a_meeting_point_for_itself() -> None:
    """Lines show a tree; a question that several answers come to is not drawn as the child of one of them."""
    ways: dict[str, list[str | None]] = {
        "menu": ["a", "b", "c", None],
        "a": ["after"],
        "b": ["after"],
        "c": ["after"],
        "after": ["menu", "deep"],
        "deep": ["deeper"],
        "deeper": ["deepest"],
        "deepest": ["menu"],
    }
    forest = grow(ways)
    assert MEETING == COLUMNS == 3
    assert forest.roots == ("menu", "after", "deepest")
    assert forest.parent == {
        "a": ("menu", 0),
        "b": ("menu", 1),
        "c": ("menu", 2),
        "deep": ("after", 1),
        "deeper": ("deep", 0),
    }
    assert forest.order() == ("menu", "a", "b", "c", "after", "deep", "deeper", "deepest")


def test_lines_of_text_break_between_words_and_none_is_too_wide() -> None:
    """A word that is wider than the room by itself is cut rather than let out of its bubble."""
    text = "Bạn nhắn lúc này có tiện không? " + "x" * 60
    lines = wrap(text, 120, 12)
    assert all(width_of(line, 12) <= 120 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert width_of("ế", 10) == width_of("ê", 10) == width_of("e", 10)
