# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Prints "FILE NAME" of each static function whose name is a single word, which does not
# say what it is done to, and "FILE long" of each file of more than 500 lines. What
# tests/lint-baseline lists is not new; what is listed there and not found is printed too,
# after a "-": take it out. FILE is without its directory.
FILENAME ~ /lint-baseline$/ {
	if ($1 !~ /^#/)
		known[$1 " " $2]
	next
}
FNR == 1 {
	result = ""
	file = FILENAME
	sub(/.*\//, "", file)
}
FNR == 501 { found[file " long"] }
# the name may stand on the line after "static" and the result's type
/^static [^=;(]*$/ { result = $0; next }
/^static [^=;(]*[ *][a-z0-9_]+\(/ || (result != "" && /^[a-z0-9_]+\(/) {
	name = $0
	sub(/\(.*/, "", name)
	sub(/.*[ *]/, "", name)
	if (name !~ /_/)
		found[file " " name]
}
{ result = "" }
END {
	for (what in found)
		if (!(what in known))
			print what
	for (what in known)
		if (!(what in found))
			print "- " what
}
