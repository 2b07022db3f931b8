"""Origins that plugins name: their pages may sign by script, and a plugin that fails opens nothing."""

from __future__ import annotations

import pytest

from clarion.campaigns.live import live_campaigns
from clarion.plugins.guard import FAILURES

NAMES = """
class P(Plugin):
    api = API_VERSION

    @hookimpl
    def partner_origins(self{parameters}):
        {body}
"""

GIVEN = {
    "a member's site": ("return {'https://writers.example': 'writers'}", "writers"),
    "nobody's of the campaign": ("return {'https://writers.example': 'strangers'}", None),
    "a text": ("return 'https://writers.example'", None),
    "a list": ("return ['https://writers.example']", None),
    "no text": ("return {'https://writers.example': 5}", None),
    "nothing": ("return None", None),
    "an error": ("raise SystemExit(3)", None),
    "too late": ("threading.Event().wait(5)", None),
}


@pytest.mark.parametrize("parameters", ["", ", campaign"])
@pytest.mark.parametrize("case", GIVEN)
def test_only_what_is_right_is_taken(install, hasty, make_instance, make_folder, case, parameters) -> None:
    body, expected = GIVEN[case]
    install(sites=NAMES.format(body=body, parameters=parameters))
    made = make_instance(plugins={"sites": {}})
    made.publish(make_folder())
    asked = {"Origin": "https://writers.example"}
    answers = [made.client.options("/api/v1/campaigns/library/signatures", headers=asked) for _ in range(FAILURES + 2)]
    allowed = {answer.headers.get("Access-Control-Allow-Origin") for answer in answers}
    assert allowed == ({"https://writers.example"} if expected else {None})


def test_two_plugins_may_name_sites(install, make_instance, make_folder) -> None:
    one = NAMES.format(body="return {'https://writers.example': 'writers'}", parameters="")
    two = NAMES.format(
        body="return {'https://writers.example': 'readers', 'https://r.example': 'readers'}", parameters=""
    )
    install(one=one, two=two)
    made = make_instance(plugins={"one": {}, "two": {}})
    made.publish(make_folder())
    origins = made.app.extensions["clarion.origins"]
    with made.context():
        live = live_campaigns().get("library")
        assert origins(live) == {"https://writers.example": "writers", "https://r.example": "readers"}
