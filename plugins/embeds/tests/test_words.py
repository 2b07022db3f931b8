"""Every word of the plugin is there in Spanish."""

from __future__ import annotations

from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from babel.support import Translations

import clarion_embeds
from clarion.i18n import compile_catalogs, translations_folder

PACKAGE = Path(clarion_embeds.__file__).parent
METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]


def test_every_word_is_there_in_spanish(tmp_path: Path) -> None:
    found = extract_from_dir(str(PACKAGE), METHODS, {}, {"_": None, "gettext": None, "ngettext": (1, 2)})
    words = {message if isinstance(message, str) else message[0] for _, _, message, *_ in found}
    assert len(words) > 80
    with (PACKAGE / "translations" / "es" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        own = {message.id: message.string for message in read_po(file) if message.id}
    core = Translations.load(compile_catalogs(translations_folder(), tmp_path), ["es"])
    assert sorted(word for word in words if not own.get(word) and core.gettext(word) == word) == []
    assert sorted(set(own) - words) == [], "nothing says these any more"
