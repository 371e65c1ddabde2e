"""``python -m checks.scinet.measured RESULTS``: what the lines of the slides are held against, as ``measured.toml``.

RESULTS is the results.json of ``python -m checks.scinet``. What is written is on standard output, the same bytes for
the same results.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CALL = "python -m checks.scinet"


def tables(results: Mapping[str, Any]) -> dict[str, tuple[str, list[str]]]:
    """What was measured, by name: in words, and the values, one for each seed, or one for all."""
    found: dict[str, tuple[str, list[str]]] = {}
    for system in results["systems"]:
        name, rank = system["system"], str(system["rank"]["rank"])
        found[f"{name}: knee"] = (results["rule of the knee"], [str(system["knee"])])
        errors = [str(error) for error in system["errors"][rank]]
        found[f"{name}: error"] = (f"root mean square error with {rank} latents; unit: {system['unit']}", errors)
        if system["antipodes"]:
            worst = [str(one["worst error"]) for one in system["antipodes"]]
            found[f"{name}: error of antipodes"] = (
                "largest error on two orthogonal states with the same latents",
                worst,
            )
        if system["relations"]:
            fits = [min(one["latents by heliocentric angles"]["R²"]) for one in system["relations"]]
            found[f"{name}: R²"] = (
                "of the worse latent as a linear function of the heliocentric angles",
                list(map(str, fits)),
            )
    return found


def as_toml(results: Mapping[str, Any]) -> str:
    """The tables as TOML; numbers are in quotes, so that none is rounded."""
    lines = [f"# Written by python -m checks.scinet.measured; the {results['size']} size."]
    for name, (meaning, values) in tables(results).items():
        call = f"{CALL} {name.partition(':')[0]}"
        listed = ", ".join(f'"{value}"' for value in values)
        lines += ["", f'["{name}"]', f'meaning = "{meaning}"', f'by = "{call}"', f"values = [{listed}]"]
    return "\n".join(lines) + "\n"


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: python -m checks.scinet.measured RESULTS", file=sys.stderr)
        return 2
    try:
        results = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        print(f"scinet: {sys.argv[1]} cannot be read: {error}", file=sys.stderr)
        return 2
    sys.stdout.write(as_toml(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
