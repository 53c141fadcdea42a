// SPDX-License-Identifier: Apache-2.0
#include "client/top/screen.h"

// Else curses would make macros of names like scroll and move.
#define NCURSES_NOMACROS
#include <curses.h>
#include <signal.h>

#include <cerrno>
#include <cstdlib>

#include "client/top/frame.h"
#include "client/top/model.h"

namespace footprint::client::top {
namespace {

// How soon an answer shows, and the cost of an idle screen.
constexpr int kPollMs = 100;
// How long a lone Esc waits to become a function key.
constexpr int kEscapeMs = 50;
constexpr int kReadErrorsBeforeGone = 20;

// The signals that end a program, kept until the terminal is as it was. Curses would take two of
// them for itself, and end with a status that says nothing of a signal.
class Endings {
 public:
  Endings() {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
      struct sigaction now = {}, ours = {};
      ours.sa_handler = [](int number) { came_ = number; };
      sigaction(signal, nullptr, &now);
      if (now.sa_handler == SIG_DFL) sigaction(signal, &ours, nullptr);  // nohup(1) ignores one
    }
  }
  static bool Came() { return came_ != 0; }
  // Ends the program, if a signal came, as if nobody had kept it.
  static void Obey() {
    if (came_ == 0) return;
    signal(came_, SIG_DFL);
    raise(came_);
  }

 private:
  static inline volatile sig_atomic_t came_ = 0;
};

class Terminal {
 public:
  Terminal() : screen_(newterm(nullptr, stdout, stdin)) {
    if (screen_ == nullptr) return;
    set_term(screen_);
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    curs_set(0);
    set_escdelay(kEscapeMs);
    timeout(kPollMs);
    const char* no_color = std::getenv("NO_COLOR");
    colours_ = (no_color == nullptr || *no_color == '\0') && has_colors();
    if (!colours_) return;
    start_color();
    use_default_colors();
    init_pair(1, COLOR_GREEN, -1);
    init_pair(2, COLOR_RED, -1);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    if (screen_ == nullptr) return;
    endwin();
    delscreen(screen_);
  }

  bool ok() const { return screen_ != nullptr; }

  void Show(const std::vector<Line>& lines) const {
    erase();
    for (size_t i = 0; i < lines.size(); ++i) {
      attrset(AttributeOf(lines[i].style));
      mvaddstr(static_cast<int>(i), 0, lines[i].text.c_str());
    }
    attrset(A_NORMAL);
    refresh();
  }

 private:
  int AttributeOf(Style style) const {
    switch (style) {
      case Style::kTitle:
        return A_BOLD;
      case Style::kSelected:
        return A_REVERSE;
      case Style::kGood:
        return colours_ ? COLOR_PAIR(1) : A_NORMAL;
      case Style::kBad:
        return colours_ ? COLOR_PAIR(2) | A_BOLD : A_BOLD;
      case Style::kDim:
        return A_DIM;
      case Style::kPlain:
        break;
    }
    return A_NORMAL;
  }

  SCREEN* screen_;
  bool colours_ = false;
};

Key ToKey(wint_t code) {
  switch (code) {
    case KEY_UP:
      return Key::kUp;
    case KEY_DOWN:
      return Key::kDown;
    case KEY_PPAGE:
      return Key::kPageUp;
    case KEY_NPAGE:
      return Key::kPageDown;
    case KEY_HOME:
      return Key::kHome;
    case KEY_END:
      return Key::kEnd;
    case KEY_ENTER:
      return Key::kEnter;
    case KEY_BACKSPACE:
    case KEY_DC:
      return Key::kErase;
    default:
      return Key::kNone;
  }
}

void HandleCharacter(Model& model, wint_t code) {
  switch (code) {
    case '\r':
    case '\n':
      return model.Press(Key::kEnter);
    case 27:
      return model.Press(Key::kEscape);
    case 8:
    case 127:
      return model.Press(Key::kErase);
    default:
      return model.Type(static_cast<char32_t>(code));
  }
}

void TakeAnswers(Feed& feed, Model& model) {
  for (const Answer& answer : feed.Take()) {
    if (answer.pid == 0) {
      if (answer.footprint.ok()) {
        model.Update(*answer.footprint);
      } else {
        model.SetError(std::string(answer.footprint.status().message()));
      }
    } else if (answer.footprint.ok()) {
      model.UpdateDetail(answer.pid, *answer.footprint);
    } else {
      model.SetDetailError(answer.pid, std::string(answer.footprint.status().message()));
    }
  }
}

absl::Status Converse(Feed& feed, const std::string& target) {
  const Terminal terminal;
  if (!terminal.ok()) {
    const char* term = std::getenv("TERM");
    return absl::FailedPreconditionError(std::string("the terminal ") +
                                         (term == nullptr ? "(TERM is not set)" : term) +
                                         " is not known here; try footprint top --once");
  }
  Model model;
  int read_errors = 0;
  while (!model.quit() && !Endings::Came()) {
    TakeAnswers(feed, model);
    feed.Follow(model.open_pid());
    terminal.Show(Draw(model, target, static_cast<size_t>(COLS), static_cast<size_t>(LINES)));
    wint_t code = 0;
    errno = 0;
    const int kind = get_wch(&code);
    if (kind == KEY_CODE_YES) {
      model.Press(ToKey(code));
    } else if (kind == OK) {
      HandleCharacter(model, code);
    }
    // A terminal that is gone fails at once, again and again; a time-out sets no errno.
    const bool failed = kind == ERR && errno != 0 && errno != EINTR && errno != EAGAIN;
    read_errors = failed ? read_errors + 1 : 0;
    if (read_errors > kReadErrorsBeforeGone) break;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RunScreen(Feed& feed, const std::string& target) {
  const Endings endings;
  const absl::Status status = Converse(feed, target);
  Endings::Obey();
  return status;
}

}  // namespace footprint::client::top
