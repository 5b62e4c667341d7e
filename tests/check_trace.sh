#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ioasim import and ioasim trace as they are typed: results, messages, exit statuses. Prints TAP.
# usage: tests/check_trace.sh BUILD
build=${1:?usage: tests/check_trace.sh BUILD}
cd "$(dirname "$0")/.." || exit 1
ioasim=${IOASIM:-$build/ioasim}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
count=0
log=traces/vtd-mix-strict.log.gz
records=191280 # its D, C, R, M, W and F lines, traces/README.md

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

same() # NAME FILE FILE
{
	local holds=0
	cmp -s "$2" "$3" && holds=1
	result $holds "$1"
}

# ---- Import and back -----------------------------------------------------------------------

run import "$log" -o "$scratch/a.dmat"
is 'a recording is imported' 0 '' ''
run trace verify "$scratch/a.dmat"
is 'what was imported is whole' 0 "*: whole, $records records" ''
run trace text "$scratch/a.dmat" -o "$scratch/a.txt"
is 'a trace is written as text' 0 '' ''
run trace pack "$scratch/a.txt" -o "$scratch/b.dmat"
is 'text is packed' 0 '' ''
same 'text and back is the same trace, byte for byte' "$scratch/a.dmat" "$scratch/b.dmat"
"$ioasim" import - < "$log" 2> /dev/null | "$ioasim" trace text - > "$scratch/piped.txt"
same 'pipes give the same' "$scratch/a.txt" "$scratch/piped.txt"
run trace text "$scratch/a.dmat" --first 150000 --count 3
sed -n '/^@\|^[a-z]* [a-z]*=/p' "$scratch/a.txt" | tail -n +150001 | head -3 | sed 's/^@[0-9]* //' \
	> "$scratch/middle"
printf '%s\n' "$out" | tail -3 | sed 's/^@[0-9]* //' > "$scratch/entered"
same 'a trace is entered in the middle' "$scratch/middle" "$scratch/entered"
run trace info "$scratch/a.dmat" --format json
is 'info tells the records' 0 "*\"records\": $records,*" ''
is 'info tells the kinds' 0 '*"dma": 89867,*' ''
run trace info "$scratch/a.dmat"
is 'info is a table for people' 0 '*arch      vtd*dma *89867*00:08.0*' ''
run import traces/vtd-mix-strict-stock.log.gz -o "$scratch/s.dmat"
is 'what an import cannot use is told by kind and count' 0 '' '*not used: vtd_inv_qi_head, 9697 times*'
run import --from ftrace "$log" -o "$scratch/s2.dmat"
is 'a log of another program gives nothing' 0 '' '*not used: lines that are no trace event*'

# ---- Rounds ----------------------------------------------------------------------------------

run trace pack --repeat 2 "$scratch/a.dmat" -o "$scratch/r.dmat"
is 'a trace is repeated' 0 '' ''
run replay --format json "$scratch/r.dmat"
is 'a repeated trace replays as the one' 0 '*"compared": 179734,*"mismatched": 0,*' '*'
run import traces/vtd-mix-strict-stock.log.gz traces/vtd-mix-strict-stock.log.gz -o "$scratch/r.dmat"
is 'logs follow each other' 0 '' '*'
run replay --format json "$scratch/r.dmat"
is 'what a log left is taken back before the next' 0 '*"compared": 59486,*"mismatched": 0,*' '*'
# Between two rounds each architecture's unit is switched off by its own register.
while read -r name answers; do
	"$ioasim" trace pack --repeat 2 "traces/$name.log.gz" -o "$scratch/r.dmat"
	run replay --format json "$scratch/r.dmat"
	is "$name repeated replays as the one" 0 "*\"compared\": $((2 * answers)),*\"mismatched\": 0,*" '*'
	run replay --format json "$scratch/r.dmat" --no-check --level driver
	is "$name repeated replays at driver level" 0 "*\"count\": $((2 * answers)),*" '*'
done << 'END'
amdvi-vfio-strict 24131
smmuv3-vfio-strict 30911
END
for name in amdvi smmuv3; do
	log=traces/$name-mix-strict-stock.log.gz
	run import "$log" "$log" -o "$scratch/r.dmat"
	is "logs of $name follow each other" 0 '' '*'
	run replay --format json "$scratch/r.dmat"
	is "what a log of $name left is taken back before the next" 0 '*"mismatched": 0,*' '*'
done
run trace pack --repeat 2 - -o "$scratch/x.dmat"
is 'standard input is not repeated' 2 '' '*--repeat*'

# ---- Damage ------------------------------------------------------------------------------------

size=$(stat -c %s "$scratch/a.dmat")
cp "$scratch/a.dmat" "$scratch/d.dmat"
printf '\xff\xff\xff\xff' | dd of="$scratch/d.dmat" bs=1 seek=$((size / 2)) conv=notrunc status=none
run trace verify "$scratch/d.dmat"
is 'damage is found with its block and place' 3 '' \
	"ioasim: $scratch/d.dmat: block 2 at byte * is damaged*block 2 is lost*125744 records in 2 blocks are whole*"
run trace info "$scratch/d.dmat"
is 'damage is an input error everywhere' 3 '' '*block 2 at byte*'
run trace repair "$scratch/d.dmat" -o "$scratch/saved.dmat"
is 'repair tells what is saved and lost' 0 '' '*saved 125744 records in 2 blocks; lost 1 blocks*'
run trace verify "$scratch/saved.dmat"
is 'what was saved is whole' 0 '*: whole, 125744 records' ''
run trace info "$scratch/saved.dmat"
is 'what was saved is described' 0 '*arch      vtd*' ''
head -c $((size * 9 / 10)) "$scratch/a.dmat" > "$scratch/cut.dmat"
run trace verify "$scratch/cut.dmat"
is 'a cut file is told' 3 '' '*is cut*the end is lost*'
run trace repair "$scratch/cut.dmat" -o "$scratch/saved.dmat"
is 'a cut file loses what is behind the cut' 0 '' '*saved 131072 records in 2 blocks*'
tail -c +60 "$scratch/a.dmat" > "$scratch/headless.dmat"
run trace repair "$scratch/headless.dmat" -o "$scratch/saved.dmat"
is 'a lost beginning costs no record' 0 '' "*saved $records records*"
run trace text "$scratch/saved.dmat" -o "$scratch/saved.txt"
same 'the description is found behind the records' "$scratch/a.txt" "$scratch/saved.txt"
run trace repair "$log" -o "$scratch/x.dmat"
is 'what is no binary trace is not repaired' 3 '' '*not a binary trace*'

# ---- Usage and failure --------------------------------------------------------------------------

run trace
is 'a sub-command is expected' 2 '' '*command expected*'
run trace pakc
is 'the nearest sub-command is offered' 2 '' '*pack*'
run trace repair "$scratch/a.dmat"
is 'repair wants to know where to' 2 '' '*-o FILE*'
run import "$scratch/none"
is 'a log that is not there is an input error' 3 '' "ioasim: $scratch/none: *No such file*"
printf 'ioasim-trace 1\nmem address=0x1000 value=z\n' > "$scratch/bad.txt"
run trace pack "$scratch/bad.txt" -o "$scratch/kept"
is 'a mistake in text is told with line and column' 3 '' \
	"ioasim: $scratch/bad.txt:2:26: 'z': expected a number*"
if [ -w /dev/full ]; then
	run trace pack "$scratch/a.dmat" -o /dev/full
	is 'a full device is an output error' 4 '' '*/dev/full: cannot be written: No space left on device'
	"$ioasim" trace text "$scratch/a.dmat" > /dev/full 2> "$scratch/err"
	status=$? out='' err=$(cat "$scratch/err")
	is 'a full standard output is an output error' 4 '' '*standard output*No space left on device'
fi
run trace pack "$scratch/a.dmat" -o "$scratch/none/x.dmat"
is 'a folder that is not there is an output error' 4 '' "*$scratch/none/x.dmat: cannot be written*"
left=$(find "$scratch" -name '*.??????' ! -name '*.dmat' | head -3)
holds=0
[ -z "$left" ] && [ ! -e "$scratch/kept" ] && holds=1
result $holds 'no temporary and no half a file is left' "$left"

echo "1..$count"
