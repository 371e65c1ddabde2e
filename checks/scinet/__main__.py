"""``python -m checks.scinet``: trains SciNet on the systems that are named, and prints what holds of it.

Exit codes: 0 all checks passed; 1 some failed; 2 the call was wrong; 130 interrupted, and the same call goes on.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from derive.errors import DeriveError

EXTRA = ("jax", "equinox", "optax", "matplotlib")
NAMES = "one-qubit, one-qubit-hemisphere, two-qubits, pendulum, heliocentric"


def main(arguments: Sequence[str] | None = None) -> int:
    parsed = _parser().parse_args(arguments)
    # Before JAX is imported: networks this small run fastest on one thread, and sums then have one order.
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
    try:
        return _run(parsed)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] not in EXTRA:
            raise
        print(f"scinet: {error.name} is not installed; pip install 'derive-verifier[scinet]'", file=sys.stderr)
        return 2
    except DeriveError as error:
        print(f"scinet: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("scinet: interrupted; the same call goes on from the last checkpoint", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m checks.scinet", description="Trains SciNet and checks what is claimed."
    )
    parser.add_argument("systems", nargs="*", metavar="SYSTEM", help=f"{NAMES}; all of them by default")
    parser.add_argument(
        "--quick", action="store_true", help="a size for tests, about a minute; some claims need the full one"
    )
    parser.add_argument(
        "-o", dest="folder", type=Path, default=Path("build/scinet"), metavar="DIR", help="results, plots, checkpoints"
    )
    return parser


def _run(parsed: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from checks.scinet import report
    from checks.scinet.claims import checks
    from checks.scinet.experiment import run
    from checks.scinet.plots import draw
    from checks.scinet.systems import SYSTEMS, find
    from checks.scinet.training import versions

    systems = [find(name) for name in dict.fromkeys(parsed.systems)] or list(SYSTEMS)
    size = "quick" if parsed.quick else "full"
    folder = parsed.folder / size
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    outcomes, found = [], {}
    with Progress(*columns, console=Console(stderr=True)) as progress:
        sizes = [(system, system.quick if parsed.quick else system.full) for system in systems]
        tasks = [
            progress.add_task(system.name, total=settings.chunks * len(settings.latents) * len(settings.seeds))
            for system, settings in sizes
        ]
        for (system, settings), task in zip(sizes, tasks, strict=True):

            def after(chunks: int, task=task) -> None:
                progress.advance(task, chunks)

            outcome = run(system, settings, folder=folder / "checkpoints", after=after)
            outcomes.append(outcome)
            found[system.name] = checks(outcome)
    report.write(folder / "results.json", report.as_json(outcomes, found, size, versions()))
    plots = draw(outcomes, folder)
    for outcome in outcomes:
        medians = ", ".join(f"{latents}: {error:.3g}" for latents, error in outcome.curve.medians.items())
        print(f"{outcome.system.name}: median error [{outcome.system.unit}] by latents  {medians}")
        for check in found[outcome.system.name]:
            print(f"  {check}")
    for path in (folder / "results.json", *plots):
        print(path)
    failed = sum(not check.passed for each in found.values() for check in each)
    print(f"{sum(map(len, found.values())) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
