"""What a line that is not simply right comes to, in a plain sentence or two: for tools that show no formulas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reports.outline import label


def message(line: Mapping[str, Any]) -> str:
    """The verdict of one line of the JSON, with the reason and, where there is one, the correction.

    >>> line = dict(number="5", verdict="refuted", note="a half is lost", inherits=[], hypotheses=[], evidence=[])
    >>> message({**line, "correction": r"E = \\\\frac{1}{2} m v^2"})
    '(5) is refuted: a half is lost. It should read: E = \\\\\\\\frac{1}{2} m v^2'
    """
    said = f"{label(line['number'])} is {line['verdict']}"
    reasons = [f"inherited from {', '.join(map(label, line['inherits']))}"] if line["inherits"] else []
    if line["verdict"] == "conditional":
        reasons.append("it holds provided that " + "; ".join(line["hypotheses"]))
    if line["note"]:
        reasons.append(line["note"].rstrip("."))
    elif line["verdict"] in ("open", "supported"):
        reasons += line["evidence"][:1]
    told = f"{said}: {'. '.join(reasons)}" if reasons else said
    return f"{told}. It should read: {line['correction']}" if line["correction"] else told
