# SPDX-License-Identifier: Apache-2.0
# Turns features.tsv into constexpr C++ arrays, on standard output: awk -f features.awk features.tsv
# Fails on a row that is not as wide as the head.
function fail(message) {
  printf "%s:%d: %s\n", FILENAME, FNR, message > "/dev/stderr"
  failed = 1
  exit 1
}

BEGIN {
  FS = "\t"
  print "// Generated from data/features.tsv by data/features.awk. Do not edit."
}

/["\\]/ { fail("a quote or a backslash") }
/^# input: / { inputs = inputs (inputs == "" ? "" : "; ") substr($0, 10) }

/^# category/ {
  columns = NF
  printf "inline constexpr std::string_view kFeatureArchs[] = {"
  for (i = 5; i <= NF; i++) printf "%s\"%s\"", i == 5 ? "" : ", ", $i
  print "};\ninline constexpr FeatureRow kFeatures[] = {"
}

/^#/ || /^$/ { next }

{
  if (columns == 0 || NF != columns) fail(columns " columns wanted, got " NF)
  printf "    {\"%s\", \"%s\", \"%s\", \"%s\"},\n", $1, $2, $3, $4
  for (i = 5; i <= NF; i++) statuses = statuses "\"" $i "\"" (i == NF ? ",\n    " : ", ")
}

END {
  if (!failed) {
    printf "};\n// A row for each feature, a column for each architecture.\n"
    printf "inline constexpr std::string_view kFeatureStatuses[] = {\n    %s};\n", statuses
    printf "inline constexpr std::string_view kFeatureInputs = \"%s\";\n", inputs
  }
}
