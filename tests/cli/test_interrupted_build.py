# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C in a build says what is kept, and the same command goes on from there."""

import signal
import subprocess
import time


def test_an_interrupted_build_says_what_is_kept_and_the_next_goes_on(site):
    """With the encoder of this machine: 640 articles are ten batches, and the signal comes after the first."""
    site.write_act(*(f"Office {number} opens at eight." for number in range(640)))
    process = subprocess.Popen(
        # The signal is heard also where who began the tests has it ignored.
        ["env", "--default-signal=INT", *site.command("knowledge", "build")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not any(path.stat().st_size for path in (site.folder / ".daulat/vectors").glob("*.bin")):
        assert process.poll() is None, "it ended by itself"
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "interrupted; what was encoded is kept, and the same command goes on from there" in said
    resumed = site.daulat("knowledge", "build", "--json").data
    assert 0 < resumed["encoded"] < resumed["segments"]
