"""`python -m coachcore`: the command line."""

import sys

from coachcore.cli import main

sys.exit(main())
