"""The evaluator: rule sets, verdicts, and rules compiled to Python."""
