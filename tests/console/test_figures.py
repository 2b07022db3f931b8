"""Figures: what the page says is what the count says, over time and by group, and charts are whole."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from clarion.console.charts import bars, shares
from clarion.extensions import transaction
from clarion.signatures import counting
from clarion.signatures.models import CountHour, CountTotal
from clarion.testing import link

PATH = "/staff/campaigns/library/figures"


def sign(site, number: int, language: str = "en") -> None:
    site.instance.sign("library", language, email=f"signer{number}@readers.example", postal_code="20009")
    site.instance.work()
    site.instance.confirm(link(site.instance.mails()[-1], "confirm"))
    site.instance.work()


def table(page: str, heading: str) -> dict[str, str]:
    part = page[page.index(f"<h2>{heading}</h2>") :]
    part = part[: part.index("</section>")]
    return dict(re.findall(r'<th scope="row">([^<]*)</th>(?:<td><svg.*?</svg></td>)?<td>([^<]*)</td>', part))


def test_nobody_yet(logged_in) -> None:
    assert "Nobody has confirmed a signature yet." in logged_in(role="analyst").get(PATH).text


def test_what_was_signed_is_there_within_seconds(site, logged_in) -> None:
    for n in range(3):
        sign(site, n, "es" if n else "en")
    page = logged_in("wes@writers.example", "writers", "analyst").get(PATH).text
    assert table(page, "By language") == {"Español": "2", "English": "1"}
    assert table(page, "Where they came from") == {"The petition&#39;s page": "3"}
    assert list(table(page, "Since it began").values()) == ["3"]
    assert sum(map(int, table(page, "Signatures an hour, the last two days").values())) == 3
    # three of one place could be told apart by who knows one of them
    assert table(page, "By area") == {"Smaller areas, together": "3"}


def test_two_years_are_shown_by_week(site, logged_in) -> None:
    with site.console.app_context(), transaction() as session:
        campaign = session.execute(CountTotal.__table__.select()).first()
        number = 1 if campaign is None else campaign.campaign_id
        last = counting.this_hour()
        for day in range(700):
            session.add(CountHour(campaign_id=number, hour=last - 24 * day, n=10))
        session.add(CountTotal(campaign_id=number, language="en", source="page", area="", n=7000))
    page = logged_in().get(PATH).text
    assert 95 < page.count('<rect class="bar" x=') < 160
    assert "7,000" in page


@given(st.lists(st.tuples(st.text(max_size=8), st.integers(-(10**7), 10**7)), max_size=80))
def test_a_chart_holds_every_number_and_is_whole(points: list[tuple[str, int]]) -> None:
    kept = [("".join(letter for letter in label if letter.isprintable()), n) for label, n in points]
    chart = bars(kept, 'Title <&"', str)
    root = ElementTree.fromstring(chart.drawing)  # noqa: S314 - made here
    drawn = [one for one in root if one.tag == "rect"]
    assert len(drawn) == len(kept)
    for one in drawn:
        top, height = float(one.get("y")), float(one.get("height"))
        assert height >= 0
        assert -1 <= top <= 200
        assert top + height <= 201
    assert shares(kept, str).count("<tr>") == len(kept)
