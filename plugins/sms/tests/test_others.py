"""Any other company, by Apprise, and files at home: what leaves, what is not known, and that nothing comes in."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from clarion.api import Retry, Text, Unsure
from clarion_sms.gateways import Forged
from clarion_sms.gateways.file import FileGateway
from clarion_sms.gateways.others import AppriseGateway

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # Apprise looks for it

TEXT = Text(7, "thanks-es", "+12025550123", "Gracias, Ñandú 🌙", "+12025550100", "library")


@pytest.fixture
def company() -> Iterator[Any]:
    """One that takes JSON, as one of Apprise's addresses has it."""
    heard = SimpleNamespace(status=200, got=[])

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.got.append((self.path, json.loads(body)["message"]))
            self.send_response(heard.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    heard.url = f"json://127.0.0.1:{server.server_address[1]}/{{to}}"
    yield heard
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_a_text_leaves_by_apprise_in_its_own_words(company) -> None:
    assert AppriseGateway(company.url).send(TEXT).code == "taken"
    ((path, words),) = company.got
    assert (path.strip("/"), words) == ("12025550123", TEXT.words)


def test_what_apprise_could_not_is_unsure_as_it_does_not_say_why(company) -> None:
    company.status = 500
    for url in (company.url, "json://127.0.0.1:1/{to}", "no-such-company://{to}"):
        with pytest.raises(Unsure):
            AppriseGateway(url).send(TEXT)
    assert len(company.got) == 1


def test_a_file_is_whole_or_not_there(tmp_path) -> None:
    folder = tmp_path / "var" / "sms"
    for _ in range(2):
        FileGateway(folder).send(TEXT)
    (file,) = folder.iterdir()
    assert file.name == "000007-thanks-es.json"
    said = json.loads(file.read_text("utf-8"))
    assert said == {"to": TEXT.recipient, "from": TEXT.sender, "words": TEXT.words}
    (tmp_path / "taken").write_text("")
    with pytest.raises(Retry):
        FileGateway(tmp_path / "taken" / "sms").send(TEXT)


def test_nothing_comes_in(make_instance) -> None:
    client = make_instance(plugins={"sms": {}}).client
    for path in ("", "/status"):
        assert client.post(f"/hooks/sms/file{path}", data={"From": "x"}).status_code == 401
    for gateway in (FileGateway(None), AppriseGateway("json://x/{to}")):
        for read in (gateway.received, gateway.told):
            with pytest.raises(Forged):
                read(None)
