"""What a signer typed: it exists in clear only here, for as long as a request or a mail is being made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True, slots=True)
class Person:
    """A signer's details, cleaned. Never written to a log, a queue or a table as they are (rules 6 and 8)."""

    name: str
    email: str
    postal_code: str = ""
    country: str = ""
    phone: str = ""
    reason: str = ""

    def __repr__(self) -> str:
        """Name nobody, wherever this ends up by mistake."""
        return "<Person>"

    def to_details(self) -> dict[str, str]:
        """The details as they are sealed."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def from_details(cls, details: Mapping[str, str]) -> Self:
        """The details as they were sealed."""
        return cls(**{f.name: details.get(f.name, "") for f in fields(cls)})
