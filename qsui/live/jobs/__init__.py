"""The live engine of a scope that has workflows and jobs instead of queries and runs."""
