#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# rig.sh idle|work: the OpenAPS rig in small, for tests/e2e/modules_test.cc. "work" opens a bus of
# I2C, asks a device on SPI, brings up a Bluetooth controller and sets up a serial terminal, as far
# as the machine has them; "idle" looks at the same files and uses none of them.
set -eu
PATH=/usr/sbin:/sbin:$PATH # modprobe
case ${1:-} in
  idle) ls /dev >/dev/null ;;
  work)
    # i2c-gpio and spi-gpio make the buses that the board's device tree has, see tests/vm.
    modprobe -q i2c-stub chip_addr=0x50 || modprobe i2c-gpio
    modprobe i2c-dev
    name=$(grep -lE 'SMBus stub|i2c-rig' /sys/bus/i2c/devices/i2c-*/name | head -n 1)
    bus=${name%/name}
    bus=/dev/${bus##*/}
    [ -c "$bus" ]
    if modprobe -q spi-gpio; then "${0%/*}/spi" /dev/spidev0.0; fi
    # The kernel asks modprobe for char-major-10-137; what is written makes a controller.
    if modprobe -n -q hci_vhci; then
      exec 8<>/dev/vhci
      printf '\377\000' >&8
    fi
    exec 9<"$bus"
    for terminal in /dev/ttyS0 /dev/ttyAMA0 /dev/ptmx; do
      if [ -c "$terminal" ]; then : <>"$terminal" && break; fi
    done
    exec 9<&- 8<&-
    ;;
  *) echo "usage: rig.sh idle|work" >&2; exit 2 ;;
esac
