"""What an incoming text wants: no more texts (`stop`), to come back (`start`), `help`, or something else (`other`).

47 CFR 64.1200(a)(10) lets people revoke consent in any reasonable manner, in their own words. A missed wish costs
500 to 1,500 dollars a text (47 U.S.C. 227(b)(3)), a wrong guess an answer that says how to come back: so in doubt it
is `stop`. Still, "Stop the raids!" is what petitions are about, and goes to people.

How it is decided, with the lists in `wordings/<language>.toml` (all languages at once, since people mix them):

1. The text is made plain: capitals, accents, invisible characters and look-alike letters go, "s t o p" is joined. A
   reaction that only quotes our own text ("Liked “… Reply STOP …”") is `other`.
2. It is cut into clauses at punctuation, and each clause into pieces: the longest phrase of any list, or a word that
   no list has. Short clauses have the misspellings of the words under `misspelt` put right.
3. A clause means `stop` if it
   - has an `outright` phrase ("unsubscribe me"), or, with no `aside`, fits one of the `patterns` ("stop …ing me"), or
   - begins with a `firm` keyword, after which (and after `polite` words) a word of `opens` begins a sentence of its own
     ("stop please I am at work"), or
   - has a `cease` phrase and, after at most five other words and no subject, one of `texts` ("stop … texting"), or
   - has no `subjects` ("raids") and no `aside` ("don't stop", "bus stop"), and
     has a `likely` phrase ("remove me"),
     or is made of `keywords` ("stop", "baja") with `courtesies`, `texts` and numbers only,
     or begins or ends with a `firm` keyword, and what else is there looks like a name ("stop Maria", "wrong one stop").
4. If no clause does, the text as a whole is tried. If that does not either, a text that is only words of `help` (or of
   `start`) and courtesies means that. All else is `other`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from .plainwords import clauses, compact, distance, plain, words_of

Wish = Literal["stop", "start", "help", "other"]

REACH = 5
"""Words that may stand between "stop" and "texting"."""

SHORT = 4
"""Words of a clause in which misspellings are put right: in longer ones what looks alike is more often itself."""

NAMES = 2
"""Words that no list has which may follow "stop": a first name and a surname."""

LISTS = frozenset(
    "keywords firm outright likely cease texts breaks aside subjects courtesies "
    "help start before polite opens endings misspelt itself reactions patterns".split()
)
"""What a file of wordings may hold; `wordings/en.toml` says what each is."""

_PHRASES = LISTS - {"endings", "misspelt", "itself", "reactions", "patterns"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A phrase of a clause, with the lists that have it; a word that none has is of no list."""

    words: str
    lists: frozenset[str]

    def of(self, *names: str) -> bool:
        """Whether one of these lists has it."""
        return not self.lists.isdisjoint(names)

    @property
    def means_nothing(self) -> bool:
        """Whether a wish stays the same with it: courtesies, numbers, pictures."""
        return self.of("courtesies", "texts", "help", "start") or not any(letter.isalpha() for letter in self.words)


@dataclass(frozen=True, slots=True)
class Wordings:
    """The lists of all languages."""

    phrases: dict[tuple[str, ...], frozenset[str]]
    stems: tuple[str, ...]
    """Beginnings of words of `subjects`: "deport*"."""
    longest: int
    endings: tuple[str, ...]
    misspelt: frozenset[str]
    itself: frozenset[str]
    compacts: frozenset[str]
    """Keywords without their spaces, for "sto p"."""
    fillers: frozenset[str]
    """Courtesies and `texts` without their spaces, for "stoptextingme"."""
    reaction: re.Pattern[str]
    pattern: re.Pattern[str]
    """Any of `patterns`, as whole words of a clause."""


def read(words: str) -> Wish:
    """What the sender of this text wants."""
    known = wordings()
    text = plain(words)
    if known.reaction.match(text):
        return "other"
    parts = []
    for clause in clauses(text):
        pieces = _pieces(clause, known)
        if known.pattern.search(clause) and not any(piece.of("aside") for piece in pieces):
            return "stop"
        parts.append(pieces)
    whole = [piece for part in parts for piece in part]
    if any(_wants_stop(part, known) for part in parts) or _wants_stop(whole, known):
        return "stop"
    if compact(text) in known.compacts:
        return "stop"
    if _only(whole, "start"):
        return "start"
    if _only(whole, "help") and not any(piece.of("texts") and not piece.of("help") for piece in whole):
        return "help"
    return "other"


def _wants_stop(pieces: list[Piece], known: Wordings) -> bool:
    if any(piece.of("outright") for piece in pieces) or _ceases_texts(pieces) or _gives_a_reason(pieces):
        return True
    if any(piece.of("subjects", "aside") for piece in pieces):
        return False
    if any(piece.of("likely") for piece in pieces):
        return True
    return _only(pieces, "keywords") or _begins_firmly(pieces, known) or _ends_firmly(pieces)


def _ceases_texts(pieces: list[Piece]) -> bool:
    for start, piece in enumerate(pieces):
        if not piece.of("cease"):
            continue
        between = 0
        for later in pieces[start + 1 :]:
            if later.of("texts"):
                return True
            between += len(later.words.split())
            if between > REACH or later.of("subjects", "aside", "breaks"):
                break
    return False


def _only(pieces: list[Piece], name: str) -> bool:
    """Whether all is of this list, or means nothing."""
    has = [piece.of(name) for piece in pieces]
    return any(has) and all(mine or piece.means_nothing for mine, piece in zip(has, pieces, strict=True))


def _gives_a_reason(pieces: list[Piece]) -> bool:
    """Whether a sentence of its own follows, without a comma: "stop please I am at work"."""
    first = next((place for place, piece in enumerate(pieces) if not piece.of("courtesies")), None)
    if first is None or not pieces[first].of("firm"):
        return False
    follows = next((piece for piece in pieces[first + 1 :] if not piece.of("polite")), None)
    return follows is not None and follows.of("opens")


def _begins_firmly(pieces: list[Piece], known: Wordings) -> bool:
    first = next((place for place, piece in enumerate(pieces) if not piece.means_nothing), None)
    if first is None or not pieces[first].of("firm"):
        return False
    rest = pieces[first + 1 :]
    while rest and rest[-1].means_nothing:
        rest.pop()
    return 1 <= len(rest) <= NAMES and all(
        not piece.lists and piece.words.isalpha() and not piece.words.endswith(known.endings) for piece in rest
    )


def _ends_firmly(pieces: list[Piece]) -> bool:
    rest = list(pieces)
    while rest and rest[-1].means_nothing:
        rest.pop()
    return len(rest) > 1 and rest[-1].of("firm") and not rest[-2].of("before")


def _pieces(clause: str, known: Wordings) -> list[Piece]:
    tokens = clause.split()
    short = len(tokens) <= SHORT
    tokens = [part for token in tokens for part in _put_right(token, known, short).split()]
    pieces, place = [], 0
    while place < len(tokens):
        for length in range(min(known.longest, len(tokens) - place), 0, -1):
            phrase = tuple(tokens[place : place + length])
            lists = known.phrases.get(phrase)
            if lists is not None:
                break
        else:
            length, phrase = 1, (tokens[place],)
            lists = frozenset({"subjects"} if phrase[0].startswith(known.stems) else ())
        pieces.append(Piece(" ".join(phrase), lists))
        place += length
    return pieces


def _put_right(token: str, known: Wordings, short: bool) -> str:
    """What was meant by "st0p", "stooop", "stopstop", "stoppls", and where the clause is short by "stpo"."""
    if (token,) in known.phrases or token in known.itself or token.startswith(known.stems):
        return token
    for meant in words_of(token):
        if (meant,) in known.phrases:
            return meant
        for word in known.misspelt:
            rest = meant.removeprefix(word)
            while rest != meant and rest.startswith(word):
                rest = rest.removeprefix(word)
            if rest != meant and (not rest or rest in known.fillers):
                return f"{word} {rest}"
    if short and token.isascii() and len(token) > 2:
        for word in sorted(known.misspelt):
            if distance(token, word) <= (1 if len(word) < 8 else 2):
                return word
    return token


@cache
def wordings() -> Wordings:
    """The lists of `wordings/`, read once."""
    lists: dict[str, list[str]] = {name: [] for name in LISTS}
    for file in sorted(files(__package__).joinpath("wordings").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            for name, entries in tomllib.loads(file.read_text(encoding="utf-8")).items():
                lists[name] += entries
    phrases: dict[tuple[str, ...], set[str]] = {}
    for name in _PHRASES:
        for entry in lists[name]:
            if not entry.endswith("*"):
                phrases.setdefault(_tokens(entry), set()).add(name)
    return Wordings(
        phrases={phrase: frozenset(names) for phrase, names in phrases.items()},
        stems=tuple(plain(entry[:-1]).strip() for entry in lists["subjects"] if entry.endswith("*")),
        longest=max(len(phrase) for phrase in phrases),
        endings=tuple(lists["endings"]),
        misspelt=frozenset(lists["misspelt"]),
        itself=frozenset(lists["itself"]),
        compacts=frozenset(compact(entry) for name in ("keywords", "outright", "likely") for entry in lists[name])
        - {""},
        fillers=frozenset(compact(entry) for name in ("courtesies", "texts") for entry in lists[name]),
        reaction=_reaction(lists["reactions"]),
        pattern=re.compile(rf"\b(?:{'|'.join(lists['patterns'])})\b"),
    )


def _tokens(entry: str) -> tuple[str, ...]:
    return tuple(word for clause in clauses(plain(entry)) for word in clause.split())


def _reaction(verbs: Iterable[str]) -> re.Pattern[str]:
    """A verb or a picture before a long quotation that reaches to the end."""
    some = "|".join(re.escape(plain(verb).strip()) for verb in verbs)
    return re.compile(
        rf'\s*(?:\w+ ){{0,3}}(?:{some}|[^\w\s"“«]+ (?:to|a))\b[^"“«]{{0,12}}["“«].{{12,}}["”»]\s*\Z', re.DOTALL
    )
