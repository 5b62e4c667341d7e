#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs/walk.md with its generated parts as they must be: what `ioasim walk` prints, and a table
# of what walks cost. A part stands between "<!-- made: walk OPTIONS -->" or
# "<!-- made: costs -->" and "<!-- made: end -->".
# usage: docs/walk.sh IOASIM
set -eo pipefail
ioasim=$(realpath "${1:?usage: docs/walk.sh IOASIM}")
cd "$(dirname "$0")/.."

number() # KEY OPTION...
{
	local key=$1
	shift
	"$ioasim" walk --caches off --format json "$@" 0x3f1234567000 |
		sed -n "s/^ *\"$key\": \\([0-9]*\\),*\$/\\1/p" | head -1
}

costs()
{
	echo '| nested tables | levels | page tables | all that is read | time at 85 ns |'
	echo '|---|---|---:|---:|---:|'
	while read -r name arch levels pasid; do
		options=(--arch "$arch" --nested --levels "$levels" --pasid "$pasid")
		printf '| %s | %s | %d | %d | %d ns |\n' "${name//_/ }" "$levels" \
			"$(number page_tables "${options[@]}")" \
			"$(number references "${options[@]}")" "$(number walk_ns "${options[@]}")"
	done <<- END
		VT-d vtd 4x4 5
		VT-d vtd 5x4 5
		VT-d vtd 5x5 5
		AMD-Vi,_GCR3_table_of_1_level amdvi 4x4 5
		AMD-Vi,_GCR3_table_of_2_levels amdvi 4x4 512
		AMD-Vi,_GCR3_table_of_3_levels amdvi 4x4 0x40000
		AMD-Vi,_GCR3_table_of_1_level amdvi 5x5 5
		SMMUv3,_one_table_of_CDs smmuv3 4x4 5
		SMMUv3,_CD_tables_of_2_levels smmuv3 4x4 64
	END
}

inside=0
while IFS= read -r line; do
	case $line in
	'<!-- made: end -->') inside=0 ;;
	'<!-- made: walk '*)
		typed=${line#<!-- made: walk }
		typed=${typed% -->}
		printf '%s\n\n```\n$ ioasim walk %s\n```\n\n' "$line" "$typed"
		# shellcheck disable=SC2086
		"$ioasim" walk $typed --format md
		echo
		inside=1
		;;
	'<!-- made: costs -->')
		printf '%s\n\n' "$line"
		costs
		echo
		inside=1
		;;
	esac
	[ $inside = 1 ] || printf '%s\n' "$line"
done < docs/walk.md
[ $inside = 0 ]
