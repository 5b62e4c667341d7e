#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs every harness of a directory, in parts on all processors.
# usage: tests/fuzz/run.sh DIRECTORY RUNS SEED
set -u
directory=${1:?usage: tests/fuzz/run.sh DIRECTORY RUNS SEED}
runs=${2:?}
seed=${3:?}
jobs=${JOBS:-$(nproc)}
part=$(((runs + jobs - 1) / jobs))
fixed=
setarch -R true 2> /dev/null && fixed='setarch -R'
status=0
for program in "$directory"/fuzz_*; do
	[ -x "$program" ] || continue
	pids=
	start=$SECONDS
	for ((i = 0; i < jobs; i++)); do
		$fixed "$program" -n "$part" -s "$seed" -r $((i * part)) &
		pids="$pids $!"
	done
	for pid in $pids; do
		wait "$pid" || status=1
	done
	echo "$(basename "$program"): $((SECONDS - start)) s"
done
exit $status
