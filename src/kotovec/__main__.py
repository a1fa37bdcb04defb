"""`python -m kotovec` is the command line."""

import sys

from kotovec.cli import main

if __name__ == "__main__":
    sys.exit(main())
