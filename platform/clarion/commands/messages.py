"""Commands for the outbox: `messages` lists, `messages retry` and `messages drop` settle what waits for a person.

Numbers, kinds and codes only: no command tells to whom a message goes (rule 8).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from .instance import BadInput, RowNumber, application, published

if TYPE_CHECKING:
    from ..outbox.mending import Chosen, Heap

MOST = 1000
NAMED = 20
"""Single messages that are named in one line; how many more there are is told by their number."""


@click.group(invoke_without_command=True)
@click.option("--state", default="", metavar="STATE", help="List the single messages in this state, the newest first.")
@click.option("--campaign", default="", metavar="SLUG", help="Those of one campaign only.")
@click.option("--limit", default=50, metavar="N", type=click.IntRange(1, MOST), help="List so many of them: 50.")
@click.pass_context
def messages(context: click.Context, state: str, campaign: str, limit: int) -> None:
    """Show the outbox, and settle messages that wait for a person.

    \b
    Three states end only by a person:
      unknown     nobody can tell whether it left; it may be in the mailbox
      set_aside   its worker died three times over it
      failed      refused for good, or given up after three days

    \b
    Examples:
      clarion messages                      how many, by state, kind and campaign
      clarion messages --state unknown      the single ones, by number
      clarion messages retry --id 12
      clarion messages drop --state failed
    """
    if context.invoked_subcommand:
        if state or campaign or context.get_parameter_source("limit") is not ParameterSource.DEFAULT:
            raise BadInput(f"Put the options last: clarion messages {context.invoked_subcommand} --state ...")
        return
    with application():
        campaign_id = published(campaign).id if campaign else None
        if state:
            _list_single(_known_state(state), campaign, campaign_id, limit)
        else:
            _list_heaps(campaign, campaign_id)


def _known_state(state: str) -> str:
    from ..domain.faults import did_you_mean
    from ..outbox.models import STATES

    if state not in STATES:
        raise BadInput(f'There is no state "{state}". {did_you_mean(state, STATES)}')
    return state


def _slugs() -> dict[int, str]:
    from ..campaigns.live import live_campaigns

    return {live.id: live.slug for live in live_campaigns().all()}


def _list_heaps(campaign: str, campaign_id: int | None) -> None:
    from ..outbox.mending import WAITING, heaps
    from ..outbox.models import STATES

    slugs = _slugs()
    # what waits for a person stands on top
    order = (*WAITING, *STATES).index
    found = sorted(heaps(campaign_id), key=lambda heap: (order(heap.state), heap.kind, slugs.get(heap.campaign_id, "")))
    if not found:
        click.echo(f"There are no messages{f' of {campaign}' if campaign else ''} yet.")
        return
    click.echo(f"{'state':<10} {'kind':<8} {'campaign':<28} {'number':>10}  {'oldest (UTC)':<16}  last code")
    for heap in found:
        slug = slugs.get(heap.campaign_id, f"campaign {heap.campaign_id}")
        words = (
            f"{heap.state:<10} {heap.kind:<8} {slug:<28} {heap.n:>10,}  {heap.oldest:%Y-%m-%d %H:%M}  {heap.last_code}"
        )
        click.echo(words.rstrip())
    click.echo(_what_waits(found))


def _what_waits(found: Sequence[Heap]) -> str:
    from ..outbox.mending import WAITING

    waiting = {state: sum(heap.n for heap in found if heap.state == state) for state in WAITING}
    if not any(waiting.values()):
        return "Nothing waits for a person."
    first = next(state for state, n in waiting.items() if n)
    return f"{sum(waiting.values()):,} for a person to settle. The single ones: clarion messages --state {first}"


def _list_single(state: str, campaign: str, campaign_id: int | None, limit: int) -> None:
    from ..outbox.mending import WAITING, Chosen, count, newest

    chosen = Chosen(state=state, campaign_id=campaign_id)
    found = newest(chosen, limit)
    if not found:
        click.echo(f"No message{f' of {campaign}' if campaign else ''} is {state}.")
        return
    slugs = _slugs()
    click.echo(f"{'number':>10}  {'kind':<8} {'campaign':<28} {'since (UTC)':<16}  tries  crashes  last code")
    for one in found:
        slug = slugs.get(one.campaign_id, f"campaign {one.campaign_id}")
        words = f"{one.id:>10}  {one.kind:<8} {slug:<28} {one.created_at:%Y-%m-%d %H:%M}  "
        click.echo(f"{words}{one.attempt:>5}  {one.crashes:>7}  {one.last_code}".rstrip())
    more = count(chosen, (state,)) - len(found)
    if more > 0:
        click.echo(f"and {more:,} more, older ones")
    if state in WAITING:
        click.echo(f"Next: clarion messages retry --id {found[0].id}, or drop; or all of them: --state {state}")


def _choosing(command: Callable[..., None]) -> Callable[..., None]:
    """The options by which `retry` and `drop` are told which messages are meant."""
    for option in (
        click.option("--yes", is_flag=True, help="Do not ask; for scripts."),
        click.option("--campaign", default="", metavar="SLUG", help="With --state: those of one campaign only."),
        click.option("--state", default="", metavar="STATE", help="All that are unknown, set_aside or failed."),
        click.option(
            "--id", "ids", type=RowNumber(), multiple=True, metavar="N", help="This message; can be given again."
        ),
    ):
        command = option(command)
    return command


@messages.command()
@_choosing
def retry(ids: tuple[int, ...], state: str, campaign: str, *, yes: bool) -> None:
    """Send messages after all: they are due at once, with their tries and crashes at zero.

    Only what is unknown, set_aside or failed is put back; anything else stays as it is, so a command can be
    repeated. One that is unknown may be in the mailbox already, which then gets it twice: you are asked first.
    What has no purpose any more, as the person has confirmed or gone, is not sent.

    \b
    Examples:
      clarion messages retry --id 12 --id 14
      clarion messages retry --state set_aside
      clarion messages retry --state failed --campaign dc-sanctuary
      clarion messages retry --state unknown --yes
    """
    from ..outbox.mending import count, put_back
    from ..outbox.models import UNKNOWN

    with application():
        chosen, left = _chosen(ids, state, campaign)
        unsure = count(chosen, (UNKNOWN,))
        if unsure and not yes:
            _ask(f"{unsure:,} may be in the mailbox already, and would be there twice. Send again?")
        n = put_back(chosen)
    click.echo(f"{n:,} put back: due now, and sent within seconds where a worker runs" if n else "Nothing to put back.")
    _tell_left(left)


@messages.command()
@_choosing
def drop(ids: tuple[int, ...], state: str, campaign: str, *, yes: bool) -> None:
    """Settle messages as needless: they are never sent, and there is no way back.

    Only what is unknown, set_aside or failed is dropped. The signature stays as it is: one that is not
    confirmed can still ask for its mail on the page, once, and is forgotten when its days are over.

    \b
    Examples:
      clarion messages drop --id 12
      clarion messages drop --state failed --campaign dc-sanctuary
      clarion messages drop --state failed --yes
    """
    from ..outbox.mending import count
    from ..outbox.mending import drop as settle

    with application():
        chosen, left = _chosen(ids, state, campaign)
        meant = count(chosen)
        if meant and not yes:
            _ask(f"{meant:,} would never be sent, and there is no way back. Drop?")
        n = settle(chosen)
    click.echo(f"{n:,} dropped: needless now, never sent; the signatures stay" if n else "Nothing to drop.")
    _tell_left(left)


def _chosen(ids: tuple[int, ...], state: str, campaign: str) -> tuple[Chosen, dict[int, str]]:
    """The messages that are meant, once it is plain which, and those that will be left as they are.

    Needs an app context.
    """
    from ..outbox.mending import WAITING, Chosen, states_of

    if bool(ids) == bool(state):
        raise BadInput("Say which messages: either --id 12, or --state unknown, set_aside or failed.")
    if ids:
        if campaign:
            raise BadInput("--campaign goes with --state: a message with a number is of one campaign only.")
        states = states_of(ids)
        if missing := sorted(set(ids) - states.keys()):
            raise BadInput(f"There is no message {missing[0]}. Nothing was changed.")
        return Chosen(ids=ids), {id: state for id, state in states.items() if state not in WAITING}
    if _known_state(state) not in WAITING:
        raise BadInput(f"What is {state} is not for a person to settle: only unknown, set_aside and failed are.")
    return Chosen(state=state, campaign_id=published(campaign).id if campaign else None), {}


def _ask(words: str) -> None:
    """Go on after a yes only. Where nobody can answer, a script has forgotten `--yes`."""
    try:
        agreed = click.confirm(words)
    except click.Abort as error:
        click.echo()
        raise BadInput("Nothing was changed, as nobody said yes. For scripts: --yes") from error
    if not agreed:
        click.echo("Nothing was changed.")
        sys.exit(1)


def _tell_left(left: dict[int, str]) -> None:
    """Say which single messages were left as they are, and why."""
    if left:
        words = ", ".join(f"{id} is {state}" for id, state in list(left.items())[:NAMED])
        click.echo(f"{len(left):,} left as they are: {words}{', ...' if len(left) > NAMED else ''}")
