#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The programs outside Python that the tests drive, from Debian: a browser, a reader of scanned pages, what an auditor
# checks a release with, and npm, which brings the Node client of the API and the judge of accessibility.
# Comes in: this machine. Goes out: the missing packages installed where we are root and apt-get is there, else named.
# Never fails for a missing package: the tests that need it say so and are skipped.
set -eu

missing=""
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || missing="$missing chromium"
for tool in openssl jq; do command -v $tool >/dev/null 2>&1 || missing="$missing $tool"; done
if command -v tesseract >/dev/null 2>&1; then
    tesseract --list-langs 2>/dev/null | grep -qx ind || missing="$missing tesseract-ocr-ind"
else
    missing="$missing tesseract-ocr tesseract-ocr-ind"
fi
command -v npm >/dev/null 2>&1 || missing="$missing npm"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing from Debian:$missing" >&2
    export DEBIAN_FRONTEND=noninteractive
    # The lists are fetched only when the first try finds none: a machine that has them may be offline by now.
    # shellcheck disable=SC2086  # each word is a package of its own
    apt-get install -qq -y --no-install-recommends $missing >/dev/null 2>&1 && exit 0
    # shellcheck disable=SC2086
    apt-get update -qq >/dev/null 2>&1 && apt-get install -qq -y --no-install-recommends $missing >/dev/null 2>&1 && exit 0
fi
echo "not here, so the tests that need them are skipped:$missing" >&2
echo "hint: as root, \`apt-get install$missing\`, then \`make test\` again." >&2
