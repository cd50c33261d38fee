"""`python -m fmqa` is `fmqa`."""

from fmqa.apps.cli import main

if __name__ == "__main__":
    main()
