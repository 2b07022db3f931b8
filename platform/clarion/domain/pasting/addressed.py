"""To whom a pasted petition goes: names and offices, as people string them together."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from .tongues import listed, plain

Role = Literal["to", "cc"]

_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|ph\.?d|md|esq)\.?", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_DASH = re.compile(r"\s+[–—-]+\s+|\t+|\s*\|\s*")
_CUT = re.compile(r"(?:\.\.\.|…)\s*$")
_BULLET = re.compile(r"^\s*(?:[•*·▪-]|\d+[.)])\s+")
_MIDDLE = re.compile(r"\s*[,&]\s*")

_ARTICLES = frozenset({"the", "el", "la", "los", "las"})
_OF = frozenset({"of", "for", "de", "del"})

BROKEN = "…"

LONGEST_OFFICE = 6
"""Words of an office before a name."""


@dataclass(frozen=True, slots=True)
class Addressed:
    """Somebody to whom a petition goes."""

    name: str
    office: str = ""
    email: str = ""
    role: Role = "to"
    cut: bool = False
    """The text breaks off here, so that name or office may be half."""


def read_addressed(text: str) -> list[Addressed]:
    """The people in a line after "To:", or in a list of lines."""
    lines = [_BULLET.sub("", line).strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and not any(line.endswith((",", ";")) for line in lines[:-1]):
        return [one for line in lines for one in _strung(line)]
    return _strung(" ".join(lines))


def _strung(line: str) -> list[Addressed]:
    """People after one another, parted by commas, each with the offices that follow."""
    cut = bool(_CUT.search(line))
    line = _CUT.sub("", line)
    email = _EMAIL.search(line)
    if email and len(_EMAIL.findall(line)) == 1 and len(parts := _DASH.split(line)) > 1:
        return [_dashed(parts, email[0], cut=cut)]
    if len(parts := _DASH.split(line)) == 2 and "," not in line:
        return [_dashed(parts, "", cut=cut)]
    found: list[Addressed] = []
    for group in line.split(";"):
        _take_in(found, _tokens(group), cut=cut)
    if cut and found:
        found[-1] = _broken_off(found[-1])
    return found


def _broken_off(one: Addressed) -> Addressed:
    """Whoever the text breaks off at; the sign stays where it broke, until somebody has written the rest."""
    if one.office:
        return replace(one, office=f"{one.office}{BROKEN}", cut=True)
    return replace(one, name=f"{one.name}{BROKEN}", cut=True)


def _take_in(found: list[Addressed], tokens: list[str], *, cut: bool) -> None:
    """Add the people of one group; what follows a name may belong to it."""
    first = True
    for token in tokens:
        email = _EMAIL.search(token)
        words = _EMAIL.sub("", token).strip(" <>()") if email else token
        if words and not first and _SUFFIX.fullmatch(words):
            found[-1] = replace(found[-1], name=f"{found[-1].name}, {words}")
        elif words and not first and is_office(words, half=cut):
            office = f"{found[-1].office}, {words}" if found[-1].office else words
            found[-1] = replace(found[-1], office=office)
        elif words:
            found.append(_one(words))
        if email and found:
            found[-1] = replace(found[-1], email=email[0])
        first = first and not words


def _tokens(line: str) -> list[str]:
    joined = sorted(listed("and"), key=len, reverse=True)
    line = re.sub(rf"\s+(?:{'|'.join(joined)})\s+(?=[A-ZÁÉÍÓÚÑ])", ", ", line)
    return [token for part in _MIDDLE.split(line) if (token := part.strip(" .:") if len(part) > 4 else part.strip())]


def _dashed(parts: list[str], email: str, *, cut: bool) -> Addressed:
    kept = [part.strip(" <>()") for part in parts if part.strip() and not _EMAIL.search(part)]
    names = [part for part in kept if not is_office(part)] or kept[:1]
    offices = [part for part in kept if part not in names[:1]]
    return Addressed(names[0] if names else email, ", ".join(offices), email, cut=cut)


def _one(token: str) -> Addressed:
    """A name by itself, or with its office before it: "Mayor Muriel Bowser"."""
    words = token.split()
    for length in range(min(LONGEST_OFFICE, len(words) - 1), 0, -1):
        before, after = " ".join(words[:length]), words[length:]
        if plain(before) in listed("offices") and not is_office(" ".join(after)):
            return Addressed(" ".join(after), before)
    body = [word for word in words if plain(word) not in _ARTICLES]
    # "the Board of Education" is its own office; a person may be called Ana Mayor
    return Addressed(token, token if body and plain(body[0]) in _office_words() and is_office(token) else "")


def is_office(text: str, *, half: bool = False) -> bool:
    """Whether these words are an office, or with `half` the beginning of one."""
    words = [word for word in plain(text).split() if word not in _ARTICLES]
    offices = _office_words()
    if not words:
        return False
    if words[-1] in offices or all(word in offices for word in words):
        return True
    if words[0] in offices and any(word in _OF for word in words[1:]):
        return True
    return half and len(words) == 1 and len(words[0]) > 3 and any(office.startswith(words[0]) for office in offices)


def _office_words() -> frozenset[str]:
    return frozenset(word for entry in listed("offices") for word in entry.split())


def with_roles(people: list[Addressed], said: str) -> list[Addressed]:
    """Who is meant and who is copied, from words such as "to: Mayor Bowser; cc: the Council"."""
    found = re.match(r"\W*(?:to|para|a)\s*:\s*(.*?)[;.]?\s*\bcc\s*:\s*(.*)", said, re.IGNORECASE | re.DOTALL)
    if not found:
        return people
    meant = set(plain(found[1]).split())
    roles: list[Role] = ["to" if set(_surname(one)) & meant else "cc" for one in people]
    return [replace(one, role=role) for one, role in zip(people, roles, strict=True)] if "to" in roles else people


def _surname(one: Addressed) -> list[str]:
    words = plain(one.name.split(",")[0]).split()
    return words[-1:]
