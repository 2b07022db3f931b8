"""The whole talk over the webhooks of real companies, with their signatures, in English and Spanish."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from clarion.api import db
from clarion.outbox.models import Message
from clarion.signatures.models import CONFIRMED, Signature
from clarion_sms import talks

from .companies import Company, serve, table_of
from .conftest import OURS, with_texts

ANA = "+12024561111"
TALKS = {
    "en": (
        ["library", "Ana Luna", "20009", "yes", "no"],
        [
            "reply with your name",
            "ZIP",
            "Reply YES or NO",
            "you will get our texts",
            "Writers asks",
            "Your name counts",
        ],
    ),
    "es": (
        ["Biblioteca", "Ana Luna", "20009", "sí", "no, gracias"],
        ["responda con su nombre", "ZIP", "Responda SI o NO", "va a recibir", "Writers pregunta", "Su firma cuenta"],
    ),
}


@pytest.fixture(params=["twilio", "vonage"])
def company(request: pytest.FixtureRequest) -> Iterator[Company]:
    with serve(Company(request.param)) as running:
        yield running


@pytest.fixture
def instance(company: Company, make_instance: Callable, make_folder: Callable):
    made = make_instance(plugins={"sms": table_of(company)})
    make_folder()
    with_texts(made)
    return made


def write(instance, company: Company, words: str, key: str = "") -> None:
    base = instance.app.extensions["clarion.settings"].site.base_url
    answer = company.text(instance.client, base, ANA, OURS, words, key)
    assert answer.status_code == 200, answer.text
    work(instance)


def work(instance) -> None:
    with instance.context():
        while talks.take_in():
            pass
    instance.work()


@pytest.mark.parametrize("language", TALKS)
def test_a_whole_talk(instance, company: Company, language: str) -> None:
    said, heard = TALKS[language]
    for words in said:
        write(instance, company, words)
    got = company.to(ANA)
    assert len(got) == len(heard)
    for words, wanted in zip(got, heard, strict=True):
        assert wanted in words
    assert all(one["from"] == OURS for one in company.taken)
    assert instance.count("library") == 1
    with instance.context():
        row = db.session.scalars(select(Signature)).one()
        assert (row.state, row.language, row.source) == (CONFIRMED, language, "text")
        assert set(db.session.scalars(select(Message.state))) == {"sent"}
    base = instance.app.extensions["clarion.settings"].site.base_url
    for one in company.taken:
        assert company.tell(instance.client, base, one, "delivered").status_code == 200


def test_a_webhook_that_comes_ten_times_is_one_text(instance, company: Company) -> None:
    for _ in range(10):
        write(instance, company, "LIBRARY", key="the same")
    assert len(company.to(ANA)) == 1


def test_stop_over_a_webhook(instance, company: Company) -> None:
    write(instance, company, "LIBRARY")
    write(instance, company, "ya no me manden mensajes")
    write(instance, company, "LIBRARY")
    asked, stopped = company.to(ANA)
    assert "START" in stopped
    assert "name" in asked
