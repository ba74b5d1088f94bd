"""The dashboard: screens, widgets, styles and keys on top of the live engine."""
