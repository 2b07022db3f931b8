"""From a campaign folder to one `Campaign`, or to all the faults that stand in its way at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from ..domain.campaign import ASKABLE, Campaign, HandingOver, Recipient, Text
from ..domain.faults import Fault
from ..extensions import now
from . import districts
from .asks import Sentence, check_asks, consent_asks
from .folder import Folder
from .media import Picture
from .recipients import read_recipients
from .schema import EXAMPLE_TITLE
from .table import FILE, TableReader
from .texts import read_text
from .wordings import read_wordings


@dataclass(slots=True)
class Loaded:
    """What a folder gave: a campaign, unless there are errors among the faults."""

    slug: str
    folder: str
    faults: list[Fault] = field(default_factory=list)
    slug_line: int | None = None
    campaign: Campaign | None = None
    pictures: tuple[Picture, ...] = ()
    lines: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    """Where each key of the table stands."""

    @property
    def errors(self) -> list[Fault]:
        """The faults that stop publishing."""
        return [fault for fault in self.faults if fault.level == "error"]


def find_folders(root: Path) -> list[Path]:
    """The campaign folders below `root`, by name; hidden ones and plain files are none."""
    if not root.is_dir():
        return []
    return sorted(p for p in root.iterdir() if not p.name.startswith((".", "_")) and (p.is_dir() or p.is_symlink()))


def load_all(root: Path, languages: Collection[str], wording: Sentence) -> list[Loaded]:
    """Load every folder; two that claim one slug are both told so."""
    loaded = [load_folder(path, root, languages, wording) for path in find_folders(root)]
    for one in loaded:
        if any(other.slug == one.slug for other in loaded if other is not one):
            message = f'Another folder has the slug "{one.slug}" too.'
            hint = 'Give one of them another with slug = "…".'
            one.faults.append(Fault(FILE, message, hint, one.slug_line, "slug"))
            one.campaign = None
    return loaded


def load_folder(path: Path, root: Path, languages: Collection[str], wording: Sentence) -> Loaded:
    """Load one folder. `languages` are the codes the platform has catalogs for."""
    folder = Folder(path, root)
    result = Loaded(slug=path.name, folder=path.name, faults=folder.faults)
    try:
        _load(folder, result, languages, wording)
    except OSError as error:
        name = Path(error.filename).name if error.filename else path.name
        folder.fault(name, f"Cannot be read: {error.strerror}.", "Check that the file is there and may be read.")
        result.campaign = None
    except Exception as error:  # noqa: BLE001 - one strange folder must not keep the others from being read
        message = f"The folder cannot be read, for a reason that is not foreseen ({type(error).__name__})."
        folder.fault(path.name, message, "Take back the last change, and show this line to whoever runs the platform.")
        result.campaign = None
    return result


def _load(folder: Folder, result: Loaded, languages: Collection[str], wording: Sentence) -> None:
    if not folder.is_inside() or not folder.survey():
        return
    reader = TableReader(folder)
    table = reader.read()
    if table is None:
        _check_the_rest(folder, reader.guessed_languages(languages), languages)
        return
    result.lines = reader.lines
    result.slug, result.slug_line = table.slug or folder.path.name, reader.line("slug")
    reader.check_slug(result.slug)
    reader.check_accent(table.accent)
    codes = reader.languages(table, languages)
    check_asks(reader, table, codes, languages)
    organisations = reader.organisations(table)
    opens, closes = reader.dates(table)
    texts = {code: text for code in codes if (text := read_text(folder, code)) is not None}
    _check_written(folder, texts, draft=table.status == "draft")
    recipients = _recipients(folder, codes, languages, needed=table.status in ("live", "paused"))
    reader.check_milestones(table)
    by_code = _districts(folder, table.country, codes, recipients)
    mail = read_wordings(folder, codes, languages)
    image = folder.picture(table.image, FILE, reader.line("image"), "image") if table.image else None
    if folder.errors:
        return
    result.pictures = tuple(folder.pictures.values())
    result.campaign = Campaign(
        slug=result.slug,
        status=table.status,
        languages=tuple(codes),
        texts=texts,
        organisations=organisations,
        recipients=recipients,
        fields={
            **{name: getattr(table.fields, name) for name in ASKABLE},
            **({"email": table.fields.email} if table.fields.email != "required" else {}),
        },
        consents=consent_asks(reader, table, codes, wording),
        goal=table.goal,
        accent=table.accent.lower(),
        country=table.country,
        time_zone=table.time_zone,
        opens=opens,
        closes=closes,
        keep_days=table.keep_days,
        image=image,
        media=tuple(picture.media for picture in result.pictures),
        plugins=table.plugins,
        mail=mail,
        handing_over=HandingOver(**table.handing_over.model_dump()),
        districts=by_code,
    )
    _check_terms(folder, result.campaign)
    if folder.errors:
        result.campaign = None


def _check_terms(folder: Folder, campaign: Campaign) -> None:
    """Whether anybody is in office today to whom mails would go, and who is not any more."""
    today = now().astimezone(ZoneInfo(campaign.time_zone)).date()
    for one in campaign.recipients:
        if not one.in_office(today):
            when = f"ended on {one.until}" if one.until and one.until < today.isoformat() else f"begins on {one.since}"
            words = f'The term of "{one.name}" {when}: nothing is sent to them now.'
            folder.fault("recipients.csv", words, "Write who holds the office.", key="until", warning=True)
    main = campaign.languages[0]
    nobody = {one.district[main] for one in campaign.recipients if one.role == "to" and one.district.get(main)}
    for district in sorted(nobody - set(campaign.districts.values())) if campaign.handing_over.letters else ():
        words = f'No letter reaches those who stand for "{district}": districts.csv gives it no postal code.'
        folder.fault(
            "recipients.csv", words, "Write its codes there, or no district here.", key="district", warning=True
        )
    if campaign.handing_over.letters and not campaign.letters_arrive:
        words = "Letters shall go to the recipients, but no signer's letter can reach one."
        hint = "Leave out the district of a recipient with the role to, or write districts.csv and ask for postal_code."
        folder.fault(FILE, words, hint, key="handing_over.letters", warning=campaign.status == "draft")
    asked = campaign.handing_over != HandingOver(letters_a_day=campaign.handing_over.letters_a_day)
    reached = [one for one in campaign.recipients if one.role == "to" and one.email]
    if asked and not any(one.in_office(today) for one in reached) and campaign.status == "live":
        hint = "Write the address of at least one recipient with the role to, who is in office."
        words = "Mails shall go to the recipients, but none can get one."
        # a term that ends overnight must not keep a pause or a mended word from being published
        folder.fault("recipients.csv", words, hint, key="email", warning=bool(reached))


def _districts(folder: Folder, country: str, codes: list[str], recipients: tuple[Recipient, ...]) -> dict[str, str]:
    source = folder.read(districts.FILE)
    if source is None or not codes:
        return {}
    known = {one.district[codes[0]] for one in recipients if codes[0] in one.district}
    found, faults = districts.read_districts(source, country, known)
    folder.faults += faults
    return found


def _check_written(folder: Folder, texts: Mapping[str, Text], *, draft: bool) -> None:
    """Whether the example texts were replaced; only a draft may still hold them."""
    for code, text in texts.items():
        if text.title.startswith(EXAMPLE_TITLE):
            message = "The title is still the example."
            folder.fault(f"{code}.md", message, "Write your own title, ask and body.", 2, "title", warning=draft)


def _check_the_rest(folder: Folder, codes: list[str], languages: Collection[str]) -> None:
    for code in codes:
        read_text(folder, code)
    _recipients(folder, codes, languages)


def _recipients(
    folder: Folder, codes: list[str], languages: Collection[str], *, needed: bool = False
) -> tuple[Recipient, ...]:
    """The recipients; a petition that is `needed` now, as people can sign it, must have some."""
    file = "recipients.csv"
    if not folder.has(file):
        if near := folder.near(file):
            hint = f"{file} is looked for: rename the file."
            if not near.lower().startswith(file):
                hint = f'Save it from the spreadsheet as "CSV UTF-8", with the name {file}.'
            folder.fault(file, f"The file is missing, but there is {near}.", hint, warning=not needed)
        else:
            hint = "Write a table with role and name."
            folder.fault(file, "The file is missing: nobody is addressed.", hint, warning=not needed)
        return ()
    source = folder.read(file)
    if source is None or not codes:
        return ()
    recipients, faults = read_recipients(source, file, codes, languages)
    folder.faults += faults
    if all(fault.level == "warning" for fault in faults) and not any(one.role == "to" for one in recipients):
        hint = "Give at least one recipient the role to." if recipients else "Write a line with role and name."
        folder.fault(file, "Nobody is addressed.", hint, key="role", warning=not recipients and not needed)
    return recipients
