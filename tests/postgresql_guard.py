"""Runs a PostgreSQL server for as long as somebody uses it, however each of them ends.

Usage: postgresql_guard.py FOLDER IDENTITY INITDB POSTGRES   both commands and as whom, in JSON

Who uses it has a shared lock on the file `users` of the folder. A process that is killed has none
any more, so that this one gets the lock for itself: it ends the server and removes the folder.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

PATIENCE = 30.0


def main(folder: Path, identity: str, initdb: str, postgres: str) -> None:
    """Set the server up and start it, wait until nobody is there any more, and end it."""
    users = os.open(folder / "users", os.O_RDWR)
    somebody = json.loads(identity)
    with (folder / "log").open("ab") as log:
        subprocess.run(
            json.loads(initdb), cwd=folder, check=True, stdout=log, stderr=log, **somebody
        )
        server = subprocess.Popen(
            json.loads(postgres), cwd=folder, stdout=log, stderr=log, **somebody
        )

    def ended(*_arguments: object) -> None:
        if server.poll() is not None:
            sys.exit("the server has ended")

    signal.signal(signal.SIGCHLD, ended)
    ended()
    fcntl.flock(users, fcntl.LOCK_EX)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    # Fast: whoever is still connected is shown out.
    server.send_signal(signal.SIGINT)
    try:
        server.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait(PATIENCE)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
