# SPDX-License-Identifier: Apache-2.0
# Turns the table of ioctl commands into constexpr C++ arrays, on standard output:
#   awk -f ioctls.awk servers.rules servers-drivers.rules ioctls.tsv
# Fails on rows out of order, on a context of these rules without rows, and on a context that no
# server asks.
function fail(message) {
  printf "%s:%d: %s\n", FILENAME, FNR, message > "/dev/stderr"
  failed = 1
  exit 1
}

# Offset of a name in the one string that holds them all.
function place(name) {
  if (!(name in offset)) {
    offset[name] = pool
    pool += length(name)
    names[++name_count] = name
  }
  return offset[name]
}

BEGIN {
  FS = "\t"
  pool = 0
  abi[""] = "kAbi64 | kAbi32"
  abi["64"] = "kAbi64"
  abi["32"] = "kAbi32"
  asked["vfs"] = 1
  print "// Generated from data/ioctls.tsv and data/servers*.rules by data/ioctls.awk. Do not edit."
}

FNR == 1 {
  stem = FILENAME
  sub(/.*\//, "", stem)
}

/^#/ || /^$/ { next }
/["\\]/ { fail("a quote or a backslash") }

stem ~ /^servers.*[.]rules$/ {
  count = split($5, list, ",")
  for (i = 1; i <= count; i++) if (list[i] != "-") asked[list[i]] = 1
  next
}

{
  if (NF != 8) fail("8 columns wanted, got " NF)
  if ($2 !~ /^0x[0-9a-f]+$/ || length($2) != 10) fail("no such command: " $2)
  if ($3 != "" && ($3 !~ /^0x[0-9a-f]+$/ || length($3) != 10)) fail("no such mask: " $3)
  if (!($4 in abi)) fail("no such ABI: " $4)
  # Compared as text, which the words before the numbers make sure of.
  key = $1 "\001" $2
  if (key < last) fail(key " does not come after " last)
  last = key
  if (!($1 in context)) {
    context[$1] = contexts
    context_names[contexts++] = $1
    base = $1
    sub(/:.*/, "", base)
    if (!(base in asked)) fail("no server asks " $1)
  }
  row = sprintf("    {%s, %s, %d, %d, %d, %s},\n", $2, $3 == "" ? "0xffffffff" : $3, place($5),
                length($5), context[$1], abi[$4])
  if ($3 == "") exact = exact row
  else ranges = ranges row
}

END {
  if (failed) exit 1
  for (name in asked) if (!(name in context)) fail("no rows for " name)
  print "constexpr std::string_view kIoctlContexts[] = {"
  for (i = 0; i < contexts; i++) printf "    \"%s\",\n", context_names[i]
  print "};\n\nconstexpr char kIoctlNames[] ="
  for (i = 1; i <= name_count; i++) printf "    \"%s\"%s\n", names[i], i == name_count ? ";" : ""
  print "\nconstexpr IoctlRow kIoctls[] = {\n" exact "};\n"
  print "constexpr IoctlRow kIoctlRanges[] = {\n" ranges "};"
}
