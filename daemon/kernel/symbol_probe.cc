// SPDX-License-Identifier: Apache-2.0
#include "daemon/kernel/symbol_probe.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <string.h>

#include <algorithm>
#include <cerrno>

#include "bpf/abi/symbols.h"
#include "symbols_bpf.skel.h"

namespace footprint::kernel {
namespace {

class LoadedSymbolProbe : public SymbolProbe {
 public:
  explicit LoadedSymbolProbe(symbols_bpf* skeleton) : skeleton_(skeleton) {}
  ~LoadedSymbolProbe() override { symbols_bpf::destroy(skeleton_); }

  absl::StatusOr<std::vector<std::string>> Texts(std::span<const uint64_t> addresses) override {
    std::vector<std::string> texts;
    auto& shared = *skeleton_->bss;
    for (size_t begin = 0; begin < addresses.size(); begin += FP_SYMBOLS) {
      const auto part =
          addresses.subspan(begin, std::min<size_t>(FP_SYMBOLS, addresses.size() - begin));
      std::fill(std::begin(shared.addresses), std::end(shared.addresses), 0);
      std::copy(part.begin(), part.end(), std::begin(shared.addresses));
      LIBBPF_OPTS(bpf_test_run_opts, run);
      const int error =
          bpf_prog_test_run_opts(bpf_program__fd(skeleton_->progs.name_symbols), &run);
      if (error != 0) return absl::ErrnoToStatus(-error, "run the program that names symbols");
      for (size_t i = 0; i < part.size(); ++i) {
        texts.emplace_back(shared.texts[i], strnlen(shared.texts[i], FP_SYMBOL_LEN));
      }
    }
    return texts;
  }

 private:
  symbols_bpf* skeleton_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SymbolProbe>> SymbolProbe::Create() {
  symbols_bpf* skeleton = symbols_bpf::open_and_load();
  if (skeleton == nullptr) return absl::ErrnoToStatus(errno, "load the program that names symbols");
  return std::make_unique<LoadedSymbolProbe>(skeleton);
}

}  // namespace footprint::kernel
