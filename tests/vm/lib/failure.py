# SPDX-License-Identifier: Apache-2.0
class Failure(Exception):
    """What breaks a cell, in words that name it."""


class Unavailable(Failure):
    """The cell cannot be made on this machine, now: no emulator, no package."""
