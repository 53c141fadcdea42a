// SPDX-License-Identifier: Apache-2.0
// Which commands have names at all: those of new kernels, of drivers that few systems have, and of
// structs that grow. The numbers are those of the kernel's headers.
#include <sys/ioctl.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "data/ioctls.h"
#include "data/names.h"
#include "data/servers.h"

namespace footprint::names {
namespace {

struct Command {
  ServerKind kind;
  std::string_view key;  // of servers.rules: whom the daemon finds behind the descriptor
  uint32_t command;
  std::string_view name;
};

constexpr auto kDriver = ServerKind::kDriver;
constexpr auto kFilesystem = ServerKind::kFilesystem;

// What the server of a key calls a command.
std::string_view NameAt(ServerKind kind, std::string_view key, uint32_t command,
                        bool compat = false) {
  const ServerRow* row = FindServer(kind, key);
  return row != nullptr ? IoctlName(row->ioctls, command, compat) : "no server";
}

}  // namespace

TEST_CASE("data.ioctls.commands_that_came_after_6_12") {
  const Command commands[] = {
      {kFilesystem, "pidfs", 0xc058ff0b, "PIDFD_GET_INFO"},
      {kDriver, "pidfd", 0xc040ff0b, "PIDFD_GET_INFO"},
      {kFilesystem, "nsfs", 0x8008b70d, "NS_GET_ID"},
      {kFilesystem, "ext4", 0x8004587d, "EXT4_IOC_SHUTDOWN"},
      {kFilesystem, "xfs", 0x8004587d, "XFS_IOC_GOINGDOWN"},
      {kFilesystem, "tmpfs", 0x8004587d, "FS_IOC_SHUTDOWN"},
      {kDriver, "dm_ctl", 0x0000fd12, "DM_MPATH_PROBE_PATHS"},
      {kDriver, "fuse_dev", 0x0000e503, "FUSE_DEV_IOC_SYNC_INIT"},
      {kDriver, "tty", 0x80085610, "VT_GETCONSIZECSRPOS"},
      {kDriver, "pwm_cdev", 0x00007501, "PWM_IOCTL_REQUEST"},
      {kDriver, "luo", 0x0000ba00, "LIVEUPDATE_IOCTL_CREATE_SESSION"},
  };
  for (const Command& command : commands) {
    CAPTURE(command.key, command.name);
    CHECK(NameAt(command.kind, command.key, command.command) == command.name);
  }
}

// What the source of today has not any more, but kernels that are in use have.
TEST_CASE("data.ioctls.commands_that_went_after_6_12") {
  CHECK(NameAt(kDriver, "capi", 0x80024322) == "CAPI_INSTALLED");
  CHECK(NameAt(ServerKind::kSocket, "31/3/5", 0x400443c8) == "CMTPCONNADD");
  CHECK(NameAt(ServerKind::kSocket, "24/*/*", 0x4008b100) == "PPPOEIOCSFWD");
}

TEST_CASE("data.ioctls.drivers_that_few_systems_have") {
  const Command commands[] = {
      {kDriver, "userfaultfd_dev", 0x0000aa00, "USERFAULTFD_IOC_NEW"},
      {kDriver, "vsock_dev", 0x000007b9, "IOCTL_VM_SOCKETS_GET_LOCAL_CID"},
      {kFilesystem, "proc", 0xc0686611, "PROCMAP_QUERY"},
      {kFilesystem, "proc", 0xc0606610, "PAGEMAP_SCAN"},
      {kFilesystem, "proc", 0x40104d00, "MTRRIOC_ADD_ENTRY"},
      {kFilesystem, "proc", 0x50434901, "PCIIOC_MMAP_IS_IO"},
      {kDriver, "snd_pcm_oss", 0xc0045002, "SNDCTL_DSP_SPEED"},
      {kDriver, "snd_mixer_oss", 0x80044d1f, "SOUND_MIXER_READ_MUTE"},
      {kDriver, "kfd", 0x80084b01, "AMDKFD_IOC_GET_VERSION"},
      {kDriver, "ublk_ctl", 0xc0207504, "UBLK_U_CMD_ADD_DEV"},
      {kDriver, "pwm_cdev", 0xc0207504, "PWM_IOCTL_GETWF"},
      {kDriver, "fastrpc_device", 0xc0105203, "FASTRPC_IOCTL_INVOKE"},
      {kDriver, "rpmsg_ctrldev", 0x4028b501, "RPMSG_CREATE_EPT_IOCTL"},
      {kDriver, "rproc_cdev", 0x4004b701, "RPROC_SET_SHUTDOWN_ON_RELEASE"},
      {kDriver, "pp", 0x0000708b, "PPCLAIM"},
      {kDriver, "lp", 0x0000060b, "LPGETSTATUS"},
      {kDriver, "cros_ec_chardev", 0xc014ec00, "CROS_EC_DEV_IOCXCMD"},
      {kDriver, "cros_ec_chardev", 0xc108ec01, "CROS_EC_DEV_IOCRDMEM"},
      {kDriver, "fw_device", 0xc0282300, "FW_CDEV_IOC_GET_INFO"},
      {kDriver, "ib_uverbs", 0xc0181b01, "RDMA_VERBS_IOCTL"},
      {kDriver, "ib_umad", 0xc01c1b01, "IB_USER_MAD_REGISTER_AGENT"},
      {kDriver, "iio", 0x80046990, "IIO_GET_EVENT_FD_IOCTL"},
      {kDriver, "sync", 0xc0303e03, "SYNC_IOC_MERGE"},
      {kDriver, "vhost_vsock", 0x0000af01, "VHOST_SET_OWNER"},
      {kDriver, "ntsync_char", 0x40084e80, "NTSYNC_IOC_CREATE_SEM"},
      {kDriver, "mon_bin", 0x40189206, "MON_IOCX_GET"},
      {kDriver, "st", 0x40086d01, "MTIOCTOP"},
      {kDriver, "vbg_misc_device", 0xc0405607, "VBG_IOCTL_HGCM_CALL_64"},
      {ServerKind::kDevice, "10:130", 0x80045705, "WDIOC_KEEPALIVE"},
      {kFilesystem, "functionfs", 0x00006703, "FUNCTIONFS_CLEAR_HALT"},
      {kFilesystem, "debugfs", 0x00006364, "KCOV_ENABLE"},
      {kFilesystem, "tracefs", 0xc0082a00, "DIAG_IOCSREG"},
      {kFilesystem, "ceph", 0x80289701, "CEPH_IOC_GET_LAYOUT"},
      {kFilesystem, "cifs", 0x8040cf05, "CIFS_IOC_GET_MNT_INFO"},
  };
  for (const Command& command : commands) {
    CAPTURE(command.key, command.name);
    CHECK(NameAt(command.kind, command.key, command.command) == command.name);
  }
  // struct timeval of 32 bits, and a pointer.
  CHECK(NameAt(kDriver, "pp", 0x80087095, true) == "PPGETTIME");
  CHECK(NameAt(kFilesystem, "tracefs", 0xc0042a00, true) == "DIAG_IOCSREG");
}

TEST_CASE("data.ioctls.accelerators_are_drm") {
  CHECK(IoctlName("drm", 0xc0106440, false, "qaic") == "DRM_IOCTL_QAIC_MANAGE");
  CHECK(IoctlName("drm", 0xc0106440, false, "panthor") == "DRM_IOCTL_PANTHOR_DEV_QUERY");
  CHECK(IoctlName("drm", 0x40186440, false, "asahi") == "DRM_IOCTL_ASAHI_GET_PARAMS");
  CHECK(IoctlName("drm", 0xc0106440, false) == "");
}

// The kernel compares direction, type and number: each new field makes the struct, and with it the
// command, another one.
TEST_CASE("data.ioctls.commands_whose_struct_grows_have_their_name_at_any_size") {
  for (const unsigned size : {64U, 72U, 80U, 88U, 96U, 4096U}) {
    CAPTURE(size);
    CHECK(IoctlName("pidfd", _IOC(_IOC_READ | _IOC_WRITE, 0xff, 11, size), false) ==
          "PIDFD_GET_INFO");
    CHECK(IoctlName("pidfd", _IOC(_IOC_READ | _IOC_WRITE, 0xff, 11, size), true) ==
          "PIDFD_GET_INFO");
    CHECK(IoctlName("nsfs", _IOC(_IOC_READ, 0xb7, 10, size), false) == "NS_MNT_GET_INFO");
    CHECK(IoctlName("seccomp", _IOC(_IOC_WRITE, '!', 3, size), false) ==
          "SECCOMP_IOCTL_NOTIF_ADDFD");
    CHECK(IoctlName("block", _IOC(_IOC_READ | _IOC_WRITE, 0x15, 2, size), false) ==
          "FS_IOC_GETLBMD_CAP");
  }
  CHECK(IoctlName("pidfd", _IOC(_IOC_READ, 0xff, 11, 88), false) == "");
  CHECK(IoctlName("pidfd", _IOC(_IOC_READ | _IOC_WRITE, 0xff, 12, 88), false) == "");
  CHECK(IoctlName("nsfs", _IOC(_IOC_READ, 0xb7, 13, 16), false) == "");
}

// A number of another driver is not named after it.
TEST_CASE("data.ioctls.drivers_that_few_systems_have_do_not_name_others_commands") {
  CHECK(NameAt(kDriver, "pwm_cdev", 0xc0207505) == "");
  CHECK(NameAt(kDriver, "ublk_ctl", 0x00007501) == "");
  CHECK(NameAt(kDriver, "rproc_cdev", 0x8008b70d) == "");
  CHECK(NameAt(kDriver, "pp", 0x0000060b) == "");
}

// Devices that are made of others have servers of their own, not that of the block layer.
TEST_CASE("data.ioctls.block_devices_have_their_own_servers") {
  for (const std::string_view key : {"loop", "zram", "ublkb", "nbd", "md", "device-mapper"}) {
    CAPTURE(key);
    const ServerRow* row = FindServer(ServerKind::kBlock, key);
    REQUIRE(row != nullptr);
    CHECK(row->server != "block");
    CHECK(row->server != "blkdev");
    CHECK(IoctlName(row->ioctls, 0x80081272, false) == "BLKGETSIZE64");
  }
}

}  // namespace footprint::names
