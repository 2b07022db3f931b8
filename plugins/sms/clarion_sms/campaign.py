"""What a campaign says about texts: the table `[plugins.sms]` of its `campaign.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from urllib.parse import urlsplit

import phonenumbers
from pydantic import Field, ValidationError, field_validator

from clarion.api import Campaign, PluginSettings

from . import keywords, optout, phrases

_SHORT_CODE = re.compile(r"\d{4,8}")
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_MAILBOX = re.compile(r"[^\s@:/]+@[^\s@:/]+\.[^\s@:/.]+")
_PHONE = re.compile(r"\+?[\d ().-]{5,25}")

LONGEST_KEYWORD = 20
LONGEST_TITLE = 60


class CampaignSms(PluginSettings):
    """`[plugins.sms]` in `campaign.toml`: the number that people text, the words they send, and who answers."""

    number: str
    """The number in E.164, such as `+12025550123`, or a short code."""
    keywords: dict[str, tuple[str, ...]] = Field(min_length=1)
    """By language, the words that start signing: `en = ["SANCTUARY"]`."""
    help: str
    """Who answers questions, and how: an address, a number or a web page. It stands in the answer to HELP."""
    a_month: int = Field(default=4, ge=1, le=60)
    """Texts a month, at most, as told to those who say yes."""
    terms: str = ""
    """The web page with the terms of texts; without one, the page that this plugin makes."""
    title: dict[str, str] = Field(default_factory=dict)
    """By language, what texts call the petition; without it, its title."""
    words: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Its own words for messages, by message and language: `[plugins.sms.words.thanks]` with `en = "…"`."""

    @field_validator("number")
    @classmethod
    def _is_a_number(cls, value: str) -> str:
        tight = re.sub(r"[\s().-]", "", value)
        if _SHORT_CODE.fullmatch(tight) and tight == value:
            return value
        if not _NUMBER.fullmatch(tight):
            raise ValueError(f'"{value}" is no number: write it with its country, as "+12025550123", or a short code')
        if tight != value:
            raise ValueError(f'"{value}": write the number without spaces and signs, "{tight}"')
        if not phonenumbers.is_possible_number(phonenumbers.parse(value)):
            raise ValueError(f'"{value}" has too few or too many digits for its country: look it up where you got it')
        return value

    @field_validator("keywords")
    @classmethod
    def _start_signing(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        seen: dict[str, str] = {}
        for language, words in value.items():
            if not words:
                raise ValueError(f'"{language}" has no keyword: write {language} = ["…"], or take the line out')
            for word in words:
                if wrong := keyword_fault(word):
                    raise ValueError(wrong)
                other = seen.setdefault(keywords.folded(word), language)
                if other != language:
                    raise ValueError(
                        f'"{word}" stands under {other} and under {language}, and the word tells which language the '
                        "answer is in: take another word for one of them"
                    )
        return {code: tuple(dict.fromkeys(word.upper() for word in words)) for code, words in value.items()}

    @field_validator("help")
    @classmethod
    def _can_be_reached(cls, value: str) -> str:
        page = urlsplit(value) if value.startswith("https://") else None
        if (page and page.hostname and not re.search(r"\s", value)) or _MAILBOX.fullmatch(value):
            return value
        if _PHONE.fullmatch(value) and 5 <= sum(c.isdigit() for c in value) <= 15:
            return value
        raise ValueError(
            f'"{value}" reaches nobody: write a mailbox ("hello@readers.example"), a number ("+1 202 555 0123") or '
            'a page ("https://…")'
        )

    @field_validator("terms")
    @classmethod
    def _is_a_page(cls, value: str) -> str:
        if value and not re.fullmatch(r"https://[^\s/]+\.[^\s/]+\S*", value):
            raise ValueError(f'"{value}" is no web page: write its whole address, "https://…", or take the line out')
        return value

    @field_validator("title")
    @classmethod
    def _fits(cls, value: dict[str, str]) -> dict[str, str]:
        for words in value.values():
            if not words.strip() or not words.isprintable() or len(words) > LONGEST_TITLE:
                raise ValueError(f'"{words[:LONGEST_TITLE]}…": write one line of at most {LONGEST_TITLE} letters')
        return value

    @field_validator("words")
    @classmethod
    def _can_be_texted(cls, value: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        for name, by_language in value.items():
            if name not in phrases.PHRASES:
                near = get_close_matches(name, phrases.PHRASES, 1)
                hint = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(phrases.PHRASES)}"
                raise ValueError(f'there is no message "{name}": {hint}')
            for language, words in by_language.items():
                if wrong := phrases.fault(name, words):
                    raise ValueError(f'"{name}" in "{language}": {wrong}')
        return value

    @property
    def shown_number(self) -> str:
        """The number as people read it: +1 202 555 0123."""
        if not self.number.startswith("+"):
            return self.number
        style = phonenumbers.PhoneNumberFormat.INTERNATIONAL
        return phonenumbers.format_number(phonenumbers.parse(self.number), style).replace("-", " ")

    def keyword(self, language: str) -> str:
        """The word that starts signing in a language, or in the first that has one."""
        return (self.keywords.get(language) or next(iter(self.keywords.values())))[0]

    def title_of(self, campaign: Campaign, language: str) -> str:
        """What texts call the petition."""
        return self.title.get(language) or campaign.text(language).title

    def say(self, phrase: str, language: str, **values: object) -> str:
        """A message in this campaign's words, with what it knows by itself filled in.

        Raises `KeyError` where a value is missing.
        """
        return phrases.say(phrase, language, self.words, **{"help": self.help, "a_month": self.a_month, **values})


def of(campaign: Campaign) -> CampaignSms | None:
    """What a campaign says about texts; `None` where it says nothing, or said it before the plugin changed its mind."""
    try:
        return CampaignSms.model_validate(campaign.plugins["sms"])
    except (KeyError, ValidationError):
        return None


def keyword_fault(word: str) -> str:
    """What is wrong with a keyword, and what to do; empty if nothing is."""
    if not word.isalnum() or not 2 <= len(word) <= LONGEST_KEYWORD:
        return f'"{word}" is no keyword: write one word of 2 to {LONGEST_KEYWORD} letters or digits'
    if word.isdigit():
        return f'"{word}" could be a ZIP code or a number: take a word with letters in it'
    wish = optout.read(word)
    if means := keywords.meaning(word) or (wish if wish != "other" else ""):
        return f'"{word}" means {means.upper()} in every petition, for those who text it: take another word'
    return ""


def faults(campaign: Campaign, settings: CampaignSms) -> Iterator[str]:
    """What names a language that the campaign does not have, or lacks its main one."""
    main = campaign.languages[0]
    named = {"keywords": tuple(settings.keywords), "title": tuple(settings.title)}
    named |= {f"words.{name}": tuple(words) for name, words in settings.words.items()}
    for table, codes in named.items():
        for code in codes:
            if code not in campaign.languages:
                known = ", ".join(campaign.languages)
                yield f'{table}.{code}: the campaign has no language "{code}". It has {known}.'
    if main not in settings.keywords:
        yield f'keywords: no word starts signing in "{main}", the main language. Write {main} = ["…"].'
