"""What a hub is told of its campaigns, its addresses and its limits: plain values, whoever makes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from singmuk.hub.names import Campaign, Part
from singmuk.serving import LOOPBACK


@dataclass(frozen=True)
class Hosted:
    """A campaign on the hub: where its course lies, and where its services listen on this machine."""

    campaign: Campaign
    #: The course with its state/ and desk.yml; for services and nobody else.
    course: Path
    #: Where the releases lie that a seat copies, public halves only; every seat may read it.
    releases: Path
    #: Services that run, with the port of each.
    ports: Mapping[Part, int]
    #: What each service proves to the hub with.
    tokens: Mapping[Part, str] = field(repr=False)


@dataclass(frozen=True)
class Limits:
    """How much at once, and how much each."""

    #: Seats that may be starting; more would all wait for the last one.
    starting: int = 4
    #: Seconds after which the page of whoever found so many starting asks again; the hub's own are 30 and 60.
    again: tuple[int, int] = (10, 30)
    #: Seats that may run; 0 is any number.
    seats: int = 0
    #: Seconds for a seat to start, and then to answer.
    start: int = 180
    answer: int = 60
    #: Seconds after which a seat that nobody uses is stopped, and after which any is.
    idle: int = 1800
    oldest: int = 8 * 3600
    #: Memory and processors of a seat, where the spawner can hold it to them.
    memory: str | None = None
    processors: float | None = None


@dataclass(frozen=True)
class Site:
    """One hub: its campaigns, its addresses, its people."""

    campaigns: tuple[Hosted, ...]
    #: The hub's own folder, closed to everybody else: database, cookie's secret.
    state: Path
    #: What the hub proves to the proxy with.
    proxy_token: str = field(repr=False)
    #: Ports on this machine: where people come in, the hub behind it, the proxy's door for the hub.
    port: int = 8000
    hub_port: int = 8081
    proxy_port: int = 8001
    #: How people reach it, https://course.example; None: on this machine alone.
    public: str | None = None
    #: Each person and each service on a name of its own below the host of *public*.
    subdomains: bool = False
    #: The hub's database; None: SQLite in *state*.
    database: str | None = field(default=None, repr=False)
    #: Who is in which group, from the roster; None: the sign-in says so.
    groups: Mapping[str, tuple[str, ...]] | None = None
    #: The Python of a seat.
    python: str = "python3"
    #: What reads the hub's figures proves itself with this; None: nobody reads them.
    metrics_token: str | None = field(default=None, repr=False)
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        """Raise `ValueError` for what cannot be a site: no campaign, one twice, subdomains without https."""
        names = [one.campaign.name for one in self.campaigns]
        if not names or len(set(names)) < len(names):
            raise ValueError("a hub has one campaign or more, each with a name of its own")
        if self.subdomains and not self.secure:
            raise ValueError("subdomains need https; set public to https:// and the host")

    @property
    def address(self) -> str:
        """Return how people reach the hub, without a slash at the end."""
        return (self.public or f"http://{LOOPBACK}:{self.port}").rstrip("/")

    @property
    def secure(self) -> bool:
        """Return whether people come by https."""
        return self.address.startswith("https://")

    @property
    def api(self) -> str:
        """Return where programs on this machine ask the hub."""
        return f"http://{LOOPBACK}:{self.hub_port}/hub/api"

    @property
    def database_url(self) -> str:
        """Return the address of the hub's database."""
        return self.database or f"sqlite:///{self.state / 'hub.sqlite'}"

    def origin(self, hosted: Hosted, part: Part) -> str:
        """Return the scheme and host at which people find *part*: the hub's, or one of its own."""
        if not self.subdomains:
            return self.address
        found = urlsplit(self.address)
        # As the hub itself names them (subdomain_hook "idna").
        return f"{found.scheme}://{hosted.campaign.service(part)}--service.{found.netloc}"

    def place(self, hosted: Hosted, part: Part) -> str:
        """Return the whole address at which people find *part*."""
        return f"{self.origin(hosted, part)}{hosted.campaign.prefix(part)}"

    def inside(self, hosted: Hosted, part: Part) -> str:
        """Return the scheme, host and port at which programs on this machine find *part*."""
        return f"http://{LOOPBACK}:{hosted.ports[part]}"
