// SPDX-License-Identifier: Apache-2.0
#include "client/commands/main.h"

int main(int argc, char** argv) { return footprint::client::Main(argc, argv); }
