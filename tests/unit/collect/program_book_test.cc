// SPDX-License-Identifier: Apache-2.0
#include "daemon/collect/program_book.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace footprint::collect {
namespace {

using namespace std::string_literals;
using model::ExeSource;
using model::Program;
using Words = std::vector<std::string_view>;

// A note and the texts behind it. Names of paths run from the last to the first.
struct Note {
  uint32_t has = 0, argc = 0;
  std::string exe, given, cwd, argv;
  std::string comm = "comm";

  std::string Record() const {
    fp_note head{};
    head.kind = FP_EVENT_NOTE;
    head.has = has;
    head.argc = argc;
    comm.copy(head.comm, sizeof(head.comm) - 1);
    std::string record(sizeof(head), '\0');
    const auto put = [&](const std::string& text, uint16_t& at, uint16_t& size) {
      at = record.size();
      size = text.size();
      record += text;
    };
    put(exe, head.exe_at, head.exe_size);
    put(given, head.given_at, head.given_size);
    put(cwd, head.cwd_at, head.cwd_size);
    put(argv, head.argv_at, head.argv_size);
    std::memcpy(record.data(), &head, sizeof(head));
    return record;
  }
};

Program Read(const Note& note, const Program* before = nullptr) {
  Program program;
  const std::string record = note.Record();
  const fp_note& head = *reinterpret_cast<const fp_note*>(record.data());
  REQUIRE(NoteIsSound(head, record.size()));
  AddNote(head, before, program);
  return program;
}

constexpr uint32_t kFull = FP_NOTE_EXE | FP_NOTE_GIVEN | FP_NOTE_ARGV | FP_NOTE_COMM;

}  // namespace

TEST_CASE("unit.program_book.a_path_is_read_from_its_end") {
  Note note{.has = kFull | FP_NOTE_NO_SCRIPT, .exe = "ls\0bin\0usr\0"s, .given = "/bin/ls"};
  note.argv = "ls\0-l\0a b\0\0"s;
  const Program program = Read(note);
  CHECK(program.exe == "/usr/bin/ls");
  CHECK(program.exe_source == ExeSource::kKernel);
  CHECK(program.script.empty());
  CHECK(Arguments(program) == Words{"ls", "-l", "a b", ""});
  CHECK(program.exec_comm == "comm");
  CHECK(model::CommandLine(program) == "ls -l 'a b' ''");
  note.has |= FP_NOTE_EXE_CUT | FP_NOTE_ARGV_CUT;
  note.argv = "ls\0-"s;
  const Program cut = Read(note);
  CHECK(cut.exe == ".../usr/bin/ls");
  CHECK(cut.exe_cut);
  CHECK(Arguments(cut) == Words{"ls", "-"});
  CHECK(cut.argv_cut);
  CHECK(model::CommandLine(cut) == "ls - ...");
}

TEST_CASE("unit.program_book.a_script_stands_beside_its_interpreter") {
  Note note{.has = kFull | FP_NOTE_SCRIPT, .exe = "dash\0bin\0"s, .given = "/srv/job"};
  note.argv = "/bin/sh\0/srv/job\0"s;
  CHECK(Read(note).exe == "/bin/dash");
  CHECK(Read(note).script == "/srv/job");
  note.given = "./job";
  CHECK(Read(note).script == "./job");
  note.has |= FP_NOTE_CWD;
  note.cwd = "srv\0"s;
  CHECK(Read(note).script == "/srv/job");
  note.cwd = "";
  CHECK(Read(note).script == "/job");
}

TEST_CASE("unit.program_book.env_runs_what_the_script_names") {
  Note env{.has = kFull | FP_NOTE_SCRIPT, .exe = "env\0bin\0"s, .given = "/srv/job.py"};
  env.argv = "/bin/env\0python3\0/srv/job.py\0"s;
  const Program before = Read(env);
  Note python{
      .has = kFull | FP_NOTE_NO_SCRIPT, .exe = "python3.11\0bin\0"s, .given = "/bin/python3"};
  python.argv = "python3\0/srv/job.py\0"s;
  CHECK(Read(python, &before).script == "/srv/job.py");
  CHECK(Read(python).script.empty());
  // What a script itself executes is not the script.
  Note shell = env;
  shell.exe = "dash\0bin\0"s;
  shell.argv = "/bin/sh\0/srv/job.py\0"s;
  const Program other = Read(shell);
  CHECK(Read(python, &other).script.empty());
}

TEST_CASE("unit.program_book.without_the_kernels_word_the_arguments_tell") {
  // The core object: the name at the exec, the arguments when it leaves.
  Note name{.has = FP_NOTE_GIVEN | FP_NOTE_COMM, .given = "/srv/job"};
  Note arguments{.has = FP_NOTE_ARGV | FP_NOTE_ARGV_CUT, .argc = 2};
  arguments.argv = "/bin/sh\0/srv/job\0HOME=/root\0PA"s;
  Program program;
  for (const Note& note : {name, arguments}) {
    const std::string record = note.Record();
    AddNote(*reinterpret_cast<const fp_note*>(record.data()), nullptr, program);
  }
  CHECK(Arguments(program) == Words{"/bin/sh", "/srv/job"});
  CHECK_FALSE(program.argv_cut);
  CHECK(program.exe == "/bin/sh");
  CHECK(program.exe_source == ExeSource::kGiven);
  CHECK(program.script == "/srv/job");
  // Better: /proc.
  const auto seen =
      std::make_shared<Program>(Program{.exe = "/bin/dash", .exe_source = ExeSource::kProc});
  CHECK(Better(seen, std::make_shared<Program>(program))->exe == "/bin/dash");
  CHECK(Better(seen, std::make_shared<Program>(program))->script == "/srv/job");
  // A program that is given its own name is no script.
  Note own{.has = FP_NOTE_GIVEN | FP_NOTE_ARGV, .given = "/bin/stat", .argv = "stat\0/bin/stat\0"s};
  CHECK(Read(own).script.empty());
}

TEST_CASE("unit.program_book.texts_beyond_the_record_are_refused") {
  std::string record = Note{.has = kFull, .exe = "x\0"s}.Record();
  fp_note& head = *reinterpret_cast<fp_note*>(record.data());
  CHECK(NoteIsSound(head, record.size()));
  CHECK_FALSE(NoteIsSound(head, record.size() - 1));
  head.argv_size = 65535;
  CHECK_FALSE(NoteIsSound(head, record.size()));
}

TEST_CASE("unit.program_book.what_no_image_takes_is_let_go") {
  ProgramBook book;
  const std::string record = Note{.has = kFull, .exe = "x\0"s}.Record();
  book.Take({{7, 1}, 1}, *reinterpret_cast<const fp_note*>(record.data()), nullptr);
  REQUIRE(book.Find({{7, 1}, 1}) != nullptr);
  CHECK(book.Find({{7, 1}, 1})->exe == "/x");
  CHECK(book.Find({{7, 2}, 1}) == nullptr);
  for (int pass = 0; pass < 6; ++pass) book.Age();
  CHECK(book.size() == 0);
}

}  // namespace footprint::collect
