"""Languages: the one list, the catalogs, and which language a visitor gets.

Catalogs are kept as `.po` files only. They are compiled at start into the instance folder, under a
name made from their content, so that nobody ever sees words of yesterday. Run as a module,
`python -m clarion.i18n update` extracts the interface words and brings the catalogs up to date,
`check` fails if they are not.
"""

from __future__ import annotations

import hashlib
import io
import re
import sys
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

from babel import Locale
from babel.core import get_global
from babel.dates import format_date
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from babel.numbers import format_decimal
from flask import Flask, current_app, g, has_request_context, request
from flask_babel import get_locale

from .domain.languages import Language
from .extensions import babel

SOURCE = "en"
NO_COUNTRY = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})
"""Codes in the Unicode list that are groups or placeholders."""

PACKAGE = Path(__file__).parent


class CatalogMissing(Exception):
    """A listed language has no catalog; starting without it would show two languages in one page."""


def translations_folder() -> Path:
    """The folder of the catalogs: inside the installed package, or at the repository's root."""
    packaged = Path(str(resources.files("clarion"))) / "translations"
    return packaged if packaged.is_dir() else PACKAGE.parents[1] / "translations"


def read_languages(folder: Path | None = None) -> dict[str, Language]:
    """The list of `languages.toml`, by code, in its order."""
    raw = tomllib.loads(((folder or translations_folder()) / "languages.toml").read_text("utf-8"))
    return {code: Language(code=code, **entry) for code, entry in raw.items()}


def compile_catalogs(source: Path, target: Path) -> Path:
    """Compile every listed catalog below `target` and return the folder that holds them.

    Raises `CatalogMissing`. Safe for several processes at once: a finished folder appears as a whole.
    """
    catalogs = {code: source / code / "LC_MESSAGES" / "messages.po" for code in read_languages(source)}
    missing = [code for code, path in catalogs.items() if code != SOURCE and not path.exists()]
    if missing:
        raise CatalogMissing(f"No catalog for {', '.join(missing)} in {source}.")
    contents = {code: path.read_bytes() for code, path in catalogs.items() if code != SOURCE}
    name = hashlib.sha256(repr(sorted(contents.items())).encode()).hexdigest()[:16]
    finished = target / name
    if finished.is_dir():
        return finished
    target.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target) as temporary:
        for code, content in contents.items():
            folder = Path(temporary) / "new" / code / "LC_MESSAGES"
            folder.mkdir(parents=True)
            with (folder / "messages.mo").open("wb") as file:
                write_mo(file, read_po(io.BytesIO(content), locale=code))
        (Path(temporary) / "new").mkdir(exist_ok=True)
        try:
            (Path(temporary) / "new").rename(finished)
        except OSError:
            if not finished.is_dir():
                raise
    return finished


def init_languages(app: Flask, cache: Path) -> None:
    """Bind Babel to the app: catalogs compiled below `cache`, language chosen for each request."""
    folder = translations_folder()
    app.extensions["clarion.languages"] = read_languages(folder)
    app.config["BABEL_DEFAULT_LOCALE"] = SOURCE
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(compile_catalogs(folder, cache))
    babel.init_app(app, locale_selector=_request_language)
    app.jinja_env.globals.update(number=format_number, date=format_day, locale_name=locale_name)


def _request_language() -> str:
    """The language of the address, else what the visitor's browser asks for."""
    if not has_request_context():
        return SOURCE
    known: Mapping[str, Language] = current_app.extensions["clarion.languages"]
    wanted = g.get("language") or (request.view_args or {}).get("language")
    return str(wanted) if wanted in known else best_language(list(known))


def speak(asked: str = "") -> Language:
    """Answer the current request in the language that is asked for, or in the one that the visitor reads best."""
    known: Mapping[str, Language] = current_app.extensions["clarion.languages"]
    g.language = asked if asked in known else best_language(list(known))
    return known[g.language]


def best_language(offered: Sequence[str]) -> str:
    """The offered language that fits the visitor's `Accept-Language` best, else the first."""
    return request.accept_languages.best_match(list(offered), default=offered[0]) or offered[0]


def format_number(value: int) -> str:
    """A whole number with the separators of the language: 1,247 or 1 247."""
    return str(format_decimal(value, locale=_formats()))


def format_day(value: str | date | datetime) -> str:
    """A day in the words of the language: July 12, 2019."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return str(format_date(moment, format="long", locale=_formats()))


def _formats() -> Locale:
    """The locale for numbers and dates of the language in use."""
    known: Mapping[str, Language] = current_app.extensions["clarion.languages"]
    code = str(get_locale() or SOURCE).replace("_", "-")
    language = known.get(code)
    return Locale.parse((language.locale if language else "") or code, sep="-")


def locale_name(language: Language) -> str:
    """A language with the country whose readers are most likely meant, as Open Graph names it: `es_US`."""
    locale = Locale.parse(language.locale or language.code, sep="-")
    if not locale.territory:
        locale = Locale.parse(get_global("likely_subtags").get(str(locale), str(locale)))
    return "_".join(filter(None, (locale.language, locale.territory)))


def country_names(language: str) -> list[tuple[str, str]]:
    """The countries by their names in a language, sorted as that language's readers expect: `(code, name)`."""
    territories = Locale.parse(language, sep="-").territories
    named = [(code, name) for code, name in territories.items() if len(code) == 2 and code not in NO_COUNTRY]
    return sorted(named, key=lambda pair: unicodedata.normalize("NFKD", pair[1]).casefold())


def extract() -> Catalog:
    """All interface words of the package as a template catalog, without places and dates."""
    catalog = Catalog(project="Clarion", charset="utf-8", fuzzy=False)
    methods = [("**/templates/**.html", "jinja2"), ("**/templates/**.txt", "jinja2"), ("**.py", "python")]
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None, "_l": None}
    found = extract_from_dir(
        str(PACKAGE), methods, {}, keywords, comment_tags=("Translators:",), strip_comment_tags=True
    )
    for _file, _line, message, comments, context in sorted(found, key=lambda m: str(m[2])):
        catalog.add(message, auto_comments=comments, context=context)
    return catalog


def write_catalogs(folder: Path) -> list[str]:
    """Bring the template and all catalogs below `folder` up to date; the names of the files that changed."""
    template = extract()
    written = {folder / "messages.pot": _as_po(template)}
    for code in read_languages(folder):
        path = folder / code / "LC_MESSAGES" / "messages.po"
        if code == SOURCE:
            continue
        catalog = Catalog(locale=code)
        if path.exists():
            catalog = read_po(io.BytesIO(path.read_bytes()), locale=code)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        written[path] = _as_po(catalog)
    changed = [path for path, text in written.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written[path], "utf-8")
    return [str(path.relative_to(folder)) for path in changed]


def catalog_faults(folder: Path) -> list[str]:
    """What is wrong with the catalogs: words not translated, placeholders that differ."""
    faults = []
    for code in read_languages(folder):
        if code == SOURCE:
            continue
        content = (folder / code / "LC_MESSAGES" / "messages.po").read_bytes()
        catalog = read_po(io.BytesIO(content), locale=code)
        for message in catalog:
            if not message.id:
                continue
            source = forms(message.id)
            if not all(forms(message.string)):
                faults.append(f"{code}: not translated: {source[0]!r}")
            elif placeholders_differ(message):
                faults.append(f"{code}: placeholders or tags differ: {source[0]!r}")
    return faults


def placeholders_differ(message: Message) -> bool:
    """Whether a translation lost or invented a placeholder or a tag; a form for one may leave the number out."""
    wanted, target = _marks(forms(message.id)[-1]), forms(message.string)
    return any(_marks(text) - wanted for text in target) or _marks(target[-1]) != wanted


def forms(text: object) -> list[str]:
    """A message's singular and plural forms, or its one form."""
    return [str(form or "") for form in text] if isinstance(text, list | tuple) else [str(text or "")]


def _marks(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]|</?\w+|\{\w+\}", text))


def _as_po(catalog: Catalog) -> str:
    buffer = io.BytesIO()
    write_po(
        buffer,
        catalog,
        no_location=True,
        omit_header=False,
        sort_output=True,
        ignore_obsolete=True,
        width=120,
    )
    kept = ("Content-Type", "Content-Transfer-Encoding", "Plural-Forms", "MIME-Version", "Language:")
    lines = buffer.getvalue().decode().splitlines(keepends=True)
    return "".join(
        line
        for line in lines
        if not line.startswith("#") or line.startswith(("#,", "#.", "#:"))
        if not (re.match(r'^"[A-Z][A-Za-z-]+: ', line) and not line[1:].startswith(kept))
    ).lstrip("\n")


def main(arguments: list[str]) -> int:
    """`update` writes the catalogs; `check` tells what is stale or missing and exits 1 if anything is."""
    folder = translations_folder()
    if arguments == ["update"]:
        print("\n".join(write_catalogs(folder)) or "The catalogs were up to date.")
        return 0
    if arguments == ["check"]:
        with TemporaryDirectory() as temporary:
            copy = Path(temporary)
            for path in folder.rglob("*.*"):
                target = copy / path.relative_to(folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())
            stale = [f"{name} is not up to date: run make translations" for name in write_catalogs(copy)]
        faults = stale + catalog_faults(folder)
        print("\n".join(faults) or "The catalogs are complete and up to date.")
        return 1 if faults else 0
    print("usage: python -m clarion.i18n update|check")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
