"""Commands for mailboxes that get no mail any more: `suppressions` counts them, `suppressions lift` lets one have mail.

They are known by a keyed hash only, so there is no list of addresses to print (rule 6).
"""

from __future__ import annotations

import click

from .instance import BadInput, application

MEANINGS = {
    "bounced": "do not exist: a mail came back",
    "complained": "complained: a mail was called spam",
}


@click.group(invoke_without_command=True)
@click.pass_context
def suppressions(context: click.Context) -> None:
    """Count the mailboxes that get no mail any more, from no campaign; let one have mail again.

    A mailbox is suppressed when a mail to it comes back, since it does not exist, or when its owner calls a mail
    spam. It is known by a keyed hash only, so no address can be listed.

    \b
    Examples:
      clarion suppressions
      clarion suppressions lift ana@example.org
    """
    if context.invoked_subcommand:
        return
    from ..delivery.mailboxes import suppressed

    with application():
        found = suppressed()
    for reason, n in sorted(found.items()):
        click.echo(f"{n:>10,} {MEANINGS.get(reason, reason)}")
    if not found:
        click.echo("No mailbox is suppressed.")


@suppressions.command()
@click.argument("email")
def lift(email: str) -> None:
    """Let a mailbox have mail again, for a person who asks for it.

    Signatures that were set aside since its mails came back can be confirmed again: let the person sign once more.
    Put a space before the command if your shell keeps a history: the address is somebody's.

    \b
    Example:
      clarion suppressions lift ana@example.org
    """
    from ..delivery import mailboxes
    from ..domain.addresses import AddressError, clean_address

    try:
        address = clean_address(email)
    except AddressError as error:
        raise BadInput("This is no email address, such as ana@example.org.") from error
    with application():
        lifted, back = mailboxes.lift(address)
    if not lifted:
        click.echo("This mailbox is not suppressed: nothing was changed.")
        return
    words = "It gets mail again."
    if back:
        waiting = "1 signature" if back == 1 else f"{back:,} signatures"
        words += f" {waiting} can be confirmed again: sign once more on the page, and the mail is sent."
    click.echo(words)
