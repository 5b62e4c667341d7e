#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ioasim walk on tables of its own: counts of the specifications, what caches change, formats,
# and what is refused. Prints TAP.
# usage: tests/check_walk.sh BUILD
build=${1:?usage: tests/check_walk.sh BUILD}
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

run() # ARGUMENT...
{
	out=$("$ioasim" "$@" 2> "$scratch/err")
	status=$?
	err=$(cat "$scratch/err")
}

is() # NAME STATUS OUTPUT-PATTERN ERROR-PATTERN
{
	local holds=0
	# shellcheck disable=SC2053
	[ "$status" = "$2" ] && [[ $out == $3 ]] && [[ $err == $4 ]] && holds=1
	result $holds "$1" "status $status, output '$out', error '$err'"
}

# A number of the JSON, by its key: the first one.
number() # KEY
{
	sed -n "s/^ *\"$1\": \\([0-9]*\\),*\$/\\1/p" <<< "$out" | head -1
}

address=0x3f1234567000
low=0x3234567000 # for tables of three levels

# ---- References ------------------------------------------------------------------------------

# With n levels of stage 1 and m of stage 2 a nested walk reads (n + 1)(m + 1) - 1 entries of
# page tables; one of the tables that stand before is read behind m more where its address is a
# guest's. VT-d: root, context, PASID directory and table, all the host's. AMD-Vi: DTE, and one
# to three GCR3 entries of the guest's. SMMUv3: two STE levels, one or two CD levels of the
# guest's.
while read -r arch levels pasid host guest; do
	n=${levels%x*} m=${levels#*x}
	tables=$(((n + 1) * (m + 1) - 1))
	total=$((host + guest * (m + 1) + tables))
	run walk --arch "$arch" --nested --levels "$levels" --pasid "$pasid" --caches off \
		--format json $address
	holds=0
	[ "$status" = 0 ] && [ "$(number page_tables)" = $tables ] &&
		[ "$(number references)" = $total ] && [ "$(number walk_ns)" = $((total * 85)) ] &&
		[ "$(grep -c '"pa": ' <<< "$out")" = $((total + 1)) ] && holds=1
	result $holds "$arch nested $levels, PASID $pasid: $total references, $tables of page tables" \
		"status $status, $(number references) and $(number page_tables), $err"
done << END
vtd    4x4 5       4 0
vtd    5x4 5       4 0
vtd    5x5 5       4 0
vtd    4x3 0xfffff 4 0
amdvi  4x4 5       1 1
amdvi  4x4 512     1 2
amdvi  4x4 0x40000 1 3
amdvi  5x4 5       1 1
amdvi  5x5 0xfffff 1 3
amdvi  4x6 5       1 1
smmuv3 4x4 5       2 1
smmuv3 4x4 64      2 2
smmuv3 4x4 0xfffff 2 2
smmuv3 4x3 5       2 1
END

# One stage: the tables that stand before, and one entry a level, less one for each level that
# a large page saves.
while read -r arch options total; do
	# shellcheck disable=SC2086
	run walk --arch "$arch" ${options//,/ } --caches off --format json $low
	holds=0
	[ "$status" = 0 ] && [ "$(number references)" = "$total" ] && holds=1
	result $holds "$arch ${options//,/ }: $total references" "$(number references), $err"
done << END
vtd    --levels,4                           8
vtd    --levels,5                           9
vtd    --levels,3,--set,driver.legacy=true  5
vtd    --levels,4,--page,2M                 7
vtd    --levels,4,--page,1G                 6
vtd    --pasid,7                            8
vtd    --pasid,7,--levels,5                 9
amdvi  --levels,3                           4
amdvi  --levels,6                           7
amdvi  --levels,4,--page,2M                 4
amdvi  --pasid,7                            6
amdvi  --pasid,7,--levels,5                 7
amdvi  --pasid,70000                        7
smmuv3 --levels,4                           6
smmuv3 --levels,3,--page,2M                 4
smmuv3 --pasid,7                            7
smmuv3 --pasid,70000                        8
END

# ---- Caches ----------------------------------------------------------------------------------

for arch in vtd amdvi smmuv3; do
	run walk --arch $arch --nested --pasid 5 --again $address
	is "$arch: the same request again reads nothing" 0 \
		'*caches empty*The same request again*look-up: *iotlb hit*no entry was read*cost: 0 references*' ''
	# The leaf of stage 1, and that of stage 2 for the page.
	run walk --arch $arch --nested --pasid 5 --next $address
	is "$arch: the next page shares all tables" 0 \
		'*The page behind it*iotlb miss*stage1_walk hit*stage2_walk hit*cost: 2 references = 2 of page tables*' ''
done
run walk --arch vtd --nested --caches off $address
is 'an entry of stage 1 is told with both of its addresses' 0 \
	'*the next entry of the first stage lies at GPA 0x400003f0: the second stage says where*
*  9  FS-PML4E \[L3\] for IOVA 0x3f1234567000, after 765 ns
*at GPA 0x400003f0 = table 0x40000000 + 0x7e x 8, index 0x7e = IOVA\[47:39\]
*which is PA 0x4400003f0*' ''
is 'the product is told' 0 '*24 of page tables (4 x (1 + 4) + 4: 4 of *, 20 of *time: 28 x 85 ns = 2380 ns*' ''
run walk --arch vtd --set timing.memory_ns=100ns $address
is 'the time is the machine'\''s' 0 '*time: 8 x 100 ns = 800 ns*' ''

# ---- Formats ---------------------------------------------------------------------------------

run walk --arch amdvi --format md $address
is 'Markdown has headings and a block' 0 '### The tables of a kernel*
\*\*Steps *\*\*
*```*device table entry*```*
- goes on at PA *
- cost: *' ''
run walk --arch smmuv3 --format json --again $address
holds=0
[ "$status" = 0 ] && [ "$(grep -c '"title": "The ' <<< "$out")" = 2 ] &&
	[ "$(grep -c '"cache": "iotlb"' <<< "$out")" -ge 2 ] && holds=1
result $holds 'JSON holds every walk' "$out"
run walk --arch vtd $address
holds=1
grep -q $'\033' <<< "$out" && holds=0
result $holds 'no colours where there is no terminal'

# ---- What is refused ---------------------------------------------------------------------------

refused() # NAME ERROR-PATTERN ARGUMENT...
{
	local name=$1 pattern=$2
	shift 2
	run walk "$@"
	is "$name" 2 '' "$pattern"
}

refused 'levels of two stages without --nested' "*'4x4', expected one number without --nested*" \
	--arch vtd --levels 4x4 $address
refused 'levels of one stage with --nested' "*'4', expected NxM with --nested*" \
	--arch vtd --nested --levels 4 $address
refused 'levels that no number is' "*'four', expected*" --arch vtd --levels four $address
refused 'five levels on SMMUv3' '*has no such tables*' --arch smmuv3 --levels 5 $address
refused 'three levels of stage 1 on VT-d' '*tables on this machine have 4*' \
	--arch vtd --pasid 5 --levels 3 $low
refused 'nesting in legacy mode' '*has no such tables*' \
	--arch vtd --set driver.legacy=true --nested $address
refused 'an address that the tables cannot map' '*lies outside what these tables can map*' \
	--arch vtd 0x123456789abcdef
refused 'an address that is none' "*'x', expected an address*" --arch vtd x
refused 'a page size that is none' '*expected a power of two*' --arch vtd --page 12k $address
refused 'a page size that the tables do not have' '*tables have no such pages*' \
	--arch vtd --page 64k $address
refused 'a page size that no guest has' "*guest's pages are of 4k, 2M or 1G*" \
	--arch vtd --nested --page 64k $address
refused 'tables beside a trace' '*--trace cannot stand beside --nested*' --trace x --nested
refused 'tables beside a vector' '*--vector cannot stand beside --levels*' --vector x:y --levels 4
refused 'an address beside a vector' "*'0x1000' has no meaning with --vector*" --vector x:y 0x1000
refused 'a PASID that is none' '*--pasid*' --arch vtd --pasid 0 $address

# ---- The lesson ----------------------------------------------------------------------------------

bash docs/walk.sh "$ioasim" > "$scratch/walk.md"
cmp -s docs/walk.md "$scratch/walk.md" && holds=1 || holds=0
result $holds 'docs/walk.md is as make docs makes it' "$(diff docs/walk.md "$scratch/walk.md")"

echo "1..$count"
