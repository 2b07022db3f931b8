"""What a view says of itself for the OpenAPI document and the readable page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ..domain.scopes import Scope
from .schema import Shape

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address."""

    summary: str
    answer: type[Shape]
    status: int = 200
    query: type[Shape] | None = None
    body: type[Shape] | None = None
    scope: Scope | None = None
    """What a key needs for it."""
    anonymous: bool = True
    """Whether it can be called without a key."""
    problems: tuple[int, ...] = ()
    """The errors to reckon with, besides 404."""


def operation(summary: str, **told: Any) -> Callable[[View], View]:
    """Describe a view."""

    def describe(view: View) -> View:
        view.operation = Operation(summary, **told)  # type: ignore[attr-defined]
        return view

    return describe


def operation_of(view: Any) -> Operation | None:
    """What a view said."""
    found: Operation | None = getattr(view, "operation", None)
    return found
