"""The `clarion` command: what can be typed after it, and how its errors are told."""

from __future__ import annotations

import click
from click.exceptions import NoArgsIsHelpError

from . import __version__, processes
from .commands import (
    campaigns,
    database,
    deliver,
    health,
    keys,
    mailboxes,
    messages,
    plugins,
    posters,
    publishing,
    recipients,
    references,
    signatures,
    staff,
    updates,
)
from .commands.instance import BadInput, refuse_inside
from .settings import SettingsError


class _Verbose(click.Group):
    """A group whose expected errors are one clear line each, never a trace."""

    def list_commands(self, context: click.Context) -> list[str]:
        """The names of all commands, those of plugins too."""
        return sorted({*super().list_commands(context), *plugins.brought()[0]})

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """A command by its name; plugins are asked only for one that Clarion has not.

        Where it is none of theirs either, it may be that of a plugin with a fault: that is told before.
        """
        own = super().get_command(context, name)
        if own is not None:
            return own
        brought, faults = plugins.brought()
        for fault in () if name in brought else faults:
            click.echo(fault, err=True)
        return brought.get(name)

    def invoke(self, context: click.Context) -> object:
        """Run the command and put expected errors into words."""
        try:
            refuse_inside()
            return super().invoke(context)
        except click.UsageError as error:
            if error.ctx is None or isinstance(error, NoArgsIsHelpError):
                raise
            raise BadInput(f"{error.format_message()} Try: {error.ctx.command_path} --help") from error
        except SettingsError as error:
            raise click.ClickException(str(error)) from error
        except BrokenPipeError:
            raise  # whoever reads has read enough; click ends quietly
        except OSError as error:
            raise click.ClickException(f"Cannot use {error.filename or 'a file'}: {error.strerror}.") from error
        except Exception as error:
            if type(error).__name__ in ("OperationalError", "InterfaceError", "TimeoutError"):
                words = f"The database does not answer ({type(error).__name__}): check database.url."
                raise click.ClickException(words) from error
            raise


@click.group(name="clarion", cls=_Verbose, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="clarion")
def main() -> None:
    """Clarion: urgent petitions that coalitions run together.

    \b
    A first campaign:
      clarion new my-campaign --languages en,es
      clarion check my-campaign
      clarion serve
    """


for command in (
    campaigns.new,
    campaigns.check,
    publishing.publish,
    publishing.pull,
    campaigns.editions,
    campaigns.rollback,
    signatures.counts,
    signatures.reasons,
    signatures.held,
    messages.messages,
    deliver.deliver,
    posters.posters,
    staff.staff,
    updates.update,
    mailboxes.suppressions,
    keys.keys,
    health.status,
    health.doctor,
    database.database,
    plugins.plugins,
    recipients.recipients,
    references.languages,
    references.docs,
    processes.serve,
    processes.run,
    processes.web,
    processes.console,
    processes.worker,
):
    main.add_command(command)
