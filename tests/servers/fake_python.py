#!/usr/bin/env python3
"""Stands in for an interpreter: makes environments that are only folders, and installs by the package's name.

`ok==1` works, `slow==1` takes a while, `fails==1` fails, `offline==1` fails as without a network, `hangs==1` never ends.
Each environment that was made is a line in `made.txt` beside it.
"""

import os
import sys
import time

arguments = sys.argv[1:]
if arguments[0] == "-c":
    print("3.12.1")
elif arguments[:2] == ["-m", "venv"]:
    folder = arguments[2]
    os.makedirs(os.path.join(folder, "bin"))
    os.symlink(os.path.abspath(__file__), os.path.join(folder, "bin", "python"))
    with open(os.path.join(os.path.dirname(folder), "made.txt"), "a") as made:
        made.write(folder + "\n")
elif arguments[:3] == ["-m", "pip", "install"]:
    package = arguments[-1]
    print("Collecting " + package, flush=True)
    if package == "slow==1":
        time.sleep(0.5)
    elif package == "hangs==1":
        time.sleep(600)
    elif package == "fails==1":
        print("ERROR: No matching distribution found for fails==1", file=sys.stderr)
        sys.exit(1)
    elif package == "offline==1":
        print("NewConnectionError: Temporary failure in name resolution", file=sys.stderr)
        sys.exit(1)
    print("Successfully installed " + package)
else:
    sys.exit(2)
