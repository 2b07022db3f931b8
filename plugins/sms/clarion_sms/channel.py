"""The channel `sms`: each text passes the rules for numbers and the caps, waits for its turn, and leaves once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from clarion.api import Due, NotYet, Refused, Retry, Signer, Text, Unreachable, Unsure, now

from . import composing, numbers, tallies, turns
from .gateways import Gateway
from .segments import measure
from .settings import SmsSettings


class SmsChannel:
    """Of one application."""

    def __init__(
        self,
        settings: SmsSettings,
        gateways: Sequence[Gateway],
        clock: Callable[[], datetime] = now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings, self._gateways, self._clock, self._sleep = settings, gateways, clock, sleep

    def compose(self, message: Due, signer: Signer | None) -> Text:
        """What a text says."""
        return composing.compose(message, signer)

    def send(self, text: Text) -> str:
        """Hand a text over. Raises `NotYet` where caps and turns are ours, and what a `Channel` may raise."""
        if fault := numbers.fault(text.recipient, self._settings.regions):
            raise Refused(f"not texted: {fault}")
        turn = turns.take(self._gateways, self._settings.rate, self._clock())
        limits = tallies.caps(self._settings, text, self._clock())
        micros = round(measure(text.words).segments * self._settings.price * tallies.MICROS)
        tallies.put_aside(limits, micros, self._clock())
        self._sleep(turn.wait.total_seconds())
        try:
            if turn.wait:
                turns.check(turn.gateway.name, self._clock())
            accepted = turn.gateway.send(text)
        except Unsure:
            # it may have been taken, so it counts and costs
            self._failed(turn.gateway, missed=False)
            raise
        except Unreachable:
            tallies.give_back(limits, micros)
            self._failed(turn.gateway, missed=True)
            raise
        except Retry as error:
            tallies.give_back(limits, micros)
            if error.wait is not None:
                turns.asked_to_wait(turn.gateway.name, self._clock(), error.wait)
            else:
                self._failed(turn.gateway, missed=False)
            raise
        except (Refused, NotYet):
            tallies.give_back(limits, micros)
            raise
        turns.worked(turn.gateway.name)
        return accepted.code

    def _failed(self, gateway: Gateway, *, missed: bool) -> None:
        turns.failed(gateway.name, self._clock(), missed=missed, others=len(self._gateways) > 1)
