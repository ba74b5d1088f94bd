"""qsui: a terminal dashboard for scheduled data jobs."""

__version__ = "0.1.0"
