// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/units.h"

#include <catch2/catch.hpp>

namespace footprint::model {
namespace {

const std::string kId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

TEST_CASE("unit.model.unit_of_a_cgroup_path") {
  CHECK(UnitOf("") == "");
  CHECK(UnitOf("/") == "");
  CHECK(UnitOf("/system.slice/ssh.service") == "ssh.service");
  CHECK(UnitOf("/init.scope") == "init.scope");
  CHECK(UnitOf("/user.slice/user-1000.slice/session-2.scope") == "session-2.scope");
  CHECK(UnitOf("/system.slice/systemd-udevd.service/udev") == "systemd-udevd.service");
  CHECK(UnitOf("/system.slice") == "/system.slice");
  CHECK(UnitOf("/noise") == "/noise");
  // A deeper scope is the unit, and its manager tells it from the host's.
  CHECK(UnitOf("/user.slice/user-1000.slice/user@1000.service/app.slice/run-u5.scope") ==
        "user@1000.service/run-u5.scope");
  CHECK(UnitOf("/user.slice/user-1000.slice/user@1000.service/app.slice/nginx.service") ==
        "user@1000.service/nginx.service");
  CHECK(UnitOf("/machine.slice/machine-web.scope/payload/system.slice/nginx.service") ==
        "machine-web.scope/nginx.service");
  CHECK(UnitOf("/system.slice/.service") == "/system.slice/.service");
}

TEST_CASE("unit.model.container_of_a_cgroup_path") {
  CHECK(ContainerOf("/system.slice/ssh.service") == "");
  CHECK(ContainerOf("/system.slice/docker-" + kId + ".scope") == "docker:" + kId);
  CHECK(ContainerOf("/docker/" + kId + "/system.slice/a.service") == "docker:" + kId);
  CHECK(ContainerOf("/machine.slice/libpod-" + kId + ".scope/container") == "podman:" + kId);
  CHECK(ContainerOf("/libpod_parent/libpod-" + kId) == "podman:" + kId);
  CHECK(ContainerOf("/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + kId + ".scope") ==
        "containerd:" + kId);
  CHECK(ContainerOf("/kubepods.slice/crio-" + kId + ".scope") == "cri-o:" + kId);
  CHECK(ContainerOf("/kubepods/burstable/pod01234567-89ab-cdef-0123-456789abcdef/" + kId) ==
        "kubelet:" + kId);
  CHECK(ContainerOf("/lxc.payload.web/init.scope") == "lxc:web");
  CHECK(ContainerOf("/lxc/web") == "lxc:web");
  CHECK(ContainerOf("/machine.slice/machine-deb\\x2d12.scope") == "nspawn:deb-12");
  CHECK(ContainerOf("/machine.slice/systemd-nspawn@web.service/payload") == "nspawn:web");
  CHECK(ContainerOf("/docker/buildkit") == "");  // no id
  CHECK(ContainerOf("/lxc/outer/docker/" + kId) == "docker:" + kId);
}

TEST_CASE("unit.model.unit_patterns") {
  const std::string host = "redis.service", path = "/system.slice/redis.service";
  const std::string user = "user@1000.service/redis.service";
  const std::string user_path =
      "/user.slice/user-1000.slice/user@1000.service/app.slice/redis.service";
  CHECK(UnitMatches("redis.service", host, path));
  CHECK(UnitMatches("redis", host, path));
  CHECK(UnitMatches("red*", host, path));
  CHECK(UnitMatches("red?s.serv[i]ce", host, path));
  CHECK_FALSE(UnitMatches("redi", host, path));
  // The host's name is the host's alone.
  CHECK_FALSE(UnitMatches("redis", user, user_path));
  CHECK(UnitMatches("user@1000.service/redis", user, user_path));
  CHECK(UnitMatches("user@1000.service", user, user_path));
  CHECK(UnitMatches("*/redis.service", user, user_path));
  CHECK_FALSE(UnitMatches("user@100.service", user, user_path));
  // Paths: every process of it.
  CHECK(UnitMatches("/system.slice", host, path));
  CHECK(UnitMatches("/system.slice/", host, path));
  CHECK(UnitMatches("/", host, path));
  CHECK_FALSE(UnitMatches("/system", host, path));
  CHECK_FALSE(UnitMatches("/system.slice", user, user_path));
  CHECK(UnitMatches("/user.slice/*/user@*", user, user_path));
  CHECK_FALSE(UnitMatches("/", host, ""));  // not known
  CHECK_FALSE(UnitMatches("noise", "/noise", "/noise"));
}

TEST_CASE("unit.model.command_patterns") {
  CHECK(CommandMatches("cat", "cat", ""));
  CHECK(CommandMatches("c*t", "", "/usr/bin/cat"));
  CHECK(CommandMatches("/usr/bin/*", "x", "/usr/bin/cat"));
  CHECK_FALSE(CommandMatches("dog", "cat", "/usr/bin/cat"));
  CHECK(CommandMatches("job.py", "python3", "/usr/bin/python3", "/srv/job.py"));
  CHECK(CommandMatches("/srv/*", "python3", "/usr/bin/python3", "/srv/job.py"));
  CHECK_FALSE(CommandMatches("srv", "python3", "/usr/bin/python3", "/srv/job.py"));
}

}  // namespace
}  // namespace footprint::model
