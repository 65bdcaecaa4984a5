"""`python -m hospes`: the hospes command."""

import sys

from hospes.cli.main import main

sys.exit(main(sys.argv[1:]))
