"""Loading a folder as the platform does, for the tests of this feature."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from clarion.campaigns.loader import Loaded, load_folder
from clarion.domain.faults import Fault
from clarion.i18n import read_languages


def wording(language: str, channel: str, organisation: str) -> str:
    """The words of a consent box, recognisable."""
    return f"{organisation} by {channel} in {language}"


@pytest.fixture
def load() -> Callable[..., Loaded]:
    """Load a folder with the platform's own languages; the root is the folder above unless given."""

    def load_it(folder: Path, root: Path | None = None) -> Loaded:
        return load_folder(folder, root or folder.parent, read_languages(), wording)

    return load_it


@pytest.fixture
def faults(make_folder: Callable[..., Path], load: Callable[..., Loaded]) -> Callable[..., list[Fault]]:
    """The faults of the folder `library` with some files replaced; `None` leaves one out."""

    def faults_of(files: dict[str, str | bytes | None], slug: str = "library") -> list[Fault]:
        loaded = load(make_folder(slug, files))
        assert (loaded.campaign is None) == bool(loaded.errors)
        return loaded.faults

    return faults_of


@pytest.fixture
def fault(faults: Callable[..., list[Fault]]) -> Callable[..., Fault]:
    """The one fault of such a folder: what follows from it must not be told as further ones."""

    def only(files: dict[str, str | bytes | None], slug: str = "library") -> Fault:
        found = faults(files, slug)
        assert len(found) == 1, [str(one) for one in found]
        assert found[0].message
        assert found[0].hint
        return found[0]

    return only


@pytest.fixture
def picture() -> Callable[..., bytes]:
    """The bytes of an image file: `picture("PNG", (40, 30), exif=...)`."""

    def make(kind: str = "PNG", size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: Any) -> bytes:
        buffer = io.BytesIO()
        image = Image.linear_gradient("L").resize(size).convert(mode)
        image.save(buffer, kind, **options)
        return buffer.getvalue()

    return make
