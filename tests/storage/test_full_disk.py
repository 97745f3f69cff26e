"""A file system that is full, a real one of two megabytes: what was acknowledged stays, and there is more once there is room."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FILL_THE_DISK = """
import subprocess
import sys
from coachcore import Agreement, Party, Role, open as open_practice
from coachcore.errors import StoreUnavailable
from coachcore.storage.verify import verify

folder = sys.argv[1]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], check=True)
parties = (Party(id="carla", name="Carla", role=Role.COACH), Party(id="anna", name="Anna", role=Role.CLIENT))
agreement = Agreement(title="Run again", zone="Europe/Riga", parties=parties)


def fill(engagement):
    acknowledged = []
    while True:
        try:
            acknowledged.append(engagement.client.send_message("x" * 3000).id)
        except StoreUnavailable as error:
            assert error.code in ("store.full", "store.io"), error
            return acknowledged


with open_practice(f"{folder}/practice.db") as practice:
    engagement = practice.propose(agreement, engagement_id="anna")
    acknowledged = fill(engagement)
    acknowledged += fill(engagement)  # what is refused again is not there either
    subprocess.run(["mount", "-o", "remount,size=4m", folder], check=True)
    acknowledged += [engagement.client.send_message("There is room again.").id]
    assert fill(engagement)
with open_practice(f"{folder}/practice.db") as practice:
    assert verify(practice.store).is_clean
    stored = [event.id for event in practice.load("anna").recorded()]
    assert stored[1 : len(acknowledged) + 1] == acknowledged
print(len(acknowledged))
"""


def test_a_disk_that_is_full_takes_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    unshare = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    try:
        may_mount = (
            subprocess.run([*unshare, "mount", "-t", "tmpfs", "tmpfs", tmp_path], capture_output=True).returncode == 0
        )
    except FileNotFoundError:
        may_mount = False
    if not may_mount:
        pytest.skip("this process may not mount a file system of its own")
    filling = subprocess.run(
        [*unshare, sys.executable, "-c", FILL_THE_DISK, tmp_path], capture_output=True, text=True, check=False
    )
    assert filling.returncode == 0, filling.stderr
    assert int(filling.stdout) > 50
