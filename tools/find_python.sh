#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Print the first Python that can carry Daulat: 3.11 or newer, with the venv and ensurepip modules. Changes nothing.
set -eu

for candidate in "${1:-}" python3 python3.11 python3.12 python3.13 python3.14 python; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        exec "$candidate" -c 'import sys; print(sys.executable)'
    fi
done

cat >&2 <<'MESSAGE'
error[ground.python]: no Python 3.11 or newer with `venv` was found
  Daulat is installed into an environment of its own, made with that module.

hint: on Debian or Ubuntu, `apt-get install python3 python3-venv`; elsewhere name one: `make install PYTHON=/path/to/python3.11`.
MESSAGE
exit 1
