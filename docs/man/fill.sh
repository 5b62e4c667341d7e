#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Puts the options of a command where a manual page says @OPTIONS command@.
# usage: docs/man/fill.sh IOASIM < page.scd
set -eo pipefail
ioasim=${1:?usage: docs/man/fill.sh IOASIM < page.scd}
while IFS= read -r line; do
	case $line in
	'@OPTIONS '*@)
		command=${line#@OPTIONS }
		# shellcheck disable=SC2086
		"$ioasim" ${command%@} --dump-options=man
		;;
	*) printf '%s\n' "$line" ;;
	esac
done
