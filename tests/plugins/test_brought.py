"""What plugins bring: routes, commands, chores, and what they say of a campaign."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from clarion.cli import main
from clarion.testing import TABLE

PLUGIN = """
class Own(PluginSettings):
    most: int = 3

class P(Plugin):
    "Counts doors."
    api = API_VERSION
    CampaignSettings = Own
    personal_data = "door numbers"
    done = 0

    @hookimpl
    def blueprints(self):
        pages = Blueprint("pages", __name__)

        @pages.get("/doors")
        @access("machine")
        def doors():
            return str(self.done)

        return [pages]

    @hookimpl
    def commands(self):
        @click.command()
        def knock():
            "Knock on a door."
            click.echo("knock knock")

        return [knock]

    @hookimpl
    def chores(self):
        return [Chore("count doors", 60, self.count)]

    def count(self):
        self.done += 1

    @hookimpl
    def check_campaign(self, settings, campaign):
        if settings and settings.most > campaign.goal:
            return ["More doors than the goal."]
        return []
"""


@pytest.fixture
def doors(install, make_instance):
    install(doors=PLUGIN)
    return make_instance(plugins={"doors": {}})


def test_its_routes_and_chores_are_there(doors) -> None:
    (chore,) = doors.app.extensions["clarion.plugins"].chores()
    assert (chore.name, chore.every) == ("doors: count doors", 60)
    chore.run()
    answer = doors.client.get("/hooks/doors/doors")
    assert (answer.status_code, answer.get_data(as_text=True)) == (200, "1")
    assert "Content-Security-Policy" in answer.headers


def test_its_commands_are_on_the_command_line(doors, monkeypatch) -> None:
    monkeypatch.chdir(doors.home)
    assert CliRunner().invoke(main, ["knock"]).exit_code == 2
    (doors.home / "own.toml").write_text("[plugins.doors]\n")
    monkeypatch.setenv("CLARION_CONFIG", "own.toml")
    assert CliRunner().invoke(main, ["knock"]).output == "knock knock\n"
    assert "Knock on a door." in CliRunner().invoke(main, ["--help"]).output


ALSO = """
class P(Plugin):
    api = API_VERSION

    @hookimpl
    def commands(self):
        yield click.Command("ring", callback=lambda: click.echo("ring ring"))
        {}
"""

COMMANDS = {
    "raises": ("1 / 0", "its commands cannot be had (ZeroDivisionError: division by zero)."),
    "ends the process": ("sys.exit(3)", "its commands cannot be had (SystemExit: 3)."),
    "gives junk": ("yield 7", "its commands cannot be had (Junk: several of Command were wanted, not of int)."),
    "takes another's name": ('yield click.Command("knock")', 'another plugin has the command "knock" too.'),
}


@pytest.mark.parametrize("case", COMMANDS)
def test_commands_with_a_fault_leave_those_of_other_plugins(
    case: str, doors, install, make_folder, monkeypatch
) -> None:
    """And the fault is told: where a command is looked for in vain, and where all is checked."""
    source, words = COMMANDS[case]
    install(also=ALSO.format(source))
    monkeypatch.chdir(doors.home)
    monkeypatch.setenv("CLARION_CONFIG", "own.toml")
    (doors.home / "own.toml").write_text("[plugins.doors]\n[plugins.also]\n")
    make_folder()
    assert CliRunner().invoke(main, ["knock"]).output == "knock knock\n"
    assert "Knock on a door." in CliRunner().invoke(main, ["--help"]).output
    missed = CliRunner().invoke(main, ["kick"])
    assert missed.stderr.splitlines()[0] == f"plugins.also: {words}"
    assert "No such command 'kick'" in missed.stderr
    checked = CliRunner().invoke(main, ["check"])
    assert (checked.exit_code, checked.output.count(f"warning: plugins.also: {words}\n")) == (0, 1)


def test_a_command_of_a_plugin_that_cannot_be_used_is_missed_with_the_reason(doors, monkeypatch) -> None:
    monkeypatch.chdir(doors.home)
    (doors.home / "own.toml").write_text("[plugins.doors]\ncolour = 1\n")
    monkeypatch.setenv("CLARION_CONFIG", "own.toml")
    told = CliRunner().invoke(main, ["knock"])
    assert told.exit_code == 2
    assert told.stderr.startswith("plugins.doors.colour: there is no such setting. This plugin takes none.\n")


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("[plugins.doors]\nmost = 5\n", None),
        ("[plugins.doors]\nmost = 500\n", "campaign.toml:19: [plugins.doors] More doors than the goal."),
        (
            "[plugins.doors]\nmots = 5\n",
            "campaign.toml:20: [plugins.doors.mots] There is no such setting. Did you mean",
        ),
        ("[plugins.dors]\nmost = 5\n", 'The plugin "dors" is not switched on here. Did you mean "doors"?'),
    ],
)
def test_a_campaigns_table_is_checked_by_the_plugin(doors, make_folder, table, told) -> None:
    folder = make_folder(files={"campaign.toml": TABLE + table})
    if told is None:
        doors.publish(folder)
        with doors.context():
            from clarion.campaigns.live import live_campaigns

            assert live_campaigns().get("library").campaign.plugins == {"doors": {"most": 5}}
        return
    with pytest.raises(AssertionError, match="plugins") as fault:
        doors.publish(folder)
    assert told in str(fault.value)


ODD = """
class P(Plugin):
    api = API_VERSION

    @hookimpl
    def site_warnings(self, campaigns):
        {deed}
"""


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    ("deed", "told"),
    [
        ("return [f'{len(campaigns)} of them.', 'Odd.']", ["plugins.odd: 1 of them.", "plugins.odd: Odd."]),
        ("raise RuntimeError", []),
        ("return 'words'", []),
        ("threading.Event().wait(30)", []),
    ],
)
def test_what_it_finds_odd_is_told_and_stops_nobody(deed, told, install, make_instance, make_folder, monkeypatch):
    install(odd=ODD.format(deed=deed))
    instance = make_instance(plugins={"odd": {}})
    instance.publish(make_folder())
    monkeypatch.chdir(instance.home)
    (instance.home / "own.toml").write_text("[plugins.odd]\n")
    monkeypatch.setenv("CLARION_CONFIG", "own.toml")
    for command, mark in (("check", "warning: "), ("doctor", "look   ")):
        done = CliRunner().invoke(main, [command])
        assert done.exit_code == 0, done.output
        assert [line for line in done.output.splitlines() if "plugins.odd" in line] == [mark + one for one in told]


def test_a_campaign_without_a_table_keeps_its_digest(doors, make_folder) -> None:
    """Editions from before there were plugins are found again by it."""
    assert '"plugins"' not in doors_json(doors, make_folder())


def doors_json(instance, folder) -> str:
    instance.publish(folder)
    with instance.context():
        from clarion.campaigns.live import live_campaigns

        return live_campaigns().get("library").campaign.to_json()
