"""What was being asked when a process died: a hook that ends processes outright is found out by those that come after.

No code runs in a process that `os._exit` or a crash in C ends, so what it is at is written down before. A file of each
process names the hooks that it is asking; a lock on it, which the kernel takes off, tells whether the process lives.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

KEPT = 3600.0
"""Seconds for which it is remembered who was being asked when a process died."""


class BlackBox:
    """The hooks that this process asks, and those that dead processes were asking."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder, self._clock = folder, clock
        self._lock = threading.Lock()
        self._asked: Counter[str] = Counter()
        self._file: tuple[int, int] | None = None
        """Of which process, and its number there."""
        self._length = 0

    def deaths(self, hook: str) -> list[float]:
        """When processes died that were asking this hook, in seconds since 1970, the newest last."""
        found: list[float] = []
        for path in self._folder.glob("*.asked"):
            with suppress(OSError), path.open("rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                died = os.fstat(file.fileno()).st_mtime
                asked = file.read().decode().split("\n")
                if not any(asked) or self._clock() - died > KEPT:
                    path.unlink(missing_ok=True)
                elif hook in asked:
                    found.append(died)
        return sorted(found)

    @contextmanager
    def asking(self, hook: str) -> Iterator[None]:
        """Write down that a hook is asked, for as long as it is."""
        self._write(hook, 1)
        try:
            yield
        finally:
            self._write(hook, -1)

    def _write(self, hook: str, more: int) -> None:
        with self._lock, suppress(OSError):  # where nothing can be written, it is as if there were no such box
            self._asked[hook] += more
            words = "\n".join(sorted(+self._asked)).encode()
            file = self._own()
            os.pwrite(file, words.ljust(self._length, b"\n"), 0)
            self._length = len(words)

    def _own(self) -> int:
        """The file of this process."""
        if self._file is not None and self._file[0] == os.getpid():
            return self._file[1]
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{os.getpid()}-{time.time_ns()}"
        hidden = self._folder / f".{name}"
        file = os.open(hidden, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        hidden.rename(self._folder / f"{name}.asked")  # seen by others only once it is locked
        self._file, self._length = (os.getpid(), file), 0
        return file

    def close(self) -> None:
        """Leave no file behind."""
        if self._file is not None and self._file[0] == os.getpid():
            os.close(self._file[1])
        self._file = None
