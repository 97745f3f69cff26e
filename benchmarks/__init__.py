"""What coachcore costs, each figure a ratio within one run or against a hand-written limit.

`python -m benchmarks NAME [--json]`: a table, and with `--json` one JSON object on the last line. `all` runs every one.
"""
