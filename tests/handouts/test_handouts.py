"""Links that plugins hand out: good for one purpose, for a time, and for nobody who makes one up."""

from __future__ import annotations

from itsdangerous import TimestampSigner

from clarion.handouts import hand_out, read_handout
from clarion.testing import Instance


def test_a_link_opens_what_it_says_and_nothing_else(instance: Instance) -> None:
    with instance.context():
        token = hand_out("doors", "library", 7)
        assert read_handout("doors", token, 1) == ["library", 7]
        assert read_handout("windows", token, 1) is None
        for forged in ("", "a", token[:-1], token + "a", token.replace(".", "", 1), "é", "a" * 10_000):
            assert read_handout("doors", forged, 1) is None


def test_a_link_ends_by_itself(instance: Instance, monkeypatch) -> None:
    with instance.context():
        token = hand_out("doors", "library")
        made = TimestampSigner.get_timestamp
        monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: made(self) + 2 * 86_400)
        assert read_handout("doors", token, 1) is None
        assert read_handout("doors", token, 3) == ["library"]


def test_another_site_makes_others(instance: Instance) -> None:
    with instance.context():
        token = hand_out("doors", "library")
    keyring = instance.app.extensions["clarion.keyring"]
    (keyring.folder / "web.key").write_bytes(b"k" * 32)
    keyring._secrets.clear()
    keyring._known.clear()
    with instance.context():
        assert read_handout("doors", token, 1) is None
