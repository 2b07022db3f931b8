"""Words that mean the same in every petition, so that no petition can take one for itself."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping

Words = Mapping[str, tuple[str, ...]]

STOP: Words = {
    "en": ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"),
    "es": ("ALTO", "PARAR", "PARE", "BASTA", "CANCELAR", "SALIR", "TERMINAR", "FIN", "BAJA"),
}
"""End all texts. The English ones are those of the FCC (47 CFR 64.1200(a)(10)) and of the carriers."""

HELP: Words = {"en": ("HELP", "INFO"), "es": ("AYUDA",)}
START: Words = {"en": ("START", "UNSTOP", "RESUME"), "es": ("INICIAR", "COMENZAR", "EMPEZAR", "VOLVER")}
YES: Words = {"en": ("YES", "Y", "YEP", "YEAH", "OK", "OKAY"), "es": ("SI", "CLARO", "VALE", "ACEPTO")}
NO: Words = {"en": ("NO", "N", "NOPE"), "es": ("NADA",)}

MEANINGS: Mapping[str, Words] = {"stop": STOP, "help": HELP, "start": START, "yes": YES, "no": NO}


def folded(word: str) -> str:
    """A word as it is compared: without accents, in capitals, as phones write either."""
    apart = unicodedata.normalize("NFD", word.strip().casefold())
    return "".join(c for c in apart if not unicodedata.combining(c)).upper()


def every(words: Words) -> Iterator[str]:
    """The words of a meaning in all languages."""
    for of_language in words.values():
        yield from of_language


def meaning(word: str) -> str:
    """What a word means in every petition, in any language: `stop`, `help`, `start`, `yes`, `no`, or nothing."""
    asked = folded(word)
    return next((name for name, words in MEANINGS.items() if asked in every(words)), "")
