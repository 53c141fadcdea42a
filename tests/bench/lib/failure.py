# SPDX-License-Identifier: Apache-2.0
class Failure(Exception):
    """What breaks a measurement, in words that name it."""


class Unavailable(Failure):
    """It cannot be measured on this machine: a program or a right is missing."""
