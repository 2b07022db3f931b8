"""Editions: what is published stays as it was, and one step goes back and forth, on both databases."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from clarion.campaigns import service
from clarion.campaigns.live import live_campaigns
from clarion.campaigns.loader import Loaded
from clarion.campaigns.models import CampaignRow, Edition, MediaRow
from clarion.extensions import db
from clarion.testing import TEXTS, Instance

Picture = Callable[..., bytes]


def folder_of(instance: Instance) -> Path:
    return instance.home / "campaigns" / "library"


def retitle(instance: Instance, title: str) -> None:
    """Change the headline in both languages."""
    for code, text in TEXTS.items():
        words = text.replace(text.split("\n")[1], f"title: {title} ({code})")
        (folder_of(instance) / f"{code}.md").write_text(words, "utf-8")


def titles(instance: Instance) -> list[str]:
    """The headlines that pages are made from now."""
    live_campaigns().forget()
    live = live_campaigns().get("library")
    assert live is not None
    return [live.campaign.text(code).title for code in ("en", "es")]


def states() -> list[tuple[int, bool]]:
    return [(edition.number, live) for edition, live in service.editions("library")]


def load(instance: Instance) -> Loaded:
    root, languages = folder_of(instance).parent, instance.app.extensions["clarion.languages"]
    return service.check(root, languages, lambda _: None, ("library",))[0]


def _rollback(instance: Instance, number: int | None = None) -> Edition:
    return service.rollback("library", instance.app.extensions["clarion.keyring"], number)


def test_the_same_folder_is_the_same_edition(either_instance: Instance) -> None:
    first = either_instance.publish(folder_of(either_instance))
    again = either_instance.publish(folder_of(either_instance))
    assert (first.number, again.number, again.new, again.live) == (1, 1, False, True)
    assert first.digest == again.digest
    with either_instance.context():
        assert states() == [(1, True)]


def test_a_change_is_a_new_edition_and_the_old_one_stays_as_it_was(either_instance: Instance) -> None:
    with either_instance.context():
        (before,) = [(e.id, e.digest, e.content, e.published_at) for e, _ in service.editions("library")]
    retitle(either_instance, "Open late")
    published = either_instance.publish(folder_of(either_instance))
    assert (published.number, published.new, published.live) == (2, True, True)
    with either_instance.context():
        assert states() == [(2, True), (1, False)]
        assert titles(either_instance) == ["Open late (en)", "Open late (es)"]
        old = db.session.scalars(select(Edition).filter_by(number=1)).one()
        assert (old.id, old.digest, old.content, old.published_at) == before


def test_an_edition_is_named_by_its_content(either_instance: Instance) -> None:
    retitle(either_instance, "Open late")
    either_instance.publish(folder_of(either_instance))
    with either_instance.context():
        for edition, _ in service.editions("library"):
            campaign = service.edition_campaign(edition.id)
            assert campaign is not None
            assert (campaign.digest, campaign.to_json()) == (edition.digest, edition.content)
        assert service.edition_campaign(10_000) is None


def test_a_rollback_goes_back_in_all_languages_and_forth_again(either_instance: Instance) -> None:
    retitle(either_instance, "Second")
    either_instance.publish(folder_of(either_instance))
    retitle(either_instance, "Third")
    either_instance.publish(folder_of(either_instance))
    with either_instance.context():
        assert _rollback(either_instance).number == 2
        assert titles(either_instance) == ["Second (en)", "Second (es)"]
        assert _rollback(either_instance).number == 1
        assert titles(either_instance) == ["Keep the library open", "Que siga la biblioteca"]
        with pytest.raises(service.NoSuchEdition, match="no edition before"):
            _rollback(either_instance)
        assert _rollback(either_instance, 3).number == 3
        assert titles(either_instance) == ["Third (en)", "Third (es)"]
        assert states() == [(3, True), (2, False), (1, False)]


def test_publishing_after_a_rollback_takes_the_folder_again(either_instance: Instance) -> None:
    retitle(either_instance, "Second")
    either_instance.publish(folder_of(either_instance))
    with either_instance.context():
        _rollback(either_instance)
    published = either_instance.publish(folder_of(either_instance))
    assert (published.number, published.new, published.live) == (2, False, True)
    with either_instance.context():
        assert titles(either_instance) == ["Second (en)", "Second (es)"]
        assert states() == [(2, True), (1, False)]


def test_publishing_by_itself_does_not_undo_a_rollback(either_instance: Instance) -> None:
    retitle(either_instance, "Second")
    either_instance.publish(folder_of(either_instance))
    with either_instance.context():
        _rollback(either_instance)
        keyring = either_instance.app.extensions["clarion.keyring"]
        published = service.publish(load(either_instance), keyring, again=False)
        assert (published.number, published.new, published.live) == (2, False, False)
        assert states() == [(2, False), (1, True)]
        retitle(either_instance, "Third")
        published = service.publish(load(either_instance), keyring, again=False)
        assert (published.number, published.new, published.live) == (3, True, True)


def test_an_edition_that_does_not_exist(either_instance: Instance) -> None:
    with either_instance.context():
        for number in (0, 2, -1):
            with pytest.raises(service.NoSuchEdition, match=f"no edition {number}"):
                _rollback(either_instance, number)
            assert states() == [(1, True)]


def test_a_campaign_that_was_never_published(either_instance: Instance) -> None:
    with either_instance.context():
        with pytest.raises(service.NoSuchEdition, match='"museum"'):
            service.editions("museum")
        with pytest.raises(service.NoSuchEdition, match='"museum"'):
            service.rollback("museum", either_instance.app.extensions["clarion.keyring"])


def test_a_folder_with_faults_is_not_published(either_instance: Instance) -> None:
    (folder_of(either_instance) / "es.md").unlink()
    with either_instance.context():
        loaded = load(either_instance)
        with pytest.raises(ValueError, match="faults"):
            service.publish(loaded, either_instance.app.extensions["clarion.keyring"])
        assert states() == [(1, True)]
        assert titles(either_instance)[1] == "Que siga la biblioteca"


def test_all_editions_of_a_campaign_share_its_keys(either_instance: Instance) -> None:
    with either_instance.context():
        before = db.session.execute(select(CampaignRow.id, CampaignRow.key_id, CampaignRow.public_key)).all()
    retitle(either_instance, "Second")
    either_instance.publish(folder_of(either_instance))
    with either_instance.context():
        assert db.session.execute(select(CampaignRow.id, CampaignRow.key_id, CampaignRow.public_key)).all() == before
        ((_, key_id, public_key),) = before
        keyring = either_instance.app.extensions["clarion.keyring"]
        assert bytes(keyring.private_key(key_id).public_key) == public_key


def test_a_picture_is_kept_once_for_all_editions(either_instance: Instance, picture: Picture) -> None:
    for number, size in enumerate([(40, 30), (40, 30), (50, 30)]):
        retitle(either_instance, f"Picture {number}")
        table = folder_of(either_instance) / "campaign.toml"
        (folder_of(either_instance) / "media" / "a.png").write_bytes(picture(size=size))
        table.write_text('image = "media/a.png"\n' + table.read_text("utf-8").removeprefix('image = "media/a.png"\n'))
        either_instance.publish(folder_of(either_instance))
    with either_instance.context():
        assert db.session.scalar(select(func.count()).select_from(MediaRow)) == 2
        for edition, _ in service.editions("library")[:3]:
            campaign = service.edition_campaign(edition.id)
            assert campaign is not None
            assert campaign.image is not None
            row = db.session.get(MediaRow, campaign.image.digest)
            assert row is not None
            assert (row.mime, row.content[:4]) == ("image/png", b"\x89PNG")


def test_a_folder_cannot_take_another_ones_campaign(
    either_instance: Instance, make_folder: Callable[..., Path]
) -> None:
    """Publishing one folder by name looks at the others too."""
    table = (folder_of(either_instance) / "campaign.toml").read_text("utf-8")
    thief = make_folder("thief", {"campaign.toml": f'slug = "library"\n{table}'})
    with either_instance.context():
        languages = either_instance.app.extensions["clarion.languages"]
        (loaded,) = service.check(thief.parent, languages, lambda _: None, ("thief",))
        assert [fault.key for fault in loaded.errors] == ["slug"]
        with pytest.raises(ValueError, match="faults"):
            service.publish(loaded, either_instance.app.extensions["clarion.keyring"])
