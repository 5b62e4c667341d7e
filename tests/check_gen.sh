#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ioasim gen as it is typed: every workload replays on every architecture under both policies with
# the answers that the generator knows; parameters, limits, messages. Prints TAP.
# usage: tests/check_gen.sh BUILD
build=${1:?usage: tests/check_gen.sh BUILD}
cd "$(dirname "$0")/.." || exit 1
ioasim=${IOASIM:-$build/ioasim}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
count=0
trace=$scratch/t.dmat

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

# The value of a column of the replay's CSV.
column() # NAME
{
	awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i }
		NR == 2 { print $at }' <<< "$out"
}

# ---- Each workload, with its options, on each architecture -----------------------------------

# Replays what was generated: exit status 0 says that nothing mismatched, no call was refused and
# no rule broken; all accesses and translations were compared.
replays() # NAME ARCH...
{
	local name=$1 arch policy wrong=''
	shift
	for arch in "$@"; do
		for policy in strict lazy; do
			run replay "$trace" --level driver --arch "$arch" --set driver.policy=$policy \
				--format csv
			[ "$status" = 0 ] && [ "$(column recorded.compared)" -ge "$(column dma.count)" ] &&
				[ "$(column dma.count)" -gt 0 ] && [ "$(column driver.refused)" = 0 ] &&
				continue
			wrong+="$arch $policy: status $status, $(column recorded.compared) compared, $err"
		done
	done
	result "$([ -z "$wrong" ] && echo 1)" "$name replays as it was generated" "$wrong"
}

while read -r line; do
	# shellcheck disable=SC2086
	run gen $line --records 12000 -o "$trace"
	is "gen $line" 0 '' ''
	replays "$line" vtd amdvi smmuv3
done << 'END'
nic
nic --buffers pool --direction receive --tlp 256
nic --send-size 64k --any-cpu --queues 3 --ring 64
nic --mtu 9000 --arrival poisson --completion 0 --lazy --ring 64
nic --direction receive --acks 4 --queues 2
nic --no-address-caches --address-bits 32 --direction send
nvme
nvme --blocks 4k:70,64k:20,1M:1,512 --queues 2 --depth 16
nvme --segment 64k --blocks 1M --lazy --depth 4
mixed --nvme-blocks 128k --queues 3 --ring 64
sva --space 128k
sva --space 128k --mapped 50 --reclaim 10
sva --atc 0 --zipf 99 --pasids 200 --space 64k
adversary --kind flood
adversary --stride 64 --pages 100
adversary --kind none
window --window 4M --warm --ring-pages 11 --access both
window --page 2M --window 64M --pattern sequential --rate 0
tenants --no-nested --remap --buffer 8k
END

for arch in vtd amdvi smmuv3; do
	while read -r line; do
		# shellcheck disable=SC2086
		run gen tenants --arch $arch --tenants 20 --records 20000 $line -o "$trace"
		is "gen tenants on $arch $line" 0 '' ''
		replays "tenants on $arch $line" $arch
	done << 'END'

--remap --uses 2
--buffer 2M
--order random --zipf 120 --burst 4 --buffer 16k
END
done

# Answers are judged: one that is wrong is found.
run gen window --records 3000 -o "$trace"
"$ioasim" trace text "$trace" | awk '/^@?.*dma / && !done { sub(/pa=0x/, "pa=0x1"); done = 1 } 1' \
	> "$scratch/wrong.txt"
run replay "$scratch/wrong.txt" --level driver
is 'a wrong answer is found' 1 '*' '*physical address*'

# ---- What a workload is there for ------------------------------------------------------------

misses() # ARGUMENT...: of the victim
{
	"$ioasim" gen adversary --accesses 20000 "$@" -o "$trace" &&
		"$ioasim" replay "$trace" --level driver --arch vtd --format json 2> /dev/null |
		python3 -c 'import json, sys
print(json.load(sys.stdin)["requesters"]["0x100"]["iotlb_misses"])' 2> /dev/null
}
if command -v python3 > /dev/null; then
	quiet=$(misses --kind none) thrash=$(misses --kind thrash) flood=$(misses --kind flood)
	# 16 pages fit into 64 entries; a walk over 1,024 pages takes all of them away.
	result "$([ "${quiet:-x}" = 16 ] && [ "${thrash:-0}" -gt 5000 ] && echo 1)" \
		'an adversary takes entries from its victim' "misses: $quiet alone, $thrash beside it"
	result "$([ "${flood:-9999}" -lt 1000 ] && echo 1)" \
		'page by page, a flood takes time and not entries' "misses: $flood"
fi
run replay "$trace" --level driver --arch vtd --format csv
result "$([ "$(column commands.total)" -gt 7900 ] && echo 1)" 'a flood fills the queue with commands' \
	"$(column commands.total)"

# ---- The same bytes ------------------------------------------------------------------------------

for workload in nic nvme mixed sva tenants adversary window; do
	small=''
	[ $workload != sva ] || small='--space 128k'
	# shellcheck disable=SC2086
	"$ioasim" gen $workload --records 9000 $small -o "$scratch/one.dmat"
	# shellcheck disable=SC2086
	"$ioasim" gen $workload --records 9000 $small > "$scratch/two.dmat"
	# shellcheck disable=SC2086
	"$ioasim" gen $workload --records 9000 $small --seed 2 -o "$scratch/other.dmat"
	cmp -s "$scratch/one.dmat" "$scratch/two.dmat" && holds=1 || holds=0
	result $holds "$workload is the same byte for byte"
	cmp -s <("$ioasim" trace text "$scratch/one.dmat" | grep -v '^key') \
		<("$ioasim" trace text "$scratch/other.dmat" | grep -v '^key') && holds=0 || holds=1
	# Tenants in turns have nothing that is random.
	[ $workload != tenants ] || holds=$((1 - holds))
	result $holds "$workload with another seed"
	run trace info "$scratch/one.dmat"
	is "$workload has exactly its records" 0 "*records   9000 *" ''
done

# ---- Header and limits ----------------------------------------------------------------------------

run gen nic --seed 7 --packets 1000 --queues 2 --mtu 4k --time 1s -o "$trace"
is 'a trace of so many packets' 0 '' ''
run trace text "$trace"
is 'the header has the workload, the seed and each parameter' 0 \
	$'ioasim-trace 1\nlevels driver\nkey workload nic\nkey seed 7\nkey gen.packets 1000\nkey gen.time 1000000000ns\nkey gen.tlp 0\nkey gen.queues 2\n*key gen.mtu 4096\n*key gen.direction both\n*key gen.lazy no\n*' ''
received=$(grep -c 'length=4110 \|access=w.*length=4096 \|length=4k access=w' <<< "$out")
result "$([ "$received" -gt 400 ] && echo 1)" 'packets of the MTU arrive' "$received"
"$ioasim" gen tenants --arch smmuv3 --records 100 -o "$trace"
run trace info "$trace"
is 'a nested workload is bound to its architecture' 0 '*smmuv3*' ''
"$ioasim" gen nic --time 30500ns --ring 64 -o "$trace"
last=$("$ioasim" trace info "$trace" --format json | grep -o '"last_ns": [0-9]*' | tr -dc 0-9)
[ "${last:-0}" -gt 30000 ] && [ "$last" -le 30500 ] && holds=1 || holds=0
result $holds 'a trace ends at its time' "$last"

# ---- Memory does not grow with the records -------------------------------------------------------

for workload in nic nvme sva 'tenants --remap'; do
	# shellcheck disable=SC2086
	(ulimit -v 120000 && "$ioasim" gen $workload --records 3000000 -o /dev/null) 2> "$scratch/err" &&
		holds=1 || holds=0
	case $build in *sanitize*) holds=1 ;; esac
	result $holds "$workload: three million records in 120 MB" "$(cat "$scratch/err")"
done

# ---- Wrong usage -------------------------------------------------------------------------------------

refuses() # PATTERN ARGUMENT...
{
	local pattern=$1
	shift
	run gen "$@" -o "$scratch/none.dmat"
	is "gen $* is refused" 2 '' "ioasim: $pattern"
}

refuses "unknown command 'nci' (did you mean 'nic'?)*" nci
refuses "option --records: '0'*" nic --records 0
refuses '--fetch: more than the ring*' nic --ring 2
refuses '--send-depth*' nic --ring 16
refuses 'option --acks has no effect*' nic --acks 2
refuses "'4k:0' is no mix of sizes*" nvme --blocks 4k:0
refuses 'a segment is a power of two*' nvme --segment 12k
refuses '--space: expected a multiple of 4k*' sva --space 9000
refuses '--bytes: more than*' sva --bytes 2M
refuses 'pages that are missing need*' sva --atc 0 --mapped 50
refuses "--arch: 'arm'*" tenants --arch arm
refuses '*--no-nested cannot stand beside --arch*' tenants --arch vtd --no-nested
refuses '--buffer: expected a power of two*' tenants --buffer 12k
refuses 'option --zipf has no effect*' tenants --zipf 100
refuses '--remap: buffers*' tenants --remap --buffer 2M
refuses "buffers of a guest: more than its tables*" tenants --buffers 100 --buffer 1M
refuses "buffers of a guest: more than 1G*" tenants --buffers 8192 --buffer 2M
refuses '--page and --size*' window --page 12k
refuses '--window: expected*' window --window 5000
refuses 'option --ring-every*' window --ring-every 2
refuses 'option --time has no effect*' window --rate 0 --time 1s
refuses 'the workload takes more memory*' nic --address-bits 32 --queues 1024 --ring 2048
result "$([ ! -e "$scratch/none.dmat" ] && echo 1)" 'a refused command leaves no file'
run gen window --records 10 -o "$scratch/no/dir.dmat"
is 'a trace that cannot be written' 4 '' 'ioasim: *no/dir.dmat: cannot be written*'

echo "1..$count"
