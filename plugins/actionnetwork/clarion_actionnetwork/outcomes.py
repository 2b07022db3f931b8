"""What an answer means: done, try again, wait, refused for good, or the key itself is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from .calls import Answer, NotSent
from .plans import Find, Step, Subscribe, Unsubscribe

EMPTY = "empty answer"
"""A rejected request can come back with 200 and nothing in it."""

NO_PETITION = "no such petition"
NO_ANSWER = "no JSON"

Kind = Literal["done", "again", "busy", "refused", "key"]
"""`again`: this one did not work. `busy`: nothing works just now. `key`: the key is refused."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a call; the code names nobody."""

    kind: Kind
    code: str
    person: str = ""
    """The id of the person there, if it was told."""
    wait: float | None = None


def outcome(step: Step, answer: Answer | NotSent, *, background: bool = False, petition: bool = False) -> Outcome:
    """What became of a step."""
    if isinstance(answer, NotSent):
        return Outcome("busy", answer.code)
    code = str(answer.status)
    if answer.status in (401, 403):
        return Outcome("key", code)
    if answer.status == 429 or answer.status >= 500 or answer.status == 408:
        return Outcome("busy", code, wait=answer.wait)
    if answer.status == 404 and isinstance(step, Unsubscribe):
        return Outcome("done", code)
    if answer.status == 404 and petition:
        return Outcome("refused", NO_PETITION)
    if not 200 <= answer.status < 300:
        return Outcome("refused", code)
    return _taken(step, answer, code, background=background)


def _taken(step: Step, answer: Answer, code: str, *, background: bool) -> Outcome:
    if not isinstance(answer.body, dict):
        return Outcome("again", EMPTY)
    if isinstance(step, Find):
        people = embedded(answer.body, "osdi:people")
        return Outcome("done", code, own_id(people[0]) if people else "")
    if isinstance(step, Subscribe) and background:
        return Outcome("done", code)
    if not answer.body or "error" in answer.body:
        return Outcome("again", EMPTY)
    return Outcome("done", code, person_of(answer.body))


def entry_point(answer: Answer | NotSent) -> Outcome:
    """What the entry point says of a key."""
    if isinstance(answer, NotSent):
        return Outcome("busy", answer.code)
    if answer.status in (401, 403):
        return Outcome("key", str(answer.status))
    if answer.status == 429 or answer.status >= 500:
        return Outcome("busy", str(answer.status), wait=answer.wait)
    if answer.status == 200 and isinstance(answer.body, dict):
        # some servers tell of a wrong key in a body that says 200
        return Outcome("key", "refused") if "error" in answer.body else Outcome("done", "200")
    return Outcome("busy", NO_ANSWER if answer.status == 200 else str(answer.status))


def embedded(body: Any, rel: str) -> list[dict[str, Any]]:
    """The resources in a page of a collection; whatever else is there is passed over."""
    inside = body.get("_embedded") if isinstance(body, dict) else None
    listed = inside.get(rel) if isinstance(inside, dict) else None
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def identifiers(resource: dict[str, Any]) -> list[str]:
    """The identifiers of a resource."""
    found = resource.get("identifiers")
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def own_id(resource: dict[str, Any]) -> str:
    """The id of a resource there."""
    for one in identifiers(resource):
        system, _, id = one.partition(":")
        if system == "action_network":
            return _safe(id)
    return ""


def person_of(resource: dict[str, Any]) -> str:
    """The id of the person in a signature, or of a person."""
    named = resource.get("action_network:person_id")
    return _safe(named) if isinstance(named, str) else own_id(resource)


def _safe(id: str) -> str:
    """An id that can stand in a path, or nothing."""
    return id if len(id) <= 60 and id.replace("-", "").isalnum() and id.isascii() else ""
