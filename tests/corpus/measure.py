"""Decides every identity of the corpus and its false variant, and counts.

    python -m tests.corpus.measure [HALF …] [--topic TOPIC …] [--timeout SECONDS] [--list] [--replay]

Exit code 1 if one is called wrongly: a printed identity `refuted`, or a false variant `proved`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[2])]

from reading import HALVES, Identity, read  # noqa: E402

from derive import Decision, decide  # noqa: E402

TIMEOUT = 30.0


@dataclass(frozen=True)
class Call:
    """What was said of an identity and of its false variant."""

    identity: Identity
    true: Decision
    false: Decision
    seconds: float

    @property
    def wrong(self) -> bool:
        """Was one of the two called wrongly?"""
        return self.true.verdict == "refuted" or self.false.verdict == "proved"


def call(identity: Identity, timeout: float | None) -> Call:
    """Both decisions."""
    start = time.perf_counter()
    options = {"domain": identity.domain, "assuming": identity.assuming, "timeout": timeout}
    true = decide(identity.lhs, identity.rhs, **options)
    false = decide(identity.lhs, identity.false, **options)
    return Call(identity, true, false, time.perf_counter() - start)


def table(calls: list[Call]) -> str:
    """Counts by half and topic."""
    rows: dict[tuple[str, str], list[Call]] = defaultdict(list)
    for one in calls:
        rows[one.identity.half, one.identity.topic].append(one)
        rows[one.identity.half, "all"].append(one)
    lines = [f"{'half':8} {'topic':15} {'n':>4} {'proved':>7} {'refuted':>8} {'wrong':>6}"]
    for (half, topic), some in sorted(rows.items(), key=lambda item: (item[0][0], item[0][1] == "all", item[0][1])):
        proved = sum(one.true.verdict == "proved" for one in some)
        refuted = sum(one.false.verdict == "refuted" for one in some)
        wrong = sum(one.wrong for one in some)
        lines.append(f"{half:8} {topic:15} {len(some):4} {proved:7} {refuted:8} {wrong:6}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("half", nargs="*", default=list(HALVES))
    parser.add_argument("--topic", nargs="*")
    parser.add_argument("--timeout", type=float, default=TIMEOUT)
    parser.add_argument("--list", action="store_true", help="each that is not proved, or whose variant is not refuted")
    parser.add_argument("--replay", action="store_true", help="check every certificate again")
    options = parser.parse_args()
    calls, wrong = [], 0
    for half in options.half:
        for identity in read(half):
            if options.topic and identity.topic not in options.topic:
                continue
            one = call(identity, options.timeout)
            calls.append(one)
            if options.replay and one.true.verdict == "proved" and not one.true.replay():
                wrong += 1
                print(f"not replayed: {identity.name}", flush=True)
            if one.wrong or (options.list and (one.true.verdict, one.false.verdict) != ("proved", "refuted")):
                flag = "WRONG " if one.wrong else ""
                print(f"{flag}{identity.name} [{one.seconds:.1f} s]", flush=True)
                print(f"    true: {one.true.verdict} {one.true.method} {one.true.note}", flush=True)
                print(f"    false: {one.false.verdict} {one.false.method} {one.false.note}", flush=True)
    print(table(calls))
    methods = Counter(one.true.method.split(":")[0] for one in calls if one.true.verdict == "proved")
    print("; ".join(f"{method} {count}" for method, count in methods.most_common()))
    return 1 if wrong or any(one.wrong for one in calls) else 0


if __name__ == "__main__":
    sys.exit(main())
