"""The page for plugin authors, made from the hooks themselves, so it cannot lie."""

from __future__ import annotations

import inspect

from .. import api
from ..hookspecs import API_VERSION, SLOTS, Hooks, Plugin
from .given import MOST_HTML
from .guard import FAILURES, FIRST, LONGEST
from .loading import HOOKS, START
from .manager import LONG, QUICK
from .passing_on import FIRST_WAIT
from .slots import KEPT


def plugins_page() -> str:
    """The page as Markdown."""
    return _PAGE.format(
        version=API_VERSION,
        start=f"{START:g}",
        quick=f"{QUICK:g}",
        long=f"{LONG:g}",
        failures=FAILURES,
        first=f"{FIRST / 60:g}",
        longest=f"{LONGEST / 60:g}",
        hooks="\n".join(_hook(name) for name in HOOKS),
        slots="\n".join(f"| `{name}` | {words} |" for name, words in SLOTS.items()),
        kept=f"{KEPT:g}",
        first_wait=FIRST_WAIT,
        most_html=f"{MOST_HTML:,}",
        parts="\n".join(_part(name) for name in sorted(api.__all__)),
        facts="\n".join(f"| `{name}` | {words} |" for name, words in _FACTS.items()),
    )


def _hook(name: str) -> str:
    function = getattr(Hooks, name)
    parameters = [parameter for parameter in inspect.signature(function).parameters if parameter != "self"]
    return f"| `{name}({', '.join(parameters)})` | {_sentence(function)} |"


def _part(name: str) -> str:
    part = getattr(api, name)
    words = _OTHERS.get(name) or _sentence(part)
    return f"| `{name}` | {words} |"


def _sentence(part: object) -> str:
    words = " ".join((inspect.getdoc(part) or "").split("\n\n")[0].split())
    return words.replace("|", "\\|")


_OTHERS = {
    "API_VERSION": "The version of this interface.",
    "AWAY": "What is raised while the database is away: whatever was to be done is done later.",
    "EVENT_KINDS": "The kinds of events: " + ", ".join(f"`{kind}`" for kind in api.EVENT_KINDS) + ".",
    "PAGE_PORTS": "The schemes and ports of pages that people read, for `target`.",
    "SMALL_AREA": "With fewer people a figure is not told to those who could find out from it who signed.",
    "BigId": "The type of a key that counts itself.",
    "NEVER_REUSED": "Arguments of a table whose numbers must not be given twice.",
    "db": "The database: `db.session` reads. Whatever writes does it in a `transaction`.",
    "hookimpl": "The mark on a method that is a hook.",
    "log": "The log. It keeps only the keys that name nobody.",
}

_FACTS = {
    "api": "the `API_VERSION` that it was written for",
    "Settings": "the model of its table in the settings; without one it takes none",
    "CampaignSettings": "the model of its table in a campaign's `campaign.toml`; without one no campaign may have it",
    "page_slots": "the [places of pages](#places-of-pages) that its `page_slot` fills",
    "routes_elsewhere": "the rules of its [routes](#routes) that are not served below `/hooks/<name>/`",
    "personal_data": "which personal data it sees, in a few words",
}
assert set(_FACTS) <= set(Plugin.__annotations__), "the page names what a plugin has"

_PAGE = """\
# Plugins

<!-- Made by `clarion docs` from the hooks themselves; change `platform/clarion/hookspecs.py`. -->

For those who switch plugins on, and for those who write them. A plugin is a distribution of its own; `plugins/` holds
those that come with Clarion, each in a folder with its README.

## Switching one on

A table in the settings, named like the plugin, switches it on and configures it:

    [plugins.email]
    url = "smtp://petitions@mail.example:587"
    password = {{ env = "SMTP_PASSWORD" }}

`clarion plugins` lists what is installed: what each brings, which settings it takes, and which personal data it sees. A
campaign may carry a table of the same name in its `campaign.toml`, where the plugin has settings for campaigns;
`clarion check` checks it.

Whatever is wrong with a plugin that is named stops the start with one line: it is not installed, two have its name, a
setting is unknown, a hook is misspelt, it was written for another version of the interface, it cannot be loaded.
`clarion plugins` marks it, with the reason, and lists the others. In production no site starts without a plugin
that sends mails.

Commands are asked for when somebody types one, so a fault in them stops no site and no command of another plugin.
`clarion check` and `clarion doctor` warn of it, and whoever types one in vain is told.

Take the folder of a plugin away, with its table, and nothing of it is left. A table without its plugin stops the start,
so that nobody finds out by mails that were never sent.

## What a plugin cannot do

- **Spoil a signature.** No hook is asked while somebody signs, but for whose site a script signs from
  (`partner_origins`, once a minute; where it fails, for nobody's). What leaves is a message in the outbox, written with
  the signature and sent afterwards, so a plugin that is broken delays its own messages and nothing else.
- **Answer for others.** Its routes lie below `/hooks/<name>/`, or where it declared them and nobody else answers. One
  that would change how other requests are answered is refused at the start.
- **Bring something foreign into a page.** What it adds is cleaned; the pages load nothing from elsewhere, set no cookie
  and run no script but Clarion's own.
- **Keep everybody waiting.** A hook that raises, gives something else than it should, or takes too long is left out
  this time, written into the log as `plugin failed`, and counted in `clarion_plugin_failures_total`. After {failures}
  failures in a row this process switches that hook off for {first} minutes (`plugin switched off`,
  `clarion_plugin_off`); then one call tries it for all, and each try in vain doubles the pause, {longest} minutes at
  most. What still hangs is not tried again before it ends.

Python cannot shut a plugin in. One that is meant to do harm can do it: install what you trust. One that ends its
process outright (`os._exit`, a crash in a library written in C) takes all down that this process was at. Under
`clarion run` the process is started anew within seconds; whoever had their answer is on disk, and what was to be sent
is sent then. Which hooks were being asked is written down in `var/run/hooks`, so the processes that come after know
over which one others died: after {failures} deaths within an hour they leave it alone for {first} minutes, as above.

## Writing one

    clarion plugins new door-knocks
    pip install -e plugins/door_knocks
    pytest plugins/door_knocks

That makes a plugin which works, with a test. Its class derives from `clarion.api.Plugin` and says:

| | |
|---|---|
{facts}

`self.settings` holds the checked settings, `self.place` the instance's folder and address. An object is made for each
application, so it may keep what it likes; it is asked from several threads at once. `events`,
`figures`, chores and commands run inside the application, so they find its database.

An entry point of the group `clarion` gives the plugin its name:

    [project.entry-points.clarion]
    door_knocks = "clarion_door_knocks:DoorKnocks"

Import from `clarion.api` and nothing else of Clarion: all else may change with any release.

## The hooks

Each is a method marked with `@hookimpl`. Leave out what you do not need, parameters too.

| hook | what it does |
|---|---|
{hooks}

What is asked at the start may take {start} seconds, what somebody waits for {quick}, and work in a worker {long}.

### Places of pages

| place | where it is |
|---|---|
{slots}

A plugin names those that it fills in `page_slots`, and gives HTML for each:

    page_slots = ("campaign.footer",)

    @hookimpl
    def page_slot(self, campaign, language):
        return render_template("door_knocks/foot.html", title=campaign.text(language).title)

Whatever it gives is cleaned like a campaign's own Markdown, from a template or not: headings, paragraphs, lists, links,
emphasis, quotes, code, and images of this site, `/hooks/<name>/…`. No script, style, class, form, or anything from
elsewhere passes; {most_html} characters at most. Of what is given for the head only links with `rel="alternate"` pass.

A page is the same for everyone. So the hook knows no request and no visitor, but campaign and language, and the
campaign's settings. What it gives is kept for {kept} seconds, and a page that nobody signs and nobody changes for up to
an hour. A hook that fails leaves its place empty.

### Routes

A blueprint's rules are served below `/hooks/<name>/`. One that must stand somewhere else is declared in the class, as
the decorator has it, and is then served exactly there:

    routes_elsewhere = ("/oembed", "/<slug:slug>/<language>/embed")

It may not answer where another route does, nor where a campaign could have its page: `/donate` is the page of a
campaign `donate`. Taken are also `/hooks/`, `/staff/` and `/static/`.

Routes for the console are given by `staff_blueprints` and served below `/staff/<name>/`. Nobody can log in there yet:
what they show, everybody sees who reaches the console.

A request may bring 64 KB. A view that a provider sends more to says so: `@body_limit(1024 * 1024)`, 2 MB at most.

### Templates and words

Both are found by the name of their folder, in the plugin's package, and read at the start:

    clarion_door_knocks/templates/door_knocks/foot.html
    clarion_door_knocks/translations/es/LC_MESSAGES/messages.po

The first is `door_knocks/foot.html` in `render_template`; no template can take the place of Clarion's or another
plugin's. A page of its own may extend Clarion's `base.html` with the blocks `title` and `main`.

`_()` in these templates, and `translations(__name__).gettext` in code, speak the plugin's words in the language of
whoever is answered: English words stand in the code, and are what a language without a catalog gets. A catalog or a
template with a fault in it stops the start.

### A sign form elsewhere

A page of a plugin can show a petition's form and take it, with all that Clarion's own page does:

    shown = petition(slug, language) or abort(404)
    stand = Stand("embed", "readers", lambda language: f"/{{slug}}/{{language}}/embed")
    step = take_signature(shown, stand) if request.method == "POST" else sign_form(shown, stand)
    return render_template("door_knocks/page.html", shown=shown, step=step), step.status

`step.html` is what to show, from the form to the code from the mail, and everything in it is sent to the stand's own
address. A form belongs to its place: one that was made for another source or organisation is not taken. Signatures
from there are the organisation's. A template may take `byline(campaign)`, `tally(count)` and `progress(goal, percent)`
from Clarion's `_parts.html`, imported with context.

`allow_framing(origins)` lets other sites show the answer in a frame; no page of Clarion's does that by itself. In a
sandbox such a page can load nothing: `page_style(accent)` is the whole style as one text, and `allow_inline_style` and
`allow_inline_script` let the answer hold just the text that they are given.

### What happened

`events(happened)` gets what is written down in the same transaction as the change itself, for each plugin that has this
hook: a page at a time, in order, from a worker. Events go when the hook returns. If it fails they are told again, after
{first_wait} seconds at first and an hour at last, while later ones are told meanwhile; so one may be told twice, under
the same `id`, and none is ever left out. A hook gives nothing back: one that does counts as failed, as a generator has
not even begun. While it is switched off its events wait: `clarion_oldest_event_seconds` shows it.

| event | is about |
|---|---|
| `signature.confirmed` | a signature that counts, or counts again |
| `signature.withdrawn` | one that was withdrawn or erased; `detail["organisations"]` are those that may be told |
| `consent.given`, `consent.withdrawn` | a yes to one `organisation` for one `channel`, and its end |
| `campaign.published`, `campaign.closed` | `detail["edition"]` is live; it is closed, by its word or by its date |
| `delivery.sent` | something was handed over to decision makers |

They name nobody. `shared_with(organisation, numbers)` gives the details of those who said yes to that organisation, and
of each no more than that: it is the one way to them, and whoever uses it says so in `personal_data`. When a signer is
erased, what ended is told all the same, and what began is told no more.

What retention erases at the end of a campaign's time is told to nobody, on purpose. Organisations have their copies by
the yes that each person gave to them, and keep them by their own rules; and a flood of withdrawals would tell them to
delete people who never took anything back.

### Tables

`migrations()` gives a folder of Alembic steps, such as `clarion_door_knocks/versions/0001_first.py`; a step's
`revision` is its number. They are taken after the core's, under the same lock, in one transaction, and written down in
`alembic_version_<plugin>`.

Tables and views are named `<plugin>_…`; where a plugin `mail` and a plugin `mail_x` meet, `mail_x_letters` is the
second's. Before the commit the database itself is asked what was touched, in rows or in shape, however the SQL was
written: an index, a trigger, a column or a row of another's table, or a foreign key to one, and all is undone and the
start refused. Reading others' tables is allowed. This keeps mistakes out; whoever means harm finds a way around it.
Foreign keys to Clarion's tables would bind it: numbers are enough. Models get a base of their own:

    class Base(DeclarativeBase):
        metadata = own_metadata()

    class Knock(Base):
        __tablename__ = "door_knocks_knock"
        id: Mapped[int] = mapped_column(BigId, primary_key=True)

Where the plugin is taken away its tables stay as they are. `clarion plugins` names them; `clarion db check` tells where
they stand.

### Links to hand out

    token = hand_out("knocks", "library", 7)          # on the command line: base_url + "/doors/" + token
    opens = read_handout("knocks", token, days=366)    # ["library", 7], or None if forged or too old

Such a link opens a page for whoever has it, without a login, and whoever has it can read what it says. Its view
declares `@access("personal")`, so the page is kept nowhere and indexed nowhere. Put a number into it that a campaign
can raise, so that links can be ended.

`speak(request.args.get("lang", ""))` answers in that language or the visitor's, `language_choices(address)` is the
switch for `header` from Clarion's `_languages.html`, `allow_own_frames()` lets the page hold a frame of this site.

### Asking other sites

`Sender` asks servers of the public internet and no others, whoever names the address:

    place = target(url, self.place.hosts, PAGE_PORTS)     # raises BadAddress; without ports https on 443 and 8443
    answer = Sender().get(place, {{}}, most=64 * 1024)      # raises NotSent

The name is looked up once for each request, every address behind it is checked, and the connection is made to just that
address under the certificate of the name. Nothing is followed; all of it takes ten seconds at most. Hold nothing of the
database meanwhile (`db.session.remove()`), and where a visitor can cause it let `uses_this_hour("doors")` count.

### Panels for staff

`Panel(id, title, render)`: `render` gives HTML, cleaned like that of a page. They are gathered and checked when the
console starts; the page that shows them is not there yet.

## What `clarion.api` holds

Version {version}.

| name | what it is |
|---|---|
{parts}

A channel is one method, `send`. It returns the other side's code, or raises `Retry` (surely not taken, try later),
`Refused` (never will be), `Unreachable` (the whole lane had better wait), `Blocked` (we are refused, and not this
message: the lane stops for long, and the message stays due) or `Unsure` (nobody can tell). Give codes that name nobody:
they are logged. A send that does not come back within a minute is taken for dead: its message goes to another thread as
if the worker had died. A chore runs inside the application, so it may call `report_feedback`.

## Testing one

Clarion's own fixtures are there for plugins too (`-p clarion.testing`):
`make_instance(plugins={{"door_knocks": {{}}}})` gives an instance with the plugin on, `make_folder()` a
campaign folder, `instance.sign(…)`, `instance.work()` and `instance.mails()` do what people and the worker do.
"""
