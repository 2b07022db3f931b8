"""What each organisation asks a signer, in its own words or the platform's: the boxes of the sign form."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence

from ..domain import prose
from ..domain.campaign import ConsentAsk
from ..domain.faults import did_you_mean
from ..domain.names import clean_text
from .schema import CampaignTable
from .table import TableReader

Sentence = Callable[[str, str, str], str]
"""`(language, channel, organisation's name) -> the platform's words beside a box`."""


def check_asks(reader: TableReader, table: CampaignTable, codes: Collection[str], known: Collection[str]) -> None:
    """Whether each consent that is asked for could ever be used, and each wording be shown.

    `known` are further languages, whose words wait until they are shown.
    """
    if table.fields.email == "optional" and table.fields.phone == "no":
        hint = 'Ask for the phone number (phone = "optional"), or take email = "optional" out.'
        reader.fault("Nobody could sign without an email address: no phone number is asked.", hint, "fields.email")
    for id, entry in table.organisations.items():
        channels = f"organisations.{id}.channels"
        unclear = any(fault.key.startswith(channels) for fault in reader.folder.errors)
        if "sms" in entry.channels and table.fields.phone == "no":
            hint = 'Ask for the phone number (phone = "optional" under [fields]), or leave out "sms".'
            reader.fault("Consent to texts is asked, but no phone number.", hint, channels)
        for channel, words in entry.consent.items():
            key = f"organisations.{id}.consent.{channel}"
            if channel not in entry.channels and not unclear:
                asked = ", ".join(f'"{one}"' for one in (*entry.channels, channel))
                hint = f"Write channels = [{asked}], or take these words out."
                reader.fault(f'It does not ask for "{channel}", so these words are shown nowhere.', hint, key)
            for code, sentence in words.items():
                if code not in codes and code not in known:
                    hint = did_you_mean(code, codes)
                    reader.fault(f'The campaign has no language "{code}".', hint, f"{key}.{code}")
                elif not _is_plain(sentence):
                    hint = "Leave out line breaks, Markdown, HTML, placeholders and what cannot be seen."
                    reader.fault("Only plain words on one line stand beside a box.", hint, f"{key}.{code}")


def consent_asks(
    reader: TableReader, table: CampaignTable, codes: Sequence[str], platform: Sentence
) -> tuple[ConsentAsk, ...]:
    """The boxes, in the folder's order; a language that an organisation has not worded has the platform's sentence."""
    asks = []
    for id, entry in table.organisations.items():
        for channel in dict.fromkeys(entry.channels):
            own = entry.consent.get(channel, {})
            if channel in entry.consent:
                _warn(reader, f"organisations.{id}.consent.{channel}", entry.name, own, codes)
            words = {code: own.get(code) or platform(code, channel, entry.name) for code in codes}
            asks.append(ConsentAsk(id, channel, words))
    return tuple(asks)


def _warn(reader: TableReader, key: str, name: str, own: Mapping[str, str], codes: Sequence[str]) -> None:
    for code in codes:
        if code not in own:
            message = f'No words in "{code}": the platform\'s sentence stands there.'
            reader.fault(message, f'Add a line {code} = "…".', key, warning=True)
        elif name.casefold() not in own[code].casefold():
            message = f'These words do not name "{name}".'
            reader.fault(message, "Say whose messages they are.", f"{key}.{code}", warning=True)


def _is_plain(words: str) -> bool:
    """Whether words are shown just as they are written."""
    seen = clean_text(words) == unicodedata.normalize("NFC", words)
    return seen and "{{" not in words and not prose.unsafe(words) and prose.plain(words) == words
