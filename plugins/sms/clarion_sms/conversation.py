"""The talk in which somebody signs by text: what is asked next, and what an answer means. Pure rules.

It asks for a name, for a postal code where the campaign wants one, and for a yes or no to each organisation that asks
for texts. People answer in any order, correct themselves, fall silent for a day and write about something else. So
each answer is read for whatever it may hold, and what is still missing is asked. The name counts as soon as all that
the campaign needs is there: who never answers the last question has signed all the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Self

from clarion.api import TextRefused, clean_name, clean_postal_code

Step = Literal["was_it_you", "name", "postal_code", "consent", "done"]

TRIES = 3
"""Answers in a row that nobody can make sense of, after which a person reads on."""

YES = frozenset("yes y yeah yep yea ok okay sure claro si s dale vale sip correcto acepto oui sim".split()) | {
    "yes please",
    "si por favor",
    "of course",
    "por supuesto",
    "claro que si",
    "👍",
    "✅",
}
NO = frozenset("no n nope nah non nao negativo".split()) | {"no thanks", "no thank you", "no gracias", "not now", "👎"}
"""Whole answers, without accents, capitals and what stands around them."""

_CORRECTION = re.compile(r"(?:my |mi )?(name|nombre|zip|codigo|code|postal)\b(?: (?:is|es))?[ :=]+(.+)", re.I)
_INTRODUCTION = re.compile(
    r"(?:hi|hello|hola|buenas)?[ ,!.]*(?:i am|i'm|im|my name is|this is|soy|me llamo|mi nombre es|yo soy)[ :]+(.+)",
    re.I,
)
_CODE_AT_END = re.compile(r"(.*?\D)[ ,;.:]*(\d{5}(?:-\d{4})?)\W*", re.S)
_NAMES = ("name", "nombre")

_FIRST = frozenset(
    "who what why how when where which stop quit end cancel no please pls hey dont remove take delete leave "
    "quien que porque como cuando donde cual alto paren basta ya por favor oye dejen quiten borren".split()
)
"""Words with which a sentence begins and no name does."""

_WITHIN = frozenset(
    "who what why how is are was were this that the did does want wants wanted need sign signed signing stop text "
    "texts texting message messages please not cant dont wont would could should have has it its they them "
    "with about from quien esto este esta estos quiero quiere quieren firmar firme firmo puedo puede necesito mensaje "
    "mensajes texto textos recibir rehuso tambien con para pero porque estan estoy".split()
)
"""Words that sentences hold and names do not, in plain letters; none is a given name or surname that is often met."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a campaign asks."""

    postal_code: bool
    country: str
    organisations: tuple[str, ...]
    """Those that ask for texts, in the campaign's order."""


@dataclass(frozen=True, slots=True)
class Talk:
    """How far one is."""

    language: str
    name: str = ""
    postal_code: str = ""
    answers: Mapping[str, bool] = field(default_factory=dict)
    """The yes or no to each organisation."""
    claimed: bool = False
    """A signature on the web names this number, and nobody knows yet whose that is."""
    signed: bool = False
    """The name counts: only a yes or no to organisations can still be missing."""
    tries: int = 0

    def step(self, asked: Asked) -> Step:
        """What is to be asked next."""
        if self.claimed:
            return "was_it_you"
        if not self.signed and not self.name:
            return "name"
        if not self.signed and asked.postal_code and not self.postal_code:
            return "postal_code"
        return "consent" if self.organisation(asked) else "done"

    def organisation(self, asked: Asked) -> str:
        """The organisation that is to be asked about next; empty where each has its answer."""
        return next((one for one in asked.organisations if one not in self.answers), "")

    def details(self) -> dict[str, str]:
        """It as plain words, to be sealed."""
        said = {f"to:{organisation}": "yes" if yes else "no" for organisation, yes in self.answers.items()}
        return {"language": self.language, "name": self.name, "postal_code": self.postal_code, **said}

    @classmethod
    def from_details(cls, details: Mapping[str, str], *, claimed: bool, tries: int) -> Self:
        """It from the same words."""
        answers = {key.removeprefix("to:"): said == "yes" for key, said in details.items() if key.startswith("to:")}
        return cls(details["language"], details["name"], details["postal_code"], answers, claimed, tries=tries)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one answer led to."""

    talk: Talk
    fault: str = ""
    """`again`, `bad_name` or `bad_postal_code` where the answer did not do; empty where it did."""
    mine: bool | None = None
    """The answer to whether the signature on the web is this phone's."""

    @property
    def lost(self) -> bool:
        """Whether it is a person's turn to read: nothing was understood again and again."""
        return self.talk.tries >= TRIES


def read(talk: Talk, words: str, asked: Asked) -> Turn:
    """Take an answer in."""
    step, words = talk.step(asked), " ".join(words.split())
    if (corrected := _corrected(talk, words, asked)) is not None:
        return Turn(corrected)
    if step == "was_it_you":
        said = yes_or_no(words)
        return _missed(talk, "again") if said is None else Turn(replace(talk, claimed=False, tries=0), mine=said)
    if step == "consent":
        return _consent(talk, words, asked)
    if step == "name":
        return _name(talk, words, asked)
    if step == "postal_code":
        return _postal_code(talk, words, asked)
    return _missed(talk, "again")


def yes_or_no(words: str) -> bool | None:
    """What a whole answer says; `None` where it says neither."""
    plain = _plain(words)
    if plain in YES:
        return True
    return False if plain in NO else None


def _corrected(talk: Talk, words: str, asked: Asked) -> Talk | None:
    """The talk with a name or a code set right by its own word, such as `name Ana Luna` or `ZIP 20009`, at any time."""
    if talk.signed or (found := _CORRECTION.fullmatch(words)) is None:
        return None
    if found[1].lower() in _NAMES:
        name = _clean(found[2])
        return replace(talk, name=name, tries=0) if name else None
    code = clean_postal_code(found[2], asked.country) if asked.postal_code else None
    return replace(talk, postal_code=code, tries=0) if code else None


def _name(talk: Talk, words: str, asked: Asked) -> Turn:
    """A name, perhaps with the code behind it; a code alone is kept, and the name asked for again."""
    if asked.postal_code and (code := clean_postal_code(words, asked.country)) and any(map(str.isdigit, words)):
        return Turn(replace(talk, postal_code=code, tries=0))
    if asked.postal_code and (found := _CODE_AT_END.fullmatch(words)):
        code = clean_postal_code(found[2], asked.country)
        talk, words = (replace(talk, postal_code=code), found[1]) if code else (talk, words)
    if yes_or_no(words) is not None:
        return _missed(talk, "bad_name")
    if (introduced := _INTRODUCTION.fullmatch(words)) is not None:
        words = introduced[1]
    name = _clean(words)
    return Turn(replace(talk, name=name, tries=0)) if name else _missed(talk, "bad_name")


def _postal_code(talk: Talk, words: str, asked: Asked) -> Turn:
    code = clean_postal_code(words, asked.country)
    if not code and (found := re.search(r"\b\d{5}(?:-\d{4})?\b", words)):
        code = clean_postal_code(found[0], asked.country)
    return Turn(replace(talk, postal_code=code, tries=0)) if code else _missed(talk, "bad_postal_code")


def _consent(talk: Talk, words: str, asked: Asked) -> Turn:
    said = yes_or_no(words)
    if said is None:
        return _missed(talk, "again")
    return Turn(replace(talk, answers={**talk.answers, talk.organisation(asked): said}, tries=0))


def _missed(talk: Talk, fault: str) -> Turn:
    return Turn(replace(talk, tries=talk.tries + 1), fault)


def _clean(words: str) -> str:
    """A name as it may be kept, or nothing: a question or a story is none."""
    if "?" in words or len(words.split()) > 8 or _is_said(words):
        return ""
    try:
        return clean_name(words.strip(" .,;:!\"'"))
    except TextRefused:
        return ""


def _is_said(words: str) -> bool:
    """Whether these words are a sentence and no name: "stop the raids", "who is this", "mi mamá quiere firmar"."""
    plain = _plain(words).split()
    return len(plain) > 1 and (plain[0] in _FIRST or any(word in _WITHIN for word in plain))


def _plain(words: str) -> str:
    """An answer without accents, capitals, and marks around its words."""
    apart = unicodedata.normalize("NFKD", words.casefold())
    kept = "".join(sign for sign in apart if not unicodedata.combining(sign) and sign not in "\ufe0f\u200d")
    return " ".join(re.sub(r"[^\w\s👍✅👎]", " ", kept).split())


def keyword_of(words: str, keywords: Mapping[str, Sequence[str]]) -> str:
    """The language whose keyword a text is, or starts with; empty where it is none."""
    first = _plain(words).split(" ")[:1]
    for language, listed in keywords.items():
        if first and first[0] in {_plain(word) for word in listed}:
            return language
    return ""
