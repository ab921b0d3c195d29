# SPDX-License-Identifier: Apache-2.0
"""`python -m daulat`: the same command as `daulat`, where its folder is not on the path."""

from daulat.cli import main

if __name__ == "__main__":
    main()
