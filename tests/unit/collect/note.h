// SPDX-License-Identifier: Apache-2.0
// Notes of program images made by hand.
// Ownership: values.   Threads: any.   Failure: none.
#ifndef FOOTPRINT_TESTS_UNIT_COLLECT_NOTE_H_
#define FOOTPRINT_TESTS_UNIT_COLLECT_NOTE_H_

#include <linux/types.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "bpf/abi/notes.h"

namespace footprint::collect {

// A note and the texts behind it. Names of paths run from the last to the first.
struct Note {
  uint32_t has = 0, argc = 0, tgid = 0, image = 0;
  uint64_t life = 0;
  std::string exe, given, cwd, argv;
  std::string comm = "comm";

  std::string Record() const {
    fp_note head{};
    head.kind = FP_EVENT_NOTE;
    head.has = has;
    head.argc = argc;
    head.life = life;
    head.tgid = tgid;
    head.image = image;
    comm.copy(head.comm, sizeof(head.comm) - 1);
    std::string record(sizeof(head), '\0');
    const auto put = [&](const std::string& text, uint16_t& at, uint16_t& size) {
      at = record.size();
      size = text.size();
      record += text;
    };
    put(exe, head.exe_at, head.exe_size);
    put(given, head.given_at, head.given_size);
    put(cwd, head.cwd_at, head.cwd_size);
    put(argv, head.argv_at, head.argv_size);
    std::memcpy(record.data(), &head, sizeof(head));
    return record;
  }
};

}  // namespace footprint::collect

#endif  // FOOTPRINT_TESTS_UNIT_COLLECT_NOTE_H_
