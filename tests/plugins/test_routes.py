"""Routes that stand elsewhere than below `/hooks/<name>/`, and bodies that are larger than usual."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from clarion.cli import main
from clarion.console import create_console
from clarion.settings import SettingsError
from clarion.testing import Instance, staff_browser

PLUGIN = """
class P(Plugin):
    "Shows doors elsewhere."
    api = API_VERSION
    routes_elsewhere = ("/oembed", "/embed.js", "/<slug:slug>/<language>/embed")

    @hookimpl
    def blueprints(self):
        pages = Blueprint("pages", __name__)

        @pages.get("/oembed")
        @pages.get("/embed.js")
        @access("public")
        def elsewhere():
            return "elsewhere"

        @pages.get("/<slug:slug>/<language>/embed")
        @access("public")
        def embed(slug, language):
            return f"{slug} {language}"

        @pages.get("/here")
        @access("public")
        def here():
            return "here"

        @pages.post("/events")
        @access("machine")
        @body_limit(1024 * 1024)
        def events():
            from flask import request
            return str(len(request.get_data()) if request.is_json else len(request.form["letter"]))

        @pages.post("/small")
        @access("machine")
        def small():
            from flask import request
            return str(len(request.get_data()))

        return [pages]

    @hookimpl
    def staff_blueprints(self):
        pages = Blueprint("pages", __name__)

        @pages.get("/<slug:slug>")
        @access("personal")
        def staff(slug):
            return f"staff {slug}"

        return [pages]
"""


@pytest.fixture
def doors(install, make_instance, make_folder) -> Instance:
    install(doors=PLUGIN)
    instance = make_instance(plugins={"doors": {}})
    instance.publish(make_folder())
    return instance


def test_declared_routes_stand_where_they_were_declared_and_others_below_hooks(doors: Instance) -> None:
    for path, told in (
        ("/oembed", "elsewhere"),
        ("/embed.js", "elsewhere"),
        ("/library/en/embed", "library en"),
        ("/hooks/doors/here", "here"),
    ):
        answer = doors.client.get(path)
        assert (answer.status_code, answer.get_data(as_text=True)) == (200, told)
        assert "Content-Security-Policy" in answer.headers
    assert doors.client.get("/here").status_code == 404
    assert doors.client.get("/hooks/doors/oembed").status_code == 404
    assert b"Keep the library open" in doors.client.get("/library/en").data


def test_those_for_staff_stand_in_the_console_and_nowhere_else(doors: Instance) -> None:
    console = create_console(doors.app.extensions["clarion.settings"])
    stranger = console.test_client().get("/staff/doors/library")
    assert (stranger.status_code, stranger.headers["Location"][:12]) == (303, "/staff/login")
    assert staff_browser(console, "strangers").get("/staff/doors/library").status_code == 404
    console = staff_browser(console)
    answer = console.get("/staff/doors/library")
    assert (answer.status_code, answer.get_data(as_text=True)) == (200, "staff library")
    assert (answer.headers["Cache-Control"], answer.headers["X-Robots-Tag"]) == ("no-store", "noindex")
    assert doors.client.get("/staff/doors/library").status_code == 404
    assert console.get("/hooks/doors/here").status_code == 404


def test_a_route_for_staff_without_access_stops_the_console(install, make_instance) -> None:
    view = "pages = Blueprint('pages', __name__); pages.get('/')(lambda: 'open'); return [pages]"
    install(odd=f"class P(Plugin):\n    api = API_VERSION\n    @hookimpl\n    def staff_blueprints(self): {view}\n")
    settings = make_instance(plugins={"odd": {}}).app.extensions["clarion.settings"]
    with pytest.raises(SettingsError, match=r"the route /staff/odd/ does not declare its access"):
        create_console(settings)


def test_the_list_tells_them(doors: Instance, monkeypatch) -> None:
    from clarion.plugins import loading, manager

    monkeypatch.chdir(doors.home)
    (doors.home / "own.toml").write_text("[plugins.doors]\n")
    monkeypatch.setenv("CLARION_CONFIG", "own.toml")
    monkeypatch.setattr(loading, "installed", manager.installed)
    told = CliRunner().invoke(main, ["plugins"]).output
    assert "  routes: /hooks/doors/here, /hooks/doors/events, /hooks/doors/small\n" in told
    assert "  routes elsewhere: /oembed, /embed.js, /<slug:slug>/<language>/embed\n" in told


ODD = """
class P(Plugin):
    api = API_VERSION
    routes_elsewhere = ({declared!r},)

    @hookimpl
    def blueprints(self):
        pages = Blueprint("pages", __name__)
        pages.get({served!r})(access("public")(lambda **_: "odd"))
        return [pages]
"""


@pytest.mark.parametrize(
    ("declared", "other"),
    [
        ("/healthz", "/healthz"),
        ("/donate", "/<slug:slug>"),
        ("/<page>", "/healthz"),
        ("/<a>/<b>", "/static/<name>"),
        ("/<a>/<b>/sign", "/<slug:slug>/<language>/sign"),
        ("/<a>/<b>/<c>", "/<slug:slug>/<language>/share.png"),
        ("/<path:everything>", "/"),
        ("/<slug:slug>/en", "/<slug:slug>/<language>"),
        ("/media/<name>", "/media/<digest>"),
        ("/library.json", "/<slug:slug>.json"),
        ("/static/clarion.css", "kept free"),
        ("/staff/doors", "kept free"),
        ("/hooks/email/ses", "kept free"),
    ],
)
def test_one_that_would_answer_for_another_is_refused(declared: str, other: str, install, make_instance) -> None:
    install(odd=ODD.format(declared=declared, served=declared))
    with pytest.raises(SettingsError) as told:
        make_instance(plugins={"odd": {}})
    assert f"plugins.odd: the route {declared} " in str(told.value)
    assert other in str(told.value)


def test_two_plugins_never_share_one(install, make_instance) -> None:
    install(
        one=ODD.format(declared="/<slug:slug>/<language>/embed", served="/<slug:slug>/<language>/embed"),
        other=ODD.format(declared="/<a>/<b>/embed", served="/<a>/<b>/embed"),
    )
    with pytest.raises(
        SettingsError, match=r"plugins\.other: the route /<a>/<b>/embed would collide with /<slug:slug>"
    ):
        make_instance(plugins={"one": {}, "other": {}})


def test_one_that_is_declared_and_not_there_is_refused(install, make_instance) -> None:
    install(odd=ODD.format(declared="/oembed", served="/oembd"))
    with pytest.raises(SettingsError, match=r"plugins\.odd: routes_elsewhere names /oembed, and no route of it has"):
        make_instance(plugins={"odd": {}})


def test_a_view_takes_larger_bodies_where_it_says_so(doors: Instance) -> None:
    large = b"[" + b" " * 900_000 + b"]"
    answer = doors.client.post("/hooks/doors/events", data=large, content_type="application/json")
    assert (answer.status_code, answer.get_data(as_text=True)) == (200, str(len(large)))
    answer = doors.client.post("/hooks/doors/events", data={"letter": "a" * 900_000})
    assert (answer.status_code, answer.get_data(as_text=True)) == (200, "900000")
    larger = b" " * (1024 * 1024 + 1)
    assert doors.client.post("/hooks/doors/events", data=larger, content_type="application/json").status_code == 413
    for path in ("/hooks/doors/small", "/library/en/sign"):
        assert doors.client.post(path, data={"letter": "a" * 70_000}).status_code == 413
