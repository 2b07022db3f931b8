"""A TCP proxy that stands between a site and one of its parts, and misbehaves when told to."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal

CHUNK = 65536
SLICES = 10
"""Slices a second in which throttled bytes go on."""


@dataclass(slots=True, eq=False)
class Trap:
    """What to do once some bytes come by: `hold` them and all that follows, or pass them on and `cut`."""

    marker: bytes
    then: Literal["hold", "cut"]
    from_server: bool
    times: int
    sprung: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, times: int = 1, seconds: float = 30.0) -> None:
        """Wait until it has sprung so many times."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.sprung >= times, seconds), f"{self.marker!r} never came by"

    def spring(self) -> None:
        """Note that the bytes came by."""
        with self.changed:
            self.sprung += 1
            self.changed.notify_all()


@dataclass(slots=True, eq=False)
class _Link:
    """One connection through the proxy."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    held_by: Trap | None = None

    def close(self) -> None:
        """End both sides in good order: what was written still arrives."""
        for side in (self.client, self.server):
            if side is not None:
                side.close()

    def reset(self) -> None:
        """End both sides as a crash does: the server gets what was passed on, the client nothing more."""
        if self.server is not None:
            self.server.close()
        with contextlib.suppress(OSError):
            # a linger of no time makes the close a reset
            self.client.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
        self.client.transport.abort()


class Proxy:
    """Listens on a port of its own and passes everything on to another, until told otherwise.

    What a blackhole or a trap holds back is passed on afterwards: to both ends it looks like a partner
    that hangs, and then goes on.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.refused = 0
        """Connections that were turned away."""
        self._mode: Literal["pass", "blackhole", "refuse"] = "pass"
        self._delay = 0.0
        self._rate = 0
        self._traps: list[Trap] = []
        self._links: set[_Link] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self.port = self._call(self._open())

    def resume(self) -> None:
        """Pass everything on at once again, what was held included."""
        self._call(self._change("pass"))

    def blackhole(self) -> None:
        """Take connections and bytes, and let nothing through."""
        self._call(self._change("blackhole"))

    def delay(self, seconds: float) -> None:
        """Pass on what the client sends after so many seconds."""
        self._call(self._change("pass", delay=seconds))

    def throttle(self, rate: int) -> None:
        """Pass on so many bytes a second from the client."""
        self._call(self._change("pass", rate=rate))

    def cut(self, *, refuse: bool = False) -> None:
        """Reset every connection; with `refuse` also those that come, until `resume`."""
        self._call(self._change("refuse" if refuse else "pass", cut=True))

    def trap(self, marker: bytes, then: Literal["hold", "cut"], *, from_server: bool = False, times: int = 1) -> Trap:
        """Wait for bytes on any connection, on as many as `times`."""
        trap = Trap(marker, then, from_server, times)
        self._traps.append(trap)
        return trap

    def release(self, trap: Trap) -> None:
        """Let go what a trap holds, and take it away."""
        self._call(self._release(trap))

    @property
    def connections(self) -> int:
        """How many connections go through it now."""
        return len(self._links)

    def close(self) -> None:
        """End it with all its connections."""
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _open(self) -> int:
        self._changed = asyncio.Condition()
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def _change(
        self, mode: Literal["pass", "blackhole", "refuse"], *, delay: float = 0.0, rate: int = 0, cut: bool = False
    ) -> None:
        self._mode, self._delay, self._rate = mode, delay, rate
        if cut:
            for link in list(self._links):
                link.reset()
        elif mode == "pass":
            self._traps.clear()
            for link in self._links:
                link.held_by = None
        async with self._changed:
            self._changed.notify_all()

    async def _release(self, trap: Trap) -> None:
        if trap in self._traps:
            self._traps.remove(trap)
        for link in self._links:
            if link.held_by is trap:
                link.held_by = None
        async with self._changed:
            self._changed.notify_all()

    async def _close(self) -> None:
        self._server.close()
        for link in list(self._links):
            link.reset()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link(writer)
        self._links.add(link)
        try:
            # cancelled by `close` only; asyncio would report that as a failure of this task
            with contextlib.suppress(OSError, asyncio.CancelledError):
                if self._mode == "refuse":
                    self.refused += 1
                    link.reset()
                    return
                await self._gate(link)
                back, link.server = await asyncio.open_connection("127.0.0.1", self.target)
                pumps = [
                    asyncio.ensure_future(self._pump(link, reader, link.server, from_server=False)),
                    asyncio.ensure_future(self._pump(link, back, writer, from_server=True)),
                ]
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
        finally:
            self._links.discard(link)
            link.close()

    async def _pump(
        self, link: _Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, from_server: bool
    ) -> None:
        """Carry one direction until either side ends."""
        tail = b""
        while data := await reader.read(CHUNK):
            if self._delay and not from_server:
                await asyncio.sleep(self._delay)
            trap = self._sprung(tail, data, from_server)
            tail = (tail + data)[-32:]
            if trap is not None and trap.then == "hold":
                link.held_by = trap
                trap.spring()
            await self._gate(link)
            await self._write(writer, data, slow=not from_server)
            if trap is not None and trap.then == "cut":
                link.reset()
                trap.spring()
                return
        await self._gate(link)

    def _sprung(self, tail: bytes, data: bytes, from_server: bool) -> Trap | None:
        """The trap whose bytes end in what has just come; they may have begun in what came before."""
        for trap in self._traps:
            if trap.from_server == from_server and trap.marker in tail[1 - len(trap.marker) :] + data:
                trap.times -= 1
                if trap.times <= 0:
                    self._traps.remove(trap)
                return trap
        return None

    async def _gate(self, link: _Link) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._mode != "blackhole" and link.held_by is None)

    async def _write(self, writer: asyncio.StreamWriter, data: bytes, *, slow: bool) -> None:
        size = max(1, self._rate // SLICES) if self._rate and slow else len(data)
        for start in range(0, len(data), size):
            writer.write(data[start : start + size])
            await writer.drain()
            if size < len(data):
                await asyncio.sleep(1 / SLICES)
