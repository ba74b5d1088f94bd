"""Alteryx Server, over its v3 API and the older calls beside it."""
