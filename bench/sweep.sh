#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A sweep of 100 machines over a trace of 10 million records, beside 100 replays one by one.
# usage: bench/sweep.sh IOASIM DIRECTORY [WORKLOAD] [RECORDS]
#
# Three machines of the plan (first, middle, last) are replayed by themselves before and three
# after the sweep; 100 replays take 100 times their mean. With two threads it is replays two at a
# time, each with one thread, that the sweep is compared with. Wall-clock times; a machine that
# does other work beside makes them worse for both.
set -eu
ioasim=$(realpath "${1:?usage: bench/sweep.sh IOASIM DIRECTORY [WORKLOAD] [RECORDS]}")
directory=${2:?usage: bench/sweep.sh IOASIM DIRECTORY [WORKLOAD] [RECORDS]}
workload=${3:-nic}
records=${4:-10000000}
mkdir -p "$directory"
cd "$directory"
trace=sweep-$workload.dmat
trap 'rm -f sweep.yaml sweep.jsonl' EXIT
if [ -f "$workload" ]; then
	trace=$(realpath "$workload")
elif [ ! -f "$trace" ]; then
	"$ioasim" gen "$workload" --records "$records" --progress never -o "$trace"
fi

# Ten sizes of the IOTLB, five of the device cache, two of the cache of pointers.
iotlbs='16 32 48 64 96 128 192 256 384 512'
devices='4 8 16 32 64'
walks='16 64'
{
	echo "trace: $trace"
	[ -z "${LEVEL:-}" ] || echo "level: $LEVEL"
	echo 'set: {caches.iotlb.ways: 4}'
	echo 'parameters:'
	echo "  caches.iotlb.entries: [${iotlbs// /, }]"
	echo "  caches.device.entries: [${devices// /, }]"
	echo "  caches.stage2_walk.entries: [${walks// /, }]"
} > sweep.yaml
singles=('iotlb.entries=16 device.entries=4 stage2_walk.entries=16'
	'iotlb.entries=128 device.entries=16 stage2_walk.entries=64'
	'iotlb.entries=512 device.entries=64 stage2_walk.entries=64')

now()
{
	date +%s%N
}

single() # NUMBER
{
	local set=()
	for key in ${singles[$1]}; do
		set+=(--set "caches.$key")
	done
	"$ioasim" replay "$trace" ${LEVEL:+--level $LEVEL} --progress never --format json \
		--set caches.iotlb.ways=4 "${set[@]}" > /dev/null || [ $? = 1 ]
}

# The three machines, in nanoseconds for one; with two at a time, what one takes of both.
replays() # THREADS
{
	local began i
	began=$(now)
	for i in 0 1 2; do
		if [ "$1" = 2 ]; then
			single $i &
			single $i
			wait
		else
			single $i
		fi
	done
	echo $((($(now) - began) / 3 / $1))
}

for threads in 1 2; do
	before=$(replays $threads)
	rm -f sweep.jsonl
	began=$(now)
	"$ioasim" sweep sweep.yaml --threads $threads --progress never -o sweep.jsonl > /dev/null || [ $? = 1 ]
	swept=$(($(now) - began))
	after=$(replays $threads)
	awk -v t=$threads -v b="$before" -v a="$after" -v s=$swept -v w="$workload" 'BEGIN {
		alone = (a + b) / 2 * 100 / 1e9
		printf "%s, threads %d: 100 replays %.1f s (3 before: %.3f s each, 3 after: %.3f s), sweep %.1f s: %.2f of it\n",
			w, t, alone, b / 1e9, a / 1e9, s / 1e9, s / 1e9 / alone
	}'
done
