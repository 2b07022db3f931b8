"""Images: what they are is looked at, not what they are called, and nothing but the picture is kept."""

import hashlib
import io
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image, PngImagePlugin

from clarion.campaigns.loader import Loaded
from clarion.campaigns.media import FORMATS, MAX_PIXELS, ImageRefused, read_image
from clarion.domain.faults import Fault
from clarion.testing import TABLE

Make = Callable[..., bytes]
OnlyFault = Callable[..., Fault]

PLACE = b"38 deg 53' N"


def photo_exif(orientation: int = 1) -> Image.Exif:
    """What a phone writes into a photo: where it was taken, with what, and how it was held."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Model] = "Phone of Ana"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (38.0, 53.0, 51.0)
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSProcessingMethod] = PLACE
    return exif


def served(raw: bytes) -> Image.Image:
    """The image as a browser gets it."""
    return Image.open(io.BytesIO(read_image("media/a", raw).content))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_where_a_photo_was_taken_is_not_told(picture: Make, kind: str) -> None:
    raw = picture(kind, exif=photo_exif())
    assert Image.open(io.BytesIO(raw)).getexif().get_ifd(ExifTags.IFD.GPSInfo)
    assert PLACE in raw
    assert PLACE not in read_image("media/a", raw).content
    assert not served(raw).getexif()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"comment": b"by Ana Reader"}),
        ("JPEG", {"xmp": b"<x:xmpmeta>by Ana Reader</x:xmpmeta>"}),
        ("WEBP", {"xmp": b"<x:xmpmeta>by Ana Reader</x:xmpmeta>"}),
        ("GIF", {"comment": b"by Ana Reader"}),
    ],
)
def test_what_is_written_into_a_file_is_not_told(picture: Make, kind: str, options: dict[str, bytes]) -> None:
    raw = picture(kind, mode="P" if kind == "GIF" else "RGB", **options)
    assert b"by Ana Reader" in raw
    assert b"Ana Reader" not in read_image("media/a", raw).content


def test_what_is_written_into_a_png_is_not_told(picture: Make) -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", "Ana Reader")
    notes.add_itxt("XML:com.adobe.xmp", "by Ana Reader", zip=False)
    raw = picture("PNG", pnginfo=notes)
    assert b"Ana Reader" in raw
    assert b"Ana Reader" not in read_image("media/a", raw).content


def test_what_hangs_behind_a_picture_is_not_served(picture: Make) -> None:
    for kind in FORMATS:
        raw = picture(kind, mode="P" if kind == "GIF" else "RGB") + b"<script>alert(1)</script>"
        assert b"<script>" not in read_image("media/a", raw).content


@pytest.mark.parametrize(("orientation", "upright"), [(1, (40, 30)), (3, (40, 30)), (6, (30, 40)), (8, (30, 40))])
def test_a_photo_stays_upright(picture: Make, orientation: int, upright: tuple[int, int]) -> None:
    raw = picture("JPEG", (40, 30), exif=photo_exif(orientation))
    media = read_image("media/a", raw).media
    assert (media.width, media.height) == upright
    assert served(raw).size == upright


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        *(("PNG", mode) for mode in ("RGB", "RGBA", "P", "LA", "L", "1")),
        *(("JPEG", mode) for mode in ("RGB", "L", "CMYK")),
        *(("WEBP", mode) for mode in ("RGB", "RGBA")),
        ("GIF", "P"),
    ],
)
def test_the_picture_stays_what_it_shows(picture: Make, kind: str, mode: str) -> None:
    raw = picture(kind, mode=mode)
    before = Image.open(io.BytesIO(raw)).convert("RGBA").resize((4, 3)).tobytes()
    after = served(raw).convert("RGBA").resize((4, 3)).tobytes()
    assert served(raw).format == kind
    assert max(abs(a - b) for a, b in zip(before, after, strict=True)) <= 12


def test_a_see_through_picture_stays_so() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((1, 0), 1)
    for kind in ("GIF", "PNG"):
        buffer = io.BytesIO()
        image.save(buffer, kind, transparency=0)
        shown = served(buffer.getvalue()).convert("RGBA")
        assert [shown.getpixel((x, 0)) for x in (0, 1)] == [(255, 0, 0, 0), (0, 0, 255, 255)]


@pytest.mark.parametrize(("kind", "mime"), FORMATS.items())
def test_an_image_is_known_by_its_content(picture: Make, kind: str, mime: str) -> None:
    found = read_image("media/x.exe", picture(kind, (40, 30)))
    assert (found.media.mime, found.media.width, found.media.height) == (mime, 40, 30)
    assert found.media.digest == hashlib.sha256(found.content).hexdigest()
    assert read_image("media/x.exe", picture(kind, (40, 30))) == found


def test_a_phones_double_picture_is_a_jpeg(picture: Make) -> None:
    first = Image.open(io.BytesIO(picture("JPEG")))
    buffer = io.BytesIO()
    first.save(buffer, "MPO", save_all=True, append_images=[first.copy()])
    assert Image.open(io.BytesIO(buffer.getvalue())).format == "MPO"
    assert served(buffer.getvalue()).format == "JPEG"


def test_too_many_pixels(picture: Make) -> None:
    header = picture("PNG", (1, 1))
    for width in (5001, 60_000):
        chunk = b"IHDR" + width.to_bytes(4, "big") + (MAX_PIXELS // 5000).to_bytes(4, "big") + header[24:29]
        bomb = header[:12] + chunk + zlib.crc32(chunk).to_bytes(4, "big") + header[33:]
        with pytest.raises(ImageRefused, match="25 million pixels"):
            read_image("media/a", bomb)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not an image",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><svg/>",
        b"MZ\x90\x00 this is a program",
        b"%PDF-1.7",
        b"%!PS-Adobe-3.0 EPSF-3.0",
        b"GIF89a<script>alert(1)</script>",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
    ],
)
@pytest.mark.parametrize("name", ["media/a.png", "media/a.svg"])
def test_what_is_no_image(fault: OnlyFault, name: str, raw: bytes) -> None:
    found = fault({"campaign.toml": f'image = "{name}"\n{TABLE}', name: raw})
    assert found.file == name
    assert found.message.startswith("The image is not a")
    assert "Save it" in found.hint


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO", "PPM", "TGA"])
def test_other_kinds_of_images_are_refused(picture: Make, kind: str) -> None:
    with pytest.raises(ImageRefused, match="PNG, JPEG, WebP or GIF"):
        read_image("media/a.png", picture(kind))


def test_half_an_image_is_refused(picture: Make) -> None:
    for kind in ("PNG", "JPEG"):
        raw = picture(kind, (200, 200))
        with pytest.raises(ImageRefused, match="not a readable image"):
            read_image("media/a", raw[: len(raw) // 2])


@given(st.sampled_from(["PNG", "JPEG", "GIF", "WEBP"]), st.integers(0, 2000), st.binary(min_size=1, max_size=40))
def test_whatever_the_bytes_are_they_are_an_image_or_refused(kind: str, place: int, noise: bytes) -> None:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((16, 16)).save(buffer, kind)
    raw = buffer.getvalue()
    place %= len(raw)
    try:
        found = read_image("media/a", raw[:place] + noise + raw[place + len(noise) :])
    except ImageRefused:
        return
    assert Image.open(io.BytesIO(found.content)).size == (found.media.width, found.media.height)


def test_an_image_of_two_texts_is_faulty_once(fault: OnlyFault) -> None:
    texts = {f"{code}.md": "---\ntitle: T\nask: A\n---\n![x](media/a.png)\n" for code in ("en", "es")}
    assert fault({**texts, "media/a.png": "no image"}).file == "media/a.png"


def test_only_images_that_are_shown_are_taken(
    make_folder: Callable[..., Path], load: Callable[..., Loaded], picture: Make
) -> None:
    text = "---\ntitle: T\nask: A\n---\n![x](<media/el niño.png>) ![y](media/b.png)\n"
    files = {name: picture(size=(9, 9 + number)) for number, name in enumerate(["share", "el niño", "b", "unused"])}
    toml = f'image = "media/share.png"\n{TABLE}'
    folder = make_folder(
        files={"campaign.toml": toml, "en.md": text, **{f"media/{n}.png": r for n, r in files.items()}}
    )
    loaded = load(folder)
    assert loaded.faults == []
    assert loaded.campaign is not None
    assert loaded.campaign.image is not None
    assert loaded.campaign.image.name == "media/share.png"
    assert {media.name for media in loaded.campaign.media} == {"media/share.png", "media/el niño.png", "media/b.png"}
    assert {p.media for p in loaded.pictures} == set(loaded.campaign.media)


def test_a_name_with_an_accent_is_found_however_it_is_composed(
    faults: Callable[..., list[Fault]], picture: Make
) -> None:
    text = "---\ntitle: T\nask: A\n---\n\n![A child](media/ni\u00f1o.png)\n"
    assert faults({"en.md": text, "media/nin\u0303o.png": picture()}) == []
