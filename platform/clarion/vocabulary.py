"""The words of plugins: each brings catalogs of its own, compiled at the start, and the core's stand behind them."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from gettext import NullTranslations
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.support import Translations
from flask import current_app, has_app_context
from flask_babel import get_locale, get_translations

from .i18n import forms, placeholders_differ

CATALOG = Path("LC_MESSAGES") / "messages.po"
_LINE = re.compile(r'(?:(?:msgctxt|msgid|msgid_plural|msgstr|msgstr\[\d+\])\s+)?"(?:[^"\\]|\\.)*"')
"""The reader of catalogs takes a text that does not end for one that lost its last letter."""

EXTENSION = "clarion.vocabularies"

Catalogs = Mapping[str, Translations]
"""What a plugin says, by language."""


class CatalogFault(Exception):
    """A catalog that cannot be used: which one, and why."""


class Vocabulary:
    """The words of one plugin in the language of whoever is answered, English where it has no others."""

    def __init__(self, package: str) -> None:
        self._package = package

    def gettext(self, message: str, /, **values: object) -> str:
        """A message, with its `%(name)s` filled in."""
        words = self._spoken().gettext(message)
        return words % values if values else words

    def ngettext(self, singular: str, plural: str, num: int, /, **values: object) -> str:
        """The form of a message that a number takes, which stands in it as `%(num)s`."""
        return self.form(singular, plural, num) % {"num": num, **values}

    def form(self, singular: str, plural: str, num: int) -> str:
        """The same with nothing filled in."""
        return self._spoken().ngettext(singular, plural, num)

    def _spoken(self) -> NullTranslations:
        if not has_app_context():
            return NullTranslations()
        catalogs: Mapping[str, Catalogs] = current_app.extensions.get(EXTENSION, {})
        language = str(get_locale()).replace("_", "-")
        found = catalogs.get(self._package, {}).get(language)
        return found if found is not None else get_translations()


def translations(module: str) -> Vocabulary:
    """The words of a plugin: `translations(__name__).gettext` finds them in the `translations/` of its package."""
    return Vocabulary(module.partition(".")[0])


def read_catalogs(folder: Path, core: Path) -> dict[str, Translations]:
    """Compile the catalogs of a plugin's `translations/`; the core's words stand behind them. Raises `CatalogFault`."""
    found: dict[str, Translations] = {}
    for path in sorted(folder.glob(f"*/{CATALOG}")):
        language = path.relative_to(folder).parts[0]
        try:
            found[language] = _compiled(path, language)
        except (PoFileError, UnknownLocaleError, ValueError, LookupError, OSError) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise CatalogFault(f"translations/{path.relative_to(folder)}: {reason}") from error
        found[language].add_fallback(Translations.load(core, [language.replace("-", "_"), language]))
    return found


def _compiled(path: Path, language: str) -> Translations:
    text = path.read_text("utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#") and not _LINE.fullmatch(line.strip()):
            raise ValueError(
                f"line {number} is none of a catalog: a word such as msgstr, and a text in quotation marks"
            )
    catalog = read_po(io.BytesIO(text.encode()), locale=Locale.parse(language, sep="-"), abort_invalid=True)
    for message in catalog:
        if message.id and all(forms(message.string)) and placeholders_differ(message):
            raise ValueError(f"line {message.lineno}: placeholders or tags differ: {forms(message.id)[0]!r}")
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translations(compiled)
