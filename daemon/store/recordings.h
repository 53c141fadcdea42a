// SPDX-License-Identifier: Apache-2.0
// Recordings under way: what a scope's footprint was when each began.
// Ownership: owns the beginnings.   Threads: collector thread only.
// Failure: see each call; a failed call changes nothing.
#ifndef FOOTPRINT_DAEMON_STORE_RECORDINGS_H_
#define FOOTPRINT_DAEMON_STORE_RECORDINGS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/model/scope.h"

namespace footprint::store {

struct Ended {
  model::Footprint footprint;  // of the window
  std::string label;
};

class Recordings {
 public:
  explicit Recordings(size_t limit) : limit_(limit) {}

  // Returns the recording's id. from_next_exec: see StartRecordingRequest in the API.
  // Errors: NOT_FOUND no such process; RESOURCE_EXHAUSTED too many recordings.
  // A command or unit that matches nothing yet begins at zero.
  // owner: whose end is the recording's; empty: nobody's.
  absl::StatusOr<std::string> Start(const model::Snapshot& now, model::Scope scope,
                                    bool from_next_exec, std::string label, std::string owner = "");
  // Ends all recordings of an owner that is gone.
  void DropOwnedBy(const std::string& owner);
  // Errors: NOT_FOUND no such recording.
  absl::StatusOr<Ended> Stop(const model::Snapshot& now, const std::string& id);
  // Lives that must stay known until their recording ends, with their images up to that number.
  std::map<model::LifeId, uint32_t> PinnedLives() const;
  size_t size() const { return running_.size(); }

 private:
  struct Running {
    model::Scope scope;
    std::string label;
    std::string owner;
    model::Footprint begin;
  };
  void NoteDeadRoots(const model::Snapshot& now);
  // Drops recordings whose root was seen dead 10 minutes ago: their client is gone.
  void DropAbandoned(const model::Snapshot& now);

  const size_t limit_;
  std::map<std::string, Running> running_;
  std::map<std::string, uint64_t> root_dead_since_;  // first seen so, boot-time ns, by id
};

}  // namespace footprint::store

#endif  // FOOTPRINT_DAEMON_STORE_RECORDINGS_H_
