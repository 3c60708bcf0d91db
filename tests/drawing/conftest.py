"""The dialogue we ship, and one that is larger than any we shall write."""

import pytest
import yaml

from bot.dialogue import load_book
from bot.drawing.folder import contents
from bot.drawing.layout import Picture, lay_out
from bot.facts import load_facts
from bot.packs import load_packs
from bot.thinking import Mind
from program import LOCALES, load_mind

FLOWS = LOCALES.parent / "bot" / "flows"
LONG = (
    'A sentence of a hundred and fifty letters, about <money> & "papers", which goes on and on until it is as long as '
    "a message may be and then it ends."
)
ANSWER = "Twenty-eight letters & more"


@pytest.fixture(scope="session")
def mind() -> Mind:
    """What we ship."""
    return load_mind()


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Mind:
    """What we ship, and a flow of 33 steps: eight answers at each of four questions, one within the other."""
    folder = tmp_path_factory.mktemp("flows")
    for file in FLOWS.glob("*.yaml"):
        (folder / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    steps: dict[str, object] = {}
    for depth in range(4):
        last = depth == 3
        options = [
            {
                "say": f"{ANSWER} {number}",
                "key": f"k{number}",
                "go": f"ask{depth + 1}" if number == 8 and not last else f"tell{depth}{number}",
                "do": {"want_person": "P2"},
            }
            for number in range(1, 9)
        ]
        steps[f"ask{depth}"] = {"ask": f"Question {depth}: {LONG}", "menu": "true", "options": options}
        for number in range(1, 9 if last else 8):
            then = "ask0" if number % 2 else f"tell{depth}{number - 1}"
            steps[f"tell{depth}{number}"] = {
                "say": [f"{depth}{number}a {LONG}", f"{depth}{number}b {LONG}"],
                "then": then,
            }
    page = {"flow": "large", "about": LONG, "intents": {"ask_large": "ask0"}, "steps": steps}
    (folder / "large.yaml").write_text(yaml.safe_dump(page, sort_keys=False), encoding="utf-8")
    return Mind(load_book(folder, load_facts(FLOWS.parent / "facts.yaml")), load_packs(LOCALES))


@pytest.fixture(scope="session")
def pictures(mind: Mind, large: Mind) -> list[Picture]:
    """Every picture, laid out: ours in each language, and the large one."""
    told = [*contents(mind, LOCALES), *contents(large, LOCALES, flows=("large",))]
    return [lay_out(content, terms) for content, terms in told]
