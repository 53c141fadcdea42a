// SPDX-License-Identifier: Apache-2.0
// Whether a test program may run here. Two libraries define it: one for tests that need no
// privileges, one for tests that load BPF programs.
#ifndef FOOTPRINT_TESTS_SUPPORT_PERMISSION_H_
#define FOOTPRINT_TESTS_SUPPORT_PERMISSION_H_

namespace footprint::test {

// Where not, it has said why in a line "SKIP: ...": then the tests are skipped aloud, with exit
// status 77, and never pass.
bool Permitted();

}  // namespace footprint::test

#endif  // FOOTPRINT_TESTS_SUPPORT_PERMISSION_H_
