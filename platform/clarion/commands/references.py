"""Commands that tell what the code knows: `languages`, and `docs`, which writes the references."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
def languages() -> None:
    """List the languages that campaigns can be written in."""
    from ..i18n import read_languages

    for language in read_languages().values():
        click.echo(f"{language.code:<8} {language.name:<14} {language.english:<14} {language.direction}")


@click.command()
@click.option("--check", "only_check", is_flag=True, help="Only tell whether they are up to date.")
@click.option("--folder", default="docs", show_default=True, type=click.Path(path_type=Path))
def docs(only_check: bool, folder: Path) -> None:
    """Write the references that are made from the code."""
    from ..campaigns.reference import campaign_format, campaign_schema
    from ..console.reference import roles_page
    from ..plugins.reference import plugins_page
    from ..rest.openapi import openapi_json

    stale = []
    for name, text in {
        "campaign-format.md": campaign_format(),
        "campaign.schema.json": campaign_schema(),
        "openapi.json": openapi_json(),
        "plugins.md": plugins_page(),
        "roles.md": roles_page(),
    }.items():
        path = folder / name
        if not path.exists() or path.read_text("utf-8") != text:
            stale.append(name)
            if not only_check:
                folder.mkdir(exist_ok=True)
                path.write_text(text, "utf-8")
    if stale and only_check:
        raise click.ClickException(f"{', '.join(stale)} in {folder} not up to date. Run: clarion docs")
    click.echo(f"{folder} is up to date" if not stale else f"Wrote {', '.join(stale)}")
