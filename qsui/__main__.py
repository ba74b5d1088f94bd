"""`python -m qsui` is `qsui`."""

from qsui.cli import main

if __name__ == "__main__":
    main()
