"""A pasted petition, taken apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .addressed import Addressed

Code = Literal["cut off", "no office", "no title", "no ask", "no why", "no recipients", "nothing", "language"]


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a person had better look at."""

    place: str
    """`recipients`, or a language and a part: `es.title`."""
    code: Code
    detail: str = ""


@dataclass(slots=True)
class Said:
    """What a petition says in one language."""

    language: str
    title: str = ""
    ask: str = ""
    demands: list[str] = field(default_factory=list)
    why: list[str] = field(default_factory=list)

    @property
    def ask_as_markdown(self) -> str:
        """The ask with its demands as a list."""
        numbered = "\n".join(f"{n}. {demand}" for n, demand in enumerate(self.demands, 1))
        return f"{self.ask}\n\n{numbered}".strip() if numbered else self.ask

    @property
    def why_as_markdown(self) -> str:
        """Why it is important."""
        return "\n\n".join(self.why)


@dataclass(slots=True)
class Pasted:
    """A petition, taken apart."""

    recipients: list[Addressed] = field(default_factory=list)
    texts: dict[str, Said] = field(default_factory=dict)
    """By language, the main one first."""
    reasons: list[str] = field(default_factory=list)
    """What people wrote who signed elsewhere; never published with the petition."""
    doubts: list[Doubt] = field(default_factory=list)
