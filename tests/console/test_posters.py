"""Posters in the console."""

from __future__ import annotations

import re


def test_they_are_offered_and_taken_away(logged_in) -> None:
    wes = logged_in("wes@writers.example", "writers", "analyst")
    page = wes.get("/staff/campaigns/library/posters").text
    paths = re.findall(r'href="(/staff/campaigns/library/posters/[^"]+\.pdf)"', page)
    assert len(paths) == 12
    answer = wes.get(paths[0])
    assert (answer.status_code, answer.content_type, answer.data[:5]) == (200, "application/pdf", b"%PDF-")
    assert 'filename="library-poster-letter-en.pdf"' in answer.headers["Content-Disposition"]
    for odd in ("poster-letter-xx", "poster-a3-en", "banner-a4-en", "poster-a4-en+es+en", "poster-a4-"):
        assert wes.get(f"/staff/campaigns/library/posters/{odd}.pdf").status_code == 404
