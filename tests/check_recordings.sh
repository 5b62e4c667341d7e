#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Pairs that must agree on what real drivers did: caches on and off, strict and lazy, a log and
# its trace, binary and text. How many answers there are is counted in the logs. Prints TAP.
# usage: tests/check_recordings.sh BUILD
build=${1:?usage: tests/check_recordings.sh BUILD}
cd "$(dirname "$0")/.." || exit 1
ioasim=${IOASIM:-$build/ioasim}
# The architectures whose drivers traces are replayed through.
drivers='vtd amdvi smmuv3'
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
count=0

result() # STATUS NAME [WHY]
{
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		[ -z "${3:-}" ] || printf '%s\n' "$3" | head -20 | sed 's/^/# /'
	fi
}

# The first number under a key behind a heading of the result: number recorded compared
number()
{
	sed -n "/\"$1\": {/,\$ s/.*\"$2\": \([0-9]*\).*/\1/p" "$scratch/json" | head -1
}

# Replays and expects that `answers` were compared and none differs.
replay() # NAME ANSWERS ARGUMENT...
{
	local name=$1 answers=$2 why status
	shift 2
	why=$("$ioasim" replay --format json "$@" 2>&1 > "$scratch/json")
	status=$?
	[ "$status" = 0 ] || why="$why (status $status)"
	if [ "$status" = 0 ] && [ "$(number recorded compared)" != "$answers" ]; then
		status=1
		why="compared $(number recorded compared), expected $answers"
	elif [ "$status" = 0 ] && [ "$(number recorded mismatched)" != 0 ]; then
		status=1
		why="$(number recorded mismatched) differ"
	fi
	result "$status" "$name" "$why"
}

# What a replay decides, without what it costs and without the name of the input.
outcomes()
{
	sed -n '/^  "dma": {$/,/^  }/p; /^  "faults": {$/,/^  }/p; /^  "recorded": {$/,/^  }/p' "$1" |
		sed -E '/"(references|iotlb_misses)":/d; s/,$//'
}

# Two results but for the name of the input.
same() # NAME FILE FILE
{
	diff <(sed '/"file":/d' "$2") <(sed '/"file":/d' "$3") > "$scratch/diff"
	result $? "$1" "$(cat "$scratch/diff")"
}

for log in traces/*.log.gz; do
	name=$(basename "$log" .log.gz)
	case $name in
	*-stock | *-ftrace) continue ;;
	esac
	answers=$(zcat "$log" | grep -c '^D ')
	replay "$name, unit level" "$answers" "$log" --level unit
	cp "$scratch/json" "$scratch/unit"
	replay "$name, unit level, caches off" "$answers" "$log" --level unit --set caches=off
	# Stale answers, there in one recording, need a cache to be given again.
	if ! zcat "$log" | grep -q '^D .* s$'; then
		diff <(outcomes "$scratch/unit") <(outcomes "$scratch/json") > "$scratch/diff"
		result $? "$name, the same outcomes with caches and without" "$(cat "$scratch/diff")"
	else
		replay "$name, large caches" "$answers" "$log" --level unit --set caches.iotlb.entries=65536
		stale=$(zcat "$log" | grep -c '^D .* s$')
		[ "$(number stale reproduced)" = "$stale" ]
		result $? "$name, all $stale stale answers are given again by large caches"
	fi
	for arch in $drivers; do
		replay "$name, driver level on $arch, lazy" "$answers" "$log" --level driver \
			--arch "$arch" --set driver.policy=lazy
	done

	"$ioasim" import "$log" --lift -o "$scratch/trace.dmat" > "$scratch/out" 2>&1
	result $? "$name is imported and lifted" "$(cat "$scratch/out")"
	"$ioasim" trace text "$scratch/trace.dmat" -o "$scratch/trace.txt" > "$scratch/out" 2>&1 &&
		"$ioasim" trace pack "$scratch/trace.txt" -o "$scratch/again.dmat" >> "$scratch/out" 2>&1
	result $? "$name becomes text and a trace again" "$(cat "$scratch/out")"
	cmp "$scratch/trace.dmat" "$scratch/again.dmat" > "$scratch/out" 2>&1
	result $? "$name is the same bytes after that" "$(cat "$scratch/out")"
	replay "$name, its binary trace" "$answers" "$scratch/trace.dmat" --level unit
	cp "$scratch/json" "$scratch/binary"
	replay "$name, its text, on two threads" "$answers" "$scratch/trace.txt" --level unit --threads 2
	same "$name, binary and text and threads give one result" "$scratch/binary" "$scratch/json"
	replay "$name, its trace, driver level" "$answers" "$scratch/trace.dmat" --level driver --arch vtd
done

echo "1..$count"
