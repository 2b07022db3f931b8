"""Who of the staff may do what: one table of role, action and organisation, which every route takes its rule from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

Role = Literal["owner", "editor", "moderator", "analyst"]
ROLES: tuple[Role, ...] = get_args(Role)

Relation = Literal["lead", "partner", "own", "any"]
"""What an organisation is to what is asked for: it leads the campaign, takes part in it, is the one asked about; `any`
where nothing is asked about."""
RELATIONS: tuple[Relation, ...] = get_args(Relation)

Action = Literal[
    "campaigns.see",
    "campaigns.begin",
    "campaigns.edit",
    "campaigns.launch",
    "figures.see",
    "posters.get",
    "reasons.moderate",
    "people.see",
    "people.manage",
]
ACTIONS: tuple[Action, ...] = get_args(Action)

_ALL: frozenset[Role] = frozenset(ROLES)
_EDIT: frozenset[Role] = frozenset({"owner", "editor"})
_MODERATE: frozenset[Role] = frozenset({"owner", "editor", "moderator"})
_OWN: frozenset[Role] = frozenset({"owner"})


@dataclass(frozen=True, slots=True)
class Rule:
    """Which roles may do a thing, by what their organisation is to it."""

    roles: Mapping[Relation, frozenset[Role]] = field(default_factory=dict)
    admin: bool = False
    """Whoever runs the site may do it too, for every organisation. Nothing that shows a signer is among these."""


RULES: Mapping[Action, Rule] = {
    "campaigns.see": Rule({"lead": _ALL, "partner": _ALL}, admin=True),
    "campaigns.begin": Rule({"any": _EDIT}),
    "campaigns.edit": Rule({"lead": _EDIT}),
    "campaigns.launch": Rule({"lead": _EDIT}),
    "figures.see": Rule({"lead": _ALL, "partner": _ALL}, admin=True),
    "posters.get": Rule({"lead": _ALL, "partner": _ALL}, admin=True),
    "reasons.moderate": Rule({"lead": _MODERATE}),
    "people.see": Rule({"own": _ALL}, admin=True),
    "people.manage": Rule({"own": _OWN}, admin=True),
}

NEEDS_SECOND: frozenset[Role] = frozenset({"owner"})
"""Roles that need a second factor to log in, as those who run the site do."""


def may(action: Action, standings: Sequence[tuple[Relation, Role]], *, admin: bool = False) -> bool:
    """Whether somebody may do a thing: `standings` are their roles, each with what its organisation is to the thing."""
    rule = RULES[action]
    return (admin and rule.admin) or any(role in rule.roles.get(relation, ()) for relation, role in standings)
