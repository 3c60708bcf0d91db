"""docs/simulator.md says what is so: its table of faults, its carriers, and its examples, which are run."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.carrier.faults import ALL, DOWN, TABLE
from simulator.serve import Running
from simulator.settings import DEMANDED, SMSGATE, ZALO

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
AT = "http://127.0.0.1:8001"


def test_the_table_of_faults_is_the_one_in_the_code() -> None:
    """The same names in the same order, with their moments, sizes and carriers."""
    section = PAGE[PAGE.index("| fault | moment") : PAGE.index("## In a test")]
    rows = [[cell.strip(" `") for cell in line.split("|")[1:5]] for line in section.splitlines()[2:] if line]
    written = [(name, moment, re.sub(r"\D", "", size), carriers) for name, moment, size, carriers in rows]
    assert written[-1] == (DOWN, "all", "", "all")
    assert written[:-1] == [
        (
            fault.name,
            fault.moment,
            f"{fault.size:.0f}" if fault.size else "",
            "all" if fault.carriers == ALL else ", ".join(fault.carriers),
        )
        for fault in TABLE.values()
    ]


def test_the_page_names_every_variable_that_is_read() -> None:
    """Nobody has to look for one in the code."""
    for name in (*DEMANDED, *ZALO, *SMSGATE, "PUBLIC_URL", "SIMULATOR_PORT", "TWILIO_OVERRIDES"):
        assert f"`{name}`" in PAGE


def test_the_examples_with_curl_work(running: Running) -> None:
    """Each call is answered with 2xx, in the order of the page."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed: the examples of docs/simulator.md are not run")
    lines = [line for kind, text in EXAMPLES if kind == "sh" for line in text.splitlines()]
    calls = [line for line in lines if line.startswith(("curl ", "json="))]
    assert len(calls) >= 14
    script = "\n".join(["set -e", *calls]).replace("curl -s", "curl --fail --noproxy '*' -s").replace(AT, running.url)
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"carriers":["twilio","smsgate","telegram","zalo"]' in re.sub(r"\s", "", done.stdout)


def test_the_example_in_python_works() -> None:
    """It runs as it stands; without a program behind it nothing is acknowledged."""
    (example,) = [text for kind, text in EXAMPLES if kind == "python"]
    free = example.replace('public_url="http://127.0.0.1:8000"', 'public_url="http://127.0.0.1:9"')
    done = subprocess.run(
        [sys.executable, "-c", free], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"^http://127\.0\.0\.1:\d+ False \(\)$", done.stdout, re.MULTILINE)
