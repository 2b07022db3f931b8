"""The page of roles, made from the table that the console itself goes by."""

from __future__ import annotations

from ..domain.roles import ACTIONS, NEEDS_SECOND, ROLES, RULES, Action

_WORDS: dict[Action, str] = {
    "campaigns.see": "see that a campaign is there, and its state",
    "campaigns.begin": "begin a new petition for one's own organisation",
    "campaigns.edit": "edit its words, recipients and languages",
    "campaigns.launch": "put it live, pause it, close it",
    "figures.see": "see its figures",
    "posters.get": "take posters and handbills to print",
    "reasons.moderate": "read signers' reasons, show and hide them",
    "people.see": "see who is in the organisation",
    "people.manage": "invite people, change roles, take people out",
}

_PAGE = """\
# Who may do what

<!-- Made by `clarion docs` from `platform/clarion/domain/roles.py`. -->

Each person has a role in each organisation that they are in. What it allows depends on what the organisation is to the
campaign: whether it **leads** it, or **takes part** in it as a partner. Every page of the console takes its rule from
this table, and a test tries each role of each organisation on each page.

| | {header} | runs the site |
|---|{line}---|
{rows}

{seconds} log in with a second factor on a real site, and so does whoever runs it. Whoever runs the site decides about
the people of every organisation and sees no signer.

What somebody may not even see is not there for them: the answer is the same as for an address that does not exist. A
changed role ends that person's sessions at once.
"""


def roles_page() -> str:
    """The page as Markdown."""
    rows = "\n".join(_row(action) for action in ACTIONS)
    seconds = " and ".join(f"{role.capitalize()}s" for role in ROLES if role in NEEDS_SECOND)
    return _PAGE.format(header=" | ".join(ROLES), line="---|" * len(ROLES), rows=rows, seconds=seconds)


def _row(action: Action) -> str:
    cells = [_cell(action, role) for role in ROLES]
    return f"| {_WORDS[action]} | {' | '.join(cells)} | {'yes' if RULES[action].admin else ''} |"


def _cell(action: Action, role: str) -> str:
    roles = RULES[action].roles
    relations = [relation for relation in roles if role in roles[relation]]
    if "lead" in relations and "partner" in relations:
        return "of any that takes part"
    return (
        {"lead": "of the lead", "partner": "of a partner", "own": "yes", "any": "yes"}[relations[0]]
        if relations
        else ""
    )
