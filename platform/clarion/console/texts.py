"""The words of a campaign: pasted, taken apart, edited side by side, saved, and put live."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from flask import Blueprint, abort, current_app, g, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from ..campaigns import fields, service, sources
from ..campaigns.drafting import drafted
from ..campaigns.live import live_campaigns
from ..campaigns.loader import Loaded
from ..campaigns.sources import Source, Stale
from ..campaigns.table import slug_fault
from ..domain.faults import Fault
from ..domain.pasting import LONGEST, Doubt, take_apart
from ..domain.pasting.doubts import find_doubts
from ..recipients.rehearsal import rehearse_all
from ..security import LARGEST_BODY, body_limit
from .guard import rule, show
from .words import doubt_words, state_words

bp = Blueprint("texts", __name__, url_prefix="/staff/campaigns")

NEW_ROWS = 3
LONGEST_FIELD = 60_000
STATUSES = ("live", "paused", "closed", "draft")


@bp.get("/new")
@rule("campaigns.begin")
def begin() -> AnyResponse:
    """Where a petition is pasted."""
    return _new_page()


def _new_page(status: int = 200, **known: Any) -> AnyResponse:
    shown = {"text": "", "slug": "", "organisation": "", "fault": "", "organisations": _mine()}
    return show("new.html", status, **{**shown, **known})


def _mine() -> list[str]:
    return [name for name, role in g.roles.items() if role in ("owner", "editor")]


@bp.post("/new")
@rule("campaigns.begin")
@body_limit(LARGEST_BODY)
def paste() -> AnyResponse:
    """Take what was pasted apart, and save it as a draft that nobody else sees."""
    text, organisation = request.form.get("text", ""), request.form.get("organisation", "")
    typed = request.form.get("slug", "").strip().lower()[:60]
    if organisation not in _mine():
        abort(404)
    kept = {"text": text, "slug": typed, "organisation": organisation}
    languages = current_app.extensions["clarion.languages"]
    if len(text) > LONGEST:
        return _new_page(422, fault=gettext("This is too long for a petition."), **kept)
    pasted = take_apart(text, languages, g.language)
    if not pasted.texts:
        return _new_page(422, fault=gettext("Paste the petition, with its title and its text."), **kept)
    first = next(iter(pasted.texts.values()))
    slug = typed or _slug_of(first.title or first.ask)
    if slug_fault(slug):
        words = gettext("Choose a short name for the address: small letters, digits and hyphens, such as rent-freeze.")
        return _new_page(422, fault=words, **kept)
    if live_campaigns().get(slug) is not None or sources.latest(slug) is not None:
        words = gettext("There is a petition with the address %(slug)s already. Choose another one.", slug=slug)
        return _new_page(422, fault=words, **{**kept, "slug": slug})
    files = _of_organisation(drafted(slug, pasted, languages), organisation)
    try:
        sources.keep(Source(slug, 1, files, saved_by=g.staff.id), 0)
    except Stale:
        return _new_page(422, fault=gettext("Somebody has just taken this address. Choose another one."), **kept)
    return redirect(url_for(".edit", slug=slug), 303)


def _slug_of(title: str) -> str:
    """A short name from a title: its first words in plain letters."""
    plain = unicodedata.normalize("NFKD", title.lower()).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain)
    long = [word for word in words if len(word) > 3][:4] or words[:4]
    return "-".join(long)[:40].strip("-")


def _of_organisation(files: dict[str, str], organisation: str) -> dict[str, str]:
    """The draft with an organisation that leads it, as it stands in its other campaigns."""
    table = files["campaign.toml"].replace("our-organisation", organisation)
    found = [one for live in live_campaigns().all() for one in live.campaign.organisations if one.id == organisation]
    source = Source("x", 1, {**files, "campaign.toml": table})
    lead = {f"lead.{name}": getattr(found[0], name, "") if found else "" for name in fields.OF_LEAD}
    lead["lead.name"] = lead["lead.name"] or organisation.replace("-", " ").title()
    return dict(fields.apply(source, {**fields.read(source), **lead}).files)


# -- Editing


@bp.get("/<slug:slug>/texts")
@rule("campaigns.edit")
def edit(slug: str) -> AnyResponse:
    """The words in all languages, side by side."""
    source = _latest(slug)
    return _edit_page(source, fields.read(source))


@bp.post("/<slug:slug>/texts")
@rule("campaigns.edit")
@body_limit(LARGEST_BODY)
def save(slug: str) -> AnyResponse:
    """Save; what somebody else saved meanwhile is kept too, and shown where both wrote in one field."""
    base, last = _seen(slug)
    if base is None:
        abort(400)
    mine = _typed(base)
    merged, both = fields.merge(fields.read(base), mine, fields.read(last))
    if both:
        return _edit_page(last, merged, theirs={name: fields.read(last).get(name, "") for name in both}, status=409)
    edited = fields.apply(last, merged)
    try:
        kept = sources.keep(
            Source(slug, last.number + 1, edited.files, edited.media, "console", g.staff.id), last.number
        )
    except Stale:
        return save(slug)
    _republish_draft(kept)
    return redirect(url_for(".edit", slug=slug, saved=kept.number), 303)


def _typed(base: Source) -> dict[str, str]:
    """The fields of the form; one that was not sent stays as it was."""
    found = fields.read(base)
    for name in found:
        if name in request.form:
            found[name] = request.form[name][:LONGEST_FIELD].replace("\r\n", "\n").strip()
    if (added := request.form.get("add", "")) and added in current_app.extensions["clarion.languages"]:
        found |= {f"{added}.{part}": found.get(f"{added}.{part}", "") for part in fields.OF_TEXT}
    if "on" in request.form:
        known = {name.partition(".")[0] for name in found}
        on = [code for code in request.form.getlist("on") if code in known]
        found["languages"] = ",".join(dict.fromkeys(on))
    columns = {name: request.form.getlist(f"recipient-{name}") for name in fields.EDITED}
    if columns["name"]:
        rows = zip(*(columns[name] for name in fields.EDITED), strict=False)
        people = [dict(zip(fields.EDITED, (" ".join(cell.split())[:200] for cell in row), strict=True)) for row in rows]
        found["recipients"] = fields.as_field(people)
    return found


def _edit_page(
    source: Source, shown: dict[str, str], *, theirs: dict[str, str] | None = None, status: int = 200
) -> AnyResponse:
    loaded = _load(source)
    languages = current_app.extensions["clarion.languages"]
    codes = list(dict.fromkeys([*source.languages, *(n.partition(".")[0] for n in shown if n.endswith(".title"))]))
    doubts = find_doubts(fields.as_pasted(source), languages)
    live = live_campaigns().get(source.slug)
    state = source.table.get("status", "draft")
    return show(
        "texts.html",
        status,
        here="texts",
        source=source,
        fields=shown,
        codes=codes,
        on=shown["languages"].split(","),
        others=[code for code in languages if code not in codes],
        people=[*fields.from_field(shown["recipients"]), *({} for _ in range(NEW_ROWS))],
        theirs=theirs or {},
        faults=[fault for fault in loaded.faults if not _said_as_doubt(fault)],
        can_start=not loaded.errors,
        doubts=[(_place_words(doubt, languages), doubt_words(doubt)) for doubt in doubts],
        saved=request.args.get("saved", type=int),
        slug=source.slug,
        title=shown.get(f"{codes[0]}.title", "") if codes else "",
        live=live,
        state=state,
        state_word=state_words().get(state, state),
        waiting=0,
    )


def _said_as_doubt(fault: Fault) -> bool:
    return fault.file.endswith(".md") and fault.key in ("title", "ask") and "missing" in fault.message


def _place_words(doubt: Doubt, languages: Any) -> str:
    code, _, part = doubt.place.partition(".")
    names = {
        "title": gettext("title"),
        "ask": gettext("what you ask"),
        "why": gettext("why it is important"),
    }
    if code == "recipients":
        return str(gettext("Recipients"))
    language = languages[code].name if code in languages else code
    return f"{language}, {names.get(part, part)}" if part else language


def _latest(slug: str) -> Source:
    """The last save; of a campaign that was published before there were saves, what its folder holds, as number 0."""
    source = sources.latest(slug)
    if source is not None:
        return source
    folder = current_app.extensions["clarion.settings"].campaigns.folder / slug
    if not folder.is_dir():
        abort(404)
    live = live_campaigns().get(slug)
    media = {one.name: one.digest for one in live.campaign.media} if live else {}
    return Source(slug, 0, sources.read_folder(folder), media, "folder")


def _seen(slug: str) -> tuple[Source | None, Source]:
    """The save that a form was made from, and the last one."""
    number, last = request.form.get("base", type=int), _latest(slug)
    if number == last.number:
        return last, last
    return (sources.numbered(slug, number) if number else None), last


def _load(source: Source) -> Loaded:
    plugins = current_app.extensions["clarion.plugins"]
    loaded = sources.load(source, current_app.extensions["clarion.languages"], plugins.check)
    rehearse_all(loaded)
    return loaded


def _republish_draft(source: Source) -> None:
    """A save of what nobody sees yet becomes an edition at once, if nothing in it is wrong; what is live waits."""
    live = live_campaigns().get(source.slug)
    if source.table.get("status") != "draft" or (live is not None and live.campaign.status != "draft"):
        return
    loaded = _load(source)
    if loaded.campaign is not None:
        service.publish(loaded, current_app.extensions["clarion.keyring"])
        live_campaigns().forget()


# -- Live


@bp.post("/<slug:slug>/status")
@rule("campaigns.launch")
def change_status(slug: str) -> AnyResponse:
    """Put live what was saved, pause it, or close it."""
    status, source = request.form.get("status", ""), _latest(slug)
    if status not in STATUSES:
        abort(400)
    if source.number != request.form.get("base", type=int):
        # what goes live is what its writer has seen
        return redirect(url_for(".edit", slug=slug, saved=source.number), 303)
    changed = fields.with_status(source, status)
    loaded = _load(changed)
    if loaded.campaign is None:
        return _edit_page(source, fields.read(source), status=422)
    try:
        sources.keep(
            Source(slug, source.number + 1, changed.files, changed.media, "console", g.staff.id), source.number
        )
    except Stale:
        return redirect(url_for(".edit", slug=slug), 303)
    service.publish(loaded, current_app.extensions["clarion.keyring"])
    live_campaigns().forget()
    return redirect(url_for("figures.overview", slug=slug), 303)
