"""As Chromium draws it: the letters are as wide as the layout thought, and every text stays in its card."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from bot.drawing.folder import pictures as draw_pictures
from bot.thinking import Mind
from program import LOCALES
from tests.simulator.visitor import chromium

SLACK = 1.5  # units, of which a card leaves eleven at each edge
OUTSIDE = """slack => [...document.querySelectorAll('g[id]')].flatMap(card => {
  const edge = card.querySelector('rect.c').getBBox()
  return [...card.querySelectorAll('text')].filter(text => {
    const box = text.getBBox()
    return box.x < edge.x - slack || box.x + box.width > edge.x + edge.width + slack
        || box.y < edge.y - slack || box.y + box.height > edge.y + edge.height + slack
  }).map(text => card.id + ': ' + text.textContent)
})"""
ON_OTHERS = """() => [...document.querySelectorAll('g[id]')].flatMap(card => {
  const texts = [...card.querySelectorAll('text')].map(text => [text.textContent, text.getBBox()])
  return texts.flatMap(([one, a], n) => texts.slice(n + 1).filter(([other, b]) =>
    Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x) > 1 &&
    Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y) > 8 && a.height < 20 && b.height < 20
  ).map(([other]) => card.id + ': ' + one + ' / ' + other))
})"""


def test_every_text_stays_in_its_card_and_lies_on_no_other(mind: Mind, large: Mind) -> None:
    """By getBBox, in every picture of both languages and in the large one."""
    drawn = [*draw_pictures(mind, LOCALES), *draw_pictures(large, LOCALES, flows=("large",))]
    with chromium() as browser:
        page = browser.new_page()
        for path, text in drawn:
            outside, others = _look(page, text)
            assert outside == [], path
            assert others == [], path


def test_a_picture_prints_on_as_many_sheets_as_it_says(mind: Mind, tmp_path: Path) -> None:
    """A4, nothing cut, no empty sheet at the end: what was reviewed with a pen is the whole of it."""
    drawn = dict(draw_pictures(mind, LOCALES, tags=("vi",), flows=("papers", "stop")))
    with chromium() as browser:
        for path, text in drawn.items():
            file = tmp_path / Path(path).name
            file.write_text(text, encoding="utf-8")
            page = browser.new_page()
            page.goto(file.as_uri())
            printed = page.pdf(prefer_css_page_size=True)
            assert len(re.findall(rb"/Type\s*/Page\b", printed)) == max(map(int, re.findall(r"\d+ / (\d+)<", text)))
            assert set(re.findall(rb"/MediaBox \[0 0 (\d+)[.\d]* (\d+)", printed)) == {(b"594", b"841")}


def _look(page: Page, text: str) -> tuple[Any, Any]:
    page.set_content(text)
    return page.evaluate(OUTSIDE, SLACK), page.evaluate(ON_OTHERS)
