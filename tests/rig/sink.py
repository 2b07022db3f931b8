"""An SMTP server that takes every mail, remembers whom it was for, and can be told to misbehave.

A process of its own, speaking just enough SMTP (RFC 5321) to be far quicker than whoever sends to it.
It is steered over a second port, one line of JSON for each question, and ends with its starter.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any

STAGES = ("connect", "mail", "rcpt", "data", "body")

GREETING = b"220 sink.example ESMTP\r\n"
ABILITIES = b"250-sink.example\r\n250-8BITMIME\r\n250-PIPELINING\r\n250 SMTPUTF8\r\n"
FINE = {
    "mail": b"250 2.1.0 ok\r\n",
    "rcpt": b"250 2.1.5 ok\r\n",
    "data": b"354 go on\r\n",
    "body": b"250 2.0.0 taken\r\n",
}
END = b"\r\n.\r\n"
_MESSAGE_ID = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_ADDRESS = re.compile(rb"<([^>]*)>")


@dataclass(slots=True)
class Rule:
    """How to misbehave at one stage of the talk: `connect`, `mail`, `rcpt`, `data` or `body`."""

    stage: str
    reply: str = ""
    """What to say instead of yes: `450 4.2.0 try later`, `550 5.1.1 nobody`."""
    wait: float = 0.0
    """Seconds of silence before the answer."""
    close: bool = False
    """Close instead of answering; at `body` that is after the whole mail has come."""
    keep: bool = False
    """At `body`, with a refusal or a close: the mail counts as taken all the same."""
    times: int = -1
    """How often it holds; -1 is for good."""
    once_for_each: bool = False
    """Only the first time that a recipient comes, as a server that greylists does."""
    recipient: str = ""
    """Only for recipients whose address holds this."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One mail that the sink took."""

    at: float
    """On the monotonic clock, which all processes of a machine share."""
    message_id: str
    recipient: str
    body: str = ""


@dataclass(slots=True)
class Book:
    """What the sink knows and what it was told."""

    keep_bodies: bool = False
    taken: list[tuple[float, str, str, str]] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    seen: set[tuple[int, str]] = field(default_factory=set)
    sessions: set[Session] = field(default_factory=set)
    connections: int = 0
    """How many were ever opened."""
    open: bool = True

    def rule_for(self, stage: str, recipient: str) -> Rule | None:
        """The rule that holds now, used up by this."""
        for place, rule in enumerate(self.rules):
            if rule.stage != stage or rule.times == 0 or rule.recipient not in recipient:
                continue
            if rule.once_for_each:
                if (place, recipient) in self.seen:
                    continue
                self.seen.add((place, recipient))
            rule.times -= rule.times > 0
            return rule
        return None


class Session(asyncio.Protocol):
    """One connection."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.received = b""
        self.recipient = ""
        self.in_body = False
        self.paused = False
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self.transport = transport
        self.book.connections += 1
        self.book.sessions.add(self)
        if not self.book.open:
            self.transport.abort()
            return
        self._answer("connect", GREETING)

    def connection_lost(self, _error: Exception | None) -> None:
        """Forget the connection."""
        self.book.sessions.discard(self)

    def data_received(self, data: bytes) -> None:
        """Take what came, command by command."""
        self.received += data
        self._go_on()

    def _go_on(self) -> None:
        while self.received and not self.paused and not self.transport.is_closing():
            end = self.received.find(END if self.in_body else b"\r\n")
            if end < 0:
                return
            part, self.received = self.received[:end], self.received[end + (5 if self.in_body else 2) :]
            if self.in_body:
                self.in_body = False
                self._take(part)
            else:
                self._obey(part)

    def _obey(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"MAIL":
            self._answer("mail", FINE["mail"])
        elif verb == b"RCPT":
            found = _ADDRESS.search(line)
            self.recipient = found[1].decode("utf-8", "replace") if found else ""
            if not self._answer("rcpt", FINE["rcpt"]):
                self.recipient = ""
        elif verb == b"DATA":
            if self.recipient:
                self.in_body = self._answer("data", FINE["data"])
            else:
                self.transport.write(b"503 5.5.1 for whom\r\n")
        elif verb == b"EHLO":
            self.transport.write(ABILITIES)
        elif verb in (b"HELO", b"RSET", b"NOOP"):
            self.transport.write(b"250 ok\r\n")
        elif verb == b"QUIT":
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
        else:
            self.transport.write(b"502 not known here\r\n")

    def _take(self, body: bytes) -> None:
        rule = self.book.rule_for("body", self.recipient) if self.book.rules else None
        if rule is None or rule.keep or not (rule.reply or rule.close):
            found = _MESSAGE_ID.search(body)
            text = body.decode("utf-8", "replace") if self.book.keep_bodies else ""
            self.book.taken.append((time.monotonic(), found[1].decode() if found else "", self.recipient, text))
        self._say(rule, FINE["body"])

    def _answer(self, stage: str, fine: bytes) -> bool:
        """Answer as the rules say; whether it was a yes."""
        rule = self.book.rule_for(stage, self.recipient) if self.book.rules else None
        self._say(rule, fine)
        return rule is None or not (rule.reply or rule.close)

    def _say(self, rule: Rule | None, fine: bytes) -> None:
        if rule is None:
            self.transport.write(fine)
        elif rule.wait:
            self.paused = True
            asyncio.get_running_loop().call_later(rule.wait, self._say_late, rule, fine)
        elif rule.close:
            self.transport.abort()
        else:
            self.transport.write(f"{rule.reply}\r\n".encode() if rule.reply else fine)

    def _say_late(self, rule: Rule, fine: bytes) -> None:
        self.paused = False
        if not self.transport.is_closing():
            if rule.close:
                self.transport.abort()
            else:
                self.transport.write(f"{rule.reply}\r\n".encode() if rule.reply else fine)
            self._go_on()


class Sink:
    """The sink as its starter sees it."""

    def __init__(self, *, keep_bodies: bool = False) -> None:
        command = [sys.executable, __file__, *(["--keep-bodies"] if keep_bodies else [])]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self.port, steering = (int(word) for word in self._process.stdout.readline().split())
        self._socket = socket.create_connection(("127.0.0.1", steering), timeout=30)
        self._file = self._socket.makefile("rw", encoding="utf-8")

    @property
    def url(self) -> str:
        """The address for `plugins.email.url`."""
        return f"smtp://127.0.0.1:{self.port}"

    def count(self) -> int:
        """How many mails were taken."""
        return int(self._ask("count"))

    def mails(self, after: int = 0) -> list[Taken]:
        """The mails taken, in order, without the first `after`."""
        return [Taken(*row) for row in self._ask("mails", after=after)]

    def rules(self, *rules: Rule) -> None:
        """Misbehave like this from now on; without rules, take everything again."""
        self._ask("rules", rules=[asdict(rule) for rule in rules])

    def shut(self) -> None:
        """Break all connections and let nobody in."""
        self._ask("shut")

    def open(self) -> None:
        """Let everybody in again."""
        self._ask("open")

    def clear(self) -> None:
        """Forget the mails taken."""
        self._ask("clear")

    def busy(self) -> float:
        """The processor seconds that it has used."""
        return float(self._ask("busy"))

    def connections(self) -> int:
        """How many connections were ever opened."""
        return int(self._ask("connections"))

    def close(self) -> None:
        """End it."""
        self._file.close()
        self._socket.close()
        self._process.communicate(timeout=10)

    def _ask(self, question: str, **details: Any) -> Any:
        self._file.write(json.dumps({"do": question, **details}) + "\n")
        self._file.flush()
        return json.loads(self._file.readline())


class Steering:
    """The port by which the sink is steered."""

    def __init__(self, book: Book) -> None:
        self.book = book

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer questions, one line each, until the asker leaves."""
        while line := await reader.readline():
            asked = json.loads(line)
            answer = self._do(asked.pop("do"), **asked)
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()

    def _do(self, what: str, after: int = 0, rules: list[dict[str, Any]] | None = None) -> Any:
        book = self.book
        if what == "mails":
            return book.taken[after:]
        if what == "rules":
            book.rules = [Rule(**rule) for rule in rules or []]
            book.seen.clear()
        elif what == "clear":
            book.taken.clear()
        elif what in ("shut", "open"):
            book.open = what == "open"
            for session in [] if book.open else list(book.sessions):
                session.transport.abort()
        return {"count": len(book.taken), "busy": time.process_time(), "connections": book.connections}.get(what)


async def _serve(*, keep_bodies: bool) -> None:
    book = Book(keep_bodies=keep_bodies)
    loop = asyncio.get_running_loop()
    mails = await loop.create_server(lambda: Session(book), "127.0.0.1", 0, backlog=1024)
    steering = await asyncio.start_server(Steering(book).talk, "127.0.0.1", 0, limit=2**20)
    ports = [server.sockets[0].getsockname()[1] for server in (mails, steering)]
    sys.stdout.write(f"{ports[0]} {ports[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)  # returns when the starter closes it, or dies


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(keep_bodies="--keep-bodies" in sys.argv))
