"""What the server promises when it dies, and what its disk tells to those who take it."""

from __future__ import annotations

import signal
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path

from clarion.testing import link, wait_for

CANARIES = ["Zebulon Quixote", "zebulon@canary.example", "20037", "2025550143", "zestfully my street hums"]


def test_a_kill_loses_no_signature_that_was_answered(served) -> None:
    token = served.token()
    answered: list[str] = []
    enough = threading.Event()

    def sign(number: int) -> None:
        address = f"signer{number}@readers.example"
        try:
            if served.sign(token=token, email=address).status == 303:
                answered.append(address)
        except (OSError, HTTPException):
            return
        if len(answered) >= 60:
            enough.set()

    with ThreadPoolExecutor(8) as pool:
        running = [pool.submit(sign, number) for number in range(200)]
        assert enough.wait(timeout=60)
        served.stop(signal.SIGKILL)
        for future in running:
            future.result()
    assert len(answered) < 200, "the server was killed too late to show anything"
    served.start()
    rows = _query(served.home, "SELECT count(*) FROM signature")
    assert rows >= len(answered)
    served.wait_for_mails(rows)
    recipients = {str(mail["To"]) for mail in served.mails()}
    assert set(answered) <= recipients
    assert len(recipients) == rows
    settled = "SELECT count(*) FROM message WHERE state = 'sent'"
    wait_for(lambda: _query(served.home, settled) == rows, lambda: f"{_query(served.home, settled)} sent of {rows}")


def test_disk_and_log_name_no_signer(served) -> None:
    name, address, postal_code, phone, reason = CANARIES
    fields = {"name": name, "email": address, "postal_code": postal_code, "phone": phone, "reason": reason}
    served.sign(**fields, show_name="y")
    (mail,) = served.wait_for_mails(1)
    served.sign(**{**fields, "email": "pending@canary.example"})
    served.sign(**{**fields, "email": "bad@@canary.example"})
    served.ask("POST", link(mail, "confirm"), {"action": "confirm"})
    thanks = served.wait_for_mails(3)[-1]
    me = link(thanks, "me")
    _wait_for_reason(served.home)
    assert name in served.ask("GET", me).text

    assert served.ask("POST", me, {"action": "withdraw"}).status == 200
    assert not {str(path): word for path in _kept(served.home) for word in _found_in(path)}, "while it still runs"
    served.stop()
    found = {str(path): word for path in _kept(served.home) for word in _found_in(path)}
    assert not found


def test_an_erased_signer_is_gone_from_the_disk_with_the_server_still_running(served) -> None:
    served.sign(reason=CANARIES[4])
    (mail,) = served.wait_for_mails(1)
    served.ask("POST", link(mail, "confirm"), {"action": "confirm"})
    me = link(served.wait_for_mails(2)[1], "me")
    _wait_for_reason(served.home)
    assert CANARIES[4].encode() in b"".join(path.read_bytes() for path in _kept(served.home))

    assert served.ask("POST", me, {"action": "erase"}).status == 200
    assert served.ask("GET", me).status == 404
    served.wait_for_count(0)
    assert not {str(path) for path in _kept(served.home) if CANARIES[4].encode() in path.read_bytes()}


def _kept(home: Path) -> list[Path]:
    files = [path for path in (home / "var").rglob("*") if path.is_file()]
    aside = (home / "var" / "keyring", home / "var" / "mail")
    return [home / "server.log", *(path for path in files if not any(a in path.parents for a in aside))]


def _found_in(path: Path) -> list[str]:
    content = path.read_bytes()
    return [word for word in CANARIES if word.encode() in content or word.split()[0].encode() in content]


def _query(home: Path, sql: str) -> int:
    connection = sqlite3.connect(home / "var" / "clarion.db")
    try:
        return int(connection.execute(sql).fetchone()[0])
    finally:
        connection.close()


def _wait_for_reason(home: Path) -> None:
    wait_for(lambda: _query(home, "SELECT count(*) FROM reason") > 0, lambda: "the reason was not brought out")
