"""Pages with all kinds of policies, and what becomes of a petition in each: {home} is ours, {hash} our script's."""

from __future__ import annotations

from dataclasses import dataclass

CSP = "Content-Security-Policy"
TRIED = "Content-Security-Policy-Report-Only"


@dataclass(frozen=True)
class Case:
    """A page: its headers, what stands in its head, and what is broken there."""

    headers: tuple[tuple[str, str], ...] = ()
    head: str = ""
    broken: str = ""
    """Of `script`, `frame` and `pictures`."""
    codes: str = ""
    nonce: str = ""
    """What our script carries in this page."""


def csp(*policies: str, **more: str) -> Case:
    """A page with these headers."""
    return Case(tuple((CSP, policy) for policy in policies), **more)


def meta(policy: str, before: str = "", after: str = "", **more: str) -> Case:
    """A page with this policy in its head."""
    return Case(head=f'{before}<meta http-equiv="{CSP}" content="{policy}">{after}', **more)


ALL = "script frame pictures"
BOTH = "script frame"

CASES = {
    "none": Case(),
    "empty": csp(""),
    "only semicolons": csp(" ; ;; "),
    "own things only": csp("default-src 'self'", broken=ALL, codes="policy pictures edge"),
    "nothing": csp("default-src 'none'", broken=ALL, codes="policy pictures edge"),
    "a directive without a value is nothing": csp("frame-src", broken=BOTH, codes="policy"),
    "everything": csp("default-src *", codes="edge"),
    "home by default": csp("default-src {home}", codes="edge"),
    "home in capitals": csp("DEFAULT-SRC {HOME}", codes="edge"),
    "frame": csp("default-src 'self'; frame-src {home}", broken="script pictures", codes="policy pictures edge"),
    "frame and script": csp(
        "default-src 'self'; frame-src {home}; script-src {home}; img-src *; style-src 'self' 'unsafe-inline'"
    ),
    "frame by its older name": csp("child-src {home}"),
    "child-src keeps frames out": csp("child-src 'self'; default-src *", broken=BOTH, codes="policy edge"),
    "frame-src goes before child-src": csp("child-src 'none'; frame-src {home}"),
    "frame-src goes before default-src": csp("default-src {home}; frame-src 'self'", broken=BOTH, codes="policy edge"),
    "the first of two directives": csp("frame-src {home}; frame-src 'none'"),
    "the first of two directives keeps out": csp("frame-src 'none'; frame-src {home}", broken=BOTH, codes="policy"),
    "none beside others is no word": csp("frame-src 'none' {home}"),
    "script-src keeps out": csp("script-src 'self'", broken="script", codes="policy"),
    "script-src-elem goes first": csp("script-src 'none'; script-src-elem {home}"),
    "script-src-elem keeps out": csp("script-src {home}; script-src-elem 'self'", broken="script", codes="policy"),
    "script-src-attr is about others": csp("script-src-attr 'none'"),
    "inline is no address": csp("script-src 'unsafe-inline' 'unsafe-eval'", broken="script", codes="policy"),
    "two policies, both let it": csp("frame-src {home}", "script-src {home}"),
    "two policies, one does not": csp("frame-src {home}", "frame-src 'self'", broken=BOTH, codes="policy"),
    "two policies in one header": csp("frame-src {home}, script-src 'self'", broken="script", codes="policy"),
    "host without a scheme": csp("frame-src {host}:{port}; script-src {host}:{port}"),
    "any port": csp("frame-src {host}:*"),
    "another port": csp("frame-src {scheme}://{host}:4443", broken=BOTH, codes="policy"),
    "another host": csp("frame-src https://other.example", broken=BOTH, codes="policy"),
    "hosts below it": csp("frame-src {scheme}://*.{host}:{port}", broken=BOTH, codes="policy"),
    "a path": csp("frame-src {home}/library/"),
    "another path": csp("frame-src {home}/other/", broken=BOTH, codes="policy"),
    "a path without its end": csp("frame-src {home}/library", broken=BOTH, codes="policy"),
    "just the script": csp("script-src {home}/embed.js"),
    "just another script": csp("script-src {home}/other.js", broken="script", codes="policy"),
    "the scheme": csp("frame-src {scheme}:; script-src {scheme}:"),
    "a scheme that is not ours": csp("frame-src wss: data: blob:", broken=BOTH, codes="policy"),
    "a nonce that is not ours": csp("script-src 'nonce-abc'", broken="script", codes="policy"),
    "a nonce that is ours": csp("script-src 'nonce-abc'", nonce="abc"),
    "another nonce": csp("script-src 'nonce-abc'", nonce="ABC", broken="script", codes="policy"),
    "a nonce beside our address": csp("script-src 'nonce-abc' {home}"),
    "marked scripts only": csp(
        "script-src 'nonce-abc' 'strict-dynamic' https: 'unsafe-inline'", broken="script", codes="nonce"
    ),
    "marked scripts only, our address too": csp(
        "script-src 'nonce-abc' 'strict-dynamic' {home}", broken="script", codes="nonce"
    ),
    "marked scripts only, and ours is": csp("script-src 'nonce-abc' 'strict-dynamic'", nonce="abc"),
    "marked scripts only, by default": csp(
        "default-src 'nonce-abc' 'strict-dynamic' {home}", broken="script", codes="nonce edge"
    ),
    "marked scripts only, by hash": csp(
        "script-src 'sha256-AAAA' 'strict-dynamic'", broken="script", codes="policy pinned"
    ),
    "our hash": csp("script-src '{hash}'", codes="pinned"),
    "our hash among marked scripts": csp("script-src '{hash}' 'strict-dynamic'", codes="pinned"),
    "pictures": csp("img-src 'self' data:", broken="pictures", codes="pictures"),
    "pictures from us": csp("img-src {home}"),
    "no style of elements": csp("style-src 'self'", codes="edge"),
    "a hash takes inline style back": csp("style-src 'unsafe-inline' 'sha256-AAAA'", codes="edge"),
    "trusted types": csp("require-trusted-types-for 'script'; trusted-types 'none'"),
    "whom the page lets frame it": csp("frame-ancestors 'none'"),
    "no connections, no forms": csp("connect-src 'none'; form-action 'none'; base-uri 'none'; object-src 'none'"),
    "tried out only": Case(((TRIED, "default-src 'self'"),), codes="tried-out"),
    "tried out beside one in force": Case(((CSP, "frame-src {home}"), (TRIED, "frame-src 'none'")), codes="tried-out"),
    "isolated": Case((("Cross-Origin-Embedder-Policy", "require-corp"), ("Cross-Origin-Opener-Policy", "same-origin"))),
    "not to be framed itself": Case((("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"))),
    "in the head": meta("frame-src 'self'", broken=BOTH, codes="policy"),
    "in the head after a title": meta("frame-src 'self'", "<title>a</title>", broken=BOTH, codes="policy"),
    "in the head and in a header": Case(
        ((CSP, "frame-src {home}"),),
        f'<meta http-equiv="{CSP.lower()}" content="script-src \'self\'">',
        broken="script",
        codes="policy",
    ),
    "in the body, where it does not count": meta("frame-src 'self'", "</head><body>"),
    "after text, where it does not count": meta("frame-src 'self'", "words"),
    "in what is not shown": meta("frame-src 'self'", "<noscript>", "</noscript>"),
    "in a comment": meta("frame-src 'self'", "<!-- ", " -->"),
    "a sandbox in the head does not count": meta("sandbox"),
    "a sandbox": csp("sandbox", broken=BOTH, codes="sandbox"),
    "a sandbox without forms": csp("sandbox allow-scripts allow-same-origin", broken=BOTH, codes="sandbox"),
    "a sandbox of no origin": csp("sandbox allow-scripts allow-forms", broken=BOTH, codes="sandbox"),
    "a sandbox without scripts": csp("sandbox allow-forms allow-same-origin", broken="script", codes="sandbox"),
    "a sandbox that lets do": csp("sandbox allow-forms allow-same-origin allow-scripts"),
}
