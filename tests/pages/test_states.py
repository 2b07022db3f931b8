"""The server decides the state (rule 11), whatever the page showed when it was loaded."""

from __future__ import annotations

import pytest

from clarion.testing import TABLE, Instance, link


@pytest.mark.parametrize(("status", "code"), [("draft", 404), ("paused", 403), ("closed", 410)])
def test_a_campaign_that_is_not_open_takes_no_signature(
    instance: Instance, make_folder, tmp_path, status: str, code: int
) -> None:
    token = instance.form_token("library")
    folder = tmp_path / "campaigns" / "library"
    (folder / "campaign.toml").write_text(TABLE.replace('"live"', f'"{status}"'))
    instance.publish(folder)
    form = {"token": token, "name": "Ana", "email": "ana@readers.example"}
    assert instance.client.post("/library/en/sign", data=form).status_code == code
    assert instance.client.get("/library/en").status_code == (404 if status == "draft" else 200)
    assert 'id="sign-form"' not in instance.client.get("/library/en").get_data(as_text=True)
    assert instance.work() == 0


def test_dates_open_and_close_a_campaign(instance: Instance, tmp_path) -> None:
    folder = tmp_path / "campaigns" / "library"
    for dates, code in (("opens = 2999-01-01", 404), ("closes = 2001-01-01", 410)):
        (folder / "campaign.toml").write_text(TABLE.replace("goal = 100", f"goal = 100\n{dates}"))
        instance.publish(folder)
        assert instance.client.post("/library/en/sign", data={"token": "x"}).status_code in (code, 422)
        assert instance.client.get("/library/en").status_code == (404 if code == 404 else 200)


def test_a_name_given_in_time_still_counts_when_confirmed_after_the_end(instance: Instance, tmp_path) -> None:
    instance.sign("library")
    instance.work()
    folder = tmp_path / "campaigns" / "library"
    (folder / "campaign.toml").write_text(TABLE.replace('"live"', '"closed"'))
    instance.publish(folder)
    instance.client.post(link(instance.mails()[0], "confirm"), data={"action": "confirm"})
    assert instance.count("library") == 1


def test_a_withdrawn_signer_cannot_come_back_to_a_closed_campaign(instance: Instance, tmp_path) -> None:
    instance.sign("library")
    instance.work()
    instance.confirm(link(instance.mails()[0], "confirm"))
    instance.work()
    me = link(instance.mails()[-1], "me")
    instance.client.post(me, data={"action": "withdraw"})
    folder = tmp_path / "campaigns" / "library"
    (folder / "campaign.toml").write_text(TABLE.replace('"live"', '"closed"'))
    instance.publish(folder)
    assert instance.client.post(me, data={"action": "sign-again"}).status_code == 403
    assert instance.count("library") == 0


def test_a_form_token_is_for_one_campaign(instance: Instance, make_folder) -> None:
    instance.publish(make_folder("museum"))
    form = {"token": instance.form_token("museum"), "name": "Ana Kept", "email": "ana@readers.example"}
    answer = instance.client.post("/library/en/sign", data=form)
    assert answer.status_code == 422
    assert "Ana Kept" in answer.get_data(as_text=True)
    cross = instance.client.post("/library/en/sign", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert cross.status_code == 403
    form["token"] = instance.form_token("library")
    assert instance.client.post("/library/en/sign", data=form).status_code == 303
