// SPDX-License-Identifier: Apache-2.0
#include "daemon/collect/program_book.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace footprint::collect {
namespace {

using model::ExeSource;
using model::Program;

std::string_view TextAt(const fp_note& note, uint16_t at, uint16_t size) {
  return {reinterpret_cast<const char*>(&note) + at, size};
}

std::string_view Base(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// Names from the last to the first, each with a NUL behind it.
std::string PathOf(std::string_view names, bool cut) {
  std::string path;
  while (!names.empty()) {
    const size_t end = std::min(names.find('\0'), names.size());
    path.insert(0, "/" + std::string(names.substr(0, end)));
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  if (path.empty()) path = "/";
  return cut ? "..." + path : path;
}

void AddArguments(const fp_note& note, Program& program) {
  const std::string_view text = TextAt(note, note.argv_at, note.argv_size);
  program.argv_cut = (note.has & FP_NOTE_ARGV_CUT) != 0;
  size_t size = 0;
  for (uint32_t words = 0; size < text.size(); ++words) {
    // Behind the last argument lies something else.
    if (note.argc != 0 && words == note.argc) {
      program.argv_cut = false;
      break;
    }
    const size_t end = text.find('\0', size);
    size = end == std::string_view::npos ? text.size() : end + 1;
  }
  program.argv = text.substr(0, size);
}

// The file that an interpreter runs, by the directory that its name begins in.
std::string ScriptOf(const fp_note& note, const std::string& given) {
  if (given.starts_with('/') || !(note.has & FP_NOTE_CWD)) return given;
  std::string cwd = PathOf(TextAt(note, note.cwd_at, note.cwd_size), note.has & FP_NOTE_CWD_CUT);
  if (cwd == "/") cwd.clear();
  // It has no links, so that ".." leads to the directory above by name, too.
  std::string_view rest = given;
  for (;;) {
    if (rest.starts_with("./")) {
      rest.remove_prefix(2);
    } else if (rest.starts_with("../")) {
      rest.remove_prefix(3);
      cwd.resize(cwd.rfind('/') == std::string::npos ? 0 : cwd.rfind('/'));
    } else if (rest.starts_with('/')) {
      rest.remove_prefix(1);
    } else {
      return cwd + "/" + std::string(rest);
    }
  }
}

// The kernel puts the interpreter, at most one argument of it, and the file's name in place of the
// first argument (fs/binfmt_script.c). Where it does not say so itself, that tells a script.
bool LooksLikeScript(const Program& program) {
  const std::vector<std::string_view> argv = model::Arguments(program);
  const bool named = (argv.size() > 1 && argv[1] == program.given) ||
                     (argv.size() > 2 && argv[2] == program.given);
  if (!named || program.given.empty()) return false;
  const bool seen = program.exe_source != ExeSource::kGiven && !program.exe.empty();
  return Base(seen ? std::string_view(program.exe) : argv[0]) != Base(program.given);
}

// env(1), found by a script's first line, executes the interpreter with the script's name.
bool RunsScriptOf(const Program& program, const Program& before) {
  if (before.script.empty() || before.given.empty()) return false;
  const std::vector<std::string_view> old = model::Arguments(before);
  if (Base(before.exe) != "env" && (old.empty() || Base(old[0]) != "env")) return false;
  const std::vector<std::string_view> argv = model::Arguments(program);
  return std::find(argv.begin(), argv.end(), before.given) != argv.end();
}

// What may be, or run, a file that is not named, or not wholly. `before`: as for AddNote().
bool NamesUnsure(const fp_note& note, const Program* before, const Program& program) {
  if (program.exe.empty() || program.exe_cut) return true;
  const size_t words = model::Arguments(program).size();
  const bool told = (note.has & (FP_NOTE_SCRIPT | FP_NOTE_NO_SCRIPT)) != 0;
  if (!program.script.empty()) return program.given_cut || (note.has & FP_NOTE_CWD_CUT) != 0;
  // A script's name is among the first three arguments.
  if (!told && (program.given_cut || words == 0 || (program.argv_cut && words < 3))) return true;
  // What did this exec may have been env.
  return note.image > 1 && words > 1 &&
         (before == nullptr || (before->names_unsure && before->script.empty()));
}

}  // namespace

bool NoteIsSound(const fp_note& note, size_t bytes) {
  const auto inside = [&](uint16_t at, uint16_t size) { return size_t{at} + size <= bytes; };
  return bytes >= sizeof(note) && inside(note.exe_at, note.exe_size) &&
         inside(note.given_at, note.given_size) && inside(note.cwd_at, note.cwd_size) &&
         inside(note.argv_at, note.argv_size);
}

void AddNote(const fp_note& note, const Program* before, Program& program) {
  if (note.mount_namespace != 0) program.mount_namespace = note.mount_namespace;
  if (note.has & FP_NOTE_COMM) {
    program.exec_comm.assign(note.comm, strnlen(note.comm, sizeof(note.comm)));
  }
  if (note.has & FP_NOTE_GIVEN) {
    program.given = TextAt(note, note.given_at, note.given_size);
    program.given_cut = (note.has & FP_NOTE_GIVEN_CUT) != 0;
  }
  // Of a process that is older than the attach only its name is known to have been given.
  if (program.exec_comm.empty() && !(note.has & FP_NOTE_GIVEN_CUT)) {
    program.exec_comm = Base(program.given).substr(0, FP_COMM_LEN - 1);
  }
  if (note.has & FP_NOTE_ARGV) AddArguments(note, program);
  if (note.has & FP_NOTE_EXE) {
    program.exe_cut = (note.has & FP_NOTE_EXE_CUT) != 0;
    program.exe = PathOf(TextAt(note, note.exe_at, note.exe_size), program.exe_cut);
    program.exe_source = ExeSource::kKernel;
  }
  const bool script =
      (note.has & FP_NOTE_SCRIPT) || (!(note.has & FP_NOTE_NO_SCRIPT) && LooksLikeScript(program));
  if (program.exe_source == ExeSource::kUnknown || program.exe_source == ExeSource::kGiven) {
    const std::vector<std::string_view> argv = model::Arguments(program);
    const bool from_argv = script && !argv.empty();
    program.exe = from_argv ? std::string(argv[0]) : program.given.str();
    program.exe_cut = !from_argv && program.given_cut;
    program.exe_source = program.exe.empty() ? ExeSource::kUnknown : ExeSource::kGiven;
  }
  if (script) {
    program.script = ScriptOf(note, program.given);
  } else if (before != nullptr && RunsScriptOf(program, *before)) {
    program.script = before->script;
    program.given = before->given;
    program.given_cut = before->given_cut;
  }
  program.names_unsure = NamesUnsure(note, before, program);
}

model::ProgramPtr Better(const model::ProgramPtr& known, const model::ProgramPtr& more) {
  if (known == nullptr || known->exe_source != ExeSource::kProc ||
      more->exe_source != ExeSource::kGiven) {
    return more;
  }
  Program program = *more;
  program.exe = known->exe;
  program.exe_cut = false;
  program.exe_source = known->exe_source;
  program.mount_namespace = known->mount_namespace;
  return std::make_shared<const Program>(std::move(program));
}

model::ProgramPtr ProgramBook::Take(const Key& image, const fp_note& note, const Program* before) {
  Entry& entry = entries_[image];
  Program program;
  if (entry.program != nullptr) program = *entry.program;
  AddNote(note, before, program);
  for (model::SharedText* text : {&program.exe, &program.script, &program.given}) {
    *text = texts_.Share(std::move(*text));
  }
  entry = {.program = std::make_shared<const Program>(std::move(program)), .pass = pass_};
  return entry.program;
}

model::ProgramPtr ProgramBook::Find(const Key& image) const {
  const auto it = entries_.find(image);
  return it == entries_.end() ? nullptr : it->second.program;
}

void ProgramBook::Age() {
  ++pass_;
  std::erase_if(entries_, [&](const auto& entry) { return entry.second.pass + kPasses < pass_; });
}

}  // namespace footprint::collect
