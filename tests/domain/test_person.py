"""A signer's details, which must not slip into a log."""

from dataclasses import fields

from clarion.domain.person import Person

ANA = Person("Ana Reader", "ana@readers.example", "20009", "US", "+12025550100", "I read.")


def test_a_person_names_nobody_when_printed() -> None:
    for shown in (repr(ANA), str(ANA), f"{ANA}", f"{[ANA]}", f"{ANA!r}"):
        assert not [value for value in ANA.to_details().values() if value in shown]


def test_details_come_back_as_they_were() -> None:
    assert Person.from_details(ANA.to_details()) == ANA
    assert list(ANA.to_details()) == [f.name for f in fields(Person)]


def test_details_of_an_earlier_or_later_version_are_read() -> None:
    older = Person.from_details({"name": "Ana", "email": "ana@readers.example", "something": "new"})
    assert older == Person("Ana", "ana@readers.example")
