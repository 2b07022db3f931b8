"""Names in the settings that no campaign knows: nothing else would ever tell, as what they stand for never happens."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from .campaign import Campaign
from .faults import did_you_mean


def misnamed(campaigns: Sequence[Campaign], organisation: str, named: Collection[str] = ()) -> Iterator[str]:
    """What is wrong where settings name an organisation and campaigns of it, or with none all: a sentence each."""
    if not campaigns:
        return
    slugs = [campaign.slug for campaign in campaigns]
    for slug in named:
        if slug not in slugs:
            yield f'There is no campaign "{slug}". {did_you_mean(slug, slugs)}'
    among = [(f'The campaign "{one.slug}" has no', [one]) for one in campaigns if one.slug in named]
    for words, some in among if named else [("No campaign has an", campaigns)]:
        known = {one.id for campaign in some for one in campaign.organisations}
        if organisation not in known:
            yield f'{words} organisation "{organisation}". {did_you_mean(organisation, known)}'
