"""What a partner pastes into its pages."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from clarion.api import Petition

from . import loader, thermometer
from .look import Look

HEIGHT = 900
"""Of a frame that nothing lets grow: what does not fit is scrolled to."""

THERMOMETER_HEIGHT = 310
"""Enough for a narrow column; a wide one takes half."""

POPUPS = "allow-popups allow-popups-to-escape-sandbox"
SANDBOX = f"allow-forms {POPUPS} allow-same-origin allow-scripts"

SECRET = "clarion"  # noqa: S105 - no secret, but WordPress calls it so
"""By which WordPress and the frame know each other."""


@dataclass(frozen=True, slots=True)
class Codes:
    """The code for one petition in one language, in the place of one partner or of nobody in particular."""

    base_url: str
    shown: Petition
    partner: str = ""
    look: Look = Look()  # noqa: RUF009 - frozen

    @property
    def frame_url(self) -> str:
        """The address of the frame."""
        query = self.look.query(self.partner)
        return f"{self.base_url}/{self.shown.live.slug}/{self.shown.language.code}/embed{query}"

    @property
    def address(self) -> str:
        """Where links lead: who comes by one is counted to the partner."""
        return self.shown.link_of(self.partner) if self.partner else self.shown.url

    @property
    def oembed_address(self) -> str:
        """What systems that know oEmbed turn into the form; where it stays a link, it counts like one."""
        look = self.look.query("")
        return self.address + (look.replace("?", "&", 1) if self.partner else look)

    def script(self) -> Markup:
        """One script, which puts the form where it stands."""
        return self._script(Markup('src="{}"').format(self.base_url + loader.NEWEST))

    def pinned_script(self) -> Markup:
        """The same, of just this version, checked by the browser."""
        checked = Markup('src="{}" integrity="{}" crossorigin="anonymous"')
        return self._script(checked.format(self.base_url + loader.PATH, loader.INTEGRITY))

    def _script(self, source: Markup) -> Markup:
        said = self._said("data-", label=self.shown.text.title)
        return Markup("<script async {}{}></script>\n<noscript>{}</noscript>").format(source, said, self.link())

    def element(self) -> Markup:
        """An element for any place in the page, and the script once for all of them."""
        return Markup('<clarion-petition{}>{}</clarion-petition>\n<script async src="{}"></script>').format(
            self._said(""), self.link(), self.base_url + loader.NEWEST
        )

    def frame(self, width: str = "100%", height: int = HEIGHT) -> Markup:
        """The frame alone, for pages that take no script from elsewhere."""
        return self._iframe(self.frame_url, width, height, SANDBOX)

    def thermometer(self) -> Markup:
        """The count and the goal, for pages that show no form."""
        address = f"{self.base_url}/{self.shown.live.slug}/{self.shown.language.code}/{thermometer.PATH}"
        query = Look(self.look.theme, self.look.accent).query(self.partner)
        return self._iframe(address + query, "100%", THERMOMETER_HEIGHT, POPUPS)

    def pasted(self, height: int) -> Markup:
        """What other systems make of the address: the frame, and a link that is seen only where it is needed.

        WordPress takes most attributes away, `style` and `hidden` among them. So it shows the link until the frame has
        said that its script is there. Where it is told to trust this site it takes all as it is, and class and secret
        are there to let the frame grow: one without a secret would be loaded anew in the middle of loading.
        """
        known = Markup(' class="wp-embedded-content" data-secret="{0}"').format(SECRET)
        card = Markup("<blockquote{} hidden>{} · {}</blockquote>").format(
            known, self.link(), self.shown.campaign.lead.name
        )
        frame = Markup('<iframe{} name="{}" frameborder="0"').format(known, SECRET)
        return card + self.frame(height=height).replace("<iframe", frame)

    def link(self) -> Markup:
        """A link, for pages that take nothing else."""
        return Markup('<a href="{}">{}</a>').format(self.address, self.shown.text.title)

    def pictures(self) -> Markup:
        """The link as a badge that counts, the same where no SVG is taken, and as a code to scan."""
        return Markup(
            '<a href="{address}"><img src="{url}/badge.svg" alt="{title}"></a>\n'
            '<a href="{address}"><img src="{url}/badge.png" alt="{title}" height="40"></a>\n'
            '<a href="{address}"><img src="{url}/qr.svg{query}" alt="{title}" width="180" height="180"></a>'
        ).format(
            address=self.address, url=self.shown.url, query=Look().query(self.partner), title=self.shown.text.title
        )

    def _iframe(self, address: str, width: str, height: int, sandbox: str) -> Markup:
        return Markup(
            '<iframe src="{}" title="{}" width="{}" height="{}" sandbox="{}" loading="lazy" style="border:0"></iframe>'
        ).format(address, self.shown.text.title, width, height, sandbox)

    def _said(self, prefix: str, **more: str) -> Markup:
        said = {
            "campaign": self.shown.live.slug,
            "partner": self.partner,
            "lang": self.shown.language.code,
            **self.look.said(),
            **more,
        }
        return Markup("").join(Markup(' {}{}="{}"').format(prefix, key, value) for key, value in said.items() if value)
