"""Domain values as plain text, roles and columns: pure, and without a screen."""
