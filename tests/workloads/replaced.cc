// SPDX-License-Identifier: Apache-2.0
// replaced FILE...: executes each FILE, and puts a FIFO in its place when it has ended.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>

int main(int argc, char** argv) {
  for (int i = 1; i < argc; i++) {
    const std::string fifo = std::string(argv[i]) + ".fifo";
    if (mkfifo(fifo.c_str(), 0666) != 0) return 1;
    const pid_t pid = fork();
    if (pid == 0) {
      execl(argv[i], argv[i], static_cast<char*>(nullptr));
      _exit(1);
    }
    int status = -1;
    if (waitpid(pid, &status, 0) != pid || status != 0) return 1;
    if (rename(fifo.c_str(), argv[i]) != 0) return 1;
  }
  return 0;
}
