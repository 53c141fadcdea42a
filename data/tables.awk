# SPDX-License-Identifier: Apache-2.0
# Turns the tables of this directory into constexpr C++ arrays, on standard output:
#   awk -f tables.awk subsystems.tsv owners.rules errnos.tsv syscalls/x86_64.tsv ...
# Fails on an owner that subsystems.tsv lacks, an unknown trait, and rows out of order.
function fail(message) {
  printf "%s:%d: %s\n", FILENAME, FNR, message > "/dev/stderr"
  failed = 1
  exit 1
}

function close_table() {
  if (table != "") print "};\n"
  if (inputs != "") printf "inline constexpr std::string_view kInputs_%s = \"%s\";\n\n", stem, inputs
  table = inputs = ""
}

function open_table(type, name) {
  table = name
  printf "inline constexpr %s %s[] = {\n", type, name
}

# "0,2 ioctl unless 3&0x10" as an initialiser of struct Descriptors.
function descriptors(text,    words, count, i, places, kind, unless, result) {
  if (text == "") return "{}"
  count = split(text, words, " ")
  if (words[1] ~ /^[0-5](,[0-5])?$/) {
    split(words[1] ",-1", places, ",")
    result = ".first = " places[1] ", .second = " places[2]
  } else if (words[1] == "returns" || words[1] == "pipe") {
    result = "." words[1] " = true"
  } else {
    fail("no such descriptors: " text)
  }
  i = 2
  if (words[i] == "ioctl") { result = result ", .ioctl = true"; i++ }
  if (words[i] == "unless") {
    if (words[i + 1] !~ /^[0-5]&0x[0-9a-f]+$/) fail("no such descriptors: " text)
    split(words[i + 1], unless, "&")
    result = result ", .unless_argument = " unless[1] ", .unless_mask = " unless[2]
    i += 2
  }
  if (i <= count) fail("no such descriptors: " text)
  return "{" result "}"
}

BEGIN {
  FS = "\t"
  traits[""] = "kNone"
  traits["never_error"] = "kNeverError"
  traits["int_result"] = "kIntResult"
  traits["no_return"] = "kNoReturn"
  traits["exec"] = "kExec"
  print "// Generated from data/*.tsv by data/tables.awk. Do not edit."
}

FNR == 1 {
  close_table()
  stem = FILENAME
  sub(/.*\//, "", stem)
  sub(/\.tsv$/, "", stem)
  last = -1
  if (stem == "subsystems") open_table("SubsystemRow", "kSubsystems")
  else if (stem == "errnos") open_table("ErrnoRow", "kErrnos")
  else if (stem == "owners.rules") open_table("OwnerRule", "kOwnerRules")
  else open_table("SyscallRow", "kSyscalls_" stem)
}

# What a syscall table was made from: "package version sha256:...; package ...".
/^# input: / && FILENAME ~ /syscalls\// {
  inputs = inputs (inputs == "" ? "" : "; ") substr($0, 10)
}

/^#/ || /^$/ { next }

stem == "owners.rules" {
  if (NF != 4 || ($1 != "path" && $1 != "call")) fail("no such rule")
  if (!($3 in subsystem) || subsystem[$3] == 0) fail("no such owner: " $3)
  if (/["\\]/) fail("a quote or a backslash")
  printf "    {%s, \"%s\", %d, \"%s\"},\n", $1 == "call" ? "true" : "false", $2, subsystem[$3], $4
  next
}

stem == "subsystems" {
  if ($1 in subsystem) fail("a second row for " $1)
  if (subsystems >= 32) fail("more than 32 subsystems (FP_SUBSYSTEMS)")
  subsystem[$1] = subsystems++
  printf "    {\"%s\", \"%s\"},\n", $1, $2
  next
}

{
  if ($1 !~ /^[0-9]+$/) fail("not a number: " $1)
  if ($1 + 0 <= last) fail($1 " does not come after " last)
  last = $1 + 0
}

stem == "errnos" {
  printf "    {%d, \"%s\"},\n", $1, $2
  next
}

{
  if (NF != 10) fail("10 columns wanted, got " NF)
  if (!($6 in subsystem) || subsystem[$6] == 0) fail("no such owner: " $6)
  if (!($7 in traits)) fail("no such trait: " $7)
  if (/["\\]/) fail("a quote or a backslash")
  printf "    {%d, \"%s\", %d, CallTrait::%s, \"%s\", \"%s\", \"%s\", \"%s\", \"%s\",\n     %s},\n",
         $1, $2, subsystem[$6], traits[$7], $3, $5, $9, $4, $8, descriptors($10)
}

END { if (!failed) close_table() }
