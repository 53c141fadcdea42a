// SPDX-License-Identifier: Apache-2.0
// i2c BUS: asks an I2C bus for what it can do 3 times, chooses the device 0x50 5 times, and reads
// a byte of it 7 times. Prints nothing. Exit status 1 when the bus refuses.
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const int bus = open(argv[1], O_RDWR);
  if (bus < 0) return 1;
  bool good = true;
  unsigned long can = 0;
  for (int i = 0; i < 3; i++) good &= ioctl(bus, I2C_FUNCS, &can) == 0;
  for (int i = 0; i < 5; i++) good &= ioctl(bus, I2C_SLAVE, 0x50) == 0;
  union i2c_smbus_data data;
  i2c_smbus_ioctl_data read = {I2C_SMBUS_READ, 0, I2C_SMBUS_BYTE_DATA, &data};
  for (int i = 0; i < 7; i++) good &= ioctl(bus, I2C_SMBUS, &read) == 0;
  close(bus);
  return good ? 0 : 1;
}
