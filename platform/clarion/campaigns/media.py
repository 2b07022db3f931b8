"""Images of a campaign: checked for what they are, rid of what they should not tell."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from ..domain.campaign import Media

MAX_BYTES = 2 * 1024 * 1024
MAX_PIXELS = 25_000_000
FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
KINDS = {"MPO": "JPEG"}
"""Phones write a JPEG that holds a second picture behind the first; it is served as a plain JPEG."""
_PART_OF_THE_PICTURE = ("transparency", "icc_profile", "background")
_TOO_MANY_PIXELS = "has more than 25 million pixels. Make it smaller, 1200 by 630 is plenty."
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".gif"}


class ImageRefused(ValueError):
    """The file cannot be used as an image; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as it will be served."""

    media: Media
    content: bytes


def read_image(name: str, raw: bytes) -> Picture:
    """The image without its metadata: a photo can carry the place where it was taken.

    SVG is refused, as it can hold scripts. The pixels are encoded anew, so what is served is an
    image and nothing else.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(raw), formats=list(FORMATS)) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise ImageRefused(_TOO_MANY_PIXELS)
                kind = KINDS.get(str(image.format), str(image.format))
                upright = ImageOps.exif_transpose(image)
                content = _encode(upright, kind)
    except ImageRefused:
        raise
    except UnidentifiedImageError as error:
        raise ImageRefused("is not a PNG, JPEG, WebP or GIF. Save it as one of these.") from error
    except Image.DecompressionBombError as error:
        raise ImageRefused(_TOO_MANY_PIXELS) from error
    except Exception as error:  # on broken bytes a decoder raises whatever it stumbles over
        raise ImageRefused("is not a readable image. Save it again as PNG or JPEG.") from error
    digest = hashlib.sha256(content).hexdigest()
    return Picture(Media(name, digest, FORMATS[kind], upright.width, upright.height), content)


def _encode(image: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    image.info = {key: image.info[key] for key in _PART_OF_THE_PICTURE if key in image.info}
    image.save(buffer, kind, quality=85, optimize=True)
    return buffer.getvalue()
