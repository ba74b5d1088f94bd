"""Settings: one TOML file and the environment, read in two steps (`peek`, then `load`)."""
