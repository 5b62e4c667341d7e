#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs/uapi.md with its generated parts as they must be: the calls as the command tells them,
# and the scenarios that it quotes. A part stands between "<!-- made: calls -->",
# "<!-- made: iommufd calls -->", "<!-- made: generations -->" or
# "<!-- made: scenario NAME -->" and "<!-- made: end -->".
# usage: docs/uapi.sh IOASIM
set -eo pipefail
ioasim=$(realpath "${1:?usage: docs/uapi.sh IOASIM}")
cd "$(dirname "$0")/.."
inside=0
while IFS= read -r line; do
	case $line in
	'<!-- made: end -->') inside=0 ;;
	'<!-- made: calls -->')
		printf '%s\n\n' "$line"
		"$ioasim" uapi --format md
		echo
		inside=1
		;;
	'<!-- made: generations -->')
		printf '%s\n\n' "$line"
		"$ioasim" uapi --generations --format md
		echo
		inside=1
		;;
	'<!-- made: iommufd calls -->')
		printf '%s\n\n' "$line"
		"$ioasim" uapi --interface iommufd --format md
		echo
		inside=1
		;;
	'<!-- made: scenario '*)
		name=${line#<!-- made: scenario }
		printf '%s\n\n```yaml\n' "$line"
		cat "scenarios/${name% -->}.yaml"
		printf '```\n\n'
		inside=1
		;;
	esac
	[ $inside = 1 ] || printf '%s\n' "$line"
done < docs/uapi.md
[ $inside = 0 ]
