"""Test tools shared by several folders."""
