#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Replays of what real drivers did: every recorded answer, whatever the caches, the level, the
# form of the trace and the threads. Numbers of answers are counted in the logs themselves.
# Prints TAP.
# usage: tests/check_recordings.sh BUILD
#
# UPDATE_GOLDENS=1 writes tests/goldens anew; the commit that does it says why.
build=${1:?usage: tests/check_recordings.sh BUILD}
cd "$(dirname "$0")/.." || exit 1
ioasim=${IOASIM:-$build/ioasim}
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
	sed -n '/^  "dma": {$/,/^  }/p; /^  "faults": {$/,/^  }/p; /^  "recorded": {$/,/^  }/p' "$1"
}

golden() # NAME ARGUMENT...
{
	local name=$1 file=tests/goldens/$1.json why
	shift
	[ "${UPDATE_GOLDENS:-}" != 1 ] ||
		"$ioasim" replay "$@" --golden "$file" --update-golden > "$scratch/out" 2>&1
	why=$("$ioasim" replay "$@" --golden "$file" 2>&1 > "$scratch/out")
	result $? "golden $name" "$why$(head -20 "$scratch/out")"
}

for log in traces/vtd*.log.gz; do
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
	replay "$name, driver level" "$answers" "$log" --level driver
	replay "$name, driver level, lazy" "$answers" "$log" --level driver --set driver.policy=lazy
	golden "$name-unit" "$log" --level unit
	golden "$name-driver" "$log" --level driver
done

echo "1..$count"
