// SPDX-License-Identifier: Apache-2.0
// What the path of a cgroup says: systemd unit and container; and what names them.
// Ownership: plain values.   Threads: any.   Failure: what a path does not say is empty.
#ifndef FOOTPRINT_DAEMON_MODEL_UNITS_H_
#define FOOTPRINT_DAEMON_MODEL_UNITS_H_

#include <string>
#include <string_view>

namespace footprint::model {

// The unit of a cgroup v2 path as systemd reads it (cg_path_get_unit, src/basic/cgroup-util.c):
// slices are passed over, and the first component after them that can be a unit is it. What a
// manager below runs as units of its own, a user's or a container's, stands behind it, so that
// names do not meet the host's: "user@1000.service/redis.service", "machine-a.scope/nginx.service".
// Without a unit the path itself; "" for the root cgroup and for an unknown path.
std::string UnitOf(std::string_view cgroup);

// "docker:ID", "podman:ID", "containerd:ID", "cri-o:ID", "kubelet:ID", "lxc:NAME", "nspawn:NAME":
// the innermost container of the path; "" where there is none.
std::string ContainerOf(std::string_view cgroup);

// Does a glob of fnmatch(3) have to be asked for, or is it a plain text?
bool IsGlob(std::string_view pattern);

// The pattern in full: "redis" means "redis.service", as for systemctl(1).
std::string FullUnit(std::string_view pattern);

// A pattern with a leading "/" names cgroups: that path and everything below. Another names units:
// that unit, and everything that a manager inside of it runs. Either may be a glob.
bool UnitMatches(std::string_view pattern, const std::string& unit, const std::string& cgroup);

// A command pattern, a glob or not, matches comm, or path or base name of exe or script.
bool CommandMatches(const std::string& pattern, const std::string& comm, const std::string& exe,
                    const std::string& script = "");

}  // namespace footprint::model

#endif  // FOOTPRINT_DAEMON_MODEL_UNITS_H_
