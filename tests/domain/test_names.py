"""Names: every real one is taken unchanged, nothing else gets through, little of it is shown."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarion.domain.names import MAX_NAME, TextRefused, clean_name, clean_text, public_name

REAL = [
    "O'Brien",
    "Sinéad O’Brien",
    "’t Hooft",
    "ʻAkahi Kealoha",
    "李",
    "李明",
    "佐々木 希",
    "김민준",
    "Ñ",
    "Nguyễn",
    "Nguyễn Thị Minh Khai",
    "X Æ",
    "X Æ A-12",
    "U",
    "Ng",
    "García-López",
    "Jean-Luc de la Fontaine",
    "Łukasz Żółć",
    "محمد بن سلمان",
    "دانیال علی\u200cزاده",
    "שרה כהן",
    "דוד בן־גוריון",
    "ኃይሌ ገብረሥላሴ",
    "ประยุทธ์ จันทร์โอชา",
    "லட்சுமி",
    "Suharto",
    "Null",
    "True",
    "None",
    "NaN",
    "Martin Luther King Jr.",
    "Dr. Ly Tran",
    "Mr. Dev Patel",
    "Prof. Me Nguyen",
    "J. R. R. Tolkien",
    "María (Mari) Ruiz",
    'Dwayne "The Rock" Johnson',
    "Ana {{7*7}}",
    "Ana %s%n",
    "script",
]

REFUSED = [
    ("", "empty"),
    (" \n\t ", "empty"),
    ("\u202e\u200b", "empty"),
    ("a" * (MAX_NAME + 1), "too_long"),
    ("a" * 10_000, "too_long"),
    ("https://spam.example", "link"),
    ("Ana http : spam", "link"),
    ("Ana www.spam", "link"),
    ("bit.ly/x", "link"),
    ("Ana bit . ly", "link"),
    ("cheap-pills.com", "link"),
    ("Ana x.y.cheap . com", "link"),
    ("cheap. com", "link"),
    ("w w w . x . com", "link"),
    ("//spam", "link"),
    ("Ana @spam", "link"),
    ("ana@readers.example", "link"),
    ("=HYPERLINK(A1)", "start"),
    ("=1+1", "start"),
    ("＝1+1", "start"),
    ("+1", "start"),
    ("-Maria", "start"),
    ("−Maria", "start"),
    ("@x", "link"),
    ("@ x", "start"),
    ("\t=1+1", "start"),
    ("'=1+1", "start"),
    ("  \u200b=1+1", "start"),
    ("|calc", "start"),
    ("<script>alert(1)</script>", "start"),
    ('"><svg onload=alert(1)>', "start"),
    ("{{7*7}}", "start"),
    ("${7*7}", "start"),
    ("123", "start"),
    ("'", "start"),
    ("😀", "start"),
    ("\u200d", "start"),
    ("Ana\0", "characters"),
    ("Ana\x07Reader", "characters"),
    ("Ana\x1b[2J", "characters"),
    ("Ana\nBcc: all@readers.example", "characters"),
    ("Ana\r\nBcc: all", "characters"),
    ("Ana\ufffd", "characters"),
    ("Ana\ufffe", "characters"),
    ("Ana\ud800", "characters"),
    ("Ana\x85Reader", "characters"),
]


@pytest.mark.parametrize("name", REAL)
def test_real_names_are_taken_unchanged(name: str) -> None:
    assert clean_name(name) == name
    assert clean_name(f"  {name}\t\n") == name


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_what_is_no_name_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(TextRefused) as refused:
        clean_name(text)
    assert refused.value.reason == reason


def test_the_longest_name_is_taken() -> None:
    assert clean_name("a" * MAX_NAME) == "a" * MAX_NAME


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ana  María\u00a0 López", "Ana María López"),
        ("Nguye\u0302\u0303n", "Nguyễn"),
        ("Ana\u202eReader", "AnaReader"),
        ("An\u00ada", "Ana"),
        ("e\u200e\u0301va", "éva"),
        ("\ufeffAna", "Ana"),
    ],
)
def test_what_cannot_be_seen_is_taken_out(text: str, name: str) -> None:
    assert clean_name(text) == name


@given(st.text())
def test_whatever_is_taken_is_one_visible_line(text: str) -> None:
    try:
        name = clean_name(text)
    except TextRefused:
        return
    assert clean_name(name) == name
    assert name == unicodedata.normalize("NFC", name)
    assert 0 < len(name) <= MAX_NAME
    assert not any(unicodedata.category(c)[0] == "C" and c not in "\u200c\u200d" for c in name)
    assert name[0] not in "=+-@\t\r\n|"


@given(st.lists(st.text(st.characters(categories=["L"]), min_size=1, max_size=8), min_size=1, max_size=4))
def test_words_of_letters_are_a_name_in_any_script(words: list[str]) -> None:
    name = unicodedata.normalize("NFC", " ".join(words))
    assert clean_name(name) == name


@given(st.text())
def test_free_text_keeps_its_lines_and_loses_what_is_hidden(text: str) -> None:
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    assert not any(unicodedata.category(c)[0] == "C" and c not in "\n\u200c\u200d" for c in cleaned)
    assert clean_text(f"a\r\n{text}\rb").startswith("a\n")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ana López", "Ana L."),
        ("ana lópez", "ana L."),
        ("Ana María de la Cruz", "Ana C."),
        ("Sinéad O'Brien", "Sinéad O."),
        ("Martin Luther King Jr.", "Martin K."),
        ("Henry Ford III", "Henry F."),
        ("García-López", "García-López"),
        ("Suharto", "Suharto"),
        ("U", "U"),
        ("Jr", "Jr"),
        ("Ana (López)", "Ana L."),
        ("محمد علي", "محمد ع."),
        ("שרה כהן", "שרה כ."),
        ("李明", "李."),
        ("李 明", "李."),
        ("佐々木", "佐."),
        ("田中ひろし", "田."),
        ("タナカ ヒロシ", "タ."),
        ("김민준", "김."),
        ("约翰·史密斯", "约."),
    ],
)
def test_little_is_shown_of_a_name(name: str, shown: str) -> None:
    assert public_name(name) == shown


@given(st.lists(st.text(st.characters(categories=["Lu", "Ll"]), min_size=4, max_size=8), min_size=2, max_size=4))
def test_a_surname_is_never_shown(words: list[str]) -> None:
    name = clean_name(" ".join(words))
    shown = public_name(name)
    assert shown.endswith(".")
    assert len(shown.split()) <= 2
    assert shown.split()[0] in (name.split()[0], f"{name[0]}.")


@given(st.text())
def test_something_is_shown_of_every_name(text: str) -> None:
    try:
        name = clean_name(text)
    except TextRefused:
        return
    shown = public_name(name)
    assert shown.strip(" .")
    assert len(shown.split()) <= 2
