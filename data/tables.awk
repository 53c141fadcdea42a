# SPDX-License-Identifier: Apache-2.0
# Turns the tables of this directory into constexpr C++ arrays, on standard output:
#   awk -f tables.awk subsystems.tsv errnos.tsv syscalls/x86_64.tsv ...
# Fails on an owner that subsystems.tsv lacks, an unknown trait, and rows out of order.
function fail(message) {
  printf "%s:%d: %s\n", FILENAME, FNR, message > "/dev/stderr"
  failed = 1
  exit 1
}

function close_table() {
  if (table != "") print "};\n"
  table = ""
}

function open_table(type, name) {
  close_table()
  table = name
  printf "inline constexpr %s %s[] = {\n", type, name
}

BEGIN {
  FS = "\t"
  traits[""] = "kNone"
  traits["never_error"] = "kNeverError"
  traits["no_return"] = "kNoReturn"
  traits["exec"] = "kExec"
  print "// Generated from data/*.tsv by data/tables.awk. Do not edit."
}

FNR == 1 {
  stem = FILENAME
  sub(/.*\//, "", stem)
  sub(/\.tsv$/, "", stem)
  last = -1
  if (stem == "subsystems") open_table("SubsystemRow", "kSubsystems")
  else if (stem == "errnos") open_table("ErrnoRow", "kErrnos")
  else open_table("SyscallRow", "kSyscalls_" stem)
}

/^#/ || /^$/ { next }

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
  if (NF != 9) fail("9 columns wanted, got " NF)
  if (!($6 in subsystem) || subsystem[$6] == 0) fail("no such owner: " $6)
  if (!($7 in traits)) fail("no such trait: " $7)
  if (/["\\]/) fail("a quote or a backslash")
  printf "    {%d, \"%s\", %d, CallTrait::%s, \"%s\", \"%s\", \"%s\", \"%s\", \"%s\"},\n",
         $1, $2, subsystem[$6], traits[$7], $3, $5, $9, $4, $8
}

END { if (!failed) close_table() }
