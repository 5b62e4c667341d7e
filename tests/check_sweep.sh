#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ioasim sweep as it is typed: the same results as replays one by one, by any number of threads,
# in any parts, after any interruption. Prints TAP.
# usage: tests/check_sweep.sh BUILD
build=${1:?usage: tests/check_sweep.sh BUILD}
cd "$(dirname "$0")/.." || exit 1
ioasim=$(realpath "${IOASIM:-$build/ioasim}")
traces=$PWD/traces
examples=$PWD/examples
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
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

skip() # NAME WHY
{
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

run() # ARGUMENT...
{
	out=$("$ioasim" "$@" 2> err)
	status=$?
	err=$(cat err)
}

is() # NAME STATUS OUTPUT-PATTERN ERROR-PATTERN
{
	local holds=0
	# shellcheck disable=SC2053
	[ "$status" = "$2" ] && [[ $out == $3 ]] && [[ $err == $4 ]] && holds=1
	result $holds "$1" "status $status, output '$out', error '$err'"
}

same() # NAME FILE FILE
{
	local why
	why=$(cmp "$2" "$3" 2>&1) && result 1 "$1" || result 0 "$1" "$why"
}

# The member `result` of a line, which `points` follows.
of_line() # FILE POINT
{
	sed -n "$(($2 + 1))p" "$1" | sed 's/^.*,"result"://; s/,"points":[0-9]*,"identity":"[0-9a-f]*"}$//'
}

# ---- The same as replays ------------------------------------------------------------------

# PLAN, POINT, then what replay is given: the result is the same, byte for byte.
as_replay() # POINT ARGUMENT...
{
	local point=$1 theirs
	shift
	theirs=$("$ioasim" replay "$trace" --format json "$@" 2>> differing | tr -d ' \n')
	if [ -z "$theirs" ] || [ "$(of_line plan.jsonl "$point" | tr -d ' \n')" != "$theirs" ]; then
		echo "point $point is not as replay $*"
	fi
}

for recording in vtd-net-lazy vtdfl-vfio-strict amdvi-vfio-strict smmuv3-vfio-strict; do
	trace=$traces/$recording.log.gz
	cat > plan.yaml <<- END
		trace: $trace
		level: unit
		parameters:
		  caches.device.entries: [0, 8]
		  caches.iotlb.entries: [0, 16, 64]
		  timing.memory_ns: [85, 100]
		  driver.policy: [strict, lazy]
	END
	rm -f plan.jsonl
	run sweep plan.yaml --threads 2
	wrong=$(
		point=0
		for device in 0 8; do
			for iotlb in 0 16 64; do
				for ns in 85 100; do
					for policy in strict lazy; do
						as_replay $point --level unit \
							--set caches.device.entries=$device \
							--set caches.iotlb.entries=$iotlb \
							--set timing.memory_ns=$ns --set driver.policy=$policy
						point=$((point + 1))
					done
				done
			done
		done
	)
	[ "$status" = 0 ] && [ -z "$wrong" ] && holds=1 || holds=0
	result $holds "$recording at unit level is swept as it is replayed" "status $status $err $wrong"

	cat > plan.yaml <<- END
		trace: $trace
		level: driver
		set: {driver.threshold: 64}
		parameters:
		  arch: [vtd, amdvi, smmuv3]
		  driver.policy: [strict, lazy]
		points:
		- {caches: off}
		- {caches.iotlb.entries: 16, timing.command_ns: 100}
		- {caches.iotlb.entries: 256, caches.stage2_walk.entries: 0}
		- {caches.iotlb.entries: 64, timing.model: events}
	END
	rm -f plan.jsonl
	run sweep plan.yaml --threads 2 --group 7
	wrong=$(
		point=0
		for arch in vtd amdvi smmuv3; do
			for policy in strict lazy; do
				for set in 'caches=off' 'caches.iotlb.entries=16 timing.command_ns=100' \
					'caches.iotlb.entries=256 caches.stage2_walk.entries=0' \
					'caches.iotlb.entries=64 timing.model=events'; do
					# shellcheck disable=SC2046,SC2086
					as_replay $point --level driver --arch $arch \
						--set driver.threshold=64 --set driver.policy=$policy \
						$(printf ' --set %s' $set)
					point=$((point + 1))
				done
			done
		done
	)
	[ "$status" = 0 ] && [ -z "$wrong" ] && holds=1 || holds=0
	result $holds "$recording through drivers is swept as it is replayed" "status $status $err $wrong"
done

# ---- Threads, parts, interruptions --------------------------------------------------------------

cat > plan.yaml <<- END
	name: some plan
	trace: $traces/smmuv3-vfio-strict.log.gz
	parameters:
	  arch: [smmuv3, vtd]
	  caches.iotlb.entries: {from: 8, to: 96, step: 8}
END
run sweep plan.yaml --threads 1 -o whole.jsonl
is 'a table ends a sweep' 0 'sweep some plan: 24 of 24 points, whole.jsonl*  point * time.total_ns*caches.iotlb.entries=8*' ''
run sweep plan.yaml --threads 2 --group 5
same 'threads and groups leave no trace, and the plan names the file' whole.jsonl 'some plan.jsonl'
inode=$(stat -c %i whole.jsonl)
run sweep plan.yaml -o whole.jsonl
is 'what is done is not done again' 0 'sweep some plan:*' 'ioasim: whole.jsonl: 24 of 24 points are done already'
result "$([ "$inode" = "$(stat -c %i whole.jsonl)" ] && echo 1)" 'a file in order stays as it is'
run sweep plan.yaml -o -
printf '%s\n' "$out" > stdout.jsonl
same 'standard output gets the lines alone' whole.jsonl stdout.jsonl

for part in 3 1 2; do
	run sweep plan.yaml --shard $part/3 --threads 1 -o "part $part"
	is "part $part of 3 is done alone" 0 "sweep some plan: 8 of 24 points, part $part*" ''
done
run sweep merge 'part 2' 'part 3' 'part 1' -o merged.jsonl
is 'parts are joined' 0 '' ''
same 'joined parts are the whole' whole.jsonl merged.jsonl
run sweep merge 'part 3' 'part 1'
is 'what is missing is told' 1 '{"plan":*' 'ioasim: 8 of 24 points are missing: 8-15'
printf '%s\n' "$out" > partial.jsonl
run sweep plan.yaml -o partial.jsonl
is 'a sweep does what is missing' 0 '*' 'ioasim: partial.jsonl: 16 of 24 points are done already'
same 'and ends with the whole' whole.jsonl partial.jsonl
run sweep merge 'part 1' whole.jsonl -o merged.jsonl
is 'a point that is there twice is one' 0 '' 'ioasim: 8 points are there more than once, with the same result'
same 'and the whole is the whole' whole.jsonl merged.jsonl
sed 's/"references":{"total":[0-9]*/"references":{"total":1/' 'part 1' > other
run sweep merge 'part 1' other -o merged.jsonl
is 'a point with two results is refused' 3 '' 'ioasim: other:1: point 0 has another result here than in part 1'
head -c 3000 'part 1' > torn
run sweep merge torn -o merged.jsonl
is 'a torn part is refused' 3 '' 'ioasim: torn:*: an incomplete line: the sweep has not ended; give its command again'
sed 's/96, step/88, step/' plan.yaml > plan2.yaml
run sweep plan2.yaml --shard 1/3 -o other
is 'results of another plan are not touched' 3 '' 'ioasim: other:1: results of plan '\''some plan'\'' as it was with another*'
rm other
run sweep plan2.yaml --shard 1/3 -o other
run sweep merge 'part 1' other -o merged.jsonl
is 'parts of two plans are not joined' 3 '' 'ioasim: other:1: not of the same sweep as the results before*'
same 'nothing of all that touched the joined file' whole.jsonl merged.jsonl

# Begins a sweep, waits for its first lines, and ends it by a signal.
interrupt() # SIGNAL FILE
{
	local lines=0 i
	"$ioasim" sweep plan.yaml --threads 1 --group 1 -o "$2" > /dev/null 2> err &
	for ((i = 0; i < 6000 && lines < 2; i++)); do
		sleep 0.01
		lines=$(cat "$2" 2> /dev/null | wc -l)
	done
	kill -"$1" $!
	wait $! 2> /dev/null
	status=$?
	out='' err=$(cat err)
	done=$(wc -l < "$2")
}

interrupt KILL killed.jsonl
result "$([ "$status" = 137 ] && [ "$done" -ge 2 ] && [ "$done" -lt 24 ] && echo 1)" \
	'a sweep that is killed leaves what it had' "status $status, $done lines"
truncate -s -100 killed.jsonl
run sweep plan.yaml --threads 2 -o killed.jsonl
is 'a torn line is cut off and done again' 0 'sweep*' \
	"ioasim: killed.jsonl: * bytes of an incomplete line cut off
ioasim: killed.jsonl: $((done - 1)) of 24 points are done already"
same 'what was killed ends as the whole' whole.jsonl killed.jsonl
for signal in INT TERM; do
	interrupt $signal $signal.jsonl
	[ $signal = INT ] && wanted=130 || wanted=143
	is "SIG$signal ends a sweep, which tells how it goes on" $wanted '' \
		"ioasim: interrupted: $done of 24 points are done; the same command goes on from there"
	run sweep plan.yaml --threads 2 -o $signal.jsonl
	same "what SIG$signal ended ends as the whole" whole.jsonl $signal.jsonl
done

# ---- At many places ---------------------------------------------------------------------------------

cp plan.yaml "it's a plan.yaml"
run sweep "it's a plan.yaml" --list 3 -o 'my results.jsonl'
printf '%s\n' "$out" > commands
cat > wanted <<- 'END'
	ioasim sweep 'it'\''s a plan.yaml' --shard=1/3 --threads=1 --output='my results.1-of-3.jsonl'
	ioasim sweep 'it'\''s a plan.yaml' --shard=2/3 --threads=1 --output='my results.2-of-3.jsonl'
	ioasim sweep 'it'\''s a plan.yaml' --shard=3/3 --threads=1 --output='my results.3-of-3.jsonl'
END
same 'commands are listed for a shell' wanted commands
mkdir -p bin && ln -sf "$ioasim" bin/ioasim
if command -v parallel > /dev/null; then
	PATH=$PWD/bin:$PATH parallel -j 2 < commands > /dev/null 2> err
	"$ioasim" sweep merge my\ results.*-of-3.jsonl -o parallel.jsonl
	same 'GNU parallel does the list' whole.jsonl parallel.jsonl
else
	skip 'GNU parallel does the list' 'it is not installed'
fi
rm -f my\ results.*
PATH=$PWD/bin:$PATH sh commands > /dev/null 2> err
"$ioasim" sweep merge my\ results.*-of-3.jsonl -o shell.jsonl
same 'a shell does the list' whole.jsonl shell.jsonl
for task in 1 2; do
	SLURM_ARRAY_TASK_ID=$task SLURM_ARRAY_TASK_COUNT=2 SLURM_CPUS_PER_TASK=2 IOASIM=$ioasim \
		"$examples/sweep.sbatch" plan.yaml > /dev/null 2>> err
done
run sweep merge plan.*-of-2.jsonl -o slurm.jsonl
same 'the script for Slurm does its tasks' whole.jsonl slurm.jsonl

# ---- Usage --------------------------------------------------------------------------------------------

run sweep plan.yaml -o whole.jsonl --show caches.iotlb.misses,dma.count
is 'numbers that are wanted are shown' 0 '* caches.iotlb.misses *dma.count*11 * 30,911 *' '*'
run sweep plan.yaml -o whole.jsonl --show caches.iotbl.misses
is 'a number that does not exist has a near one' 2 '' "*--show caches.iotbl.misses: no number of this name (did you mean 'iotlb'?)"
run sweep plan.yaml -o whole.jsonl --show caches
is 'an object is no number' 2 '' '*--show caches: no number of this name'
for shard in 0/3 4/3 3 a/b 1/ /; do
	run sweep plan.yaml --shard $shard
	is "part $shard is refused" 2 '' "ioasim: --shard $shard: expected I/N, part I from 1 to N*"
done
run sweep none.yaml
is 'a plan that is not there' 3 '' 'ioasim: none.yaml: *'
echo 'trace: none.log' > none.yaml
run sweep none.yaml
is 'a trace that is not there' 3 '' 'ioasim: none.log: *'
run sweep plan.yaml -o /dev/full
is 'a device holds no results' 4 '' 'ioasim: /dev/full: not a file, *'
run sweep plan.yaml -o none/plan.jsonl
is 'results that cannot be written' 4 '' 'ioasim: none/plan.jsonl: cannot be written: No such file or directory'
(trap '' XFSZ; ulimit -f 16; "$ioasim" sweep plan.yaml --threads 1 -o full.jsonl > /dev/null 2> err)
status=$? out='' err=$(cat err)
is 'a disk that is full' 4 '' 'ioasim: full.jsonl: cannot be written: File too large'
echo 'int main(void)' > main.c
run sweep plan.yaml -o main.c
is 'a file that is no results is not touched' 3 '' 'ioasim: main.c:1: *'
sed -i "s|trace:.*|trace: damaged.dmat|" plan2.yaml
"$ioasim" import "$traces/smmuv3-vfio-strict.log.gz" -o whole.dmat 2> err
head -c 100000 whole.dmat > damaged.dmat
run sweep plan2.yaml --threads 2 -o damaged.jsonl
is 'a damaged trace' 3 '' 'ioasim: damaged.dmat: *'
result "$([ ! -s damaged.jsonl ] && echo 1)" 'has no results'

# A driver without memory for tables refuses maps; the sweep tells which one.
cat > plan.yaml <<- END
	trace: $traces/vtd-net-lazy.log.gz
	level: driver
	parameters: {driver.pool_size: [64k, 32k]}
END
rm -f plan.jsonl
run sweep plan.yaml
is 'a point that is not as recorded is told' 1 'sweep plan: 2 of 2*' \
	'ioasim: plan.jsonl: point 1 (driver.pool_size=32k) is not as recorded, or breaks a rule'
run sweep plan.yaml
is 'and told again' 1 'sweep plan: 2 of 2*' '*ioasim: plan.jsonl: point 1 (driver.pool_size=32k) is not*'
run sweep "$examples/sweep-iotlb.yaml" -o example.jsonl
is 'the example does what it says' 0 'sweep iotlb: 54 of 54 points, example.jsonl*   ...  34 more*' ''

echo "1..$count"
