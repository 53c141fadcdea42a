// SPDX-License-Identifier: Apache-2.0
// Which program each image of the table executes.
#include "daemon/collect/collector.h"

namespace footprint::collect {
namespace {

void SetProgram(const model::ProgramPtr& program, model::Image& image) {
  if (program == nullptr) return;
  image.program = Better(image.program, program);
  image.exe = image.program->exe;
  image.script = image.program->script;
}

}  // namespace

// Null: not known, or not yet.
model::ProgramPtr Collector::KnownProgram(const ProgramBook::Key& image) {
  model::ProgramPtr program = programs_.Find(image);
  if (program != nullptr) return program;
  table_.ForImagesOf(image.first, image.second, [&](ImageState& state) {
    if (program == nullptr) program = state.info->program;
  });
  return program;
}

// The program of an image that comes to the table. A fork runs its parent's until it execs.
void Collector::FindProgram(const model::LifeId& life, const fp_ident& ident, model::Image& image,
                            const Naming::Living& living) {
  const ProgramBook::Key own{life, ident.image};
  model::ProgramPtr program = KnownProgram(own);
  if (program == nullptr && ident.image == 0 && ident.life != 0 &&
      ident.parent_image != FP_IMAGE_UNKNOWN) {
    const ProgramBook::Key parent{{.pid = ident.parent_tgid, .birth = ident.parent_life},
                                  ident.parent_image};
    program = KnownProgram(parent);
    if (program == nullptr) heirs_[own] = parent;
  }
  // What the kernel says of the file is worth more than the name that the exec was given.
  if (program == nullptr || program->exe_source == model::ExeSource::kGiven) {
    SetProgram(naming_.ProgramOf(ident, living), image);
  }
  SetProgram(program, image);
}

void Collector::OnNote(const fp_note& note, size_t bytes) {
  if (!NoteIsSound(note, bytes)) return;
  __u64 birth = note.life;
  __u32 number = note.image;
  table_.FindStray(note.tgid, 0, birth, number);
  model::LifeId life{.pid = note.tgid, .birth = birth};
  if (birth == 0 && table_.LongDead(life)) life.birth = note.claim;  // as in ImageOf
  model::ProgramPtr before;
  if (number != 0) before = KnownProgram({life, number - 1});
  const model::ProgramPtr program = programs_.Take({life, number}, note, before.get());
  table_.ForImagesOf(life, number, [&](ImageState& image) {
    SetProgram(program, image.info.Change());
    image.changed = true;
  });
}

// Programs of parents that were read later than their children.
void Collector::Inherit() {
  for (auto it = heirs_.begin(); it != heirs_.end();) {
    const auto& [heir, parent] = *it;
    const model::ProgramPtr program = KnownProgram(parent);
    table_.ForImagesOf(heir.first, heir.second, [&](ImageState& image) {
      if (program == nullptr) return;
      SetProgram(program, image.info.Change());
      image.changed = true;
    });
    const bool waits = program == nullptr && heirs_.contains(parent);
    it = waits ? std::next(it) : heirs_.erase(it);
  }
}

}  // namespace footprint::collect
