// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/fit.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace footprint::rpc {
namespace {

constexpr char kOther[] = "other";

using Errnos = google::protobuf::RepeatedPtrField<v1::Errno>;

// By value, of which there are as many as errno has.
void AddErrnos(const Errnos& more, Errnos& sum) {
  std::map<int32_t, v1::Errno> errnos;
  for (const Errnos* of : {static_cast<const Errnos*>(&sum), &more}) {
    for (const v1::Errno& one : *of) {
      v1::Errno& both = errnos[one.value()];
      const uint64_t count = both.count() + one.count();
      both = one;
      both.set_count(count);
    }
  }
  sum.Clear();
  for (auto& [value, one] : errnos) *sum.Add() = std::move(one);
}

void Add(const v1::Syscall& row, v1::Syscall& sum) {
  sum.set_name(kOther);
  sum.set_number(-1);
  sum.set_denied(sum.denied() + row.denied());
  sum.set_unfinished(sum.unfinished() + row.unfinished());
  AddErrnos(row.errnos(), *sum.mutable_errnos());
  AddErrnos(row.denied_errnos(), *sum.mutable_denied_errnos());
}

void Add(const v1::Object&, v1::Object& sum) {
  sum.set_syscall(kOther);
  sum.set_server(kOther);
}

void Add(const v1::Ioctl&, v1::Ioctl& sum) {
  sum.set_command(kOther);
  sum.set_name("other commands");
  sum.set_server(kOther);
}

// One row for the last half of them.
template <typename Rows>
size_t Halve(Rows& rows) {
  const int keep = rows.size() / 2;
  typename Rows::value_type sum;
  for (int i = keep; i < rows.size(); ++i) {
    const auto& row = rows.Get(i);
    sum.set_calls(sum.calls() + row.calls());
    sum.set_errors(sum.errors() + row.errors());
    sum.set_total_ns(sum.total_ns() + row.total_ns());
    sum.set_max_ns(std::max(sum.max_ns(), row.max_ns()));
    Add(row, sum);
  }
  const size_t folded = rows.size() - keep;
  rows.DeleteSubrange(keep, static_cast<int>(folded));
  *rows.Add() = std::move(sum);
  return folded;
}

template <typename Rows>
size_t BytesOf(const Rows& rows) {
  size_t bytes = 0;
  for (const auto& row : rows) bytes += row.ByteSizeLong();
  return bytes;
}

// Who took references: detail of modules, which have no sums to keep.
size_t DropCallers(v1::Footprint& out) {
  size_t dropped = 0;
  for (v1::ModuleUse& module : *out.mutable_modules()) {
    dropped += module.callers_size();
    module.clear_callers();
  }
  return dropped;
}

}  // namespace

void FitTables(size_t most, v1::Footprint& out) {
  std::map<std::string, size_t> folded;
  // Each round takes half of the largest list, or all callers.
  for (int round = 0; round < 64 && out.ByteSizeLong() > most; ++round) {
    const size_t syscalls = BytesOf(out.syscalls()), objects = BytesOf(out.objects());
    const size_t second = BytesOf(out.second_objects()), ioctls = BytesOf(out.ioctls());
    const size_t modules = BytesOf(out.modules());
    const size_t largest = std::max({syscalls, objects, second, ioctls, modules});
    if (largest == modules) {
      const size_t dropped = DropCallers(out);
      if (dropped == 0) break;
      folded["callers of modules"] += dropped;
    } else if (largest == objects) {
      folded["objects"] += Halve(*out.mutable_objects());
    } else if (largest == ioctls) {
      folded["ioctls"] += Halve(*out.mutable_ioctls());
    } else if (largest == second) {
      folded["second objects"] += Halve(*out.mutable_second_objects());
    } else {
      folded["syscalls"] += Halve(*out.mutable_syscalls());
    }
  }
  for (const auto& [list, rows] : folded) {
    out.add_notes(absl::StrCat(list, ": ", rows,
                               list == "callers of modules"
                                   ? " rows do not fit into one reply and are left out"
                                   : " rows of the fewest calls do not fit into one reply and are "
                                     "one row, \"other\""));
  }
}

}  // namespace footprint::rpc
