"""The channel `sms`: each text passes the rules for numbers and the caps, waits for its turn, and leaves once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from clarion.api import (
    Blocked,
    Due,
    NotYet,
    Refused,
    Retry,
    Signer,
    Text,
    Unreachable,
    Unsure,
    has_stopped,
    log,
    now,
    stop_number,
    transaction,
)

from . import composing, numbers, tallies, told, turns
from .gateways import Gateway, OptedOut
from .segments import measure
from .settings import SmsSettings
from .turns import Turn


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

    def takes(self, number: str) -> bool:
        """Whether a number may be texted at all."""
        return not numbers.fault(number, self._settings.regions)

    def send(self, text: Text) -> str:
        """Hand a text over. Raises `NotYet` where caps and turns are ours, and what a `Channel` may raise."""
        if fault := numbers.fault(text.recipient, self._settings.regions):
            raise Refused(f"not texted: {fault}")
        limits = tallies.caps(self._settings, text, self._clock())
        micros = round(measure(text.words).segments * self._settings.price * tallies.MICROS)
        # before it has a turn: what a cap holds back would use up the turns of all others
        tallies.put_aside(limits, micros, self._clock())
        try:
            turn = turns.take(self._gateways, self._settings.rate, self._clock())
            self._wait(turn)
            # a stop may have come since this text was looked at, and counts up to this moment
            if text.name not in composing.ALWAYS and has_stopped(text.recipient):
                raise Refused("stopped")
        except (NotYet, Refused):
            tallies.give_back(limits, micros)
            raise
        try:
            accepted = turn.gateway.send(text)
        except Unsure:
            # it may have been taken, so it counts and costs
            _note(lambda: turns.doubted(turn.gateway.name, self._clock(), others=self._others))
            if _note(lambda: told.knows(text.message_id)):
                return "told of"
            raise
        except Retry as error:
            tallies.give_back(limits, micros)
            raise self._put_off(turn.gateway, error) from None
        except Refused as error:
            tallies.give_back(limits, micros)
            if isinstance(error, OptedOut):
                with transaction() as session:
                    stop_number(session, text.recipient)
            self._answered(turn)
            raise
        self._answered(turn)
        return accepted.code

    @staticmethod
    def _answered(turn: Turn) -> None:
        if turn.shaky:
            _note(lambda: turns.worked(turn.gateway.name))

    @property
    def _others(self) -> bool:
        return len(self._gateways) > 1

    def _wait(self, turn: Turn) -> None:
        if turn.wait:
            self._sleep(turn.wait.total_seconds())
            turns.check(turn.gateway.name, self._clock())

    def _put_off(self, gateway: Gateway, error: Retry) -> Retry:
        """Keep what is known of the gateway now; what the lane shall make of it."""
        moment = self._clock()
        if isinstance(error, Unreachable):
            turns.missed(gateway.name, moment, others=self._others)
        elif isinstance(error, Blocked):
            if error.sure and gateway is self._gateways[0] and self._others:
                turns.refused(gateway.name, moment)
                return Retry(error.code)
        elif error.wait is not None:
            turns.asked_to_wait(gateway.name, moment, error.wait)
        return error


def _note(write: Callable[[], object]) -> object:
    """What is known of a gateway afterwards. Whatever becomes of that note, the lane hears what became of the text: for
    a database that is away just then it would be sent again."""
    try:
        return write()
    except Exception as error:  # noqa: BLE001 - as it says
        log.error("gateway not noted", error=type(error).__name__)
        return None
