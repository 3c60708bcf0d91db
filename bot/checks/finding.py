"""What a check finds: where it stands, in which languages, what is wrong and what to do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing to mend. `place` is a "flow.step", "fixed.name", a file or a fact; `problem` and `remedy` end bare."""

    place: str
    problem: str
    remedy: str
    languages: tuple[str, ...] = ()

    def __str__(self) -> str:
        """One line that says where it stands and what to do."""
        where = ", ".join(part for part in (self.place, "+".join(self.languages)) if part)
        return f"{where}: {self.problem}. {self.remedy}."
