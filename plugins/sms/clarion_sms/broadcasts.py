"""`clarion sms send`: one text to all who said yes to texts of an organisation, counted and priced before it leaves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import click

from clarion.api import Organisation, links, now, schedule_texts, text_audience

from .phrases import say
from .places import Place, places
from .segments import Measure, measure, odd, smart
from .settings import SmsSettings

Said: TypeAlias = Sequence[tuple[str, str]]

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")
MOST_SEGMENTS = 4
"""Of one text: what is longer belongs on a page, and a text that leads there."""

_LINK = re.compile(r"https?://[^\s<>]+", re.I)


@dataclass(frozen=True, slots=True)
class Priced:
    """What a text costs in one language."""

    language: str
    words: str
    people: int
    measure: Measure

    @property
    def segments(self) -> int:
        """Of all of them together."""
        return self.people * self.measure.segments


def command(settings: SmsSettings) -> click.Command:
    """The command `send`."""

    words_file = click.Path(exists=True, path_type=Path, dir_okay=False)
    minutes = click.IntRange(0, 10_080)

    @click.command(name="send")
    @click.argument("slug")
    @click.argument("name")
    @click.option("--say", "said", nargs=2, multiple=True, metavar="LANGUAGE WORDS", help="The words in a language.")
    @click.option("--from", "files", multiple=True, type=words_file, help="A file named by its language, en.txt.")
    @click.option("--organisation", default="", help="Who sends it; the lead, if nothing is said.")
    @click.option("--delay", default=10, show_default=True, type=minutes, help="Minutes until it starts.")
    @click.option("--dry-run", is_flag=True, help="Show who gets it and what it costs, and send nothing.")
    @click.option("--yes", is_flag=True, help="Do not ask; for scripts.")
    def send(slug: str, name: str, said: Said, files: Sequence[Path], organisation: str, **how: Any) -> None:
        """Send one text to those who said yes to texts of an organisation.

        You see how many get it in each language, how long it is and what it costs, and are asked. It waits for ten
        minutes, in which `clarion update SLUG NAME --stop` stops it; by night, where a phone is, it waits for the
        morning. The name is yours to choose; under one name a text is sent once.

        \b
        Examples:
          clarion sms send my-campaign hearing --say en "The hearing is on Monday." --say es "La audiencia es el lunes."
          clarion sms send my-campaign hearing --from en.txt --from es.txt --dry-run
          clarion update my-campaign hearing --status --wait      how far it is
        """
        here = _place(slug)
        sender = _sender(here, organisation)
        if not NAME.fullmatch(name):
            raise click.ClickException("The name is of small letters, digits and hyphens, such as hearing-monday.")
        priced = price(here, sender, _words(here, sender, _given(said, files)))
        _show(priced, settings)
        if how["dry_run"]:
            return
        if not sum(one.people for one in priced):
            raise click.ClickException(f"Nobody has said yes to texts of {sender.name} yet, so nothing is sent.")
        delay = how["delay"]
        if not how["yes"]:
            click.confirm(f"Send it in {delay} minutes?", abort=True)
        starts_at = now() + timedelta(minutes=delay)
        if not schedule_texts(here.live, name, sender, {one.language: one.words for one in priced}, starts_at):
            raise click.ClickException(f'"{name}" was sent already. Another text needs another name.')
        click.echo(f"It starts in {delay} minutes. Stop it: clarion update {slug} {name} --stop")

    return send


def price(here: Place, sender: Organisation, words: Mapping[str, str]) -> list[Priced]:
    """How many get a text and how long it is, by the campaign's languages; who has none gets the main one."""
    numbers, main = text_audience(here.id, sender.id), here.live.campaign.languages[0]
    priced = []
    for code, text in words.items():
        others = sum(n for other, n in numbers.items() if other not in words) if code == main else 0
        priced.append(Priced(code, text, numbers.get(code, 0) + others, measure(text)))
    return priced


def finished(here: Place, sender: Organisation, language: str, said: str) -> str:
    """A text as it leaves: who writes before it, how to end it behind it, and signs that make it no dearer."""
    foot = say("brief_foot", language, here.own.words)
    return f"{sender.name}: {smart(' '.join(said.split()))} {foot}"


def _given(said: Said, files: Sequence[Path]) -> dict[str, str]:
    return dict(said) | {file.stem: file.read_text("utf-8") for file in files}


def _words(here: Place, sender: Organisation, given: Mapping[str, str]) -> dict[str, str]:
    """The text as it leaves, by language. Raises `ClickException` with what to do."""
    languages = here.live.campaign.languages
    for code, words in given.items():
        if code not in languages:
            raise click.ClickException(f'The campaign has no language "{code}": {", ".join(languages)}.')
        if not words.strip():
            raise click.ClickException(f'There are no words in "{code}".')
        _check_links(words)
    if languages[0] not in given:
        missing = languages[0]
        raise click.ClickException(
            f'Say it in "{missing}" at least: who has no other language gets that. --say {missing} "…"'
        )
    finals = {code: finished(here, sender, code, given[code]) for code in languages if code in given}
    for code, words in finals.items():
        if (long := measure(words).segments) > MOST_SEGMENTS:
            raise click.ClickException(f'In "{code}" it is {long} texts long; {MOST_SEGMENTS} is the most. Shorten it.')
    return finals


def _check_links(words: str) -> None:
    """Carriers trust a text that leads to its sender's own site, and block what hides where it leads."""
    for link in _LINK.findall(words):
        if urlsplit(link).netloc != urlsplit(links().base_url).netloc:
            raise click.ClickException(f"{link} leads elsewhere. Link to a page below {links().base_url}.")


def _show(priced: list[Priced], settings: SmsSettings) -> None:
    for one in priced:
        click.echo(
            f"{one.language}  to {one.people:,} phones, {one.measure.segments} texts each ({one.measure.encoding})"
        )
        click.echo(f"    {one.words}")
        if dear := odd(one.words):
            click.echo(f"    {' '.join(dear)} make it {one.measure.encoding}: without them it is shorter.")
    dollars = sum(one.segments for one in priced) * settings.price
    click.echo(f"{sum(one.segments for one in priced):,} texts in all, about {dollars:,.2f} dollars")
    caps = [cap for cap in (settings.dollars_a_day, settings.dollars_a_day_campaign) if cap]
    if caps and dollars > min(caps):
        click.echo(f"That is more than the {min(caps):,.2f} dollars of a day: the rest waits for the next days.")


def _place(slug: str) -> Place:
    for here in places():
        if here.live.slug == slug:
            return here
    raise click.ClickException(f'No published campaign "{slug}" takes texts: it needs a table [plugins.sms].')


def _sender(here: Place, id: str) -> Organisation:
    campaign = here.live.campaign
    found = campaign.organisation(id) if id else campaign.lead
    if found is None:
        raise click.ClickException(f'The campaign has no organisation "{id}".')
    if found.id not in {ask.organisation for ask in here.asks}:
        raise click.ClickException(
            f'{found.name} asks nobody for texts: write channels = ["email", "sms"] in its table and publish it.'
        )
    return found
