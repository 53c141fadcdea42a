// SPDX-License-Identifier: Apache-2.0
// failed_exec PROCESSES SUCCESSORS: PROCESSES processes at one time; in each a thread that is not
// the leader calls execve of a program that fails when nothing is left to go back to, so that the
// thread dies with its leader's tid. Then SUCCESSORS processes, one after the other, on the
// kernel stacks that these left behind: each makes 101 getppid, every other one after an exec, and
// all live until the last has begun.
#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

// A program whose only segment belongs where the kernel is. Returns its path; "" on failure.
std::string BadProgram() {
  struct File {
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    char data[4096];
  } file = {};
  memcpy(file.header.e_ident, ELFMAG, SELFMAG);
  file.header.e_ident[EI_CLASS] = ELFCLASS64;
  file.header.e_ident[EI_DATA] = ELFDATA2LSB;
  file.header.e_ident[EI_VERSION] = EV_CURRENT;
  file.header.e_type = ET_EXEC;
#ifdef __aarch64__
  file.header.e_machine = EM_AARCH64;
#else
  file.header.e_machine = EM_X86_64;
#endif
  file.header.e_version = EV_CURRENT;
  file.header.e_phoff = offsetof(File, segment);
  file.header.e_ehsize = sizeof(Elf64_Ehdr);
  file.header.e_phentsize = sizeof(Elf64_Phdr);
  file.header.e_phnum = 1;
  file.segment.p_type = PT_LOAD;
  file.segment.p_flags = PF_R | PF_X;
  file.segment.p_vaddr = file.segment.p_paddr = 0xffff800000000000;
  file.segment.p_filesz = file.segment.p_memsz = file.segment.p_align = 4096;
  const int writer = memfd_create("bad", 0);
  if (write(writer, &file, sizeof(file)) != static_cast<ssize_t>(sizeof(file))) return "";
  const int reader = open(("/proc/self/fd/" + std::to_string(writer)).c_str(), O_RDONLY);
  close(writer);  // a file that is open for writing is not executed
  return reader < 0 ? "" : "/proc/self/fd/" + std::to_string(reader);
}

void* Exec(void* path) {
  char* arguments[] = {static_cast<char*>(path), nullptr};
  execv(arguments[0], arguments);
  _exit(3);
}

bool FailExecs(long processes, std::string path) {
  for (long i = 0; i < processes; i++) {
    if (fork() != 0) continue;
    pthread_t id;
    pthread_create(&id, nullptr, Exec, path.data());
    for (;;) pause();
  }
  bool good = true;
  int status;
  while (wait(&status) > 0) good &= WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
  return good;
}

// Never returns. A byte goes to `done` when the calls are made.
void Work(int done) {
  for (int i = 0; i < 101; i++) syscall(SYS_getppid);
  if (write(done, "x", 1) != 1) _exit(1);
  for (;;) pause();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  if (strcmp(argv[1], "work") == 0) Work(atoi(argv[2]));
  const std::string bad = BadProgram();
  if (bad.empty() || !FailExecs(atol(argv[1]), bad)) return 1;
  int done[2];
  if (pipe(done) != 0) return 1;
  std::vector<pid_t> children;
  for (long i = 0; i < atol(argv[2]); i++) {
    children.push_back(fork());
    if (children.back() != 0) continue;
    if (i % 2 == 0) Work(done[1]);
    execl("/proc/self/exe", "failed_exec", "work", std::to_string(done[1]).c_str(), nullptr);
    _exit(1);
  }
  char byte;
  for (size_t i = 0; i < children.size(); i++)
    if (read(done[0], &byte, 1) != 1) return 1;
  for (const pid_t child : children) kill(child, SIGKILL);
  while (wait(nullptr) > 0) {
  }
  return 0;
}
