#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Which tests and scenarios prove which rule of docs/uapi-rules.txt, as docs/uapi-rules.md.
# A test proves the rules that its name begins with (m4_m7_what_it_says), a scenario those
# of its list. With --missing: the rules that nothing names, and the numbers that no rule has.
# usage: docs/rules.sh [--missing]
cd "$(dirname "$0")/.." || exit 1

# "RULE TEST" or "RULE scenario NAME" lines.
named()
{
	grep -hoE '^static void [a-z][0-9]+_[a-z0-9_]+\(void \*\*' tests/test_uapi_*.c tests/test_hwid*.c tests/test_iommufd_*.c \
		tests/test_*_dirty*.c |
		sed 's/^static void //; s/(.*//' | LC_ALL=C sort -u |
		awk '{
			n = split($1, word, "_")
			for (i = 1; i <= n && word[i] ~ /^[a-z][0-9]+$/; i++)
				print toupper(word[i]), "test", $1
		}'
	for scenario in scenarios/*.yaml; do
		sed -n 's/^rules: *\[\(.*\)\].*/\1/p' "$scenario" | tr -d ',' | tr ' ' '\n' |
			sed "/./s|\$| scenario $(basename "$scenario" .yaml)|"
	done
}

report() # WANT
{
	awk -v want="$1" '
	FNR == NR {
		list[$1, $2] = list[$1, $2] (list[$1, $2] ? ", " : "") "`" $3 "`"
		seen[$1] = $2 " " $3
		next
	}
	/^#/ { next }
	/^= / {
		if (want == "table")
			printf "\n## %s\n\n| rule | says | tests | scenarios |\n|---|---|---|---|\n", substr($0, 3)
		next
	}
	{
		rule = $1
		known[rule] = 1
		if (want == "table")
			printf "| %s | %s | %s | %s |\n", rule, substr($0, length(rule) + 2),
				list[rule, "test"], list[rule, "scenario"]
		else if (!(rule in seen))
			print rule " has neither test nor scenario: " substr($0, length(rule) + 2)
	}
	END {
		for (rule in seen)
			if (want != "table" && !(rule in known))
				print rule " is no rule: " seen[rule]
	}' <(named) docs/uapi-rules.txt
}

if [ "${1:-}" = --missing ]; then
	report missing
	exit
fi
cat << 'END'
# Rules and what proves them

Made by `make docs` of `docs/uapi-rules.txt`, the names of tests and the lists of scenarios; do not
edit. A test stands in `tests/test_uapi_*.c`, `tests/test_hwid*.c` or `tests/test_*_dirty*.c` and runs
on every architecture that it concerns; a scenario is `scenarios/NAME.yaml` for `ioasim check`.
`docs/uapi.md` tells the rules in their context. The checker looks at S1 to S17 in every run besides.
END
report table
