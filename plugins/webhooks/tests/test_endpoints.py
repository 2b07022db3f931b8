"""Endpoints that cannot be are refused at the start."""

from __future__ import annotations

import pytest

from clarion.settings import SettingsError

SECRET = "whsec_" + "a" * 43 + "="
REFUSED = {
    "inside": ({"url": "https://127.1/"}, "endpoints.readers.url: 127.1 is an address in an unusual spelling"),
    "itself": (
        {"url": "https://petitions.site.example/"},
        "endpoints.readers.url: petitions.site.example is this site",
    ),
    "short secret": ({"secret": "whsec_abcd"}, 'endpoints.readers.secret: write "whsec_" and 24 to 64 random bytes'),
    "no secret": ({"secret": "hunter2"}, 'endpoints.readers.secret: write "whsec_"'),
    "odd event": ({"events": ["signature.made"]}, 'there is no event "signature.made". Known are signature.confirmed'),
    "no events": ({"events": []}, "name an event, or leave this out"),
    "nobody's": ({"organisation": ""}, "endpoints.readers.organisation"),
    "odd key": ({"colour": "red"}, "plugins.webhooks.endpoints.readers.colour: there is no such setting"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_the_start_is_refused(case: str, make_instance) -> None:
    changes, words = REFUSED[case]
    endpoint = {"url": "https://hooks.readers.example/", "organisation": "readers", "secret": SECRET, **changes}
    with pytest.raises(SettingsError) as told:
        make_instance(
            site={"base_url": "https://petitions.site.example"},
            plugins={"webhooks": {"endpoints": {"readers": endpoint}}},
        )
    assert words in str(told.value)
    assert "hunter2" not in str(told.value)
    assert len(str(told.value).splitlines()) == 1


def test_an_endpoint_with_an_odd_name_is_refused(make_instance) -> None:
    endpoint = {"url": "https://hooks.readers.example/", "organisation": "readers", "secret": SECRET}
    with pytest.raises(SettingsError, match='"Our readers" is no name of one'):
        make_instance(plugins={"webhooks": {"endpoints": {"Our readers": endpoint}}})
