# SPDX-License-Identifier: Apache-2.0 OR MIT
"""kill -9 of daemon, worker, intake and compile process at fifty random moments; the catalogue is whole each time."""
import os

from killer import Killer

SEED = int(os.environ.get("ARCELLA_SEED", "20261121"))
MOMENTS = int(os.environ.get("ARCELLA_MOMENTS", "50"))


def test_the_catalogue_survives_kills_at_random_moments(arcella):
    killer = Killer(arcella, SEED)
    for moment in range(MOMENTS):
        try:
            killer.round()
        except AssertionError as wrong:
            raise AssertionError(f"seed {SEED}, moment {moment}: {wrong}") from wrong
    killer.close()
    print(f"seed {SEED}: {killer.killed}")
    assert killer.killed["daemon"] and killer.killed["worker"]
