"""A client that was written for Action Network, this plugin's own, works with the OSDI of Clarion itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

from clarion.domain.person import Person
from clarion.domain.scopes import SCOPES
from clarion.extensions import now
from clarion.rest import keys
from clarion.sharing import Shared
from clarion.testing import Instance, link
from clarion_actionnetwork.calls import Answer, Line
from clarion_actionnetwork.groups import Group
from clarion_actionnetwork.models import Signer
from clarion_actionnetwork.outcomes import embedded, entry_point, identifiers, outcome, person_of
from clarion_actionnetwork.plans import Subscribe, subscribing

STEP = Subscribe(("email",))


def dialled(url: str, key: str) -> tuple[Group, Line]:
    """A group whose Action Network is a Clarion, and a connection to it."""
    group = Group(organisation="readers", key=key, url=f"{url}/api/osdi/v1", tags=("petition",))  # type: ignore[arg-type]
    return group, Line(group)


def told_of(group: Group, name: str) -> bytes:
    """What this plugin tells of somebody who said yes to mails."""
    person = Person(name, f"{name.partition(' ')[0].lower()}@readers.example", postal_code="20009", country="US")
    shared = Shared(1, "library", person, "es", ("email",), now(), now())
    return subscribing(Signer(mark="m1", campaign="library", rank=0), shared, group, ("email",), "https://a.example")[1]


def test_a_person_is_told_of_and_read_back(
    either_instance: Instance, serve_instance: Callable[[Instance], str]
) -> None:
    with either_instance.context():
        key = keys.add("readers", "a test", SCOPES, 365)[1]
    group, line = dialled(serve_instance(either_instance), key)
    assert entry_point(line.call("GET", "")).kind == "done"
    path, since = "/petitions/library/signatures", f"{now() - timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}"
    for name, query in (("Ana Maria Reader", ""), ("Bo", "?background_request=true")):
        answer = line.call("POST", path + query, told_of(group, name))
        assert outcome(STEP, answer, background=bool(query), petition=True).kind == "done"
        either_instance.work()
        either_instance.confirm(link(either_instance.mails()[-1], "confirm"), tick=True)
    looked = path + "?filter=" + quote(f"modified_date gt '{since}'")
    page = line.call("GET", f"{looked}&per_page=25&page=1")
    assert isinstance(page, Answer)
    found = embedded(page.body, "osdi:signatures")
    assert [(identifiers(one), person_of(one)) for one in found] == [(["clarion:1"], "1"), (["clarion:2"], "2")]
    by_address = quote("email_address eq 'ana@readers.example'")
    (person,) = embedded(line.call("GET", f"/people?filter={by_address}").body, "osdi:people")
    assert (person["given_name"], person["family_name"]) == ("Ana", "Maria Reader")
    assert person["email_addresses"][0] == {"primary": True, "address": "ana@readers.example", "status": "subscribed"}
    assert person["languages_spoken"] == ["es"]
    line.close()


def test_what_is_refused_reads_as_it_does_there(instance: Instance, serve_instance: Callable[[Instance], str]) -> None:
    url = serve_instance(instance)
    with instance.context():
        key = keys.add("readers", "a test", SCOPES, 365)[1]
    group, line = dialled(url, key)
    _, stranger = dialled(url, "clk_" + "x" * 43)
    assert entry_point(stranger.call("GET", "")).kind == "key"
    told = told_of(group, "Ana Reader")
    assert outcome(STEP, stranger.call("POST", "/petitions/library/signatures", told)).kind == "key"
    assert outcome(STEP, line.call("POST", "/petitions/nothing/signatures", told), petition=True).kind == "refused"
    assert outcome(STEP, line.call("POST", "/people", told)).kind == "refused", "nobody is here who signed nothing"
    wrong = told.replace(b"ana@readers.example", b"ana")
    assert outcome(STEP, line.call("POST", "/petitions/library/signatures", wrong)).kind == "refused"
    for one in (line, stranger):
        one.close()
