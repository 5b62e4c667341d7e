#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Profiles of what real drivers did: the misses that a profile tells of an IOTLB of another
# size are those of a replay with that IOTLB, invalidations included. Every replay checks
# the identities of its counts. Prints TAP.
# usage: tests/check_profile.sh BUILD
build=${1:?usage: tests/check_profile.sh BUILD}
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
		printf '%s\n' "$3" | head -20 | sed 's/^/# /'
	fi
}

# The misses that the profile of $scratch/json tells of an IOTLB of so many entries: those
# of the last size that is not larger.
told() # ENTRIES
{
	awk -v wanted="$1" '
		/^  "profile": / { profile = 1 }
		profile && /^      "/ { iotlb = /"iotlb"/ }
		/"sizes"/ { sizes = iotlb }
		sizes && /"entries"/ { entries = $2 + 0 }
		sizes && /"misses"/ && entries <= wanted { misses = $2 + 0 }
		END { print misses }' "$scratch/json"
}

misses() # of the CSV that a replay has left
{
	awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "caches.iotlb.misses") c = i }
		NR == 2 { print $c }' "$scratch/csv"
}

# The recordings without accesses that are refused, but for a handful: where a larger cache
# has an entry to refuse one from, that is a hit, and a profile cannot know.
for log in traces/*.log.gz; do
	name=$(basename "$log" .log.gz)
	case $name in
	*-vfio-*) sizes='' ;;
	*) sizes='4 64 512' ;;
	esac
	"$ioasim" replay "$log" --profile --format json --set caches.iotlb.ways=4 \
		--set caches.iotlb.entries=24 --set caches.iotlb.policy=plru \
		> "$scratch/json" 2> "$scratch/err"
	status=$?
	result "$([ $status = 0 ] && echo 1)" "$name has a profile" "status $status; $(cat "$scratch/err")"
	for size in $sizes; do
		"$ioasim" replay "$log" --format csv --set caches.iotlb.ways=0 \
			--set caches.iotlb.entries="$size" --set caches.iotlb.policy=lru > "$scratch/csv" 2>&1
		[ -n "$(misses)" ] && [ "$(misses)" = "$(told "$size")" ] && holds=1 || holds=0
		result "$holds" "$name misses with $size entries as its profile says" \
			"$(misses) misses, told $(told "$size")"
	done
done

echo "1..$count"
