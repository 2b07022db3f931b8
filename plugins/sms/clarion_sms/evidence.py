"""The pack that carriers ask for before they let texts pass in the US (A2P 10DLC, by The Campaign Registry).

All in it is what people really see: the public page, the consent wordings, the messages as they are texted. The pack is
in English, as the registry is; what is quoted is in its own language.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clarion.api import Petition

from . import keywords
from .campaign import CampaignSms
from .example import consents, conversation
from .optin import OWN_PAGE, path
from .pictures import Camera
from .segments import measure

_WRAPPED = re.compile(r"(?<=[^\n|])\n(?=[^\n|#>-])")
"""Where a line ends within a paragraph: forms take each paragraph as one line."""

FACTS = {
    "Legal name": "the organisation's name exactly as on its tax document (IRS letter CP 575 or 147C)",
    "Tax number (EIN)": "nine digits, from the same document",
    "Kind of organisation": "such as nonprofit corporation; for a nonprofit also its 501(c) kind",
    "Legal address": "street, city, state and ZIP code, from the same document",
    "Authorized person": "first and last name, position, business email with the organisation's own domain, phone",
    "Use case": "choose one in campaign.md, where it says which fits whom",
}
"""What only the organisation knows, and what is meant."""

WEBSITE = "the organisation's web site: write website under its table in campaign.toml"
MAILBOX = "the organisation's mailbox: write email under its table in campaign.toml"

USE_CASES = """\
| who you are | use case | at the registry |
|---|---|---|
| a 501(c)(3) | Charity, a special use case with lower carrier fees | CHARITY |
| a 501(c)(4), (5) or (6) that texts about politics | Political, a special use case | POLITICAL |
| others, up to some thousand texts a day | Low volume mixed | LOW_VOLUME |
| others, more than that | Mixed: public service announcements, account notifications | MIXED |

The company that carries your texts tells which of them it offers. A 527 committee first needs a token of Campaign
Verify.
"""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that the registry asks for: the file where it is, or what is missing."""

    name: str
    file: str = ""
    missing: str = ""

    @property
    def line(self) -> str:
        """Its line of the checklist."""
        return f"- [x] {self.name}: `{self.file}`" if self.file else f"- [ ] {self.name}: MISSING: {self.missing}"


class Pack:
    """The evidence for one petition."""

    def __init__(self, base_url: str, shown: Petition, said: CampaignSms, camera: Camera) -> None:
        self.base_url, self.said, self.camera = base_url, said, camera
        self.campaign = shown.campaign
        self.lead, self.main = shown.campaign.lead, shown.campaign.languages[0]
        self.title = shown.campaign.text(self.main).title
        self.files: dict[str, bytes] = {}
        self.items: list[Item] = []

    def write(self, target: Path) -> Path:
        """Write it as a folder and as a zip beside it; gives the zip."""
        self._put("brand.md", self._brand())
        self._put("campaign.md", self._campaign())
        self._put("message-flow.md", self._flow())
        for code in self.campaign.languages:
            self._put(f"samples-{code}.md", self._samples(code))
        self._put("consents.md", self._consents())
        self._put("keywords.md", self._keywords())
        self._put("addresses.md", self._addresses())
        pictures = self._pictures()
        self.items = list(self._checklist(pictures))
        lines = "\n".join(item.line for item in self.items)
        self._put("checklist.md", f"# What the registry asks for, and where it is\n\n{self._about()}\n\n{lines}\n")
        for name, content in self.files.items():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(content)
            if name.startswith("pages/"):  # what an earlier pack had in the other form
                (target / name).with_suffix(".html" if name.endswith(".png") else ".png").unlink(missing_ok=True)
        return Path(shutil.make_archive(str(target), "zip", target))

    def _put(self, name: str, words: str) -> None:
        self.files[name] = f"{_WRAPPED.sub(' ', words.strip())}\n".encode()

    def _url(self, code: str, step: str = "") -> str:
        return f"{self.base_url}/{self.campaign.slug}/{code}{step}"

    def _about(self) -> str:
        return f'{self.lead.name}, "{self.title}", texts from {self.said.shown_number}.'

    def _brand(self) -> str:
        parts = ["# Brand\n", f"{self.lead.name} answers for the petition and registers as the brand.\n"]
        parts += [f"- {name}: MISSING: {meant}" for name, meant in FACTS.items() if name != "Use case"]
        for one in self.campaign.organisations:
            role = "registers" if one.lead else "partner"
            parts += [f"\n## {one.name} ({role})\n", f"- Name that people know: {one.name}"]
            facts = (("Web site", one.website), ("Email", one.email), ("Privacy notice", one.privacy))
            parts += [f"- {name}: {value or 'not named in campaign.toml'}" for name, value in facts]
            parts += [f"- Asks for consent to: {', '.join(one.channels) or 'nothing'}"]
        parts.append(
            f"\nHelp is given at {self.said.help}. A partner that sends texts under its own name from a number of its "
            "own registers as a brand of its own."
        )
        return "\n".join(parts)

    def _campaign(self) -> str:
        return f"""
# Campaign

## Use case

{USE_CASES}
## Description

{self.lead.name} runs the petition "{self.title}" ({self._url(self.main)}). People sign it on that page, or by texting
{self.said.keyword(self.main)} to {self.said.shown_number}. Texts go to people who wrote to that number first, or who
gave their number on the sign form: the questions that a signature needs or one code, one question whether a number is
their own where they ticked a box for texts, and, only after a yes to it, up to {self.said.a_month} texts a month about
this petition from the organisation that they agreed to. Nobody gets texts by a list that was bought, rented or shared.

## Contents of the texts

- Number: {self.said.number}
- Languages: {", ".join(self.campaign.languages)}
- Links in texts: yes, to {self.base_url} only; no shortened links
- Phone numbers in texts: {"yes, the one for help" if self._is_phone() else "no"}
- Subscriber opt-in, opt-out and help: yes
- Age-gated content: no
- Direct lending or loans: no
- Affiliate marketing: no
- Number pooling: no
"""

    def _is_phone(self) -> bool:
        return "@" not in self.said.help and "://" not in self.said.help

    def _flow(self) -> str:
        pages = "\n".join(f"- {code}: {self._url(code, '/texts')}" for code in self.campaign.languages)
        words = ", ".join(f"{word} ({code})" for code, all_ in self.said.keywords.items() for word in all_)
        postal = ", then for the ZIP code" if self.campaign.need("postal_code") != "no" else ""
        return f"""
# Message flow (call to action)

The call to action is public, without a login:

{pages}

**By text.** Somebody texts {words} to {self.said.shown_number}, as the pages above and the petition's page invite them
to. The first answer names {self.lead.name} and the petition, says that message and data rates may apply, and how to get
HELP and to STOP. The person is asked for the name{postal}, then, for each organisation by itself, whether it may text
them, in the wording of `consents.md`; only YES is a yes. Whoever says no has signed all the same. After a yes one text
confirms it: who writes, up to {self.said.a_month} texts a month, rates, HELP, STOP.

**On the web.** The sign form ({self._url(self.main)}) asks for a phone number, and for each organisation whether it may
text. The boxes are never ticked beforehand, none is needed to sign, each stands for one organisation and for texts
alone, and its words are those of `consents.md`. A box alone brings no texts: one text asks the number for a YES first.

**Ending it.** STOP, or any other word of `keywords.md`, ends all texts of all petitions of this site at once, with one
answer. What was consented to is kept with its exact wording, its language and the time.

**Privacy.** Mobile numbers and consents to texts are not sold, and not shared with third parties or affiliates for
marketing or promotional purposes. The public page says so in every language.
"""

    def _samples(self, code: str) -> str:
        parts = [f"# Sample texts ({code})\n", "As they are texted, to somebody who signs by text and says yes:\n"]
        for one in conversation(self.campaign, self.said, code, self.base_url + OWN_PAGE):
            parts.append(f"> **{'Us' if one.by_us else 'The person'}:** {one.words}\n")
        parts.append("## For the form\n")
        for name, words in self.sample_texts(code):
            count = measure(words).segments
            parts.append(
                f"**{name}** ({len(words)} letters, {count} segment{'s' if count > 1 else ''})\n\n    {words}\n"
            )
        return "\n".join(parts)

    def sample_texts(self, code: str) -> Iterator[tuple[str, str]]:
        """The texts that are given to the registry as samples, each with what it is."""
        title, who = self.said.title_of(self.campaign, code), self.lead.name
        values = {"who": who, "title": title, "link": self.base_url + OWN_PAGE}
        yield "First answer", self.said.say("ask_name", code, **values)
        for asked in consents(self.campaign, code)[:1]:
            yield "Question for consent", self.said.say("ask_consent", code, consent=asked.wording, **values)
        yield "Confirmation of the opt-in", self.said.say("welcome", code, **values)
        yield "Thanks", self.said.say("thanks", code, **values)
        yield "Update", f"{who}: {title} {self._url(code)} {self.said.say('brief_foot', code, **values)}"

    def _consents(self) -> str:
        parts = [
            "# Consent wordings, word for word\n",
            "Beside the box of the sign form, and in the question by text.\n",
        ]
        for code in self.campaign.languages:
            parts.append(f"## {code}\n")
            parts += [f"{asked.name}:\n\n> {asked.wording}\n" for asked in consents(self.campaign, code)]
        return "\n".join(parts)

    def _keywords(self) -> str:
        parts = [
            "# Keywords and their answers\n",
            "Capitals and accents do not matter. Every word works in every language.\n",
        ]
        opt_in = [word for words in self.said.keywords.values() for word in words]
        words = {
            "To begin": (opt_in, "ask_name"),
            "Opt-in, to the question about texts": (["YES", "SÍ"], "welcome"),
            "Opt-out": (keywords.every(keywords.STOP), "stopped"),
            "Help": (keywords.every(keywords.HELP), "help"),
            "Back after an opt-out": (keywords.every(keywords.START), "started"),
        }
        for name, (known, phrase) in words.items():
            parts += [f"## {name}\n", f"{', '.join(known)}\n"]
            for code in self.campaign.languages:
                title = self.said.title_of(self.campaign, code)
                parts.append(f"- {code}: {self.said.say(phrase, code, who=self.lead.name, title=title)}")
            parts.append("")
        return "\n".join(parts)

    def _addresses(self) -> str:
        parts = ["# Addresses\n"]
        for code in self.campaign.languages:
            page = self._url(code, "/texts")
            parts += [
                f"## {code}\n",
                f"- How people opt in: {page}",
                f"- Sign form: {self._url(code)}",
                f"- Privacy of numbers: {page}#privacy",
                f"- Terms of texts: {self.said.terms or f'{page}#terms'}",
                "",
            ]
        parts.append("Privacy notices of the organisations:\n")
        parts += [
            f"- {one.name}: {one.privacy or 'none named in campaign.toml'}" for one in self.campaign.organisations
        ]
        return "\n".join(parts)

    def _pictures(self) -> dict[str, str]:
        """Take the pictures; gives the names of the files by what they show."""
        found = {}
        for code in self.campaign.languages:
            for name, where in (("texts", path(self.campaign.slug, code)), ("sign", f"/{self.campaign.slug}/{code}")):
                ending, content = self.camera.take(where)
                found[f"{name}-{code}"] = f"pages/{name}-{code}.{ending}"
                self.files[found[f"{name}-{code}"]] = content
        return found

    def _checklist(self, pictures: dict[str, str]) -> Iterator[Item]:
        yield from (Item(name, missing=meant) for name, meant in FACTS.items())
        yield Item("Brand name", "brand.md")
        yield Item("Web site", "brand.md") if self.lead.website else Item("Web site", missing=WEBSITE)
        yield Item("Contact email", "brand.md") if self.lead.email else Item("Contact email", missing=MAILBOX)
        yield Item("Campaign description", "campaign.md")
        yield Item("Contents of the texts", "campaign.md")
        yield Item("Message flow (call to action)", "message-flow.md")
        yield from (Item(f"Sample texts ({code})", f"samples-{code}.md") for code in self.campaign.languages)
        yield Item("Opt-in wordings", "consents.md")
        for name in ("Opt-in keywords and answer", "Opt-out keywords and answer", "Help keywords and answer"):
            yield Item(name, "keywords.md")
        yield Item("Privacy policy", "addresses.md")
        yield Item("Terms and conditions", "addresses.md")
        for code in self.campaign.languages:
            yield Item(f"Opt-in page as people see it ({code})", pictures[f"texts-{code}"])
            yield Item(f"Sign form as people see it ({code})", pictures[f"sign-{code}"])
