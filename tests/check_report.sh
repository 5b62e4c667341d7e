#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ioasim report as it is typed, of real replays on all architectures. Prints TAP.
# usage: tests/check_report.sh BUILD
build=${1:?usage: tests/check_report.sh BUILD}
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
	result $holds "$1" "status $status, output '${out:0:500}', error '$err'"
}

holds() # NAME COMMAND...
{
	local name=$1
	shift
	"$@" > "$scratch/said" 2>&1
	result $((!$?)) "$name" "$(cat "$scratch/said")"
}

# The one number behind a key of a JSON result: its only or first line.
number() # KEY FILE
{
	sed -n "s/^ *\"$1\": \([0-9]*\),\{0,1\}$/\1/p" "$2" | head -1
}

# ---- Real results --------------------------------------------------------------------------

for name in vtd-mix-strict smmuv3-mix-strict amdvi-mix-strict; do
	"$ioasim" replay "traces/$name.log.gz" --format json -o "$scratch/$name.json"
	run report "$scratch/$name.json" -o "$scratch/$name.html"
	is "$name: a page is made" 0 '' ''
	dma=$(number count "$scratch/$name.json" | sed ':a; s/\B[0-9]\{3\}\>/,&/; ta')
	holds "$name: it tells the DMA of the result" grep -q " for $dma DMA" "$scratch/$name.html"
	"$ioasim" report "$scratch/$name.json" --format csv -o "$scratch/$name.csv"
	total=$(sed -n 's/^    "total": \([0-9]*\),$/\1/p' "$scratch/$name.json" | head -1)
	sum=$(awk -F, '$2 == "references" && $5 == "total" { n += $6 } END { print n }' "$scratch/$name.csv")
	result $((total == sum)) "$name: references by kind sum to the total" "$total, $sum"
done
for arch in vtd smmuv3 amdvi; do
	"$ioasim" replay traces/vtd-net-lazy.log.gz --level driver --arch $arch --set driver.policy=lazy \
		--timing --format json -o "$scratch/lazy-$arch.json"
done
run report "$scratch"/lazy-*.json -o "$scratch/lazy.html"
is 'lazy replays with latencies on three architectures make a page' 0 '' ''
"$ioasim" report "$scratch/lazy-vtd.json" --format csv -o "$scratch/lazy.csv"
dma=$(number count "$scratch/lazy-vtd.json")
sum=$(awk -F, '$2 == "latency_translation" && $5 == "count" { n += $6 } END { print n }' "$scratch/lazy.csv")
result $((dma == sum)) 'every access is in the histogram of latencies' "$dma, $sum"
sum=$(awk -F, '$2 == "series" && $5 == "requests" { n += $6 } END { print n }' "$scratch/lazy.csv")
result $((dma == sum)) 'every access is in the time line' "$dma, $sum"
run report "$scratch"/*-mix-strict.json -o "$scratch/all.html"
is 'results are compared' 0 '' ''
holds 'the page has a section for each' test "$(grep -c '<h2 id=.*-mix-strict' "$scratch/all.html")" = 3
"$ioasim" report "$scratch"/*-mix-strict.json > "$scratch/again.html"
holds 'the same inputs give the same bytes' cmp "$scratch/all.html" "$scratch/again.html"
LC_ALL=de_DE.UTF-8 TZ=Asia/Tokyo "$ioasim" report "$scratch"/*-mix-strict.json > "$scratch/again.html"
holds 'no locale or time zone reaches the page' cmp "$scratch/all.html" "$scratch/again.html"
gzip -k "$scratch/vtd-mix-strict.json"
"$ioasim" report - < "$scratch/vtd-mix-strict.json.gz" > "$scratch/piped.html"
holds 'compressed standard input is taken' grep -q 'vtd-mix-strict.log.gz on Intel VT-d' "$scratch/piped.html"
holds 'nothing in a page leads out of it' \
	bash -c '! grep -nE "://|src=|@import|url\([^#]" "$1"' _ "$scratch/all.html"
if command -v xmllint > /dev/null; then
	holds 'a page is XML' xmllint --noout "$scratch/all.html"
fi

# The policy of the page admits the script by its hash; it is computed here once more.
sed -n '/<script>/,/<\/script>/p' "$scratch/all.html" | sed '1s/<script>//; /<\/script>/d' > "$scratch/script"
hash=$(printf '%b' "$(sha256sum "$scratch/script" | cut -c 1-64 | sed 's/../\\x&/g')" | base64)
holds "the page's policy admits its script and no other" \
	grep -qF "script-src 'sha256-$hash'" "$scratch/all.html"

# ---- CSV --------------------------------------------------------------------------------------

run report "$scratch/vtd-mix-strict.json" --format csv --table requesters
is 'one table is printed by itself' 0 'result,requester,count,*vtd-mix-strict,0x40,49878,49878,0,*' ''
run report "$scratch"/*-mix-strict.json --format csv --table caches
holds 'tables of several results stand below each other' test "$(wc -l <<< "$out")" = 19
run report "$scratch/vtd-mix-strict.json" --format csv --table requestors -o "$scratch/kept"
is 'an unknown table is answered with the nearest' 2 '' "*no table 'requestors' (did you mean 'requesters'?)*"
holds 'and no file is written' test ! -e "$scratch/kept"
run report "$scratch/vtd-mix-strict.json" --table caches
is 'a table alone is a matter of CSV' 2 '' '*--table*'

# ---- A sweep of ten thousand points ------------------------------------------------------------

tr -d '\n' < "$scratch/vtd-mix-strict.json" | sed 's/^/{"plan": "big", "point": NUMBER, "set": {"caches.iotlb.entries": A, "timing.memory_ns": "Bns"}, "result": /; s/$/}/' > "$scratch/line"
awk '{ line = $0 } END {
	for (i = 0; i < 10000; i++) {
		text = line
		sub("NUMBER", i, text)
		sub("A,", 16 + i % 100 ",", text)
		sub("Bns", int(i / 100) + 1 "ns", text)
		sub("\"misses\": 25700", "\"misses\": " i, text)
		print text
	}
}' "$scratch/line" > "$scratch/big.jsonl"
(
	ulimit -v 400000
	"$ioasim" report "$scratch/big.jsonl" -o "$scratch/big.html"
) 2> "$scratch/err"
result $((!$?)) 'ten thousand points fit in 400 MB' "$(cat "$scratch/err")"
holds 'the page stays small' test "$(stat -c %s "$scratch/big.html")" -lt 2000000
holds 'it says that its table is cut' grep -q 'The first 300 of 10,000 rows' "$scratch/big.html"
"$ioasim" report "$scratch/big.jsonl" --format csv --table points -o "$scratch/points.csv"
holds 'the CSV has every point' test "$(wc -l < "$scratch/points.csv")" = 10001
holds 'with its values' grep -q '^,9999,115,100ns,.*,9999,' "$scratch/points.csv"
head -300 "$scratch/big.jsonl" | tail -n +2 > "$scratch/b.jsonl"
tail -n +301 "$scratch/big.jsonl" > "$scratch/c.jsonl"
head -1 "$scratch/big.jsonl" > "$scratch/a.jsonl"
"$ioasim" report "$scratch/c.jsonl" "$scratch/a.jsonl" "$scratch/b.jsonl" -o "$scratch/shards.html"
holds 'shards in any order give the same page' cmp "$scratch/big.html" "$scratch/shards.html"
run report "$scratch/a.jsonl" "$scratch/big.jsonl"
is 'a point that stands there twice is refused' 3 '' "*plan 'big': point 0 stands there twice*"
run report "$scratch/b.jsonl" --x timing.memory_ns --value commands.total --title 'A & B'
is 'axis, value and title are chosen' 0 '*<h1>A &amp; B</h1>*Commands*' ''
run report "$scratch/b.jsonl" --x caches.iotlb.entris
is 'the nearest key is offered' 2 '' "*the plan sets no key 'caches.iotlb.entris' (did you mean 'caches.iotlb.entries'?)*"
run report "$scratch/b.jsonl" --value caches.iotlb.mises
is 'a value that no result has is refused' 2 '' "*no result has a number 'caches.iotlb.mises'*"
run report "$scratch/vtd-mix-strict.json" --x caches.iotlb.entries
is 'an axis without a sweep is refused' 2 '' '*--x has no effect without a sweep*'

# ---- What is refused ------------------------------------------------------------------------------

run report
is 'a result is expected' 2 '' '*RESULT*'
run report "$scratch/none.json"
is 'a file that is not there is an input error' 3 '' "ioasim: $scratch/none.json: *No such file*"
run report "$scratch"
is 'a folder is an input error' 3 '' "ioasim: $scratch: *"
printf '{"version": "1",\n "trace": 3}\n' > "$scratch/bad.json"
run report "$scratch/bad.json" -o "$scratch/kept"
is 'a key of another kind is told with its file' 3 '' \
	"ioasim: $scratch/bad.json: trace: found 3, expected an object"
head -c 2000 "$scratch/vtd-mix-strict.json" > "$scratch/cut.json"
run report "$scratch/cut.json" -o "$scratch/kept"
is 'a cut file is told with line and column' 3 '' "ioasim: $scratch/cut.json:[0-9]*:[0-9]*: *expected JSON"
head -c 30000 "$scratch/big.jsonl" > "$scratch/cut.jsonl"
run report "$scratch/cut.jsonl" -o "$scratch/kept"
is 'a cut sweep is told with its line' 3 '' "ioasim: $scratch/cut.jsonl:[0-9]*:[0-9]*: *expected JSON"
head -c 300000 /dev/urandom > "$scratch/noise"
run report "$scratch/noise" -o "$scratch/kept"
is 'noise is refused' 3 '' "ioasim: $scratch/noise:*"
holds 'after errors no page is left' test ! -e "$scratch/kept"
run report "$scratch/vtd-mix-strict.json" -o "$scratch/./vtd-mix-strict.json"
is 'a page does not take the place of its result' 2 '' 'ioasim: *is read, expected another file for the page*'
name="$scratch/\"'><script>x.json"
cp "$scratch/vtd-mix-strict.json" "$name"
run report "$name" "$scratch/vtd-mix-strict.json"
is 'the name of a file cannot leave its place' 0 '*A &quot;&#39;&gt;&lt;script&gt;x*' ''
if [ -w /dev/full ]; then
	run report "$scratch/vtd-mix-strict.json" -o /dev/full
	is 'a full device is an output error' 4 '' '*/dev/full: cannot be written: No space left on device'
fi

echo "1..$count"
