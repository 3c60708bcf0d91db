"""A new channel is one file: a made-up one in a temporary folder passes the whole bench without any other change."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.channels import toy
from tests.channels.cases import FILES, total

HERE, ROOT = Path(__file__).parent, Path(__file__).parent.parent.parent
BESIDE = ("test_contract", "test_flips", "test_malformed")
RUN = """
import sys
import webhooks

webhooks.__path__.append(sys.argv[1])
import pytest

raise SystemExit(pytest.main(sys.argv[2:]))
"""


@pytest.mark.slow
def test_a_channel_of_one_file_passes_the_same_bench(tmp_path: Path) -> None:
    """In a process of its own, whose webhooks/ reaches into the folder: found, tried, and every case of it passes."""
    shutil.copy(HERE / "toy_channel.py", tmp_path / "toy.py")
    files = [str(HERE / f"{name}.py") for name in (*FILES, *BESIDE)]
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-k", "toy", "--tb=short", "-rN"]
    ran = subprocess.run(
        [sys.executable, "-c", RUN, str(tmp_path), *options, *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
    passed = re.search(r"(\d+) passed", ran.stdout)
    assert passed is not None
    assert int(passed[1]) >= total(toy.SIDE)[0], "each of its cases was run"
    assert "skipped" not in ran.stdout
