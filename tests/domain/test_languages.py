"""A language as people see it."""

from clarion.domain.languages import Language


def test_a_language_is_written_from_left_to_right_unless_said_otherwise() -> None:
    assert Language("es", "Español").direction == "ltr"
    assert Language("ar", "العربية", "rtl").direction == "rtl"
