#!/usr/bin/env python3
"""Write an invented, realistic access log. The same options always give the same bytes.

    python benchmarks/generate_log.py --lines 1000000 --days 7 --seed 1 -o access.log

Visitors arrive by the hour of the day, from search engines, social networks, AI assistants, websites and
campaigns or directly; they read, search and download with pauses between the pages, and their browsers fetch
images and scripts. Crawlers come by, some pages are gone or moved. Lines are in order of time.
About 270 bytes a line, 22,000 URLs, 3,000 user agents and 75,000 addresses in a million lines.

`--damage 0.01` breaks that share of the lines; `--damage-report FILE` gets their numbers, counted from 1.
The first line always stays whole, because importers recognise the format of a log by it.
"""

from __future__ import annotations

import argparse
import gzip
import math
import sys
from bisect import bisect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from random import Random
from typing import BinaryIO

import traffic
from damage import damaged

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FORMATS = ("common", "combined", "common_vhost", "vhost")
HOUR = 3600
STATIC_SHARE = 0.30
BOT_SHARE = 0.07
DAYTIME = (2, 1, 1, 1, 1, 2, 4, 6, 8, 9, 10, 10, 10, 10, 10, 10, 9, 9, 10, 11, 11, 9, 6, 4)
"""How busy each hour of the site's local day is."""

Add = Callable[[float, str, str, str, int, int, str], None]
"""Adds one line: time, method, path, protocol, status, size, referrer."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to generate. `offsets` are the servers' distances to UTC in minutes."""

    lines: int
    days: int = 7
    seed: int = 1
    start: str = "2025-04-28"
    format: str = "combined"
    hosts: tuple[str, ...] = ("www.example.org",)
    offsets: tuple[int, ...] = (60,)
    pages: int = 14_000
    users: float = 0.0
    documentation_addresses: bool = False


class Site:
    """Visitors of one log: draws sessions and turns each into timed lines."""

    def __init__(self, options: Options) -> None:
        rng = self.rng = Random(options.seed)
        self.random = rng.random
        self.options = options
        self.pages = traffic.pages(options.pages, rng)
        self.websites = traffic.websites(400, rng)
        self.agents = traffic.agents(rng)
        self.visitors: list[tuple[str, str, str]] = []
        self.statics = tuple(traffic.fill(path, rng) for path in traffic.STATIC for _ in range(12))
        self.entries: list[tuple[int, str]] = []
        """(UTC second, line) of the hits drawn and not yet written."""
        self.bots = self.files = self.count = 0
        midnight = datetime.fromisoformat(options.start).replace(tzinfo=UTC)
        self.start = int(midnight.timestamp()) - options.offsets[0] * 60
        self.end = self.start + options.days * 24 * HOUR
        self.clock = [f"{s // HOUR:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(24 * HOUR)]
        self.dates: dict[int, str] = {}

    def lines(self) -> Iterator[str]:
        """All lines in order of time, without line ends."""
        wanted, target = self.options.lines, 0.0
        per_hour = wanted / (sum(DAYTIME) * self.options.days)
        for hour in range(24 * self.options.days):
            begin = self.start + hour * HOUR
            target += per_hour * DAYTIME[hour % 24]
            goal = wanted if hour == 24 * self.options.days - 1 else int(target)
            while self.count < goal:
                self.session(begin + self.random() * HOUR)
            self.entries.sort(key=itemgetter(0))
            done = bisect(self.entries, begin + HOUR - 1, key=itemgetter(0))
            yield from (line for _, line in self.entries[:done])
            del self.entries[:done]

    def draw(self, choice: traffic.Weighted) -> str:
        return choice.items[bisect(choice.cumulative, self.random() * choice.total)]

    def pick(self, choice: tuple[str, ...]) -> str:
        return choice[int(self.random() * len(choice))]

    def visitor(self) -> tuple[str, str, str]:
        """(address, user, user agent): somebody new or seen before, or another browser of a household."""
        random, known = self.random, self.visitors
        if known and random() < 0.42:
            return known[int(random() * len(known))]
        if known and random() < 0.08:
            ip = known[int(random() * len(known))][0]
        else:
            ip = traffic.address(self.rng, self.options.documentation_addresses)
        user = f"member{int(random() * 500)}" if random() < self.options.users else "-"
        known.append((ip, user, self.draw(self.agents)))
        return known[-1]

    def session(self, time: float) -> None:
        """One visit (or two, when the visitor pauses for long), or one round of a crawler."""
        random, options = self.random, self.options
        host_number = int(random() * len(options.hosts))
        host = options.hosts[host_number]
        offset = options.offsets[int(random() * len(options.offsets))]
        if self.bots < BOT_SHARE * self.count:
            self.crawl(time, host, offset)
            return
        ip, user, agent = self.visitor()
        add = self.writer(host, ip, user, agent, offset)
        path, referrer = self.landing()
        protocol = "HTTP/2.0" if random() < 0.3 else "HTTP/1.1"
        bounce = random() < 0.42
        left = 1 if bounce else 2 + int(-math.log(1 - random()) * 6)
        first = True
        while left:
            left -= 1
            status, size = 200, 2000 + (hash_of(path) % 60000)
            chance = random()
            if chance < 0.025:
                path, status, size = f"/old/{self.pick(traffic.WORDS)}-{int(random() * 10)}.php", 404, 1187
            elif chance < 0.045:
                moved = f"/moved/{self.pick(traffic.WORDS)}"
                add(time, "GET", moved, protocol, 301 if chance < 0.04 else 302, 0, referrer)
            elif chance < 0.048:
                status, size = 500, 612
            method = "POST" if chance > 0.992 else "GET"
            add(time, method, path, protocol, status, size, referrer)
            if not path.startswith("/files/"):
                referrer = f"https://{host}{path}"
                if self.files < STATIC_SHARE * self.count:
                    self.assets(add, time, protocol, referrer, first)
            first = False
            # Lognormal pauses, half a minute in the middle; now and then a visitor comes back after lunch.
            time += math.exp(3.4 + 1.1 * (random() + random() + random() - 1.5) * 2)
            if random() < 0.01:
                time += 1800 + random() * 5400
            path = self.following()

    def assets(self, add: Add, time: float, protocol: str, page: str, first: bool) -> None:
        """The images, scripts and styles of a page: many on a visit's first, few on later ones."""
        random = self.random
        drawn = [self.pick(self.statics) for _ in range(int(random() * (7 if first else 3)))]
        for asset in dict.fromkeys(drawn):
            cached = random() < (0.15 if first else 0.5)
            size = 0 if cached else 300 + hash_of(asset) % 90000
            add(time + random() * 2, "GET", asset, protocol, 304 if cached else 200, size, page)
            self.files += 1

    def landing(self) -> tuple[str, str]:
        """A visit's first path and its referrer."""
        random, rng = self.random, self.rng
        path, kind = self.draw(self.pages), random()
        if kind < 0.27:
            return path, "-"
        if kind < 0.62:
            return path, traffic.fill(self.pick(traffic.ENGINES), rng)
        if kind < 0.74:
            return path, self.draw(self.websites)
        if kind < 0.85:
            return path, traffic.fill(self.pick(traffic.SOCIALS), rng)
        if kind < 0.88:
            return path, self.pick(traffic.ASSISTANTS)
        path = self.pages.items[int(random() ** 3 * 40)]
        campaign = traffic.fill(self.pick(traffic.CAMPAIGNS), rng)
        referrer = "-" if random() < 0.6 else self.pick(("https://www.google.com/", "https://www.facebook.com/"))
        return f"{path}{'&' if '?' in path else '?'}{campaign}", referrer

    def following(self) -> str:
        """The next path of a visit: a page, the site's search, a download."""
        kind = self.random()
        if kind < 0.04:
            query = traffic.fill("/search?q={query}", self.rng)
            return query if kind < 0.025 else f"{query}&cat={self.pick(traffic.CATEGORIES)}"
        if kind < 0.065:
            return traffic.fill(self.pick(traffic.FILES), self.rng)
        return self.draw(self.pages)

    def crawl(self, time: float, host: str, offset: int) -> None:
        """A crawler: pages only, one after the other, without referrers."""
        random = self.random
        bot = traffic.fill(self.pick(traffic.BOTS), self.rng)
        add = self.writer(host, traffic.address(self.rng, self.options.documentation_addresses), "-", bot, offset)
        for number in range(1 + int(-math.log(1 - random()) * 9)):
            path = "/robots.txt" if number == 0 and random() < 0.3 else self.draw(self.pages)
            found = random() < 0.94
            add(time, "GET", path, "HTTP/1.1", 200 if found else 404, 2000 + hash_of(path) % 60000, "-")
            self.bots += 1
            time += 1 + random() * 15

    def writer(self, host: str, ip: str, user: str, agent: str, offset: int) -> Add:
        """A function that adds one line of this client."""
        name, entries, clock, end = self.options.format, self.entries, self.clock, self.end
        wanted, seconds = self.options.lines, offset * 60
        zone = f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02d}{abs(offset) % 60:02d}"
        client = f"{host}:443 {ip}" if name in ("vhost", "common_vhost") else ip
        head, tail = f"{client} - {user} [", f'" "{agent}"' if name in ("vhost", "combined") else ""

        def add(time: float, method: str, path: str, protocol: str, status: int, size: int, referrer: str) -> None:
            if time >= end or self.count >= wanted:
                return
            second = int(time)
            day, moment = divmod(second + seconds, 24 * HOUR)
            date = self.dates.get(day) or self.dates.setdefault(day, date_text(day))
            line = f'{head}{date}:{clock[moment]} {zone}] "{method} {path} {protocol}" {status} {size or "-"}'
            entries.append((second, f'{line} "{referrer}{tail}' if tail else line))
            self.count += 1

        return add


def hash_of(text: str) -> int:
    """A small number that depends on the text alone: a page always has the same size."""
    return sum(text.encode()) * 2654435761 % 1_000_003


def date_text(day: int) -> str:
    """`05/Mar/2024` of a day counted from 1970-01-01, whatever the locale."""
    date = datetime(1970, 1, 1) + timedelta(days=day)
    return f"{date.day:02d}/{MONTHS[date.month - 1]}/{date.year}"


def log_lines(options: Options, damage: float = 0.0, report: list[int] | None = None) -> Iterator[bytes]:
    """Lines with their line ends; the numbers of the damaged ones are appended to `report`."""
    rng = Random(options.seed + 1)
    for number, text in enumerate(Site(options).lines(), 1):
        line = text.encode()
        if damage and number > 1 and rng.random() < damage:
            line = damaged(line, rng)
            if report is not None:
                report.append(number)
        yield line + b"\n"


def minutes(offset: str) -> int:
    """`-0330` as minutes."""
    hours, rest = int(offset[1:3]), int(offset[3:5])
    return (hours * 60 + rest) * (-1 if offset[0] == "-" else 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", default="2025-04-28", help="first local day")
    parser.add_argument(
        "--format", choices=FORMATS, default="combined", help="vhost is combined with a host before it"
    )
    parser.add_argument("--hosts", default="www.example.org", help="separated by commas")
    parser.add_argument("--utc-offsets", default="+0100", help="of the servers, separated by commas")
    parser.add_argument("--pages", type=int, default=14_000, help="size of the site")
    parser.add_argument("--users", type=float, default=0.0, help="share of visitors with a login name")
    parser.add_argument("--documentation-addresses", action="store_true", help="only addresses reserved for examples")
    parser.add_argument("--damage", type=float, default=0.0, help="share of lines to break")
    parser.add_argument("--damage-report", type=Path, help="file for the numbers of the broken lines")
    parser.add_argument("-o", "--output", default="-", help="a name that ends in .gz is compressed")
    args = parser.parse_args()
    options = Options(
        lines=args.lines,
        days=args.days,
        seed=args.seed,
        start=args.start,
        format=args.format,
        hosts=tuple(args.hosts.split(",")),
        offsets=tuple(minutes(offset) for offset in args.utc_offsets.split(",")),
        pages=args.pages,
        users=args.users,
        documentation_addresses=args.documentation_addresses,
    )
    report: list[int] = []
    with open_output(args.output) as stream:
        stream.writelines(log_lines(options, args.damage, report))
    if args.damage_report:
        args.damage_report.write_text("".join(f"{number}\n" for number in report))


def open_output(name: str) -> AbstractContextManager[BinaryIO] | gzip.GzipFile:
    """A binary stream as context manager; compressed output carries no time stamp, so it is reproducible."""
    if name == "-":
        return nullcontext(sys.stdout.buffer)
    if name.endswith(".gz"):
        return gzip.GzipFile(name, "wb", mtime=0)
    return open(name, "wb")


if __name__ == "__main__":
    main()
