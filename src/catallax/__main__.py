"""`python -m catallax` is the `catallax` command."""

import sys

from catallax.cli import main

sys.exit(main())
