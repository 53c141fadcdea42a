// SPDX-License-Identifier: Apache-2.0
// Addresses to names: exact, inside, between, and where the kernel shows nothing.
#include "daemon/objects/kallsyms.h"

#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>
#include <string>

namespace footprint::objects {
namespace {

class SymbolFile {
 public:
  explicit SymbolFile(const std::string& text) {
    char name[] = "/tmp/footprint-kallsyms.XXXXXX";
    const int fd = mkstemp(name);
    REQUIRE(fd >= 0);
    close(fd);
    path_ = name;
    std::ofstream(path_) << text;
  }
  ~SymbolFile() { unlink(path_.c_str()); }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

constexpr const char* kSymbols =
    "0000000000000000 A fixed_percpu_data\n"
    "ffffffff81000000 T _text\n"
    "ffffffff81000100 t vfs_helper\n"
    "ffffffff81000200 t alias_local\n"
    "ffffffff81000200 T alias_global\n"
    "ffffffff81100000 T far_function\n"
    "ffffffff82000040 d spidev_fops\t[spidev]\n"
    "ffffffffc0a52000 t spidev_ioctl\t[spidev]\n"
    "ffffffffc0a51000 t spidev_read\t[spidev]\n"
    "ffffffffc0a53000 t bpf_prog_0123_x\t[bpf]\n";

Symbol One(const Kallsyms& kallsyms, uint64_t address) {
  const auto found = kallsyms.Resolve(std::array{address});
  REQUIRE(found.ok());
  REQUIRE(found->size() == 1);
  return found->front();
}

}  // namespace

TEST_CASE("objects.kallsyms.finds_beginnings_and_insides") {
  const SymbolFile file(kSymbols);
  const Kallsyms kallsyms(file.path());
  CHECK(One(kallsyms, 0xffffffff81000100).name == "vfs_helper");
  CHECK(One(kallsyms, 0xffffffff81000100).module == "");
  CHECK(One(kallsyms, 0xffffffff810001ff).name == "vfs_helper");
  CHECK(One(kallsyms, 0xffffffff810001ff).offset == 0xff);
  CHECK(One(kallsyms, 0xffffffff81000200).name == "alias_global");
  // Modules are not in the order of addresses.
  CHECK(One(kallsyms, 0xffffffffc0a51010).name == "spidev_read");
  CHECK(One(kallsyms, 0xffffffffc0a52000).name == "spidev_ioctl");
  CHECK(One(kallsyms, 0xffffffffc0a52000).module == "spidev");
}

TEST_CASE("objects.kallsyms.guesses_nothing") {
  const SymbolFile file(kSymbols);
  const Kallsyms kallsyms(file.path());
  CHECK(One(kallsyms, 0).name == "");
  CHECK(One(kallsyms, 0x1000).name == "");
  // Farther than any function is long: another thing without a name.
  CHECK(One(kallsyms, 0xffffffff81000200 + 64 * 1024).name == "");
  CHECK(One(kallsyms, 0xffffffff81000200 + 64 * 1024 - 1).name == "alias_global");
  // Data is found from its beginning only.
  CHECK(One(kallsyms, 0xffffffff82000040).name == "spidev_fops");
  CHECK(One(kallsyms, 0xffffffff82000048).name == "");
}

TEST_CASE("objects.kallsyms.answers_a_batch_in_its_order") {
  const SymbolFile file(kSymbols);
  const auto found = Kallsyms(file.path())
                         .Resolve(std::array<uint64_t, 6>{0xffffffffc0a52000, 0, 0xffffffff81000110,
                                                          0xffffffff81000150, 0xffffffffc0a52000,
                                                          0xffffffff810001f0});
  REQUIRE(found.ok());
  REQUIRE(found->size() == 6);
  CHECK((*found)[0].name == "spidev_ioctl");
  CHECK((*found)[1].name == "");
  CHECK((*found)[2].name == "vfs_helper");
  CHECK((*found)[3].name == "vfs_helper");
  CHECK((*found)[3].offset == 0x50);
  CHECK((*found)[4].name == "spidev_ioctl");
  CHECK((*found)[5].offset == 0xf0);
}

TEST_CASE("objects.kallsyms.reads_files_longer_than_its_buffer") {
  std::string text;
  char line[64];
  for (unsigned i = 0; i < 5000; ++i) {
    snprintf(line, sizeof(line), "%016lx t function_%u\n", 0xffffffff81000000ul + i * 16, i);
    text += line;
  }
  const SymbolFile file(text);
  const Kallsyms kallsyms(file.path());
  for (unsigned i = 0; i < 5000; i += 487)
    CHECK(One(kallsyms, 0xffffffff81000000ul + i * 16).name == "function_" + std::to_string(i));
  CHECK(One(kallsyms, 0xffffffff81000000ul + 4999 * 16).name == "function_4999");
}

TEST_CASE("objects.kallsyms.restricted_is_said") {
  const SymbolFile file(
      "0000000000000000 T _text\n"
      "0000000000000000 t spidev_read\t[spidev]\n");
  const auto found = Kallsyms(file.path()).Resolve(std::array<uint64_t, 1>{0xffffffff81000000});
  CHECK(found.status().code() == absl::StatusCode::kPermissionDenied);
  CHECK(Kallsyms("/nonexistent/kallsyms").Resolve({}).status().code() ==
        absl::StatusCode::kNotFound);
}

TEST_CASE("unit.objects.symbols_as_the_kernel_writes_them") {
  const Symbol built_in = ParseSymbol("ext4_file_read_iter+0x0/0x240");
  CHECK(built_in.name == "ext4_file_read_iter");
  CHECK(built_in.module == "");
  CHECK(built_in.offset == 0);
  const Symbol of_module = ParseSymbol("spidev_ioctl+0x1f0/0x2a0 [spidev]");
  CHECK(of_module.name == "spidev_ioctl");
  CHECK(of_module.module == "spidev");
  CHECK(of_module.offset == 0x1f0);
  for (const char* no_name : {"", "0x0", "0xffffffffffffff00", "+0x1/0x2", "f+0xzz/0x1", "f+0x1"}) {
    CAPTURE(no_name);
    CHECK(ParseSymbol(no_name).name == "");
  }
}

}  // namespace footprint::objects
