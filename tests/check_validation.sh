#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What others published against what the simulator gives (docs/validation.md), and every machine of
# machines/. Prints TAP.
# usage: tests/check_validation.sh BUILD
build=${1:?usage: tests/check_validation.sh BUILD}
cd "$(dirname "$0")/.." || exit 1
ioasim=${IOASIM:-$build/ioasim}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
count=0

result() # HOLDS NAME [WHY]
{
	count=$((count + 1))
	if [ "$1" = 1 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		[ -z "${3:-}" ] || printf '%s\n' "$3" | head -20 | sed 's/^/# /'
	fi
}

# ---- Published values ------------------------------------------------------------------------

bash tests/validation.sh "$ioasim" > "$scratch/values" 2> "$scratch/err"
result "$([ -s "$scratch/values" ] && [ ! -s "$scratch/err" ] && echo 1)" 'all values are worked out' \
	"$(cat "$scratch/err")"

# A value that could not be worked out is empty, and too far from anything.
while IFS='|' read -r table what published simulated limit; do
	[ "$limit" != - ] || continue
	holds=$(awk -v a="$published" -v b="$simulated" -v limit="$limit" 'BEGIN {
		difference = (b - a) / a * 100
		print (b != "" && difference <= limit && difference >= -limit) ? 1 : 0
	}')
	result "$holds" "$table, $what: $published within $limit %" "$simulated"
done < "$scratch/values"
for table in walk cold nested latency rate others formula throughput; do
	grep -q "^$table|.*|[0-9.]*|[0-9.]*|[0-9]" "$scratch/values" && holds=1 || holds=0
	result "$holds" "there are values of $table"
done

# More windows miss more, up to all.
sorted=$(sed -n 's/^misses|[^|]*|-|\([0-9.]*\)|-$/\1/p' "$scratch/values")
result "$([ "$sorted" = "$(sort -n <<< "$sorted")" ] && [ "$(wc -l <<< "$sorted")" = 11 ] && echo 1)" \
	'the larger the window, the more misses' "$sorted"

# The effect that Fast & Safe is about: kept pointers take away all reads but one a page.
value() # WHAT
{
	sed -n "s/^reads|$1|-|\([0-9.]*\)|-$/\1/p" "$scratch/values"
}
result "$(awk -v a="$(value '5 false pointers')" -v b="$(value '40 false pointers')" \
	'BEGIN { print (a != "" && b != "" && a <= 0.054 && b <= 0.054) ? 1 : 0 }')" \
	'with pointers kept a page needs no more than 0.054 reads of pointers'
result "$(awk -v a="$(value '5 true pointers')" -v b="$(value '40 true pointers')" \
	'BEGIN { print (a > 0.5 && b > a) ? 1 : 0 }')" \
	'with pointers dropped it needs many, and more with acknowledgements'

bash docs/validation.sh "$scratch/values" > "$scratch/page"
cmp -s "$scratch/page" docs/validation.md && holds=1 || holds=0
result "$holds" 'docs/validation.md is as make docs makes it' "$(diff "$scratch/page" docs/validation.md)"

# ---- Machines --------------------------------------------------------------------------------

"$ioasim" gen nic --records 20000 -o "$scratch/nic.dmat"
for machine in machines/*.yaml; do
	"$ioasim" replay "$scratch/nic.dmat" -c "$machine" --level driver --format csv \
		> "$scratch/one" 2> "$scratch/err" && holds=1 || holds=0
	result "$holds" "$machine replays a workload as it was generated" "$(cat "$scratch/err")"
	"$ioasim" replay "$scratch/nic.dmat" -c "$machine" --dump-config \
		> "$scratch/dumped.yaml"
	"$ioasim" replay "$scratch/nic.dmat" -c "$scratch/dumped.yaml" --level driver --format csv \
		> "$scratch/two" 2> /dev/null
	cmp -s "$scratch/one" "$scratch/two" && holds=1 || holds=0
	result "$holds" "$machine is reproduced by its dump"
done

echo "1..$count"
