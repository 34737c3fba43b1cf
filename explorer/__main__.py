"""`python -m explorer`: the same as `resnet-explorer`."""

import sys

from explorer.app import main

if __name__ == "__main__":
    sys.exit(main())
