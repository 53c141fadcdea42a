// SPDX-License-Identifier: Apache-2.0
// A small footprint with known numbers and a hostile name, for the tests of the renderers.
// Ownership: values.   Threads: any.   Failure: none.
#ifndef FOOTPRINT_TESTS_UNIT_CLIENT_SAMPLE_H_
#define FOOTPRINT_TESTS_UNIT_CLIENT_SAMPLE_H_

#include "client/render/report.h"

namespace footprint::client {

inline constexpr char kHostile[] = "=1+1\x1b[31m,\"q\"\n\xff";

inline v1::Footprint SampleFootprint() {
  v1::Footprint footprint;
  footprint.set_complete(true);
  for (const char* name : {"calls_unattributed", "detail_dropped"}) {
    footprint.mutable_losses()->add_causes()->set_name(name);
  }
  footprint.set_tier("full");
  v1::Provenance& origin = *footprint.mutable_provenance();
  origin.set_kernel_release("6.1.0");
  origin.set_machine("x86_64");
  origin.set_hostname("board");
  origin.mutable_start_time()->set_seconds(1767323045);
  origin.mutable_end_time()->set_seconds(1767323047);
  origin.set_start_boottime_ns(1'000'000'000);
  origin.set_end_boottime_ns(3'000'000'000);
  footprint.set_calls(30);
  footprint.set_errors(2);
  footprint.set_unfinished(1);
  v1::Syscall& close = *footprint.add_syscalls();
  close.set_abi("x86_64");
  close.set_number(3);
  close.set_name("close");
  close.set_owner("filesystem");
  close.set_calls(7);
  v1::Syscall& read = *footprint.add_syscalls();
  read.set_abi("x86_64");
  read.set_name("read");
  read.set_owner("filesystem");
  read.set_definition("fs/read_write.c:722");
  read.set_calls(23);
  read.set_errors(2);
  read.set_unfinished(1);
  read.set_total_ns(18446744073709551615u);  // more than a double can hold exactly
  read.set_max_ns(1230);
  v1::Errno& again = *read.add_errnos();
  again.set_name("EAGAIN");
  again.set_value(11);
  again.set_count(2);
  read.add_served_by("spi");
  read.add_served_by("pipe");
  v1::Object& spi = *footprint.add_objects();
  spi.set_abi("x86_64");
  spi.set_syscall("read");
  spi.set_server("spi");
  spi.set_driver("spidev");
  spi.set_module("spidev");
  spi.set_subsystem("spi");
  spi.set_calls(20);
  spi.set_errors(1);
  spi.set_total_ns(4000);
  spi.set_max_ns(1230);
  v1::Object& pipe = *footprint.add_objects();
  pipe.set_abi("x86_64");
  pipe.set_syscall("read");
  pipe.set_server("pipe");
  pipe.set_driver("pipe");
  pipe.set_subsystem("ipc");
  pipe.set_calls(3);
  pipe.set_errors(1);
  pipe.set_total_ns(2000);
  pipe.set_max_ns(1000);
  v1::Ioctl& transfer = *footprint.add_ioctls();
  transfer.set_driver("spidev");
  transfer.set_module("spidev");
  transfer.set_server("spi");
  transfer.set_command("0x40206b00");
  transfer.set_name("SPI_IOC_MESSAGE(1)");
  transfer.set_named(true);
  transfer.set_calls(914);
  transfer.set_total_ns(9000);
  footprint.add_notes("io_uring is not seen");
  v1::Subsystem& filesystem = *footprint.add_subsystems();
  filesystem.set_name("filesystem");
  filesystem.set_title("Filesystems");
  filesystem.set_calls(30);
  filesystem.set_errors(2);
  filesystem.set_total_ns(4560);
  for (int i = 0; i < 35; ++i) filesystem.add_latency_log2_ns(i == 7 ? 29 : i == 9 ? 1 : 0);
  v1::Process& process = *footprint.add_processes();
  process.set_pid(42);
  process.set_comm(kHostile);
  process.set_comm_raw(kHostile);
  process.set_exe("/bin/p");
  process.set_unit("ssh.service");
  process.set_calls(30);
  process.set_errors(2);
  process.set_alive(true);
  return footprint;
}

inline render::Report SampleReport() {
  render::Report report;
  report.footprint = SampleFootprint();
  report.scope = "pid 42";
  render::Sort(report.footprint);
  return report;
}

}  // namespace footprint::client

#endif  // FOOTPRINT_TESTS_UNIT_CLIENT_SAMPLE_H_
