# SPDX-License-Identifier: Apache-2.0
# Turns the rules of servers into constexpr C++ arrays sorted by key, on standard output:
#   awk -f servers.awk subsystems.tsv servers.rules servers-drivers.rules generic_functions
# Fails on a subsystem that subsystems.tsv lacks, an unknown kind, and a second row of one key.
function fail(message) {
  printf "%s:%d: %s\n", FILENAME, FNR, message > "/dev/stderr"
  failed = 1
  exit 1
}

# Sorts rows[1..count] in place; each begins with its key. Hundreds of rows: insertion will do.
function sort(rows, count,    i, j, row) {
  for (i = 2; i <= count; i++) {
    row = rows[i]
    for (j = i - 1; j >= 1 && rows[j] > row; j--) rows[j + 1] = rows[j]
    rows[j + 1] = row
  }
}

BEGIN {
  FS = "\t"
  split("kSocket kDevice kBlock kAnonymous kDriver kFilesystem", names, " ")
  split("socket device block anonymous driver filesystem", kinds, " ")
  for (i = 1; i <= 6; i++) kind[kinds[i]] = i
  print "// Generated from data/servers*.rules and data/generic_functions by data/servers.awk. Do not edit."
}

FNR == 1 {
  stem = FILENAME
  sub(/.*\//, "", stem)
}

/^#/ || /^$/ { next }
/["\\]/ { fail("a quote or a backslash") }

stem == "subsystems.tsv" { subsystem[$1] = subsystems++; next }

stem == "generic_functions" {
  if (NF != 2) fail("2 columns wanted, got " NF)
  if ($1 in generic) fail("a second row for " $1)
  generic[$1] = 1
  functions[++function_count] = $1
  next
}

{
  if (NF != 5) fail("5 columns wanted, got " NF)
  if (!($1 in kind)) fail("no such kind: " $1)
  if (!($4 in subsystem) || subsystem[$4] == 0) fail("no such subsystem: " $4)
  if (($1, $2) in seen) fail("a second row for " $1 " " $2)
  seen[$1, $2] = 1
  servers[++server_count] = kind[$1] "\001" $2 "\001" $3 "\001" subsystem[$4] "\001" ($5 == "-" ? "" : $5)
}

END {
  if (failed) exit 1
  sort(servers, server_count)
  print "inline constexpr ServerRow kServers[] = {"
  for (i = 1; i <= server_count; i++) {
    split(servers[i], field, "\001")
    printf "    {ServerKind::%s, \"%s\", \"%s\", %d, \"%s\"},\n", names[field[1]], field[2], field[3], field[4], field[5]
  }
  print "};\n"
  sort(functions, function_count)
  print "inline constexpr std::string_view kGenericFunctions[] = {"
  for (i = 1; i <= function_count; i++) printf "    \"%s\",\n", functions[i]
  print "};"
}
