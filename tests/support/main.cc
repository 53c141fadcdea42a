// SPDX-License-Identifier: Apache-2.0
// The main of the tests that need no privileges.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
