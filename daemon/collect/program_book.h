// SPDX-License-Identifier: Apache-2.0
// What the kernel's notes say about program images, until the images are known to the table.
// Ownership: owns what it hands out until Age() lets it go; holders share it.
// Threads: collector thread only.
// Failure: what no note says is unknown, and never guessed.
#ifndef FOOTPRINT_DAEMON_COLLECT_PROGRAM_BOOK_H_
#define FOOTPRINT_DAEMON_COLLECT_PROGRAM_BOOK_H_

#include <linux/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "bpf/abi/notes.h"
#include "daemon/model/program.h"
#include "daemon/model/snapshot.h"

namespace footprint::collect {

// A record of `bytes` that is what a note may be: its texts lie within it.
bool NoteIsSound(const fp_note& note, size_t bytes);

// Adds what a sound note says to `program`; of one image there may be two notes. `before`: the
// image that did the exec, or null: env(1) runs what a script names, for that script.
void AddNote(const fp_note& note, const model::Program* before, model::Program& program);

// What `more`, from notes, and `known`, from whatever was seen before, say together: a file that
// /proc named stands before the name that the exec was given. `known` may be null.
model::ProgramPtr Better(const model::ProgramPtr& known, const model::ProgramPtr& more);

class ProgramBook {
 public:
  // A life and the number of an image in it.
  using Key = std::pair<model::LifeId, uint32_t>;

  // Takes a sound note. `before` as above. Returns what is known of the image by now.
  model::ProgramPtr Take(const Key& image, const fp_note& note, const model::Program* before);
  // Null: no note has come, or it was let go.
  model::ProgramPtr Find(const Key& image) const;
  // Once a pass. An image comes to the table within two passes of its note.
  void Age();
  size_t size() const { return entries_.size(); }

 private:
  static constexpr uint64_t kPasses = 4;
  struct Entry {
    model::ProgramPtr program;
    uint64_t pass = 0;
  };
  std::map<Key, Entry> entries_;  // as many as a ring holds notes, for each of kPasses
  uint64_t pass_ = 0;
  model::TextPool texts_;  // names of files, which many programs share
};

}  // namespace footprint::collect

#endif  // FOOTPRINT_DAEMON_COLLECT_PROGRAM_BOOK_H_
