"""What can be said of a condition over all facts: truth tables, breakpoints, candidate values, set covers."""
