"""`python -m benchmarks NAME [--json] [--full]`."""

import sys
from importlib import import_module

MODULES = {
    name: name for name in ("import_time", "storage", "report", "ledger", "rules", "forecast", "progress", "crypto")
} | {"import": "importing"}


def main(arguments: list[str]) -> int:
    names = [each for each in arguments if not each.startswith("-")]
    if len(names) != 1 or names[0] not in (*MODULES, "all"):
        print(f"usage: python -m benchmarks {{{','.join((*MODULES, 'all'))}}} [--json] [--full]", file=sys.stderr)
        return 2
    options = [each for each in arguments if each.startswith("-")]
    worst = 0
    for name in MODULES if names == ["all"] else names:
        worst = max(worst, import_module(f"benchmarks.{MODULES[name]}").main(options))
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
