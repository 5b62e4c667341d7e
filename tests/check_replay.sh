#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Recorded traces through the command: every answer, command, store and fault as
# recorded (the counts are those of traces/README.md), at unit and driver level, with
# caches and without; goldens; formats; exit statuses. Prints TAP.
# usage: tests/check_replay.sh BUILD
build=${1:?usage: tests/check_replay.sh BUILD}
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

# Runs the command; then status, out and err hold what came of it.
run()
{
	"$ioasim" "$@" > "$scratch/out" 2> "$scratch/err" < /dev/null
	status=$?
	out=$(cat "$scratch/out")
	err=$(cat "$scratch/err")
}

# is NAME STATUS OUT ERR: what run() left; OUT and ERR are patterns of the whole text.
is()
{
	local holds=0
	# shellcheck disable=SC2053
	[ "$status" = "$2" ] && [[ $out == $3 ]] && [[ $err == $4 ]] && holds=1
	result $holds "$1" "status $status, expected $2
standard output: ${out:0:600}
standard error: ${err:0:600}"
}

# column NAME: of the CSV that run() left.
column()
{
	awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i }
		NR == 2 { print $c }' "$scratch/out"
}

# columns NAME=VALUE...: do all hold?
columns()
{
	local wrong='' pair
	for pair in "$@"; do
		[ "$(column "${pair%%=*}")" = "${pair#*=}" ] ||
			wrong="$wrong ${pair%%=*} is '$(column "${pair%%=*}")', not ${pair#*=};"
	done
	echo "$wrong"
}

# ---- Every trace at both levels --------------------------------------------------------

# The architectures whose drivers traces are replayed through: each trace on all of them.
drivers='vtd amdvi smmuv3'

# name, D, C, W, F lines, stale answers, and stores that the recorder wrote incompletely
recorded='
vtd-blk-strict 280631 95042 47521 7 0 0
vtd-mix-strict 89867 28462 14231 7 0 0
vtd-net-lazy 143159 986 493 0 0 0
vtdfl-vfio-strict 33865 9786 4893 2593 16 0
vtdsm-sriov-strict 127541 39280 19640 0 0 0
amdvi-blk-lazy 103438 515 268 7 0 14
amdvi-mix-strict 62565 43633 21555 7 0 14
amdvi-vfio-strict 24131 4489 5699 1730 0 3460
smmuv3-blk-lazy 170490 569 0 0 0 0
smmuv3-mix-strict 98174 28853 0 0 0 0
smmuv3-vfio-strict 30911 5428 9512 2378 0 0
'
while read -r name d c w f stale incomplete; do
	[ -n "$name" ] || continue
	trace=traces/$name.log.gz
	for caches in on off; do
		set -- replay "$trace" --format csv
		[ $caches = on ] || set -- "$@" --set caches=off
		run "$@"
		wrong=$(columns trace.level=unit dma.count="$d" recorded.compared="$d" \
			recorded.mismatched=0 recorded.commands.compared="$c" \
			recorded.commands.mismatched=0 recorded.stores.compared=$((w - incomplete)) \
			recorded.stores.mismatched=0 recorded.faults.compared="$f" \
			recorded.faults.mismatched=0)
		[ "$status" = 0 ] && [ -z "$wrong" ] && holds=1 || holds=0
		result $holds "$name is as recorded, caches $caches" "status $status;$wrong $err"

		for arch in $drivers; do
			run "$@" --level driver --arch "$arch"
			wrong=$(columns trace.level=driver machine.arch="$arch" dma.count="$d" \
				recorded.compared="$d" recorded.mismatched=0 driver.refused=0 \
				recorded.stale.not_reproduced="$stale")
			[ "$status" = 0 ] && [ -z "$wrong" ] && holds=1 || holds=0
			result $holds "$name lifted answers as recorded through $arch, caches $caches" \
				"status $status;$wrong $err"
		done
	done
done <<< "$recorded"

# x86 reserves addresses that the Arm recording maps; there they are moved, and counted.
for arch in $drivers; do
	moved=0
	[ "$arch" = smmuv3 ] || moved=2054
	run replay traces/smmuv3-blk-lazy.log.gz --level driver --arch "$arch" --format csv
	wrong=$(columns recorded.compared=170490 recorded.mismatched=0 driver.relocated=$moved)
	result "$([ -z "$wrong" ] && echo 1)" "$moved maps and accesses are moved on $arch" "$wrong"
done

# Without caches no answer can be stale; with large ones every stale answer is given.
stale=traces/vtdfl-vfio-strict.log.gz
run replay $stale --format csv --set caches=off
wrong=$(columns recorded.stale.reproduced=0 recorded.stale.not_reproduced=16 recorded.matched=33849)
result "$([ -z "$wrong" ] && echo 1)" 'stale answers are not reproduced without caches' "$wrong"
for entries in 1024 8192; do
	run replay $stale --format csv --set caches.iotlb.entries=$entries --set caches.iotlb.ways=0
	wrong=$(columns recorded.stale.reproduced=16 recorded.stale.not_reproduced=0 \
		recorded.matched=33865 recorded.mismatched=0 recorded.faults.mismatched=0)
	result "$([ -z "$wrong" ] && [ $status = 0 ] && echo 1)" \
		"stale answers are reproduced with $entries entries" "$wrong $err"
done

# Replacement decides what a cache costs, never what is answered.
for policy in lru plru fifo random; do
	run replay traces/vtd-mix-strict.log.gz --format csv --set caches.iotlb.policy=$policy \
		--set caches.iotlb.entries=48 --set caches.iotlb.ways=6
	wrong=$(columns recorded.mismatched=0 recorded.matched=89867 dma.faulted=7)
	result "$([ -z "$wrong" ] && echo 1)" "answers do not depend on replacement: $policy" "$wrong"
done

# The other sources go through the drivers: QEMU's events have answers, the kernel's maps
# and unmaps only. At least so many answers.
while read -r log least; do
	for arch in $drivers; do
		run replay "traces/$log.log.gz" --format csv --arch "$arch"
		wrong=$(columns trace.level=driver machine.arch="$arch" recorded.mismatched=0 \
			driver.refused=0)
		compared=$(column recorded.compared)
		[ -z "$wrong" ] && [ "$status" = 0 ] && [ "${compared:-0}" -ge "$least" ] &&
			[ "$(column driver.calls)" -gt 1000 ] && holds=1 || holds=0
		result $holds "$log replays through $arch" \
			"status $status;$wrong $compared compared; $err"
	done
done << 'END'
vtd-mix-strict-stock 29000
vtd-mix-strict-ftrace 0
vtd-blk-strict-ftrace 0
amdvi-mix-strict-stock 48000
amdvi-mix-strict-ftrace 0
smmuv3-mix-strict-stock 42000
END

# ---- The same bytes however it is read ---------------------------------------------------

small=traces/vtd-mix-strict.log.gz
"$ioasim" replay $small --format json > "$scratch/one.json"
"$ioasim" replay $small --format json --threads 2 > "$scratch/two.json"
result "$(cmp -s "$scratch/one.json" "$scratch/two.json" && echo 1)" 'two threads give the same bytes'
"$ioasim" replay - --format json < $small | sed 's|"file": "-"|"file": "'$small'"|' > "$scratch/pipe.json"
result "$(cmp -s "$scratch/one.json" "$scratch/pipe.json" && echo 1)" 'a pipe gives the same bytes'
"$ioasim" replay $small --dump-config --set caches.iotlb.entries=24 > "$scratch/machine.yaml"
"$ioasim" replay $small --format json --set caches.iotlb.entries=24 > "$scratch/set.json"
"$ioasim" replay $small --format json -c "$scratch/machine.yaml" > "$scratch/file.json"
result "$(cmp -s "$scratch/set.json" "$scratch/file.json" && echo 1)" 'a dumped machine reproduces the run'

for machine in machines/*-default.yaml; do
	arch=$(basename "$machine" -default.yaml)
	"$ioasim" replay "traces/$arch-mix-strict.log.gz" --format json > "$scratch/set.json"
	"$ioasim" replay "traces/$arch-mix-strict.log.gz" --format json -c "$machine" > "$scratch/file.json"
	[ -s "$scratch/set.json" ] && cmp -s "$scratch/set.json" "$scratch/file.json" && holds=1 || holds=0
	result $holds "$machine is the default machine"
done
for arch in $drivers; do
	for machine in machines/"$arch"-*.yaml; do
		run replay $small -c "$machine" --level driver --format csv
		wrong=$(columns recorded.compared=89867 recorded.mismatched=0 driver.refused=0)
		result "$([ -z "$wrong" ] && [ $status = 0 ] && echo 1)" \
			"$machine replays a trace" "$wrong $err"
	done
done

# ---- Goldens -------------------------------------------------------------------------------

for golden in tests/goldens/*.json; do
	name=$(basename "$golden" .json)
	case $name in
	*-driver) run replay "traces/${name%-driver}.log.gz" --level driver --golden "$golden" -o /dev/null ;;
	*-timing) run replay "traces/${name%-timing}.log.gz" --level driver --timing --golden "$golden" -o /dev/null ;;
	*) run replay "traces/$name.log.gz" --golden "$golden" -o /dev/null ;;
	esac
	is "$name is as its golden" 0 '' ''
done

cp tests/goldens/vtd-mix-strict.json "$scratch/golden.json"
sed -i 's/"faulted": 7/"faulted": 8/' "$scratch/golden.json"
run replay $small --golden "$scratch/golden.json" -o /dev/null
is 'a difference from a golden is named' 1 '' 'ioasim: */golden.json: dma.faulted: expected 8, found 7*'
run replay $small --golden "$scratch/golden.json" --update-golden -o /dev/null
is 'a golden is updated' 0 '' ''
run replay $small --golden "$scratch/golden.json" -o /dev/null
is 'an updated golden holds' 0 '' ''
echo '{"dma": {' > "$scratch/broken.json"
run replay $small --golden "$scratch/broken.json" -o /dev/null
is 'a malformed golden is an input error with its place' 3 '' 'ioasim: */broken.json:2: *'
run replay $small --golden "$scratch/none.json" -o /dev/null
is 'a missing golden is an input error' 3 '' 'ioasim: */none.json*'
run replay $small --golden "$scratch/no/dir.json" --update-golden -o /dev/null
is 'a golden that cannot be written' 4 '' 'ioasim: */no/dir.json*'
run replay $small -o "$scratch/no/result.json" --format json
is 'a result that cannot be written' 4 '' 'ioasim: */no/result.json*'

# ---- Time --------------------------------------------------------------------------------------

# Time changes no outcome: all but the time is the same under both models.
timeless()
{
	sed -e '/^  "time": {/,/^  }/d' -e '/^      "model": /d' "$scratch/out"
}
for name in vtd-mix-strict vtd-net-lazy amdvi-blk-lazy smmuv3-vfio-strict vtdsm-sriov-strict; do
	for level in unit driver; do
		run replay "traces/$name.log.gz" --level $level --format json
		timeless > "$scratch/serial"
		run replay "traces/$name.log.gz" --level $level --timing --format json
		timeless > "$scratch/events"
		cmp -s "$scratch/serial" "$scratch/events" && grep -q '"throughput_mps"' "$scratch/out" && holds=1 || holds=0
		result $holds "$name: no outcome of $level level is changed by time" "$err"
	done
done
run replay $small --level driver --timing
is 'the table tells latencies, where time went, and rates' 0 \
	'*99.9 %*unmaps*waiting for a walker*requests a second*' ''
run replay $small --timing --format csv
result "$([ "$(column time.model)" = events ] && [ "$(column time.walkers.walks)" -gt 0 ] && echo 1)" \
	'the CSV tells times' "$out"

run replay $small --level driver --timing --format json
cp "$scratch/out" "$scratch/timing"
run replay $small --level driver --timeline "$scratch/timeline" --timeline-limit 5000 --format json
[ $status = 0 ] && cmp -s "$scratch/timing" "$scratch/out" && holds=1 || holds=0
result $holds 'a timeline means --timing and changes nothing else' "status $status; $err"
[[ $err == 'ioasim: the timeline is cut after '*' ns: --timeline-limit'* ]] && holds=1 || holds=0
lines=$(wc -l < "$scratch/timeline")
[ "$lines" -gt 4900 ] && [ "$lines" -le 5002 ] && [ "$(tail -c 3 "$scratch/timeline")" = '}}' ] || holds=0
result $holds 'a timeline that is cut says so and is complete' "$lines lines; $err"

# ---- Formats ---------------------------------------------------------------------------------

run replay $small
is 'the table has thousands, units and costs' 0 \
	'*data (MiB)*89,867*time (us)*command wait*iotlb (64)*LGN.2*matched*' ''
run replay $small --format csv
result "$([ "$(head -1 "$scratch/out" | tr -cd , | wc -c)" = "$(tail -1 "$scratch/out" | tr -cd , | wc -c)" ] &&
	[ "$(wc -l < "$scratch/out")" = 2 ] && echo 1)" 'the heading of the CSV matches its line'
run replay $small --no-check --format csv
wrong=$(columns recorded.compared=0 recorded.commands.compared=0 dma.count=89867)
result "$([ -z "$wrong" ] && [ $status = 0 ] && echo 1)" 'without checks nothing is compared' "$wrong"

# Each architecture has the counters of its machines' PMU.
while read -r trace counter; do
	run replay "traces/$trace.log.gz" --format json
	is "$trace has the counter $counter" 0 "*\"counters\": {*\"$counter\": [1-9]*" ''
done << 'END'
vtd-mix-strict iommu_requests
amdvi-mix-strict mem_trans_total
smmuv3-mix-strict transaction
END

# ---- A spoiled record, and wrong usage ---------------------------------------------------------

zcat $small | sed '0,/ 104ab1002 fff /s// 104ab2002 fff /' > "$scratch/spoiled.log"
run replay "$scratch/spoiled.log" --format csv
wrong=$(columns recorded.mismatched=1 recorded.matched=89866)
[ $status = 1 ] && [ -z "$wrong" ] && [[ $err == *'record '*'physical address'* ]] && holds=1 || holds=0
result $holds 'a spoiled answer is found, told and ends with status 1' "status $status; $wrong $err"
for name in amdvi-vfio-strict smmuv3-vfio-strict; do
	# The page of the 5,000th answer, another one.
	zcat "traces/$name.log.gz" | awk '/^D .* rw / && ++n == 5000 {
		$6 = "12345" substr($6, length($6) - 2) } 1' > "$scratch/spoiled.log"
	run replay "$scratch/spoiled.log" --format csv
	wrong=$(columns recorded.mismatched=1)
	[ $status = 1 ] && [ -z "$wrong" ] && [[ $err == *'record '*'physical address'* ]] && holds=1 || holds=0
	result $holds "a spoiled answer of $name is found" "status $status; $wrong $err"
	run replay "$scratch/spoiled.log" --level driver --arch vtd --format csv
	wrong=$(columns recorded.mismatched=1)
	[ $status = 1 ] && [ -z "$wrong" ] && holds=1 || holds=0
	result $holds "and by another architecture's driver" "status $status; $wrong $err"
done
run replay $small --level unit --arch smmuv3
is 'a trace drives no unit of another architecture' 2 '' '*--level unit*recorded on vtd*'
zcat $small | head -100000 | sed '50000s/.*/D x/' > "$scratch/malformed.log"
run replay "$scratch/malformed.log"
is 'a malformed line is told with its place' 3 '' 'ioasim: */malformed.log:50000:*'
run replay "$scratch/no-such-trace"
is 'a missing trace' 3 '' 'ioasim: */no-such-trace: *'
run replay
is 'no trace' 2 '' 'ioasim: *TRACE*'
run replay $small --set caches.iotbl.entries=4
is 'a mistyped key is answered with the right one' 2 '' '*did you mean*caches.iotlb.entries*'
run replay $small --timeline -
is 'a timeline and a result do not go to the same place' 2 '' 'ioasim: *--timeline -*--output*'
run replay $small --timeline "$scratch/one" -o "$scratch/one"
is 'nor to the same file' 2 '' 'ioasim: --timeline *: the result goes there*'
cp $small "$scratch/kept"
for option in -o --timeline; do
	run replay "$scratch/kept" $option "$scratch/../${scratch##*/}/kept"
	is "$option does not take the place of the trace" 2 '' 'ioasim: *kept: is read, expected *'
done
cmp -s $small "$scratch/kept"
result $((!$?)) 'the trace is as it was' 'it was replaced'
run replay $small --timing --set timing.model=serial
is '--timing and a serial model do not go together' 2 '' 'ioasim: *serial has no effect with --timing*'
run replay $small --timeline-limit 5
is 'a limit without a timeline' 2 '' 'ioasim: *timeline-limit*'
run replay $small --timeline "$scratch/no/timeline" -o /dev/null
is 'a timeline that cannot be written' 4 '' 'ioasim: */no/timeline*'
run replay $small --update-golden
is 'an update without a golden' 2 '' '*golden*'
run replay $small --arch vdt
is 'a mistyped architecture' 2 '' '*did you mean*vtd*'
printf 'caches:\n  iotlb: {entris: 4}\n' > "$scratch/wrong.yaml"
run replay $small -c "$scratch/wrong.yaml"
is 'a machine file with a wrong key' 3 '' "ioasim: $scratch/wrong.yaml:2:11: unknown key *caches.iotlb.entries*"
printf 'ioasim-trace 1\nlevels driver\n' > "$scratch/driver.txt"
run replay "$scratch/driver.txt" --level unit
is 'a unit level that is not there' 2 '' '*--level unit*driver level only*'

echo "1..$count"
