# SPDX-License-Identifier: Apache-2.0
# A script with files, a directory, errors and a child process.
import os
import tempfile

with tempfile.TemporaryDirectory() as room:
    for number in range(7):
        with open(os.path.join(room, str(number)), "w") as file:
            file.write("footprint\n" * number)
    names = sorted(os.listdir(room))
    for name in names + ["absent"]:
        try:
            with open(os.path.join(room, name)) as file:
                file.read()
        except FileNotFoundError:
            pass
pid = os.fork()
if pid == 0:
    os._exit(3)
os.waitpid(pid, 0)
