"""The reference of the campaign folder, made from the same source as the checks, so it cannot lie."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ..domain.placeholders import KNOWN
from .schema import (
    DISTRICT_COLUMNS,
    MAIL_KINDS,
    MAX_MAIL,
    MAX_UPDATE,
    PERSONAL,
    RECIPIENT_COLUMNS,
    TEXT_KEYS,
    UPDATE_KEYS,
    CampaignTable,
    FieldsTable,
    HandingOverTable,
    OrganisationTable,
    json_schema,
)

_INTRO = """\
# The campaign folder

<!-- Made by `clarion docs` from the checks themselves; change `platform/clarion/campaigns/schema.py`. -->

A campaign is a folder below `campaigns/`. Its name is the campaign's name in addresses: small letters, digits and
hyphens, such as `dc-sanctuary`. `clarion new SLUG --languages en,es` makes one that is ready to edit, and
`clarion check SLUG` tells everything that is wrong with it, with file, line and what to do.

    campaign.toml      what the campaign is made of
    recipients.csv     who it is addressed to
    districts.csv      which district a postal code lies in, if letters or totals go by district
    en.md  es.md       the words, one file for each language
    media/             pictures
    mail/              your own words in mails
    updates/           news to those who signed, a folder for each

An editor that knows TOML completes and checks `campaign.toml` while you type, with the schema in
[campaign.schema.json](campaign.schema.json): put `#:schema ../../docs/campaign.schema.json` into its first line.
"""

_TEXT_INTRO = """
## The text files

A head between two lines `---`, then the body: why this is important, in Markdown. The head holds one `key: text` a
line. Only the first colon counts, so a headline may hold others and needs no quotes. A longer text goes below its key,
indented.

    ---
    title: Mayor: keep our neighbors safe
    ask:
      Use every power you have. We ask three things:

      1. The first.
      2. The second.
    ---

    The body starts here.

Markdown here means paragraphs, `##` headings, lists, links, emphasis, quotations, and pictures from `media/`. Raw HTML
is refused. These placeholders are filled in: {placeholders}.
"""

_RECIPIENTS_INTRO = """
## recipients.csv

A table with a header line, saved as CSV in UTF-8; commas, semicolons and tabs are all understood.
"""


_UPDATES_INTRO = """
## updates/

News to those who signed: a folder for each, named with its day and a few words, and in it a file for each language.
[updates.md](updates.md) says how it is sent; nothing here is sent by itself.

    updates/2026-07-12-hearing/en.md
    updates/2026-07-12-hearing/es.md

The files are written like those of the campaign, with {most:,} characters at most below the head. They hold no
pictures. Where a language is missing, the words of the main language stand in.
"""


_DISTRICTS_INTRO = """
## districts.csv

Needed only where letters or totals go by district. A table like the one above, one line for each postal code.
"""

_MAIL_INTRO = """
## mail/

Your own words in the mails that a signer gets, a file for each mail and language: `mail/confirm.es.md`. They stand in
the mail before its button and its code, which are always there. A mail or language without a file is in the platform's
words. The files are written like those of the campaign: `subject: …` in the head, Markdown below it, at most {most:,}
characters, with the same placeholders in the text below the head, and none in the subject.
"""

_MAIL_OUTRO = """
None of these can be part of a link; only `{{confirm_link}}` can be one, as its whole address. A mail that asks to
confirm greets nobody by name: the name is what somebody typed, and the mailbox may be another's.
"""


def campaign_format() -> str:
    """The page `docs/campaign-format.md`."""
    parts = [_INTRO, "\n## campaign.toml\n", _table(CampaignTable)]
    parts += ["\n### [fields]\n", f"\n{FieldsTable.__doc__}\n", _table(FieldsTable)]
    parts += ["\n### [handing_over]\n", f"\n{HandingOverTable.__doc__}\n", _table(HandingOverTable)]
    parts += ["\n### [organisations.NAME]\n", f"\n{OrganisationTable.__doc__}\n", _table(OrganisationTable)]
    parts.append(_TEXT_INTRO.format(placeholders=", ".join(f"`{{{{{name}}}}}`" for name in KNOWN)))
    rows = [f"| `{key}` | {text} | {limit:,} |" for key, (text, limit) in TEXT_KEYS.items()]
    parts.append("\n| key | what it is for | most characters |\n|---|---|---|\n" + "\n".join(rows) + "\n")
    parts.append(_RECIPIENTS_INTRO)
    columns = [f"| `{name}` | {text} |" for name, text in RECIPIENT_COLUMNS.items()]
    parts.append("\n| column | what it holds |\n|---|---|\n" + "\n".join(columns) + "\n")
    parts.append(_DISTRICTS_INTRO)
    columns = [f"| `{name}` | {text} |" for name, text in DISTRICT_COLUMNS.items()]
    parts.append("\n| column | what it holds |\n|---|---|\n" + "\n".join(columns) + "\n")
    parts.append(_MAIL_INTRO.format(most=MAX_MAIL))
    kinds = [f"| `{name}` | {text} |" for name, text in MAIL_KINDS.items()]
    parts.append("\n| mail | what it does |\n|---|---|\n" + "\n".join(kinds) + "\n")
    more = [f"| `{{{{{name}}}}}` | `{kind}` | {text} |" for kind, own in PERSONAL.items() for name, text in own.items()]
    parts.append("\n| further placeholder | in | what it becomes |\n|---|---|---|\n" + "\n".join(more) + "\n")
    parts.append(_MAIL_OUTRO)
    parts.append(_UPDATES_INTRO.format(most=MAX_UPDATE))
    rows = [f"| `{key}` | {text} | {limit:,} |" for key, (text, limit) in UPDATE_KEYS.items()]
    parts.append("\n| key | what it is for | most characters |\n|---|---|---|\n" + "\n".join(rows) + "\n")
    return "".join(parts)


def campaign_schema() -> str:
    """The file `docs/campaign.schema.json`."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _table(model: type[BaseModel]) -> str:
    rows = [f"| `{name}` | {_default(field)} | {field.description} |" for name, field in model.model_fields.items()]
    return "\n| key | without it | what it is for |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value: Any = field.default
    if value is None or value == () or isinstance(value, BaseModel):
        return ""
    return f"`{json.dumps(value)}`"
