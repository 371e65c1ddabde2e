"""Stand-in until the models are merged."""
from dataclasses import dataclass

from derive.verdict import Witness


@dataclass(frozen=True)
class Finding:
    agrees: bool = True
    compared: int = 1
    sizes: str = ""
    witness: Witness | None = None
def examine(claim, premises, scope, *, seeds):
    return iter(())
