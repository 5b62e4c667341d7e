#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs/validation.md with its tables as they must be: what tests/validation.sh prints. A table
# stands between "<!-- made: NAME -->" and "<!-- made: end -->".
# usage: docs/validation.sh VALUES, a file that tests/validation.sh has printed
set -eo pipefail
values=$(realpath "${1:?usage: docs/validation.sh VALUES}")
cd "$(dirname "$0")/.."

# Without a sign where it rounds to nothing.
per_cent='
function per_cent(here, published, text) {
	text = sprintf("%.1f", (here / published - 1) * 100)
	return text == "-0.0" ? "0.0" : text
}'

# The lines of a table, in columns: what, published, here, difference.
compared() # TABLE HEADING
{
	echo "| $2 | published | here | difference (%) |"
	echo '|---|---|---|---|'
	awk -F'|' -v table="$1" '$1 == table {
		gsub(/_/, " ", $2)
		printf "| %s | %s | %s | %s |\n", $2, $3, $4, per_cent($4, $3)
	}'"$per_cent" "$values"
}

# pcie-bench by window: latency, misses, rate.
windows()
{
	echo '| window | misses (%) | latency (ns) | here | difference (%) | reads (M/s) | here | difference (%) |'
	echo '|---|---|---|---|---|---|---|---|'
	awk -F'|' '
		$1 == "latency" { order[++n] = $2; latency[$2] = $3; here[$2] = $4 }
		$1 == "misses" { misses[$2] = $4 }
		$1 == "rate" { rate[$2] = $3; mine[$2] = $4 }
		END {
			for (i = 1; i <= n; i++) {
				w = order[i]
				printf "| %s | %s | %s | %s | %s |", w, misses[w], latency[w], here[w],
					per_cent(here[w], latency[w])
				if (w in rate)
					printf " %s | %s | %s |\n", rate[w], mine[w],
						per_cent(mine[w], rate[w])
				else
					print " | | |"
			}
		}'"$per_cent" "$values"
}

# A ring under both ways of unmapping.
rings()
{
	echo '| queues | pointers at an unmap | IOTLB misses a page | reads a page | reads of pointers a page |'
	echo '|---|---|---|---|---|'
	awk -F'|' '$1 == "reads" {
		split($2, part, " ")
		key = part[1] " | " (part[2] == "true" ? "dropped" : "kept")
		if (!(key in seen)) { seen[key] = 1; order[++n] = key }
		value[key, part[3]] = $4
	}
	END {
		for (i = 1; i <= n; i++)
			printf "| %s | %s | %s | %s |\n", order[i], value[order[i], "misses"],
				value[order[i], "reads"], value[order[i], "pointers"]
	}' "$values"
}

inside=0
while IFS= read -r line; do
	case $line in
	'<!-- made: end -->') inside=0 ;;
	'<!-- made: '*)
		name=${line#<!-- made: }
		name=${name% -->}
		printf '%s\n\n' "$line"
		case $name in
		windows) windows ;;
		rings) rings ;;
		walk) compared walk 'reads of page tables' ;;
		cold) compared cold 'reads in all, everything cold' ;;
		nested) compared nested 'architecture, what is cached' ;;
		others) compared others 'server, window: latency (ns)' ;;
		formula) compared formula 'reads a page: Gbit/s' ;;
		throughput) compared throughput 'reads a page: Gbit/s measured, and of the formula' ;;
		*)
			echo "docs/validation.sh: no table '$name'" >&2
			exit 1
			;;
		esac
		echo
		inside=1
		;;
	esac
	[ $inside = 1 ] || printf '%s\n' "$line"
done < docs/validation.md
[ $inside = 0 ]
