"""`clarion sms try`: be a phone, where texts are written to files and nobody's phone rings."""

from __future__ import annotations

import secrets

import click
import phonenumbers
from sqlalchemy import func, select

from clarion.api import db, open_for

from . import talks
from .gateways import Received
from .inbound import receive
from .models import OwnText
from .places import places
from .settings import SmsSettings


def command(settings: SmsSettings) -> click.Command:
    """The command `try`."""

    @click.command(name="try")
    @click.argument("number")
    @click.argument("words")
    def attempt(number: str, words: str) -> None:
        """Text a petition as a phone would, and read what it answers. At home only: no text leaves.

        What is signed so counts like any other name. The text that says so is written to the folder of texts, as soon
        as a worker runs (make serve).

        \b
        Examples:
          clarion sms try +12024561111 SANCTUARY
          clarion sms try +12024561111 "Ana Luna"
          clarion sms try +12024561111 20009
          clarion sms try +12024561111 stop
        """
        if not settings.url.startswith("file:"):
            raise click.ClickException("Texts really leave from here. Take your own phone and text the petition.")
        to = next((here.own.number for here in places()), "")
        if not to:
            raise click.ClickException(
                "No published campaign takes texts: write [plugins.sms] in its campaign.toml (docs/texts.md)."
            )
        if not phonenumbers.is_possible_number(_parsed(number)):
            raise click.ClickException("Write the number with its country, such as +12024561111.")
        known = db.session.scalar(select(func.max(OwnText.id))) or 0
        receive(Received("file", secrets.token_hex(8), number, to, words))
        while talks.take_in():
            pass
        for text in db.session.scalars(select(OwnText).where(OwnText.id > known).order_by(OwnText.id)):
            click.echo(f"< {open_for(text.campaign_id, text.sealed)['words']}")

    return attempt


def _parsed(number: str) -> phonenumbers.PhoneNumber:
    try:
        return phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        raise click.ClickException("Write the number with its country, such as +12024561111.") from None
