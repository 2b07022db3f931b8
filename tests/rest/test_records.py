"""An organisation's own: through the one gate, in pages, and where the private keys are."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import update

from clarion.app import create_app
from clarion.console import create_console
from clarion.extensions import now, transaction
from clarion.rest.schema import ConsentList, Signer, SignerList
from clarion.sealing import Keyring
from clarion.signatures.models import Consent, Signature

from .conftest import Api, problem


def signers(api: Api, key: str, query: str = "") -> list[Signer]:
    """All pages of an organisation's signers."""
    found: list[Signer] = []
    cursor = ""
    while True:
        path = f"/campaigns/library/signers?{query}{cursor}"
        page = SignerList.model_validate(api.call(path, key).get_json())
        found += page.data
        if page.next is None:
            return found
        cursor = f"&cursor={page.next}"


def press(api: Api, me: str, action: str, **fields: str) -> None:
    answer = api.instance.client.post(me, data={"action": action, **fields})
    assert answer.status_code in (200, 303), answer.get_data(as_text=True)


def test_each_gets_who_said_yes_to_it(api: Api) -> None:
    details = {"postal_code": "20009", "phone": "+1 202 555 0143", "reason": "Because."}
    api.signed(name="Ana", email="ana@readers.example", consent_readers_email="y", **details)
    api.signed(name="Bo", email="bo@readers.example", consent_writers_email="y")
    api.signed(name="Cy", email="cy@readers.example")
    assert api.instance.sign("library", name="Di", email="di@readers.example", consent_readers_email="y")
    (ana,) = signers(api, api.key("readers"))
    assert (ana.signature, ana.name, ana.email, ana.postal_code) == (1, "Ana", "ana@readers.example", "20009")
    assert (ana.phone, ana.country, ana.channels, ana.language) == (None, None, ["email"], "en")
    assert "Because" not in str(ana)
    assert [one.name for one in signers(api, api.key("writers"))] == ["Bo"]
    answer = api.call("/campaigns/library/signers", api.key())
    assert (answer.headers["Cache-Control"], answer.headers["X-Robots-Tag"]) == ("no-store", "noindex")
    assert "Access-Control-Allow-Origin" not in answer.headers, "no page of any site reads this"


def test_who_takes_it_back_is_gone_and_the_consent_says_so(api: Api) -> None:
    me = api.signed(consent_readers_email="y")
    key = api.key()
    path = "/campaigns/library/consents"
    (given,) = ConsentList.model_validate(api.call(path, key).get_json()).data
    assert (given.signature, given.organisation, given.channel, given.in_force) == (1, "readers", "email", True)
    press(api, me, "withdraw")
    assert signers(api, key) == []
    (ended,) = ConsentList.model_validate(api.call(path, key).get_json()).data
    assert ended.in_force is False
    assert ended.withdrawn_at is not None
    press(api, me, "sign-again")
    assert len(signers(api, key)) == 1
    press(api, me, "consent", consent="1", give="0")
    assert signers(api, key) == []
    (ended,) = ConsentList.model_validate(api.call(path, key).get_json()).data
    assert (ended.in_force, ended.withdrawn_at is None) == (False, False)
    press(api, me, "erase")
    assert ConsentList.model_validate(api.call(path, key).get_json()).data == []


def test_a_box_that_nobody_confirmed_is_no_consent(api: Api) -> None:
    api.instance.sign("library", consent_readers_email="y")
    assert ConsentList.model_validate(api.call("/campaigns/library/consents", api.key()).get_json()).data == []


def test_pages_hold_each_once_whoever_comes_meanwhile(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clarion.sharing.STRETCH", 2)
    for number in range(7):
        api.signed(email=f"ana{number}@readers.example", **({"consent_readers_email": "y"} if number != 3 else {}))
    key = api.key()
    assert [one.signature for one in signers(api, key, "limit=2")] == [1, 2, 3, 5, 6, 7]
    assert [one.signature for one in signers(api, key, "limit=100")] == [1, 2, 3, 5, 6, 7]
    monkeypatch.setattr("clarion.sharing.STRETCHES", 1)
    assert [one.signature for one in signers(api, key, "limit=1")] == [1, 2, 3, 5, 6, 7]
    page = ConsentList.model_validate(api.call("/campaigns/library/consents?limit=1", key).get_json())
    seen = [one.signature for one in page.data]
    while page.next:
        path = f"/campaigns/library/consents?limit=1&cursor={page.next}"
        page = ConsentList.model_validate(api.call(path, key).get_json())
        seen += [one.signature for one in page.data]
    assert seen == [1, 2, 3, 5, 6, 7]


def test_since_gives_what_changed(api: Api) -> None:
    for number in range(2):
        api.signed(email=f"ana{number}@readers.example", consent_readers_email="y")
    old = now() - timedelta(days=2)
    with api.instance.context(), transaction() as session:
        session.execute(update(Consent).filter_by(signature_id=1).values(confirmed_at=old))
        session.execute(update(Signature).filter_by(id=1).values(confirmed_at=old))
    key = api.key()
    for moment, found in ((now() - timedelta(days=1), [2]), (now() - timedelta(days=3), [1, 2])):
        since = f"since={quote(moment.isoformat())}"
        assert [one.signature for one in signers(api, key, since)] == found
        page = ConsentList.model_validate(api.call(f"/campaigns/library/consents?{since}", key).get_json())
        assert [one.signature for one in page.data] == found
    assert signers(api, key, f"since={quote((now() + timedelta(days=1)).isoformat())}") == []


@pytest.mark.parametrize(
    "since",
    ["", "x", "yesterday", "2026-07-12", "2026-07-12T00:00:00", "9" * 400, "-1", "2026-13-01T00:00:00Z", "NaN",
     "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"],
)  # fmt: skip
def test_since_is_a_moment(quick: Api, since: str) -> None:
    key = quick.key()
    for part in ("signers", "consents"):
        told = problem(quick.call(f"/campaigns/library/{part}?since={since}", key), 422, "query-invalid")
        assert told.errors is not None
        assert list(told.errors) == ["since"]


def test_cursors_are_good_for_their_list_and_owner_only(api: Api) -> None:
    for number in range(3):
        boxes = {"consent_readers_email": "y", "consent_writers_email": "y"}
        api.signed(email=f"ana{number}@readers.example", **boxes)
    readers, writers = api.key("readers"), api.key("writers")
    cursor = api.call("/campaigns/library/signers?limit=1", readers).get_json()["next"]
    assert api.call(f"/campaigns/library/signers?cursor={cursor}", readers).status_code == 200
    assert api.call(f"/campaigns/library/signers?cursor={cursor}", api.key("readers")).status_code == 200
    problem(api.call(f"/campaigns/library/signers?cursor={cursor}", writers), 400, "cursor-unknown")
    problem(api.call(f"/campaigns/library/consents?cursor={cursor}", readers), 400, "cursor-unknown")
    problem(api.call(f"/campaigns/garden/signers?cursor={cursor}", writers), 400, "cursor-unknown")
    problem(api.call(f"/campaigns?cursor={cursor}"), 400, "cursor-unknown")
    for forged in (cursor[:-1], cursor[:-2] + "AA", cursor.upper(), "c" + cursor):
        problem(api.call(f"/campaigns/library/signers?cursor={forged}", readers), 400, "cursor-unknown")


def test_the_pages_processes_open_nobody_and_the_console_does(api: Api) -> None:
    api.signed(consent_readers_email="y")
    key, settings = api.key(), api.instance.app.extensions["clarion.settings"]
    pages, console = create_app(settings, holds_private=False), create_console(settings)
    for app in (pages, console):
        app.config["TESTING"] = True
    header = {"Authorization": f"Bearer {key}"}
    refused = pages.test_client().get("/api/v1/campaigns/library/signers", headers=header)
    told = problem(refused, 421, "private-keys-elsewhere")
    assert str(settings.web.console_port) in told.detail
    assert b"ana@" not in refused.data
    consents = pages.test_client().get("/api/v1/campaigns/library/consents", headers=header)
    assert consents.get_json()["data"][0]["signature"] == 1
    opened = console.test_client().get("/api/v1/campaigns/library/signers", headers=header)
    assert opened.get_json()["data"][0]["email"] == "ana@readers.example"
    stranger = pages.test_client().get(
        "/api/v1/campaigns/library/signers", headers={"Authorization": f"Bearer {api.key('gardeners')}"}
    )
    problem(stranger, 404)
    for app in (pages, console):
        with app.app_context():
            from clarion.extensions import db

            db.session.remove()
            db.engine.dispose()


def test_a_key_that_is_not_here_is_told_to_whoever_runs_the_site(quick: Api) -> None:
    quick.signed(consent_readers_email="y")
    keyring: Keyring = quick.instance.app.extensions["clarion.keyring"]
    for path in (keyring.folder / "private").glob("*.key"):
        path.rename(path.with_suffix(".away"))
    keyring._private_keys.clear()
    problem(quick.call("/campaigns/library/signers", quick.key()), 503, "keys-missing")
