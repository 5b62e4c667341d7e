#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What others published beside what the simulator gives, a line for each value:
#	table|what|published|simulated|greatest difference in per cent, - for none
# tests/check_validation.sh judges the lines, docs/validation.sh makes the page of them.
# usage: tests/validation.sh IOASIM
set -eo pipefail
ioasim=${1:?usage: tests/validation.sh IOASIM}
case $ioasim in
/*) ;;
*) ioasim=$PWD/$ioasim ;;
esac
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

row() # TABLE WHAT PUBLISHED SIMULATED LIMIT
{
	printf '%s|%s|%s|%s|%s\n' "$@"
}

calculate() # EXPRESSION FORMAT
{
	awk "BEGIN { printf \"$2\", $1 }"
}

# ---- Memory references of one cold translation -------------------------------------------------

# The whole, and those of page tables alone.
cold() # OPTION...
{
	"$ioasim" walk --caches=off "$@" 0x40203000 |
		sed -n 's/^  cost: \([0-9]*\) references.* \([0-9]*\) of page tables.*/\1 \2/p'
}

tables() # NAME PUBLISHED OPTION...
{
	local name=$1 published=$2 all of_tables
	shift 2
	read -r all of_tables <<< "$(cold "$@")"
	row walk "$name" "$published" "$of_tables" 0
}

whole() # NAME PUBLISHED OPTION...
{
	local name=$1 published=$2 all of_tables
	shift 2
	read -r all of_tables <<< "$(cold "$@")"
	row cold "$name" "$published" "$all" 0
}

for arch in vtd amdvi smmuv3; do
	tables "$arch, one stage, 4 levels" 4 --arch $arch --levels 4
	tables "$arch, nested, 4 over 4" 24 --arch $arch --nested --levels 4x4
done
tables 'vtd, one stage, 5 levels' 5 --arch vtd --levels 5
tables 'vtd, nested, 5 over 4' 29 --arch vtd --nested --levels 5x4
tables 'vtd, nested, 5 over 5' 35 --arch vtd --nested --levels 5x5
tables 'amdvi, nested, 5 over 4' 29 --arch amdvi --nested --levels 5x4
whole 'VT-d scalable mode, nested' 28 --arch vtd --nested --levels 4x4
whole 'SMMUv3, two-level stream and CD tables, nested' 36 --arch smmuv3 --nested --levels 4x4 \
	--pasid 0x100
whole 'AMD-Vi, v2 over v1, GCR3 tables of 2 levels' 35 --arch amdvi --nested --levels 4x4 \
	--pasid 0x1000
whole 'AMD-Vi, v2 over v1, GCR3 tables of 3 levels' 40 --arch amdvi --nested --levels 4x4 \
	--pasid 0x50000

# ---- Replays -----------------------------------------------------------------------------------

replay() # TRACE OPTION...: leaves the result in csv
{
	"$ioasim" replay "$@" --level driver --format csv > "$scratch/csv"
}

column() # NAME
{
	awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i }
		NR == 2 { if (!at) exit 1; print $at }' "$scratch/csv"
}

# ---- Nested walks with walk caches ---------------------------------------------------------------

# One guest's few pages again and again, without a cache of whole translations: what a walk reads
# where the pointers of a stage are cached, or not.
for arch in vtd amdvi smmuv3; do
	"$ioasim" gen tenants --arch $arch --tenants 1 --buffers 4 --packets 2000 -o "$scratch/t.dmat"
	while read -r name first second published; do
		replay "$scratch/t.dmat" --set driver.large_pages=false --set caches.iotlb=off \
			--set caches.stage2_tlb=off --set caches.stage1_walk.entries="$first" \
			--set caches.stage2_walk.entries="$second"
		row nested "$arch, $name" "$published" "$(calculate \
			"$(column references.total) / $(column dma.count)" %.0f)" 0
	done <<- 'END'
		no_pointer 0 0 24
		pointers_of_stage_1 64 0 5
		pointers_of_stage_2 0 64 9
		pointers_of_both 64 64 2
	END
done

# ---- pcie-bench -----------------------------------------------------------------------------------

machine=machines/vtd-broadwell.yaml
accesses=40000
every=8 # accesses for one of the rings
rings=$((accesses / every))

# Rings always hit, and are taken out of the mean.
while read -r window latency rate; do
	"$ioasim" gen window --window "$window" --warm --ring-pages 11 --ring-every $every \
		--accesses $accesses --rate 500000 -o "$scratch/w.dmat"
	replay "$scratch/w.dmat" -c $machine --timing
	count=$(column dma.count)
	row latency "$window" "$latency" "$(calculate \
		"($(column time.latency.translation.mean_ns) * $count - $rings * 489.5) / ($count - $rings)" \
		%.1f)" 2
	row misses "$window" - "$(calculate "100 * $(column caches.iotlb.misses) / ($count - $rings)" \
		%.1f)" -
	[ "$rate" != - ] || continue
	replay "$scratch/w.dmat" -c $machine --timing --set timing.request.arrival=closed \
		--set timing.software.map_ns=0
	row rate "$window" "$rate" "$(calculate \
		"($count - $rings) * 1000 / $(column time.total_ns)" %.1f)" 10
done << 'END'
256k 490.0 53.9
512k 514.6 39.4
1M 646.4 28.0
1536k 690.8 -
2M 713.4 22.9
3M 735.7 -
4M 746.9 20.8
8M 761.8 -
16M 770.2 19.4
32M 774.3 -
64M 776.8 19.2
END

# Other servers in the same data: what a hit takes, entries that are left for the window, and what a
# miss adds, the last two fitted at 1 MiB and 64 MiB; then windows and what was measured.
while read -r name hit left miss measured; do
	rings=$((128 - left))
	for pair in $measured; do
		window=${pair%:*}
		page=4k
		[[ $name != *2-MiB* ]] || page=2M
		options=(--window "$window" --page "$page" --warm --accesses 20000 --rate 500000)
		[ $rings = 0 ] || options+=(--ring-pages "$rings" --ring-every "$every")
		"$ioasim" gen window "${options[@]}" -o "$scratch/w.dmat"
		replay "$scratch/w.dmat" -c $machine --timing --set timing.walk.miss_ns=0ns \
			--set timing.request.base_ns="$(calculate "$hit - 2" %.1f)ns" \
			--set timing.walk.start_ns="$(calculate "$miss - 85" %.1f)ns"
		count=$(column dma.count)
		ring_reads=$((rings > 0 ? 20000 / every : 0))
		total=$(calculate "$(column time.latency.translation.mean_ns) * $count" %.1f)
		row others "${name//_/ }, $window" "${pair#*:}" "$(calculate \
			"($total - $ring_reads * $hit) / ($count - $ring_reads)" %.1f)" 2
	done
done << 'END'
Xeon_E5-2620_v3_(Haswell) 480.4 118 229.1 512k:497.0 2M:656.2 4M:683.1 16M:702.9
Xeon_E5-2637_v3_(Haswell) 522.0 118 274.1 512k:542.7 2M:732.5 4M:763.1 16M:788.5
Xeon_E5-2620_v2_(Ivy_Bridge) 494.8 126 299.5 512k:499.8 2M:721.2 4M:757.7 16M:785.2
Xeon_E5-2630_(Sandy_Bridge) 491.4 128 245.3 512k:493.2 2M:673.3 4M:703.4 16M:729.1
Xeon_E5-2620_v3,_2-MiB_pages 480.4 118 229.1 2M:479.8 64M:480.2
Xeon_E5-2620_v2,_2-MiB_pages 494.8 126 299.5 2M:496.2 64M:496.3
END

# ---- Fast & Safe ------------------------------------------------------------------------------------

machine=machines/vtd-cascadelake.yaml

# Gbit/s of pages of 4 KiB with so many memory reads each.
model() # READS
{
	calculate "4096 * 8 / (65 + 197 * $1)" %.1f
}

# The model of events on a machine of the paper's parameters is the paper's formula.
"$ioasim" gen window --window 64M --size 4k --warm --accesses 20000 -o "$scratch/p.dmat"
for set in caches.stage2_walk.entries=128 caches.stage2_walk.entries=16 caches.stage2_walk.entries=4 \
	caches.stage2_walk.entries=2 caches.stage2_walk=off; do
	replay "$scratch/p.dmat" -c $machine --timing --set $set
	reads=$(calculate "$(column references.total) / $(column dma.count)" %.3f)
	row formula "$reads" "$(model "$reads")" \
		"$(calculate "$(column dma.count) * 4096 * 8 / $(column time.total_ns)" %.1f)" 1
done
# What the paper measured, as far as its text has numbers: reads, and Gbit/s of 100.
row throughput 1.76 80 "$(model 1.76)" 10
row throughput 4.36 35 "$(model 4.36)" 10

# A card's ring, with cached pointers taken by each unmap as under Linux, and kept.
while read -r flows acks; do
	packets=40000
	"$ioasim" gen nic --direction receive --mtu 4082 --queues "$flows" --ring 256 --acks "$acks" \
		--fetch 16 --packets $packets -o "$scratch/n.dmat"
	for drop in true false; do
		replay "$scratch/n.dmat" -c $machine --set driver.drop_pointers=$drop
		row reads "$flows $drop misses" - \
			"$(calculate "$(column caches.iotlb.misses) / $packets" %.2f)" -
		row reads "$flows $drop reads" - \
			"$(calculate "$(column references.total) / $packets" %.2f)" -
		row reads "$flows $drop pointers" - "$(calculate \
			"($(column references.total) - $(column caches.iotlb.misses)) / $packets" %.3f)" -
	done
done << 'END'
5 0
40 2
END
