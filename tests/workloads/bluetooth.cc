// SPDX-License-Identifier: Apache-2.0
// bluetooth: makes a virtual controller through /dev/vhci and asks the host layer for the list of
// controllers 3 times. Exit status 1 when the kernel refuses.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>

namespace {

constexpr int kHci = 1;                          // BTPROTO_HCI, net/bluetooth/bluetooth.h
constexpr unsigned long kDevices = 0x800448d2u;  // HCIGETDEVLIST, net/bluetooth/hci_sock.h

}  // namespace

int main() {
  const int controller = open("/dev/vhci", O_RDWR);
  const uint8_t primary[2] = {0xff, 0x00};  // HCI_VENDOR_PKT, drivers/bluetooth/hci_vhci.c
  if (controller < 0 || write(controller, primary, sizeof(primary)) != sizeof(primary)) return 1;
  const int host = socket(AF_BLUETOOTH, SOCK_RAW, kHci);
  if (host < 0) return 1;
  bool good = true;
  for (int i = 0; i < 3; i++) {
    struct {
      uint16_t count = 4;
      struct {
        uint16_t id;
        uint32_t options;
      } devices[4] = {};
    } list;
    good &= ioctl(host, kDevices, &list) == 0;
  }
  close(host);
  close(controller);
  return good ? 0 : 1;
}
