// SPDX-License-Identifier: Apache-2.0
// spi DEVICE: asks for the mode of an SPI device 3 times, for its speed 5 times, and transfers 7
// messages of two bytes. Prints nothing. Exit status 1 when the device refuses.
#include <fcntl.h>
#include <linux/spi/spidev.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdint>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const int device = open(argv[1], O_RDWR);
  if (device < 0) return 1;
  bool good = true;
  uint8_t mode = 0;
  for (int i = 0; i < 3; i++) good &= ioctl(device, SPI_IOC_RD_MODE, &mode) == 0;
  uint32_t speed = 0;
  for (int i = 0; i < 5; i++) good &= ioctl(device, SPI_IOC_RD_MAX_SPEED_HZ, &speed) == 0;
  uint8_t out[2] = {0x55, 0xaa}, in[2] = {};
  spi_ioc_transfer transfer = {};
  transfer.tx_buf = reinterpret_cast<uintptr_t>(out);
  transfer.rx_buf = reinterpret_cast<uintptr_t>(in);
  transfer.len = sizeof(out);
  for (int i = 0; i < 7; i++) good &= ioctl(device, SPI_IOC_MESSAGE(1), &transfer) == 2;
  close(device);
  return good ? 0 : 1;
}
