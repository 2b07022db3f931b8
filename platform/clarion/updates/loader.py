"""From the files of an update, `updates/2026-07-12-hearing/en.md` and its sisters, to `News` or to all their faults."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from unicodedata import normalize
from zoneinfo import ZoneInfo

from ..campaigns.folder import MAX_TEXT, UPDATES, Folder
from ..campaigns.loader import Loaded
from ..campaigns.schema import MAX_UPDATE, UPDATE_KEYS
from ..campaigns.textfile import TextFile, parse_text
from ..campaigns.texts import check_keys, check_words, parts
from ..campaigns.wordings import check_for_mail
from ..domain.campaign import Campaign
from ..domain.faults import Fault, did_you_mean
from ..extensions import now
from .news import News, Words

NAME = re.compile(r"(\d{4}-\d{2}-\d{2})-[a-z0-9]+(?:-[a-z0-9]+)*")
MAX_NAME = 80
_YES, _NO = ("", "yes", "true"), ("no", "false")


def is_name(name: str) -> bool:
    """Whether an update may have this name: a day and a few words, in small letters, joined by hyphens."""
    found = NAME.fullmatch(name)
    with suppress(ValueError):
        return found is not None and len(name) <= MAX_NAME and bool(date.fromisoformat(found[1]))
    return False


def find_updates(folder: Path) -> list[str]:
    """The names of the updates in a campaign's folder, the oldest first; right or not."""
    if not (folder / UPDATES).is_dir() or (folder / UPDATES).is_symlink():
        return []
    found = (p for p in (folder / UPDATES).iterdir() if p.is_dir() and not p.is_symlink())
    return sorted(p.name for p in found if not p.name.startswith((".", "_")))


def check_updates(loaded: Loaded, root: Path) -> list[News]:
    """Add the faults of a folder's updates to those of its campaign, which can be published all the same; the rest."""
    path = root / loaded.folder
    if path.is_symlink() or not (path / UPDATES).exists():
        return []
    found: list[News] = []
    folder = Folder(path, root)
    try:
        found = _check_all(folder, loaded.campaign)
    except OSError as error:
        name = Path(error.filename).name if error.filename else UPDATES
        folder.fault(name, f"Cannot be read: {error.strerror}.", "Check that the file is there and may be read.")
    known = set(loaded.faults)
    loaded.faults += [fault for fault in folder.faults if fault not in known and fault.file.startswith(UPDATES)]
    return found


def _check_all(folder: Folder, campaign: Campaign | None) -> list[News]:
    if not folder.survey():
        return []
    if not (folder.path / UPDATES).is_dir():
        folder.fault(UPDATES, "This is no folder.", f"Make a folder {UPDATES}, and in it one for each update.")
        return []
    for path in sorted((folder.path / UPDATES).iterdir()):
        if path.is_file() and not path.name.startswith((".", "_")):
            hint = f"Put it into a folder of its own: {UPDATES}/2026-07-12-hearing/en.md."
            folder.fault(f"{UPDATES}/{path.name}", "The file belongs to no update.", hint)
    read = [_read_folder(folder, name, campaign, sending=False) for name in find_updates(folder.path)]
    return [one for one in read if one is not None]


def read_update(path: Path, root: Path, name: str, campaign: Campaign) -> tuple[News | None, list[Fault]]:
    """One update of a campaign's folder; without it, or with errors in it, only what is wrong."""
    folder = Folder(path, root)
    if not folder.is_inside() or not folder.survey():
        return None, folder.errors
    folder.faults = [fault for fault in folder.faults if fault.file.startswith(f"{UPDATES}/{name}/")]
    return _read_folder(folder, name, campaign), folder.faults


def read_files(paths: Sequence[Path], name: str, campaign: Campaign) -> tuple[News | None, list[Fault]]:
    """An update from single files, whose names tell their languages; `name` may be empty and is made from the title."""
    folder = Folder(Path(), Path())
    files: dict[str, str] = {}
    for path in paths:
        if path.stat().st_size > MAX_TEXT:
            folder.fault(str(path), f"The file is too large, more than {MAX_TEXT // 1024} KB.", "Make it smaller.")
        elif path.stem in files:
            folder.fault(str(path), f'The language "{path.stem}" is there twice.', "Give one file for each language.")
        else:
            files[path.stem] = str(path)
    return _read(folder, name, files, campaign), folder.faults


def _read_folder(folder: Folder, name: str, campaign: Campaign | None, *, sending: bool = True) -> News | None:
    place = f"{UPDATES}/{name}"
    if not is_name(name):
        hint = "Name it with its day and a few words, in small letters: 2026-07-12-hearing."
        folder.fault(place, "This is no name for an update.", hint)
    files: dict[str, str] = {}
    for path in sorted((folder.path / place).iterdir()):
        if path.name.startswith((".", "_")):
            continue
        if path.is_dir() or path.suffix != ".md":
            hint = "An update holds one file for each language, such as en.md."
            folder.fault(f"{place}/{path.name}", "This is not read.", hint, warning=True)
        else:
            files[path.stem] = f"{place}/{path.name}"
    return _read(folder, name, files, campaign, place, sending=sending)


def _read(
    folder: Folder,
    name: str,
    files: Mapping[str, str],
    campaign: Campaign | None,
    place: str = "",
    *,
    sending: bool = True,
) -> News | None:
    """Read the files, by language. Without a campaign, as its own folder has faults, all that needs none is checked."""
    errors = len(folder.errors)
    if campaign:
        _check_languages(folder, files, campaign, place)
    parsed = {code: one for code, file in files.items() if (one := _read_file(folder, file)) is not None}
    organisation = _one_of(folder, files, parsed, "organisation")
    public = _one_of(folder, files, parsed, "public").lower()
    if campaign:
        _check_organisation(folder, files, parsed, campaign, organisation, sending)
    for code, one in parsed.items():
        if one.head.get("public", "").lower() not in (*_YES, *_NO):
            folder.fault(
                files[code], "This is neither yes nor no.", "Write yes or no.", one.line_of("public"), "public"
            )
    if len(folder.errors) > errors or campaign is None:
        return None
    order = [code for code in campaign.languages if code in parsed]
    texts = {code: Words(code, " ".join(parsed[code].head["title"].split()), parsed[code].body) for code in order}
    name = name or made_name(texts[order[0]].title, now().astimezone(ZoneInfo(campaign.time_zone)).date())
    if not name:
        hint = f"Say it before the files: clarion update {campaign.slug} 2026-07-12-hearing --file …"
        folder.fault(files[order[0]], "No name can be made from the title, which has no plain letters.", hint)
        return None
    sender = campaign.organisation(organisation) or campaign.lead
    return News(name, organisation or sender.id, public not in _NO, texts, sender.name)


def made_name(title: str, day: date) -> str:
    """A name for an update that has no folder: its day, and the title as far as it is plain letters; else empty."""
    plain = normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50].strip("-")
    return f"{day}-{words}" if re.search("[a-z]", words) else ""


def _check_languages(folder: Folder, files: Mapping[str, str], campaign: Campaign, place: str) -> None:
    main = campaign.languages[0]
    for code, file in files.items():
        if code not in campaign.languages:
            hint = f"Its file is named by a language of the campaign. {did_you_mean(code, campaign.languages)}"
            folder.fault(file, f'The campaign has no language "{code}".', hint)
    told = place or f"{main}.md"
    if main not in files:
        hint = f"Write {main}.md: it stands in for the others."
        folder.fault(told, f'The text in the main language "{main}" is missing.', hint)
        return
    for code in campaign.languages:
        if code not in files:
            hint = f"Write {code}.md; until then the words of {main}.md stand in."
            folder.fault(told, f'The text for the language "{code}" is missing.', hint, warning=True)


def _read_file(folder: Folder, file: str) -> TextFile | None:
    source = folder.read(file)
    if source is None:
        return None
    parsed = parse_text(source)
    for line, message, hint in parsed.faults:
        folder.fault(file, message, hint, line)
    if not parsed.faults:
        if not parsed.head.get("title"):
            hint = 'Write "title: …" in the head.'
            folder.fault(file, '"title" is missing or empty.', hint, parsed.line_of("title"), "title")
        if not parsed.body.strip():
            folder.fault(file, "The body is empty.", "Write the news below the head.", parsed.body_line)
    check_keys(folder, file, parsed, UPDATE_KEYS, MAX_UPDATE)
    check_words(folder, file, parsed, UPDATE_KEYS, MAX_UPDATE)
    for key, text, first in parts(parsed, UPDATE_KEYS, MAX_UPDATE):
        check_for_mail(folder, file, text, first, key)
    return parsed


def _one_of(folder: Folder, files: Mapping[str, str], parsed: Mapping[str, TextFile], key: str) -> str:
    """What the files say under a key that counts for all of them; saying two things is a fault."""
    said = {code: one.head[key] for code, one in parsed.items() if one.head.get(key)}
    first = next(iter(said), "")
    for code, value in said.items():
        if value.lower() != said[first].lower():
            message = f'"{value[:60]}" here, and "{said[first][:60]}" in {Path(files[first]).name}.'
            folder.fault(files[code], message, "Say the same in both.", parsed[code].line_of(key), key)
    return said.get(first, "")


def _check_organisation(
    folder: Folder,
    files: Mapping[str, str],
    parsed: Mapping[str, TextFile],
    campaign: Campaign,
    said: str,
    sending: bool,
) -> None:
    """Note a sender that is none. News that is out already may be of one that has left: only sending is refused."""
    code = next((code for code, one in parsed.items() if one.head.get("organisation")), next(iter(parsed), ""))
    if not code:
        return
    line = parsed[code].line_of("organisation") if said else None
    found = campaign.organisation(said) if said else campaign.lead
    if found is None:
        hint = did_you_mean(said, [one.id for one in campaign.organisations])
        message = f'There is no organisation "{said[:60]}".'
        folder.fault(files[code], message, hint, line, "organisation", warning=not sending)
    elif "email" not in found.channels:
        message = f'"{found.id}" asks nobody for consent to emails, so nobody new gets this.'
        hint = f'Write channels = ["email"] in [organisations.{found.id}] of campaign.toml.'
        folder.fault(files[code], message, hint, line, "organisation", warning=True)
