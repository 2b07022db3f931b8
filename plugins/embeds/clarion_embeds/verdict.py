"""Whether a page can show the form, what would break it, and the one line that mends it. Nothing is asked here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from .pagehead import MOST_POLICIES, PageHead
from .policies import Policy, Script
from .settings import LOOPBACK, origin_fault

Way = Literal["script", "frame", "pictures"]
"""The ways to put a petition into a page: by our script, by a plain frame, by a badge and a code to scan."""

WAYS: tuple[Way, ...] = ("script", "frame", "pictures")
FORMS: tuple[Way, ...] = ("script", "frame")

MOST_SHOWN = 20

SANDBOX_NEEDS = ("allow-forms", "allow-same-origin", "allow-scripts")
SANDBOX_ALSO = ("allow-popups", "allow-popups-to-escape-sandbox")


@dataclass(frozen=True, slots=True)
class Offer:
    """What is to be put into the page."""

    home: str
    """Our origin."""
    origins: tuple[str, ...]
    """Where the partner's form may be shown; `*` stands for everywhere."""
    frame: str
    script: str
    picture: str
    pinned: str
    """The script under the address of just its bytes."""
    integrity: str
    sandbox: str
    """What the frame may do."""
    script_code: str
    """What is pasted, with a place for a nonce."""
    pinned_code: str
    """The same of just its bytes, checked by the browser."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found."""

    code: str
    breaks: tuple[Way, ...] = ()
    """What will not work because of it; without any it is worth knowing and no more."""
    line: str = ""
    """What mends it."""
    about: str = ""
    """The origin, directive or number that it is about."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a petition in a page."""

    findings: tuple[Finding, ...]

    @property
    def shown(self) -> tuple[Finding, ...]:
        """The first of them: nobody reads on for ever."""
        return self.findings[:MOST_SHOWN]

    def works(self, way: Way) -> bool:
        """Whether a way works."""
        return not any(way in finding.breaks for finding in self.findings)

    @property
    def saw_the_page(self) -> bool:
        """Whether what was looked at is the page itself, and no error in its place."""
        return not any(finding.code in ("status", "no-page") for finding in self.findings)

    @property
    def works_all(self) -> bool:
        """Whether every way does."""
        return all(self.works(way) for way in WAYS)


def judge(page: PageHead, offer: Offer, url: str = "", status: int = 200) -> Verdict:
    """What becomes of what we offer in a page at an address; without one its origin is not looked at."""
    found = (*_answer(page, status), *_place(offer, url), *_policies(page, offer, url), *_frames(page, offer))
    return Verdict(tuple(dict.fromkeys(found)))


def _answer(page: PageHead, status: int) -> Iterator[Finding]:
    if status >= 400:
        yield Finding("status", about=str(status))
    kinds = page.named("content-type")
    if kinds and "html" not in kinds[-1].lower():
        yield Finding("no-page", about=kinds[-1].partition(";")[0].strip()[:60])


def _place(offer: Offer, url: str) -> Iterator[Finding]:
    """What the page's own address decides: whose frames it may show, and what it may load without TLS."""
    if not url:
        return
    origin, ours = origin_of(url), urlsplit(offer.home)
    everywhere = "*" in offer.origins
    if origin_fault(origin):
        secure = url.replace("http://", "https://", 1)
        yield Finding("no-tls", () if everywhere else FORMS, secure, origin)
    elif not everywhere and origin not in offer.origins:
        listed = ", ".join(f'"{one}"' for one in (*offer.origins, origin))
        yield Finding("origin", FORMS, f"origins = [{listed}]", origin)
    if url.startswith("https:") and ours.scheme == "http" and ours.hostname not in LOOPBACK:
        yield Finding("mixed", WAYS, about=offer.home)


def origin_of(url: str) -> str:
    """The origin of a page, written as origins are."""
    parts = urlsplit(url)
    named = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port in (None, {"http": 80, "https": 443}.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{named}{port}"


def _policies(page: PageHead, offer: Offer, url: str) -> Iterator[Finding]:
    policies, are_all = page.policies()
    if not are_all:
        yield Finding("unread", WAYS, about=str(MOST_POLICIES))  # one that is not read may forbid all
    script = _script(page, offer, [policy for policy in policies if policy.enforced], url)
    if script.url not in (offer.script, offer.pinned):
        yield Finding("stale", ("script",), offer.pinned_code)
    elif script.url == offer.pinned and not _pasted(page, offer):
        yield Finding("pinned", line=offer.pinned_code)
    for policy in policies:
        found = list(_policy(policy, offer, script, url))
        if policy.enforced:
            yield from found
        elif lines := [one.line for one in found if one.breaks]:
            yield Finding("tried-out", line=lines[-1])
    if any(policy.enforced and not policy.lets_style() for policy in policies):
        yield Finding("edge", line="iframe { border: 0 }")


def _pasted(page: PageHead, offer: Offer) -> list[Script]:
    """Our script where it stands in the page already."""
    return [script for script in page.scripts if script.url.startswith(f"{offer.home}/embed.")]


def _script(page: PageHead, offer: Offer, policies: Sequence[Policy], url: str) -> Script:
    """The script as it stands in the page, or the version of it that the page lets run."""
    if pasted := _pasted(page, offer):
        return pasted[0]
    newest, pinned = Script(offer.script), Script(offer.pinned, integrity=offer.integrity)
    for one in (newest, pinned):
        if all(policy.lets_run(one, url) for policy in policies):
            return one
    return newest


def _policy(policy: Policy, offer: Offer, script: Script, url: str) -> Iterator[Finding]:
    """What one policy keeps us from. Each line holds all of the policy, with what was lacking so far."""
    lacks_frame = not policy.lets_load("frame", offer.frame, url)
    lacks_script = not policy.lets_run(script, url)
    by_nonce = lacks_script and policy.trusts_only_marked() and policy.knows_nonces()
    by_hash = lacks_script and policy.trusts_only_marked() and not by_nonce
    tokens = _sandbox_lacks(policy)
    mended = policy
    if tokens:
        wanted = (*(policy.values("sandbox") or ()), *SANDBOX_NEEDS, *SANDBOX_ALSO)
        mended = mended.replaced("sandbox", tuple(dict.fromkeys(wanted)))
    if lacks_frame:
        mended = mended.also("frame", offer.home)
    if lacks_script and not by_nonce:
        mended = mended.also("script", f"'{offer.integrity}'" if by_hash else offer.home)
    if tokens:
        # what lacks scripts alone still shows a plain frame, whose form needs none
        yield Finding(
            "sandbox", ("script",) if tokens == ["allow-scripts"] else FORMS, mended.header, ", ".join(tokens)
        )
    if lacks_frame or (lacks_script and not by_nonce):
        lacking = {"frame": lacks_frame, "script": lacks_script and not by_nonce}
        about = ", ".join(dict.fromkeys(policy.governing(thing) for thing, lacks in lacking.items() if lacks))
        yield Finding("policy", FORMS if lacks_frame else ("script",), mended.header, about)
    if by_nonce:
        yield Finding("nonce", ("script",), offer.script_code, policy.governing("script"))
    if by_hash:
        yield Finding("pinned", line=offer.pinned_code)
    if not policy.lets_load("picture", offer.picture, url):
        yield Finding("pictures", ("pictures",), mended.also("picture", offer.home).header, policy.governing("picture"))


def _sandbox_lacks(policy: Policy) -> list[str]:
    """What a page lacks that its own header puts into a sandbox: a frame in it can do no more than the page."""
    said = policy.values("sandbox")
    tokens = {one.lower() for one in said or ()}
    return [] if said is None else [one for one in SANDBOX_NEEDS if one not in tokens]


def _frames(page: PageHead, offer: Offer) -> Iterator[Finding]:
    """A frame of ours that stands in the page already, in a sandbox of its own that takes no form."""
    for frame in page.frames:
        if frame.sandbox is None or not frame.src.startswith(f"{offer.home}/"):
            continue
        tokens = frame.sandbox.lower().split()
        # of no origin, the frame's own script sends what a form cannot
        sends = "allow-forms" in tokens or ("allow-scripts" in tokens and "allow-same-origin" not in tokens)
        if not sends:
            yield Finding("frame-sandbox", ("frame",), f'sandbox="{offer.sandbox}"', frame.sandbox[:200])
            return
