// SPDX-License-Identifier: Apache-2.0
// The whole client, as main(3) runs it.
// Ownership: none.   Threads: main.   Failure: an exit status of exit_code.h.
#ifndef FOOTPRINT_CLIENT_COMMANDS_MAIN_H_
#define FOOTPRINT_CLIENT_COMMANDS_MAIN_H_

namespace footprint::client {

// Parses the command line and runs the action; answers the exit status.
int Main(int argc, char** argv);

}  // namespace footprint::client

#endif  // FOOTPRINT_CLIENT_COMMANDS_MAIN_H_
