"""A plugin that cannot be used stops the start with one line that says why."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from clarion.cli import main
from clarion.plugins import loading, manager
from clarion.settings import SettingsError

GOOD = """
class P(Plugin):
    api = API_VERSION
"""

REFUSED = {
    "not there": ("", "Did you mean"),
    "raises when it is loaded": ("raise RuntimeError('no luck')", "it cannot be loaded (RuntimeError: no luck)"),
    "ends the process when it is loaded": ("sys.exit(3)", "it cannot be loaded (SystemExit: 3)"),
    "hangs when it is loaded": ("threading.Event().wait(30)", "it cannot be loaded (TookTooLong)"),
    "is no plugin": ("P = 7", "is no class made from clarion.api.Plugin"),
    "is of another version": (
        "class P(Plugin):\n    api = 99",
        "version 99 of the plugin interface, this is version 1",
    ),
    "is of no version": ("class P(Plugin):\n    pass", "version None of the plugin interface"),
    "raises when it is made": (GOOD + "    def __init__(self, *_): 1 / 0", "it cannot be made (ZeroDivisionError"),
    "has a misspelt hook": (
        GOOD + "    @hookimpl\n    def chanels(self): return {}",
        'there is no hook "chanels". Did you mean "channels"?',
    ),
    "has a misspelt hook without its mark": (
        GOOD + "    def event(self, happened): pass",
        '"event" is no hook. Did you mean "events", marked with @hookimpl?',
    ),
    "has a hook that nobody awaits": (
        GOOD + "    @hookimpl\n    async def events(self, happened): pass",
        '"events" is async, and nobody would await it',
    ),
    "has settings that are no model": (GOOD + "    Settings = dict", "Settings is no class made from"),
    "has a text for a version": ("class P(Plugin):\n    api = '1'", "version '1' of the plugin interface"),
    "has a hook without its mark": (
        GOOD + "    def channels(self): return {}",
        '"channels" is a hook and must be marked with @hookimpl',
    ),
    "has a hook with an unknown parameter": (
        GOOD + "    @hookimpl\n    def check_campaign(self, petition): return []",
        "petition",
    ),
    "gives junk for channels": (
        GOOD + "    @hookimpl\n    def channels(self): return 7",
        "channels by name were wanted",
    ),
    "gives a channel that cannot send": (
        GOOD + "    @hookimpl\n    def channels(self): return {'sms': 7}",
        "the channel 'sms' has no send",
    ),
    "gives junk for routes": (
        GOOD + "    @hookimpl\n    def blueprints(self): return ['page']",
        "several of Blueprint were wanted, not of str",
    ),
    "has a route that declares nothing": (
        GOOD
        + "    @hookimpl\n    def blueprints(self):\n        b = Blueprint('b', __name__)\n"
        + "        b.get('/x')(lambda: 'x')\n        return [b]",
        "the route /hooks/odd/x does not declare its access",
    ),
    "changes what others are answered": (
        GOOD
        + "    @hookimpl\n    def blueprints(self):\n        b = Blueprint('b', __name__)\n"
        + "        b.before_app_request(lambda: 'mine')\n        return [b]",
        "would change how other requests are answered",
    ),
    "brings a function for all templates": (
        GOOD
        + "    @hookimpl\n    def blueprints(self):\n        b = Blueprint('b', __name__)\n"
        + "        b.add_app_template_global(lambda *_: 'mine', 'asset')\n        return [b]",
        "would change how other requests are answered",
    ),
    "puts itself in the place of the core's parts": (
        GOOD
        + "    @hookimpl\n    def blueprints(self):\n        b = Blueprint('b', __name__)\n"
        + "        b.record(lambda s: s.app.extensions.update({'clarion.relay': 7}))\n        return [b]",
        "would change how other requests are answered",
    ),
    "replaces a view": (
        GOOD
        + "    @hookimpl\n    def blueprints(self):\n        b = Blueprint('b', __name__)\n"
        + "        b.record(lambda s: s.app.view_functions.update({'views.index': lambda: ''}))\n        return [b]",
        "would change how other requests are answered",
    ),
    "fills a slot that no page has": (
        GOOD + "    page_slots = ('campaign.foot',)\n    @hookimpl\n    def page_slot(self): return ''",
        'no page has the slot "campaign.foot". Did you mean "campaign.footer"?',
    ),
    "names its slots as a text": (
        GOOD + "    page_slots = 'campaign.footer'\n    @hookimpl\n    def page_slot(self): return ''",
        "page_slots is a tuple of texts",
    ),
    "names its hook for slots as it names the slots": (
        GOOD + "    @hookimpl\n    def page_slots(self, slot): return ''",
        'there is no hook "page_slots". Did you mean "page_slot"?',
    ),
    "fills slots that it does not name": (
        GOOD + "    @hookimpl\n    def page_slot(self): return ''",
        "page_slots names the places that page_slot fills; it has one without the other",
    ),
    "asks for bodies without end": (
        GOOD + "    @hookimpl\n    def blueprints(self): return [body_limit(2**40)]",
        "a body may have 65536 to 2097152 bytes, not 1099511627776",
    ),
    "gives no folder for its tables": (
        GOOD + "    @hookimpl\n    def migrations(self): return 7",
        "a folder was wanted, not int",
    ),
    "gives a folder without steps": (
        GOOD + "    @hookimpl\n    def migrations(self): return '/nowhere'",
        "/nowhere holds no steps named like 0001_first.py",
    ),
    "has a setting that is not known": (GOOD, "plugins.odd.colour: there is no such setting. This plugin takes none."),
}


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_with_its_reason(case: str, install, make_instance) -> None:
    source, words = REFUSED[case]
    install(**({"odd": source} if source else {"odder": GOOD}))
    table = {"colour": "red"} if "setting" in case else {}
    with pytest.raises(SettingsError) as told:
        make_instance(plugins={"odd": table})
    assert words in str(told.value)
    assert "plugins.odd" in str(told.value)
    assert len(str(told.value).splitlines()) == 1


def test_two_of_one_name_are_refused(install, make_instance) -> None:
    install(twice="odd", odd=GOOD)
    with pytest.raises(SettingsError, match=r"plugins\.odd: two plugins have this name"):
        make_instance(plugins={"odd": {}})


def test_two_that_bring_one_channel_are_refused(install, make_instance) -> None:
    channel = """
class C:
    sender = "a@b.example"
    def send(self, mail): return "250"

class P(Plugin):
    api = API_VERSION
    @hookimpl
    def channels(self): return {"email": C()}
"""
    install(one=channel, other=channel)
    with pytest.raises(SettingsError, match=r'plugins\.other: two plugins bring the channel "email": one and other'):
        make_instance(plugins={"one": {}, "other": {}})


def test_production_without_a_plugin_that_sends_mails_is_refused(install, make_instance) -> None:
    """Mails would be written to a folder, and nobody would confirm; at home that is what is wanted."""
    site = {"environment": "production", "base_url": "https://petitions.example"}
    install(odd=GOOD)
    for plugins in ({}, {"odd": {}}):
        with pytest.raises(SettingsError) as told:
            make_instance(site=site, plugins=plugins)
        assert "no plugin sends mails" in str(told.value)
        assert '[plugins.email] with url = "smtp://user@host:587", password and sender' in str(told.value)
        assert len(str(told.value).splitlines()) == 1
    assert make_instance(plugins={"odd": {}}).client.get("/healthz").status_code == 200


@pytest.fixture
def listed(install, make_instance, monkeypatch):
    """What `clarion plugins` says with this file of settings, and its exit code."""
    home = make_instance().home
    monkeypatch.chdir(home)
    monkeypatch.setattr(loading, "installed", manager.installed)
    monkeypatch.setenv("CLARION_CONFIG", "own.toml")

    def call(settings: str) -> tuple[int, str]:
        (home / "own.toml").write_text(settings)
        told = CliRunner().invoke(main, ["plugins"])
        return told.exit_code, told.output

    install(good=TAKES, wrong=TAKES, off=TAKES, old="class P(Plugin):\n    api = 99")
    return call


TAKES = """
class S(PluginSettings):
    most: int = 3
    least: int = 1
    password: str = ""

class P(Plugin):
    "Counts doors."
    api = API_VERSION
    Settings = S
"""


@pytest.mark.parametrize(
    ("table", "reasons"),
    [
        ('most = "x"', ["plugins.wrong.most: Input should be a valid integer"]),
        ('most = "x"\nleast = "y"', ["plugins.wrong.most: Input", "plugins.wrong.least: Input"]),
        ('password = {env = "NOT_SET"}', ["plugins.wrong.password: the environment variable NOT_SET is not set."]),
        ("mots = 1", ["plugins.wrong.mots: there is no such setting. Did you mean"]),
    ],
)
def test_the_list_marks_the_one_that_is_wrong_and_shows_the_others(listed, table: str, reasons: list[str]) -> None:
    code, told = listed(f"[plugins.good]\n[plugins.odd]\n[plugins.old]\n[plugins.wrong]\n{table}\n")
    assert code == 1
    assert "good ?, on\n  Counts doors." in told
    assert "off ?, off: a table [plugins.off]" in told
    assert "wrong ?, CANNOT BE USED:\n  " + reasons[0] in told
    assert all(reason in told for reason in reasons)
    assert "odd, CANNOT BE USED:\n  plugins.odd: no plugin of this name is installed." in told
    assert told.count("written for version 99") == 1
    assert told.endswith("Error: The site does not start: mend what is marked above.\n")
    assert listed("[plugins.good]\n")[0] == 0


@pytest.mark.parametrize("mark", ["", "@hookimpl"])
def test_the_list_marks_a_hook_that_has_the_name_of_the_slots(mark: str, install, listed) -> None:
    install(mixed=f"class P(Plugin):\n    ' '\n    api = 1\n    {mark}\n    def page_slots(self, slot): return ''")
    for named in (False, True):
        code, told = listed("[plugins.good]\n" + "[plugins.mixed]\n" * named)
        assert code == named
        assert "good ?, on\n  Counts doors." in told
        assert "mixed ?, CANNOT BE USED:" in told or not named
        assert told.count('Did you mean "page_slot"') == 1


def test_the_list_is_there_where_the_site_would_not_start_for_want_of_a_plugin(listed) -> None:
    site = '[site]\nenvironment = "production"\nbase_url = "https://petitions.example"\n'
    code, told = listed(site)
    assert (code, "good ?, off: a table [plugins.good]" in told) == (1, True)
    assert "Error: plugins: no plugin sends mails" in told
    code, told = listed('[database]\nurl = "oracle"\n')
    assert (code, told.splitlines()) == (1, [told.strip()]), "what is about no plugin is told as ever"


def test_one_that_is_installed_and_not_named_is_never_loaded(install, make_instance) -> None:
    install(odd="raise RuntimeError")
    assert make_instance().client.get("/healthz").status_code == 200


def test_settings_are_checked_by_the_plugins_own_model(install, make_instance) -> None:
    source = """
class S(PluginSettings):
    most: int
    password: str = ""

class P(Plugin):
    api = API_VERSION
    Settings = S
"""
    install(odd=source)
    with pytest.raises(SettingsError, match=r"plugins\.odd\.most: Field required\."):
        make_instance(plugins={"odd": {}})
    with pytest.raises(SettingsError, match=r"plugins\.odd\.most: .*integer"):
        make_instance(plugins={"odd": {"most": "many"}})
    instance = make_instance(plugins={"odd": {"most": "3"}})
    (on,) = instance.app.extensions["clarion.plugins"].on
    assert on.plugin.settings.most == 3
    assert (on.plugin.place.home, on.plugin.place.production) == (instance.home, False)


DEEP = """
class Sub(PluginSettings):
    colour: str = ""

class Other(PluginSettings):
    size: int = 1

class S(PluginSettings):
    sub: Sub | None = None
    either: Sub | Other | None = None
    doors: dict[str, Sub | None] = {}
    rows: list[Sub] = []

class P(Plugin):
    api = API_VERSION
    Settings = S
"""


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"sub": {"color": "red"}}, 'plugins.odd.sub.color: there is no such setting. Did you mean "colour"?'),
        ({"either": {"siz": 1}}, 'siz: there is no such setting. Did you mean "size"?'),
        ({"doors": {"front": {"color": 1}}}, 'doors.front.color: there is no such setting. Did you mean "colour"?'),
        ({"rows": [{"color": "red"}]}, 'rows.0.color: there is no such setting. Did you mean "colour"?'),
        ({"sub": {"colour": {"deep": 1}}}, "plugins.odd.sub.colour: Input should be a valid string."),
    ],
)
def test_an_unknown_key_is_named_however_deep_it_stands(table, words: str, install, make_instance) -> None:
    install(odd=DEEP)
    with pytest.raises(SettingsError) as told:
        make_instance(plugins={"odd": table})
    assert words in str(told.value)


def test_each_application_has_plugins_of_its_own(install, make_instance) -> None:
    install(odd=GOOD)
    one, other = (make_instance(plugins={"odd": {}}).app.extensions["clarion.plugins"] for _ in range(2))
    assert one.on[0].plugin is not other.on[0].plugin
