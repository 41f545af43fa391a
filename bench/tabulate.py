#!/usr/bin/env python3
"""Makes the figures of docs/performance.md from what bench/compare.sh measured.

usage: python3 bench/tabulate.py FOLDER PAGE

FOLDER has results.tsv (a line for each run) and machine.tsv; plots are written beside them. What stands in PAGE between the markers
'<!-- figures: NAME -->' and '<!-- end of figures -->' is replaced; the rest is prose by hand. Every figure is a median over the runs of its case.
"""
import csv
import math
import os
import re
import statistics
import sys
from xml.sax.saxutils import escape

NAMES = {
    "tcp": "raw TCP echo",
    "table": "hash table in the process",
    "troupe": "Troupe",
    "troupe-put": "Troupe `put`",
    "troupe-none": "Troupe, no copy",
    "troupe-two": "Troupe, 2 sync copies",
    "troupe-async": "Troupe, 1 async copy",
    "troupe-embedded": "Troupe embedded",
    "redis": "Redis, async replica",
    "redis-wait": "Redis, `WAIT` a pipeline",
    "redis-wait-each": "Redis, `WAIT` each `SET`",
    "hazelcast": "Hazelcast",
    "hazelcast-put": "Hazelcast `put`",
    "hazelcast-embedded": "Hazelcast embedded",
    "ignite": "Ignite",
}
COLOURS = {"tcp": "#9e9e9e", "table": "#c8c8c8", "troupe": "#1b7f4d", "redis": "#c6302b", "hazelcast": "#2f6db5", "ignite": "#e08a1e"}
NONE_YET = "Not measured yet: `bash bench/compare.sh`.\n"


class Case:
    """All runs of one system with one load."""

    def __init__(self, runs):
        self.runs = runs
        first = runs[0]
        self.table, self.system, self.distribution = first["table"], first["system"], first["distribution"]
        self.reads, self.value_bytes, self.in_flight = int(first["reads"]), int(first["value_bytes"]), int(first["in_flight"])
        self.rate_wanted = first["rate_wanted"]
        self.failed = sum(int(r["failed"]) for r in runs)

    def median(self, column):
        return statistics.median(float(r[column]) for r in self.runs)

    @property
    def spread_percent(self):
        all_ops = [float(r["ops_per_s"]) for r in self.runs]
        return 100 * (max(all_ops) - min(all_ops)) / max(statistics.median(all_ops), 1e-9)

    def cpu(self, *columns):
        """CPU seconds per million operations."""
        return statistics.median(1e6 * sum(float(r[c]) for c in columns) / max(int(r["operations"]), 1) for r in self.runs)


class Results:
    def __init__(self, path):
        grouped = {}
        with open(path, newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                key = tuple(row[c] for c in ("table", "system", "reads", "value_bytes", "distribution", "in_flight", "rate_wanted"))
                grouped.setdefault(key, []).append(row)
        self.cases = [Case(runs) for runs in grouped.values()]

    def of(self, table, **wanted):
        return [c for c in self.cases if c.table == table and all(getattr(c, k) == v for k, v in wanted.items())]

    def one(self, table, system, **wanted):
        found = self.of(table, system=system, **wanted)
        return found[0] if found else None


# ---- tables ----


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def table_of(header, rows):
    """The first column is text, the others are numbers."""
    lines = ["| " + " | ".join(header) + " |", "|---|" + "---:|" * (len(header) - 1)]
    return "\n".join(lines + ["| " + " | ".join(r) + " |" for r in rows]) + "\n"


def figures(case):
    latencies = [number(case.median(c)) for c in ("p50_us", "p99_us", "p999_us", "max_us")]
    return [number(case.median("ops_per_s")), f"{case.spread_percent:.0f}", *latencies, number(case.cpu("servers_cpu_s", "client_cpu_s")),
            number(case.cpu("servers_cpu_s"))]


HEADER = ["operations/s", "spread %", "p50 µs", "p99 µs", "p99.9 µs", "max µs", "CPU s per million", "of servers"]


def name_of(case):
    return NAMES[case.system] + (f" (**{case.failed} failed**)" if case.failed else "")


def plain_table(cases, first="system", label=name_of):
    return table_of([first, *HEADER], [[label(c), *figures(c)] for c in cases]) if cases else NONE_YET


def by(cases, attribute, title):
    """A table for each value of the attribute, under its title."""
    parts = []
    for value in sorted({getattr(c, attribute) for c in cases}):
        parts.append(f"{title(value)}\n\n" + plain_table([c for c in cases if getattr(c, attribute) == value]))
    return "\n".join(parts) if parts else NONE_YET


def share(reads):
    return {0: "Writes only", 100: "Reads only"}.get(reads, f"{reads} % reads") + ":"


def render_one(results, _):
    return by(results.of("one"), "reads", share)


def render_many(results, plots):
    parts = []
    for size in sorted({c.value_bytes for c in results.of("many")}):
        cases = results.of("many", value_bytes=size)
        parts.append(f"### {size:,} B\n\n" + by(cases, "reads", share))
    if not parts:
        return NONE_YET
    return plots.throughput() + plots.processor() + "\n".join(parts)


def render_zipfian(results, _):
    return by(results.of("zipfian"), "reads", share)


def render_copies(results, _):
    return by(results.of("copies"), "in_flight", lambda n: f"{n} in flight:")


def render_old_values(results, _):
    return by(results.of("old-values"), "in_flight", lambda n: f"{n} in flight:")


def render_open(results, plots):
    parts, cases = [], results.of("open")
    for wanted in dict.fromkeys(c.rate_wanted for c in cases):
        these = [c for c in cases if c.rate_wanted == wanted]
        rate = number(these[0].median("rate"))
        parts.append((f"{rate} a second:" if not wanted.endswith("%") else f"{wanted} of what Troupe does in a closed loop, {rate} a second:") + "\n\n" +
                     plain_table(these))
    return plots.latencies() + "\n".join(parts) if parts else NONE_YET


def render_embedded(results, _):
    return plain_table(results.of("embedded"))


def render_targets(results, _):
    """What Troupe wants to be, as ratios beside others."""
    many = dict(table="many", value_bytes=100)
    one = dict(table="one", value_bytes=100)
    top = [c.rate_wanted for c in results.of("open")][-1:]
    rows = []

    def ratio(what, beside, at_least, at_most, column, ours, theirs):
        mine, other = results.one(**ours), results.one(**theirs)
        if not mine or not other or not other.median(column):
            return
        value = mine.median(column) / other.median(column)
        bound, holds = (f"≥ {at_least}", value >= at_least) if at_least else (f"≤ {at_most}", value <= at_most)
        rows.append([what, beside, f"{value:.2f}", bound, "yes" if holds else "no"])

    many_in_flight = "write, 1 sync copy, 800 in flight: operations/s"
    ratio(many_in_flight, "Redis, one `WAIT` a pipeline", 3, None, "ops_per_s", dict(many, system="troupe", reads=0), dict(many, system="redis-wait", reads=0))
    ratio(many_in_flight, "Redis, `WAIT` each `SET`", 3, None, "ops_per_s", dict(many, system="troupe", reads=0), dict(many, system="redis-wait-each", reads=0))
    ratio(many_in_flight, "Hazelcast", 8, None, "ops_per_s", dict(many, system="troupe", reads=0), dict(many, system="hazelcast", reads=0))
    copies = dict(table="copies", in_flight=800)
    ratio("write, 1 async copy, 800 in flight: operations/s", "Redis, async replica", 1, None, "ops_per_s", dict(copies, system="troupe-async"),
          dict(copies, system="redis"))
    ratio("read, 800 in flight: operations/s", "Redis", 1, None, "ops_per_s", dict(many, system="troupe", reads=100), dict(many, system="redis", reads=100))
    ratio("write, 1 sync copy, 1 in flight: p50", "Redis, `WAIT`", None, 1, "p50_us", dict(one, system="troupe", reads=0), dict(one, system="redis-wait", reads=0))
    ratio("read, 1 in flight: p50", "raw TCP", None, 1.5, "p50_us", dict(one, system="troupe", reads=100), dict(one, system="tcp", reads=100))
    ratio("embedded read: operations/s", "Hazelcast embedded", 2, None, "ops_per_s", dict(table="embedded", system="troupe-embedded"),
          dict(table="embedded", system="hazelcast-embedded"))
    for rate in top:
        ratio(f"half reads, at {rate if rate.endswith('%') else rate + ' a second'}: p99.9", "Hazelcast at the same rate", None, 0.2, "p999_us",
              dict(table="open", system="troupe", rate_wanted=rate), dict(table="open", system="hazelcast", rate_wanted=rate))
    if not rows:
        return NONE_YET
    return "| Troupe | beside | ratio | wanted | reached |\n|---|---|---:|---:|---|\n" + "".join("| " + " | ".join(r) + " |\n" for r in rows)


def render_machine(folder, results):
    with open(os.path.join(folder, "machine.tsv"), encoding="utf-8") as file:
        pairs = [line.rstrip("\n").split("\t", 1) for line in file]
    lines = "".join(f"| {key} | {value} |\n" for key, value in pairs)
    runs = max(len(c.runs) for c in results.cases)
    known = dict(pairs)
    cores = int(known["processor"].split()[0])
    doubts = []
    if runs < 5:
        doubts.append(f"no more than {runs} run{'s' if runs > 1 else ''} of each case")
    if float(known["load average before"]) > cores / 4:
        doubts.append("other work on the machine before anything was measured")
    warning = f"\n**These figures only show that everything works: {' and '.join(doubts)}.**\n" if doubts else ""
    return "| | |\n|---|---|\n" + lines + warning


# ---- plots ----


class Plots:
    WIDTH, LEFT, BAR = 860, 240, 15

    def __init__(self, folder, page, results):
        self.folder, self.results = folder, results
        self.link = os.path.relpath(folder, os.path.dirname(os.path.abspath(page)))

    def write(self, name, title, height, body):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.WIDTH}" height="{height}" viewBox="0 0 {self.WIDTH} {height}" '
                       f'font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="white"/>\n'
                       f'<text x="12" y="22" font-size="14" font-weight="bold">{escape(title)}</text>\n{body}</svg>\n')
        return f"![{title}]({os.path.join(self.link, name)})\n\n"

    def bars(self, name, title, groups):
        """Groups: (heading, [(system, value)]): horizontal bars to one scale."""
        longest = max((v for _, bars in groups for _, v in bars), default=0) or 1
        y, body = 40, ""
        for heading, bars in groups:
            body += f'<text x="12" y="{y + 10}" font-weight="bold">{escape(heading)}</text>\n'
            y += 18
            for system, value in bars:
                width = (self.WIDTH - self.LEFT - 90) * value / longest
                body += (f'<text x="{self.LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(NAMES[system].replace("`", ""))}</text>'
                         f'<rect x="{self.LEFT}" y="{y + 1}" width="{width:.1f}" height="{self.BAR - 2}" fill="{colour(system)}"/>'
                         f'<text x="{self.LEFT + width + 6:.1f}" y="{y + 12}">{number(value)}</text>\n')
                y += self.BAR + 3
            y += 8
        return self.write(name, title, y + 6, body)

    def groups(self, value_of, but=("table",)):
        cases = [c for c in self.results.of("many", value_bytes=100) if c.system not in but]
        return [(share(r).rstrip(":"), [(c.system, value_of(c)) for c in cases if c.reads == r]) for r in sorted({c.reads for c in cases})]

    def throughput(self):
        return self.bars("throughput.svg", "Operations per second, 800 in flight, 100 B", self.groups(lambda c: c.median("ops_per_s"), ("table", "tcp")))

    def processor(self):
        return self.bars("processor.svg", "CPU seconds per million operations, load generator included, 800 in flight, 100 B",
                         self.groups(lambda c: c.cpu("servers_cpu_s", "client_cpu_s")))

    def latencies(self):
        """For each rate and system p50, p99, p99.9 and the maximum on a logarithmic scale."""
        cases = self.results.of("open")
        columns = ("p50_us", "p99_us", "p999_us", "max_us")
        values = [max(c.median(k), 1) for c in cases for k in columns]
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        high = max(high, low + 1)

        def x(us):
            return self.LEFT + (self.WIDTH - self.LEFT - 40) * (math.log10(max(us, 1)) - low) / (high - low)

        y, body = 44, ""
        for rate in dict.fromkeys(c.rate_wanted for c in cases):
            these = [c for c in cases if c.rate_wanted == rate]
            body += f'<text x="12" y="{y + 10}" font-weight="bold">{number(these[0].median("rate"))} a second</text>\n'
            y += 18
            for c in these:
                at = [x(c.median(k)) for k in columns]
                body += (f'<text x="{self.LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(NAMES[c.system].replace("`", ""))}</text>'
                         f'<line x1="{at[0]:.1f}" y1="{y + 8}" x2="{at[3]:.1f}" y2="{y + 8}" stroke="{colour(c.system)}" stroke-width="2"/>')
                for place, radius in zip(at, (5, 4.2, 3.4, 2.6)):
                    body += f'<circle cx="{place:.1f}" cy="{y + 8}" r="{radius}" fill="{colour(c.system)}"/>'
                body += "\n"
                y += self.BAR + 5
            y += 8
        for power in range(low, high + 1):
            at = x(10.0**power)
            label = f"{10 ** power} µs" if power < 3 else f"{10 ** (power - 3)} ms" if power < 6 else f"{10 ** (power - 6)} s"
            body += f'<line x1="{at:.1f}" y1="36" x2="{at:.1f}" y2="{y}" stroke="#dddddd"/><text x="{at:.1f}" y="{y + 14}" text-anchor="middle">{label}</text>\n'
        return self.write("latencies.svg", "Latency from the intended start, half reads: p50, p99, p99.9, maximum", y + 24, body)


def colour(system):
    return COLOURS[system.split("-")[0]]


# ---- the page ----

RENDERERS = {
    "targets": render_targets,
    "one": render_one,
    "many": render_many,
    "zipfian": render_zipfian,
    "copies": render_copies,
    "old-values": render_old_values,
    "open": render_open,
    "embedded": render_embedded,
}


def main(folder, page):
    results = Results(os.path.join(folder, "results.tsv"))
    if not results.cases:
        sys.exit("tabulate.py: no run succeeded")
    plots = Plots(folder, page, results)
    rendered = {name: render(results, plots) for name, render in RENDERERS.items()}
    rendered["machine"] = render_machine(folder, results)
    with open(page, encoding="utf-8") as file:
        text = file.read()
    missing = [n for n in rendered if f"<!-- figures: {n} -->" not in text]
    if missing:
        sys.exit(f"tabulate.py: {page} has no place for: {', '.join(missing)}")

    def fill(match):
        return f"<!-- figures: {match[1]} -->\n{rendered[match[1]]}<!-- end of figures -->"

    text = re.sub(r"<!-- figures: (\S+) -->\n.*?<!-- end of figures -->", fill, text, flags=re.DOTALL)
    with open(page, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
