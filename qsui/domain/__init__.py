"""Plain values and rules: what a schedule, run or query is, and what follows from it."""
