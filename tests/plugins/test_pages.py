"""What plugins show: places of pages, templates and words found by folder name, panels for staff."""

from __future__ import annotations

from pathlib import Path

import pytest

import clarion
from clarion.console import create_console
from clarion.hookspecs import SLOTS
from clarion.pages.front import install_front
from clarion.plugins.guard import FAILURES
from clarion.settings import SettingsError
from clarion.testing import TABLE, Instance, link, staff_browser

PLUGIN = """
from flask import has_request_context, render_template

words = translations(__name__)

class Own(PluginSettings):
    street: str = "Main Street"

class P(Plugin):
    api = API_VERSION
    CampaignSettings = Own
    page_slots = ("campaign.below-form", "campaign.footer", "thanks.below", "confirmed.below")
    asked = 0

    @hookimpl
    def page_slot(self, slot, campaign, language, settings):
        assert not has_request_context()
        self.asked += 1
        if slot == "campaign.below-form":
            return render_template("doors/card.html", title=campaign.text(language).title, street=settings.street)
        if slot == "campaign.footer":
            return f"<p>{words.gettext('Doors are open.')}</p>"
        return f"<p>{slot}: {words.ngettext('%(num)s door', '%(num)s doors', 2)}</p>"

    @hookimpl
    def blueprints(self):
        pages = Blueprint("pages", __name__)

        @pages.get("/<language>")
        @access("public")
        def doors(language):
            return render_template("doors/page.html")

        return [pages]

    @hookimpl
    def staff_panels(self):
        return [Panel("knocks", "Knocks", lambda: "<p>3<script>alert(1)</script></p>")]
"""
SPANISH = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\nPlural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Doors are open."
msgstr "Las puertas están abiertas."

msgid "%(num)s door"
msgid_plural "%(num)s doors"
msgstr[0] "%(num)s puerta"
msgstr[1] "%(num)s puertas"

msgid "Knock at %(street)s"
msgstr "Toca en %(street)s"
"""
FILES = {
    "__init__.py": PLUGIN,
    "templates/doors/card.html": "<h3>{{ _('Knock at %(street)s', street=street) }}</h3><p>{{ title }}</p>"
    "<p>{{ ngettext('%(num)s door', '%(num)s doors', 1200, num=number(1200)) }}</p>",
    "templates/doors/page.html": "{% extends 'base.html' %}{% block main %}<h1>{% trans %}Doors are open.{% endtrans %}"
    "</h1>{% endblock %}",
    "translations/es/LC_MESSAGES/messages.po": SPANISH,
}


@pytest.fixture
def doors(install, make_instance, make_folder) -> Instance:
    install(doors=FILES)
    instance = make_instance(plugins={"doors": {}})
    instance.publish(make_folder(files={"campaign.toml": f'{TABLE}\n[plugins.doors]\nstreet = "Elm & 2nd"\n'}))
    return instance


def page(instance: Instance, path: str) -> str:
    answer = instance.client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_places_of_pages_are_filled_in_the_pages_language(doors: Instance) -> None:
    english, spanish = page(doors, "/library/en"), page(doors, "/library/es")
    assert "<h3>Knock at Elm &amp; 2nd</h3><p>Keep the library open</p><p>1,200 doors</p>" in english
    assert "<h3>Toca en Elm &amp; 2nd</h3><p>Que siga la biblioteca</p><p>1,200 puertas</p>" in spanish
    assert "<p>Doors are open.</p>" in english.partition("<footer")[2]
    assert "<p>Las puertas están abiertas.</p>" in spanish.partition("<footer")[2]
    signed = doors.sign("library", "es")
    assert "<p>thanks.below: 2 puertas</p>" in page(doors, signed.headers["Location"])
    doors.work()
    (mail,) = doors.mails()
    assert "<p>confirmed.below: 2 puertas</p>" in doors.confirm(link(mail, "confirm")).get_data(as_text=True)


def test_a_page_is_the_same_for_all_and_asks_a_plugin_once_a_minute(doors: Instance) -> None:
    """Not each of those who sign at the same moment waits for it."""
    (on,) = doors.app.extensions["clarion.plugins"].on
    plain = page(doors, "/library/en")
    asked = on.plugin.asked
    answer = doors.client.get("/library/en", headers={"Accept-Language": "es", "Cookie": "a=b"})
    assert answer.get_data(as_text=True).partition('name="token"')[0] == plain.partition('name="token"')[0]
    front = install_front(doors.app)
    front.refresh()
    assert on.plugin.asked == asked + 2  # the two places of the Spanish page
    assert b"Doors are open." in doors.client.get("/library/en").data


def test_every_place_is_in_a_page() -> None:
    templates = "".join(path.read_text("utf-8") for path in Path(clarion.__file__).parent.glob("templates/*.html"))
    assert {place: templates.count(f'slot("{place}")') for place in SLOTS} == dict.fromkeys(SLOTS, 1)


HARMFUL = {
    "<script>alert(1)</script><p>ok</p>": "<p>ok</p>",
    '<p onclick="x()" style="color:red" class="button" id="main">ok</p>': "<p>ok</p>",
    '<img src="https://pixel.example/1.gif" alt="a">': '<img alt="a">',
    '<img src="//pixel.example/1.gif" alt="a">': '<img alt="a">',
    '<img src="/\\t/pixel.example/1.gif" alt="a">': '<img alt="a">',
    '<img src="data:image/png;base64,AAAA" alt="a">': '<img alt="a">',
    '<img src="/hooks/odd/a.png" alt="a" srcset="//pixel.example 2x">': '<img src="/hooks/odd/a.png" alt="a">',
    '<a href="javascript:alert(1)">x</a>': '<a rel="noopener noreferrer">x</a>',
    '<form action="/x"><input name="email"><button>ok</button></form>': "ok",
    '<iframe src="https://elsewhere.example"></iframe><p>ok</p>': "<p>ok</p>",
    '<style>p{}</style><link rel="stylesheet" href="https://elsewhere.example/a.css"><p>ok</p>': "<p>ok</p>",
    "</div></main><p>ok": "<p>ok</p>",
    "<svg><image href='https://pixel.example'/></svg>ok": "ok",
}


@pytest.mark.parametrize("given", HARMFUL)
def test_what_it_gives_is_cleaned(given: str, install, make_instance, make_folder) -> None:
    source = f"""
class P(Plugin):
    api = API_VERSION
    page_slots = ("campaign.footer",)

    @hookimpl
    def page_slot(self):
        from markupsafe import Markup
        return Markup({given!r})
"""
    install(odd=source)
    instance = make_instance(plugins={"odd": {}})
    policy = instance.client.get("/").headers["Content-Security-Policy"]
    instance.publish(make_folder())
    answer = instance.client.get("/library/en")
    assert f'<div class="slot text">{HARMFUL[given]}</div>' in answer.get_data(as_text=True)
    assert answer.headers["Content-Security-Policy"].partition(";")[0] == policy.partition(";")[0]


IN_HEAD = {
    '<link rel="alternate" type="text/x" href="/a">': '<link rel="alternate" type="text/x" href="/a">\n',
    '<p>x</p>y<LINK href="https://a.example/?a=1&amp;b=2" rel=alternate onload="x()"/>': '<link rel="alternate" href="https://a.example/?a=1&amp;b=2">\n',
    '<link rel="stylesheet" href="https://a.example/a.css"><script>alert(1)</script><style>p{}</style>': "",
    '<link rel="alternate stylesheet" href="/a.css"><link rel="alternate"><link rel="preload" href="/a">': "",
    '<link rel="alternate" href="//a.example"><link rel="alternate" href="javascript:alert(1)">': "",
    "<link rel='alternate' href='/a' title='\"><i>'>": '<link rel="alternate" title="&#34;&gt;&lt;i&gt;" href="/a">\n',
    "</head><body>": "",
}


@pytest.mark.parametrize("given", IN_HEAD)
def test_the_head_takes_links_to_other_forms_only(given: str, install, make_instance, make_folder) -> None:
    source = f"""
class P(Plugin):
    api = API_VERSION
    page_slots = ("campaign.head",)

    @hookimpl
    def page_slot(self):
        return {given!r}
"""
    install(odd=source)
    instance = make_instance(plugins={"odd": {}})
    instance.publish(make_folder())
    head = page(instance, "/library/en").partition("</head>")[0]
    assert (
        f'hreflang="x-default" href="http://127.0.0.1:8000/library">\n{IN_HEAD[given]}<meta property="og:type"' in head
    )


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    "deed", ["raise RuntimeError", "return 7", "return None", "return 'a' * 30_000", "threading.Event().wait(30)"]
)
def test_one_that_fails_leaves_its_place_empty(deed: str, install, make_instance, make_folder) -> None:
    class_ = """
class P(Plugin):
    api = API_VERSION
    page_slots = ("campaign.footer",)
    @hookimpl
    def page_slot(self, slot):
        """
    install(odd=class_ + deed, even=class_ + "return '<p>even</p>'")
    instance = make_instance(plugins={"odd": {}, "even": {}})
    instance.publish(make_folder())
    assert page(instance, "/library/en").count('class="slot') == 1
    assert "<p>even</p>" in page(instance, "/library/en")
    for _ in range(FAILURES):
        instance.app.extensions["clarion.slots"]._kept.clear()
        page(instance, "/library/en")
    failures = instance.app.extensions["clarion.plugins"].failures()
    assert (failures["odd", "page_slot"], failures["even", "page_slot"]) == (FAILURES, 0)


def test_its_pages_are_built_from_its_templates_and_words(doors: Instance) -> None:
    """The core's words stand behind its own, as its page is made of the core's."""
    english, spanish = page(doors, "/hooks/doors/en"), page(doors, "/hooks/doors/es")
    assert "<h1>Doors are open.</h1>" in english
    assert "<h1>Las puertas están abiertas.</h1>" in spanish
    assert 'lang="es"' in spanish
    assert "Todas las peticiones" in spanish


def test_no_template_takes_anothers_place(install, make_instance, make_folder) -> None:
    bare = "class P(Plugin):\n    api = API_VERSION\n"
    install(
        doors={"__init__.py": bare, "templates/doors/campaign.html": "mine", "templates/doors/other/page.html": "mine"},
        other={"__init__.py": bare, "templates/other/page.html": "its own"},
    )
    instance = make_instance(plugins={"doors": {}, "other": {}})
    instance.publish(make_folder())
    assert "Keep the library open" in page(instance, "/library/en")
    with instance.context():
        from flask import render_template

        assert render_template("other/page.html") == "its own"


FAULTS = {
    "catalog": (
        {"translations/es/LC_MESSAGES/messages.po": 'msgid "a"\nmsgstr "b\n'},
        "plugins.odd: translations/es/LC_MESSAGES/messages.po: line 2 is none of a catalog",
    ),
    "words": (
        {"translations/es/LC_MESSAGES/messages.po": 'msgid "a %(name)s"\nmsgstr "b %(nombre)s"\n'},
        "placeholders or tags differ: 'a %(name)s'",
    ),
    "language": (
        {"translations/klingon/LC_MESSAGES/messages.po": 'msgid "a"\nmsgstr "b"\n'},
        "translations/klingon/LC_MESSAGES/messages.po: unknown locale 'klingon'",
    ),
    "template": ({"templates/odd/a.html": "\n{% if %}"}, "plugins.odd: templates/odd/a.html:2: "),
    "astray": ({"templates/a.html": ""}, "its templates belong into templates/odd/, where a.html is not"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_in_what_it_brings_stops_the_start(case: str, install, make_instance) -> None:
    files, words = FAULTS[case]
    install(odd={"__init__.py": "class P(Plugin):\n    api = API_VERSION\n", **files})
    with pytest.raises(SettingsError) as told:
        make_instance(plugins={"odd": {}})
    assert words in str(told.value)
    assert len(str(told.value).splitlines()) == 1


def test_panels_are_gathered_when_the_console_starts(doors: Instance) -> None:
    console = create_console(doors.app.extensions["clarion.settings"])
    (panel,) = console.extensions["clarion.panels"]
    assert (panel.id, panel.title, panel.render()) == ("doors.knocks", "Knocks", "<p>3</p>")
    assert console.test_client().get("/metrics").status_code == 200
    assert "<h2>Knocks</h2>" not in staff_browser(console).get("/staff/").text, "a panel is about the whole site"
    shown = staff_browser(console, admin=True).get("/staff/").text
    assert "<h2>Knocks</h2><p>3</p>" in shown


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("7", "not iterable"),
        ("['knocks']", "several of Panel were wanted, not of str"),
        ("[Panel('Knocks!', 'Knocks', str)]", "the id 'Knocks!' of a panel"),
        ("[Panel('knocks', '', str)]", 'the panel "knocks" has no title'),
        ("[Panel('knocks', 'Knocks', str)] * 2", "two panels have the same id"),
    ],
)
def test_a_wrong_panel_stops_the_console(given: str, words: str, install, make_instance) -> None:
    install(odd=f"class P(Plugin):\n    api = API_VERSION\n    @hookimpl\n    def staff_panels(self): return {given}\n")
    settings = make_instance(plugins={"odd": {}}).app.extensions["clarion.settings"]
    with pytest.raises(SettingsError, match=r"plugins\.odd: its staff_panels cannot be had") as told:
        create_console(settings)
    assert words in str(told.value)
