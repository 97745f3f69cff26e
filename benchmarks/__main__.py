"""`python -m benchmarks NAME [--json] [--full]`; `smart` needs `--data DIR` as well, and runs with `all` where it is given."""

import sys
from importlib import import_module

MODULES = {
    name: name
    for name in ("import_time", "storage", "report", "ledger", "rules", "forecast", "progress", "crypto", "smart")
} | {"import": "importing"}
NEEDS_DATA = {"smart"}


def main(arguments: list[str]) -> int:
    name, *options = arguments or [""]
    if name not in (*MODULES, "all"):
        usage = f"usage: python -m benchmarks {{{','.join((*MODULES, 'all'))}}} [--json] [--full] [--data DIR]"
        print(usage, file=sys.stderr)
        return 2
    names = [name] if name != "all" else [each for each in MODULES if each not in NEEDS_DATA or "--data" in options]
    worst = 0
    for name in names:
        worst = max(worst, import_module(f"benchmarks.{MODULES[name]}").main(options))
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
