"""What pages know of counts: old at most by a moment, and never older than one's own signature."""

from __future__ import annotations

import pytest

from clarion.pages.pulse import Pulse
from clarion.signatures import counting


def test_what_was_read_before_a_signature_is_not_shown_to_its_signer(monkeypatch: pytest.MonkeyPatch) -> None:
    pulse, reads = Pulse(), [0, 1]

    def read_slowly() -> dict[int, int]:
        found = reads.pop(0)
        if reads:
            pulse.forget()  # somebody confirms while another visitor's read is under way
        return {7: found}

    monkeypatch.setattr(counting, "all_counts", read_slowly)
    assert pulse.count(7) == 0
    assert pulse.count(7) == 1
    assert pulse.count(7) == 1, "what is fresh is not read again"
