"""List the licence of everything pinned in a requirements file; fail where one is unknown or binds our users.

Usage: python licences.py requirements.txt, in the environment where those packages are installed.
"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==[^\s;]+( ;.*)?", re.MULTILINE)

# The GPL and its kin would extend to this program; the LGPL does not as long as the package is only imported.
REFUSED = re.compile(r"(?<!L)(?<!Lesser )\b(A?GPL|(Affero )?General Public License)", re.IGNORECASE)


def read_pins(requirements: str) -> Iterator[str]:
    """The names of the pinned packages, without those that are only for other systems and Pythons."""
    for name, marker in PIN.findall(requirements):
        if not marker or is_installed(name):
            yield name


def is_installed(name: str) -> bool:
    """Whether this environment has the package."""
    return any(Distribution.discover(name=name))


def read_licence(package: Distribution) -> str:
    """A package's licence: the expression, else the classifiers, else the first line of the field."""
    about = package.metadata
    classifiers = [entry for entry in about.get_all("Classifier") or () if entry.startswith("License :: ")]
    names = ", ".join(entry.split(" :: ")[-1] for entry in classifiers)
    said = about.json.get("license_expression") or names or about.json.get("license") or ""
    return str(said).strip().partition("\n")[0]


def judge(licence: str) -> str:
    """What is wrong with a licence; empty when nothing is."""
    if not licence:
        return "unknown"
    return "refused" if REFUSED.search(licence) else ""


def main(path: str) -> int:
    """Print one line a package; 1 if any licence is unknown or refused, else 0."""
    verdicts = []
    for name in read_pins(Path(path).read_text(encoding="utf-8")):
        package = distribution(name)
        licence = read_licence(package)
        verdicts.append(judge(licence))
        print(f"{name:28} {package.version:12} {licence or '?'}  {verdicts[-1].upper()}".rstrip())
    return int(any(verdicts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
