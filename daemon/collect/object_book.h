// SPDX-License-Identifier: Apache-2.0
// Every class of objects that the kernel programs announced, with its names.
// Ownership: borrows the source; owns its table, of which snapshots share immutable copies.
// Threads: collector thread only.
// Failure: what cannot be read is read at a later refresh; a class without names says why.
#ifndef FOOTPRINT_DAEMON_COLLECT_OBJECT_BOOK_H_
#define FOOTPRINT_DAEMON_COLLECT_OBJECT_BOOK_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "daemon/kernel/source.h"
#include "daemon/model/objects.h"
#include "daemon/objects/class_facts.h"

namespace footprint::collect {

// The facts of an announced class, for naming.
objects::ClassFacts FactsOf(const fp_class& announced);

class ObjectBook {
 public:
  // One answer a class, in their order: objects::ObjectNamer::Name on a live system.
  using Namer =
      std::function<std::vector<objects::ObjectName>(std::span<const objects::ClassFacts>)>;

  ObjectBook(kernel::Source& source, Namer namer) : source_(source), namer_(std::move(namer)) {}

  // Names what was announced since the last refresh, while its module is still there, and makes
  // the kernel forget classes of modules that are gone: their ids are not looked up again.
  void Refresh();
  // Never null.
  std::shared_ptr<const model::ObjectTable> Table() const { return table_; }
  const model::ObjectClass* Find(uint32_t id) const;

 private:
  void NameAll(const std::vector<std::pair<uint32_t, fp_class>>& fresh, model::ObjectTable& table);

  kernel::Source& source_;
  const Namer namer_;
  uint64_t announced_ = 0;
  std::map<uint32_t, fp_class_key> known_;
  std::shared_ptr<const model::ObjectTable> table_ = std::make_shared<model::ObjectTable>();
};

}  // namespace footprint::collect

#endif  // FOOTPRINT_DAEMON_COLLECT_OBJECT_BOOK_H_
