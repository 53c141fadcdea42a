// SPDX-License-Identifier: Apache-2.0
#include "daemon/collect/program_book.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/collect/note.h"

namespace footprint::collect {
namespace {

using namespace std::string_literals;
using model::ExeSource;
using model::Program;
using Words = std::vector<std::string_view>;

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
  note.has |= FP_NOTE_EXE_CUT | FP_NOTE_ARGV_CUT;
  note.argv = "ls\0-"s;
  const Program cut = Read(note);
  CHECK(cut.exe == ".../usr/bin/ls");
  CHECK(cut.exe_cut);
  CHECK(Arguments(cut) == Words{"ls", "-"});
  CHECK(cut.argv_cut);
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
  note.given = "../../a/./../b/job";
  note.cwd = "deep\0srv\0"s;
  CHECK(Read(note).script == "/a/./../b/job");
  note.given = "./job";
  note.cwd = "";
  CHECK(Read(note).script == "/job");
  note.given = "../job";
  CHECK(Read(note).script == "/job");
}

TEST_CASE("unit.program_book.what_may_have_another_name_is_unsure") {
  Note note{.has = kFull | FP_NOTE_NO_SCRIPT, .exe = "ls\0bin\0"s, .given = "/bin/ls"};
  note.argv = "ls\0-l\0"s;
  CHECK_FALSE(Read(note).names_unsure);
  Note cut = note;
  cut.has |= FP_NOTE_EXE_CUT;
  CHECK(Read(cut).names_unsure);
  cut = note;
  cut.has |= FP_NOTE_GIVEN_CUT;
  CHECK_FALSE(Read(cut).names_unsure);
  // Of a script the end is missing; of what may be one, too.
  for (const uint32_t told : {uint32_t{FP_NOTE_SCRIPT}, uint32_t{0}}) {
    cut.has = kFull | FP_NOTE_GIVEN_CUT | told;
    CHECK(Read(cut).names_unsure);
  }
  // The core object's name without its arguments.
  Note name{.has = FP_NOTE_GIVEN | FP_NOTE_COMM, .given = "/srv/job"};
  CHECK(Read(name).names_unsure);
  name.has |= FP_NOTE_ARGV;
  name.argv = "/srv/job\0x\0"s;
  CHECK_FALSE(Read(name).names_unsure);
  name.has |= FP_NOTE_ARGV_CUT;
  CHECK(Read(name).names_unsure);
  // What executed it may have been env, for a script.
  note.image = 2;
  CHECK(Read(note).names_unsure);
  const Program env{.exe = "/bin/env"}, unsure{.exe = "/bin/env", .names_unsure = true};
  CHECK_FALSE(Read(note, &env).names_unsure);
  CHECK(Read(note, &unsure).names_unsure);
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
