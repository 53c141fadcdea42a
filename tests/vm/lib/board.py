# SPDX-License-Identifier: Apache-2.0
"""The board of the arm64 guest: the emulator's own, with two buses on its GPIO lines.

The emulator has a GPIO controller there (PL061) and describes the board by a device tree, so
Linux's bit-banging drivers make an SPI bus with a device on it, and an I2C bus. Nothing answers
on them. Line 3 is the emulator's power button.
"""
import pathlib
import subprocess

from lib.failure import Failure, Unavailable

# Documentation/devicetree/bindings/spi/spi-gpio.yaml, i2c/i2c-gpio.yaml. spidev serves devices
# that it knows by name; the rig's radio has a driver in user space, as this one.
BUSES = """
/ {
  spi-rig {
    compatible = "spi-gpio";
    #address-cells = <1>;
    #size-cells = <0>;
    sck-gpios = <&{/pl061@9030000} 0 0>;
    mosi-gpios = <&{/pl061@9030000} 1 0>;
    miso-gpios = <&{/pl061@9030000} 2 0>;
    cs-gpios = <&{/pl061@9030000} 4 1>;
    num-chipselects = <1>;
    radio@0 { compatible = "rohm,dh2228fv"; reg = <0>; spi-max-frequency = <1000000>; };
  };
  i2c-rig {
    compatible = "i2c-gpio";
    #address-cells = <1>;
    #size-cells = <0>;
    sda-gpios = <&{/pl061@9030000} 5 6>;
    scl-gpios = <&{/pl061@9030000} 6 6>;
  };
};
"""


def _run(command: list, what: str, text=None) -> str:
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True)
    except FileNotFoundError as missing:
        raise Unavailable(f"{missing.filename} is not installed (packaging/test-deps)") from missing
    if done.returncode != 0:
        raise Failure(f"{what}: {done.stderr.strip()}")
    return done.stdout


def device_tree(emulator: list, scratch: pathlib.Path) -> pathlib.Path:
    """The board of `emulator` (program and machine's options, "-machine virt" first) with BUSES."""
    own, wanted = scratch / "virt.dtb", scratch / "board.dtb"
    program, option, machine, *rest = emulator
    _run([program, option, f"{machine},dumpdtb={own}", *rest], "describe the emulated board")
    source = _run(["dtc", "-q", "-I", "dtb", "-O", "dts", own], "read the board's device tree")
    _run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", wanted, "-"],
         "write the board's device tree", source + BUSES)
    return wanted
