"""The rows of the table: each sets its parts up, lets product and reference take turns, and says what came out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from rig.load import Ledger, Load, Request, pages
from rig.site import Site

from .bulk import Bulk
from .results import Ratio
from .rounds import Measure, Plan, alternate
from .stage import PAGE, SIGN, Server, Stage

WRITTEN = ("signature", "consent", "message", "reason", "count_delta", "count_total", "count_organisation")


@dataclass(slots=True)
class Side:
    """One side of a row, and what its rounds had in common."""

    server: Server
    requests: Callable[[], Iterator[Request]]
    expected: int
    before: Callable[[], None] = lambda: None
    ledgers: list[Ledger] = field(default_factory=list)

    def measure(self, seconds: float) -> float:
        """One round; every answer must be the expected one."""
        self.before()
        ledger = Load(self.server.port).flat_out(self.requests(), seconds)
        wrong = {status: n for status, n in ledger.statuses.items() if status != self.expected}
        assert not wrong, f"answers other than {self.expected}: {wrong}"
        assert not ledger.unanswered, f"{len(ledger.unanswered)} requests were not answered"
        self.ledgers.append(ledger)
        return ledger.rate

    @property
    def answers(self) -> int:
        """All answers, those of the warm-up too."""
        return sum(ledger.answers for ledger in self.ledgers)

    @property
    def busiest(self) -> float:
        """The largest share of a core that the load generator used."""
        return max(ledger.busy for ledger in self.ledgers)

    def latency(self) -> str:
        """Median and 99th percentile over all rounds."""
        merged = Ledger()
        for ledger in self.ledgers[1:]:
            merged.latencies.extend(ledger.latencies)
        return f"p50 {merged.latency(0.5) * 1000:.0f} ms, p99 {merged.latency(0.99) * 1000:.0f} ms"


def page(stage: Stage, plan: Plan) -> Ratio:
    """The campaign page beside a Flask view that returns the same bytes."""
    site = stage.site("signing")
    product = stage.pages_of(site)
    bare = stage.bare("page", site, BENCH_PAGE=str(stage.keep_page(product)))
    sides = _page_side(product, PAGE), _page_side(bare, "/page")
    return _ratio("page", "campaign page, requests/s", sides, plan, 3.0)


def signing(stage: Stage, plan: Plan) -> Ratio:
    """Signing beside a form, two INSERTs and a commit, on PostgreSQL."""
    return _signing(stage, plan, stage.site("signing"), "signing", "signing, PostgreSQL, signatures/s")


def signing_sqlite(stage: Stage, plan: Plan) -> Ratio:
    """The same on SQLite."""
    return _signing(stage, plan, stage.sqlite_site(), "signing-sqlite", "signing, SQLite, signatures/s")


def _signing(stage: Stage, plan: Plan, site: Site, key: str, title: str) -> Ratio:
    server = stage.pages_of(site)
    own_database = {}
    if site.environment["CLARION_DATABASE__URL"].startswith("sqlite"):
        own_database["CLARION_DATABASE__URL"] = f"sqlite:///{stage.folder / 'bare.db'}"
    bare = stage.bare("signing", site, **own_database)
    sides = _sign_side(stage, site, server), _sign_side(stage, site, bare, "/sign")
    result = _ratio(key, title, sides, plan, 1.0)
    rows = stage.signatures(site)
    assert rows == sides[0].answers, f"{sides[0].answers} were answered, {rows} are there"
    return result


def growth(stage: Stage, plan: Plan, rows: int) -> Iterator[Ratio]:
    """Page and signing with very many signatures there, beside the same with none."""
    grown, empty = stage.site("grown"), stage.site("empty")
    servers = stage.pages_of(grown), stage.pages_of(empty)
    pattern = Load(servers[0].port).flat_out(islice(stage.sign_forms(grown, servers[0].port), 1), 10)
    assert pattern.statuses[303] == 1, pattern.statuses
    with stage.connect("grown") as connection:
        took = Bulk(connection).fill(rows)
    checked = grown.clarion("doctor", check=False).stdout
    doctor = "; ".join(line.strip() for line in checked.splitlines() if "count" in line.lower())
    note = f"{rows:,} signatures were loaded in {took:.0f} s; `clarion doctor`: {doctor}"
    there = f"with {rows:,} signatures there"

    sides = _page_side(servers[0], PAGE), _page_side(servers[1], PAGE)
    yield _ratio("growth-page", f"campaign page {there}, against none", sides, plan, 0.9, note)

    def emptied() -> None:
        with stage.connect("empty") as connection:
            connection.execute(f"TRUNCATE {', '.join(WRITTEN)} RESTART IDENTITY CASCADE")  # type: ignore[arg-type]

    sides = _sign_side(stage, grown, servers[0]), _sign_side(stage, empty, servers[1])
    sides[1].before = emptied
    yield _ratio("growth-signing", f"signing {there}, against none", sides, plan, 0.9)


def _page_side(server: Server, path: str) -> Side:
    return Side(server, lambda: pages(server.port, path), 200)


def _sign_side(stage: Stage, site: Site, server: Server, path: str = SIGN) -> Side:
    return Side(server, lambda: stage.sign_forms(site, server.port, path), 303)


def _ratio(key: str, title: str, sides: tuple[Side, Side], plan: Plan, at_least: float, *more: str) -> Ratio:
    product, reference = sides
    measures: tuple[Measure, Measure] = (product.measure, reference.measure)
    compared = alternate(*measures, plan)
    notes = (
        f"Clarion {product.latency()}; reference {reference.latency()}",
        f"the load generator used {product.busiest:.0%} of a core with Clarion, {reference.busiest:.0%} with the "
        "reference",
    )
    return Ratio(key, title, compared, at_least, notes=(*notes, *more))
