"""Pictures of a few words as PNG, and sheets as PDF: drawn by a process that ends with each and takes its fonts along.

A page's process would keep 25 MB for Latin letters and 60 MB once it has drawn Chinese, and each of them would. The
other process also keeps what can fail in a typesetter away from those who sign.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from ..monitoring import log

SECONDS = 20
"""After which a drawing is given up."""

_COMMAND = (sys.executable, "-m", "clarion.typesetting")


@dataclass(frozen=True)
class Drawing:
    """All that a picture is made from: equal drawings, equal pictures."""

    source: str = field(repr=False)
    """What Typst makes it with; all words come as data, so nothing that people wrote is read as typesetting."""
    given: Mapping[str, Any]
    scale: float = 1.0
    """Pixels for each point of the source."""
    form: Literal["png", "pdf"] = "png"

    @cached_property
    def digest(self) -> str:
        """A short name for its content."""
        return hashlib.sha256(self.told).hexdigest()[:16]

    @property
    def told(self) -> bytes:
        """What the one who draws it is told."""
        told = {"source": self.source, "given": dict(self.given), "scale": self.scale}
        if self.form != "png":
            told["form"] = self.form
        return json.dumps(told, ensure_ascii=False).encode()


def draw(drawing: Drawing) -> bytes:
    """Draw it: a third of a second, most of it for finding the fonts."""
    done = subprocess.run(_COMMAND, input=drawing.told, capture_output=True, timeout=SECONDS, check=True)  # noqa: S603 - our own module
    if done.stderr:
        log.warning("words left out of a picture", detail=done.stderr.decode())
    return done.stdout
