// SPDX-License-Identifier: Apache-2.0
/* One record of classes.bpf.c, an open descriptor. Strings end with 0. */
#ifndef FOOTPRINT_TESTS_BPF_CLASSES_ABI_H_
#define FOOTPRINT_TESTS_BPF_CLASSES_ABI_H_

#include <linux/types.h>

#define MODULE_NAME 56

struct class_record {
  __u64 fops;
  __u64 functions[10]; /* order of footprint::objects::Operation */
  __u32 fd;
  __u32 rdev;
  __u32 mode;
  __u32 socket;
  __u32 family;
  __u32 type;
  __u32 protocol;
  __u32 padding;
  char module[MODULE_NAME];
  char fs_type[32];
  char fs_module[MODULE_NAME];
  char socket_module[MODULE_NAME];
  char protocol_name[32];
  char dentry[32];
};

#endif
