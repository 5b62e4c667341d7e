#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What `ioasim uapi` tells, and that docs/uapi.md and docs/uapi-rules.md are as it, the
# scenarios and the tests have them. Prints TAP.
# usage: tests/check_uapi.sh BUILD
build=${1:?usage: tests/check_uapi.sh BUILD}
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
		printf '%s\n' "$3" | sed 's/^/# /'
	fi
}

# same NAME FILE FILE
same()
{
	local holds=0
	diff "$2" "$3" > "$scratch/diff" && holds=1
	result $holds "$1" "$(head -20 "$scratch/diff")"
}

for format in table md json; do
	holds=0
	"$ioasim" uapi --format "$format" > "$scratch/$format" 2> "$scratch/err" &&
		[ -s "$scratch/$format" ] && [ ! -s "$scratch/err" ] && holds=1
	result $holds "the surface is printed as $format" "$(cat "$scratch/err")"
done
"$ioasim" uapi > "$scratch/default"
same 'a table for people is what is printed unasked' "$scratch/table" "$scratch/default"

"$ioasim" uapi operand > "$scratch/out" 2> "$scratch/err"
status=$? holds=0
[ $status = 2 ] && [ ! -s "$scratch/out" ] && grep -q '^ioasim: ' "$scratch/err" && holds=1
result $holds 'an operand is wrong usage' "$(cat "$scratch/err")"
if [ -w /dev/full ]; then
	for format in table json; do
		"$ioasim" uapi --format "$format" > /dev/full 2> "$scratch/err"
		status=$? holds=0
		[ $status = 4 ] && holds=1
		result $holds "a full device is an output error: $format" "$(cat "$scratch/err")"
	done
fi

# ---- Calls ----------------------------------------------------------------------------

# The public header is written by hand, so it is a witness of the table.
kinds='IOASID DEVICE KVM'
sed -n 's/^\tIOASIM_\([A-Z_]*\) = IOASIM_CALL(IOASIM_FD_\([A-Z]*\), 0x\([0-9a-f]*\)),.*/\1 \2 \3/p' \
	include/ioasim/uapi.h | while read -r name kind number; do
	above=0
	for known in $kinds; do
		[ "$known" = "$kind" ] && break
		above=$((above + 1))
	done
	printf '%s 0x%d%s\n' "$name" "$above" "$number"
done | LC_ALL=C sort > "$scratch/header"
sed -n 's/^\([A-Z_]*\)  \(0x[0-9a-f]*\) on .*/\1 \2/p' "$scratch/table" | LC_ALL=C sort > "$scratch/told"
holds=0
[ -s "$scratch/header" ] && holds=1
result $holds 'the header has calls'
same 'every call of the header is told with its number' "$scratch/header" "$scratch/told"
sed -n 's/^    "name": "\([A-Z_]*\)",/\1/p; s/^   "name": "\([A-Z_]*\)",/\1/p' "$scratch/json" |
	LC_ALL=C sort > "$scratch/names"
sed 's/ .*//' "$scratch/header" > "$scratch/header-names"
same 'so does JSON' "$scratch/header-names" "$scratch/names"
sed -n 's/^### \([A-Z_]*\)$/\1/p' "$scratch/md" | LC_ALL=C sort > "$scratch/names"
same 'so does Markdown' "$scratch/header-names" "$scratch/names"

# Members as the header declares them: every uintN_t or pointer member but `size`.
holds=1 why=
while read -r structure; do
	members=$(sed -n "/^struct $structure {/,/^}/p" include/ioasim/uapi.h |
		sed -n 's|/\*.*||; s/^\t[a-z_0-9 ]* \**\([a-z_0-9]*\);.*/\1/p' | grep -vx size)
	told=$(sed -n "/^  struct $structure,/,/^\$/p" "$scratch/table" | sed -n 's/^    *[0-9]*  u[0-9]* *\([a-z_0-9]*\) .*/\1/p' | LC_ALL=C sort -u)
	[ "$(LC_ALL=C sort <<< "$members")" = "$told" ] || { holds=0; why="$why $structure: $members / $told"; }
done < <(sed -n 's/^  struct \([a-z_]*\), .*/\1/p' "$scratch/table" | sort -u)
result $holds 'every member of a structure is told' "$why"

# The same of iommufd.
"$ioasim" uapi --interface iommufd > "$scratch/table"
"$ioasim" uapi --interface iommufd --format json > "$scratch/json"
"$ioasim" uapi --interface iommufd --format md > "$scratch/md"
sed -n 's/^\tIOASIM_\([A-Z_]*\) = IOASIM_IOMMUFD_CALL(0x\([0-9a-f]*\)),.*/\1 0x3b\2/p' \
	include/ioasim/iommufd.h | sed 's/^IOMMUFD_//' | LC_ALL=C sort > "$scratch/header"
sed -n 's/^\([A-Z_]*\)  \(0x[0-9a-f]*\) on .*/\1 \2/p' "$scratch/table" | LC_ALL=C sort > "$scratch/told"
same 'every call of iommufd is told with its number' "$scratch/header" "$scratch/told"
sed -n 's/^    "name": "\([A-Z_]*\)",/\1/p; s/^   "name": "\([A-Z_]*\)",/\1/p' "$scratch/json" |
	LC_ALL=C sort > "$scratch/names"
sed 's/ .*//' "$scratch/header" > "$scratch/header-names"
same 'so does JSON of iommufd' "$scratch/header-names" "$scratch/names"
sed -n 's/^### \([A-Z_]*\)$/\1/p' "$scratch/md" | LC_ALL=C sort > "$scratch/names"
same 'so does Markdown of iommufd' "$scratch/header-names" "$scratch/names"

# ---- Documents --------------------------------------------------------------------------

bash docs/uapi.sh "$ioasim" > "$scratch/uapi.md"
same 'docs/uapi.md is as make docs makes it' docs/uapi.md "$scratch/uapi.md"
bash docs/rules.sh > "$scratch/rules.md"
same 'docs/uapi-rules.md is as make docs makes it' docs/uapi-rules.md "$scratch/rules.md"
missing=$(bash docs/rules.sh --missing)
holds=0
[ -z "$missing" ] && holds=1
result $holds 'every rule has a test or a scenario, and every name a rule' "$missing"

# What a check or the text refers to is a rule.
sed -n 's/^\([A-Z][0-9]*\) .*/\1/p' docs/uapi-rules.txt | LC_ALL=C sort > "$scratch/rules"
sed -n 's/.*"rule": "\([A-Z0-9 ]*\)".*/\1/p' "$scratch/json" | tr ' ' '\n' | LC_ALL=C sort -u > "$scratch/named"
unknown=$(LC_ALL=C comm -13 "$scratch/rules" "$scratch/named")
holds=0
[ -z "$unknown" ] && [ -s "$scratch/named" ] && holds=1
result $holds 'checks name rules' "$unknown"

echo "1..$count"
