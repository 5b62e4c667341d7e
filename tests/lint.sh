#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What can be seen without running anything. Optional tools are used where they are
# installed: clang-format, cppcheck, clang-tidy, codespell, shellcheck, mandoc.
set -u
cd "$(dirname "$0")/.." || exit 1
cc=${CC:-gcc}
failed=0
sources=$(git ls-files '*.c' '*.h')
scripts="$(git ls-files '*.sh') .ci/run .ci/deps"
flags='-std=gnu11 -D_GNU_SOURCE -Iinclude -Isrc -Isim -Itests'

report() # NAME OUTPUT
{
	if [ -n "$2" ]; then
		printf '%s:\n%s\n' "$1" "$2"
		failed=1
	else
		echo "$1: well"
	fi
}
have()
{
	command -v "$1" > /dev/null 2>&1 || { echo "$1: not installed, left out"; return 1; }
}

if have clang-format; then
	# shellcheck disable=SC2086
	report layout "$(clang-format --dry-run $sources 2>&1 | grep 'warning:' | head -20)"
fi

report 'headers alone' "$(for header in $(git ls-files '*.h'); do
	case $header in
	# Included after a format has been defined, by design.
	*_template.h) continue ;;
	esac
	# shellcheck disable=SC2086
	printf '#include "%s"\n' "$PWD/$header" | $cc $flags -Wall -Wextra -fsyntax-only -x c - 2>&1 |
		grep -E 'error|warning' | sed "s|^|$header: |" | head -3
done)"

# Arrows point down only: who may include whom.
includes() # FOLDER FORBIDDEN-PATTERN
{
	[ ! -d "$1" ] || grep -rnE --include='*.[ch]' "^#include +[<\"]($2)" "$1"
}
# Files in a folder see their neighbours under bare names; those say nothing here.
report layers "$(
	includes src/model '(\.\./)?(vtd|amdvi|smmuv3|sim)/'
	includes src/vtd '(\.\./)?(amdvi|smmuv3|sim)/'
	includes src/amdvi '(\.\./)?(vtd|smmuv3|sim)/'
	includes src/smmuv3 '(\.\./)?(vtd|amdvi|sim)/'
	includes sim '(\.\./)*(src/)?(vtd|amdvi|smmuv3)/'
	includes include '(\.\./)?(model|vtd|amdvi|smmuv3|sim)/'
	includes examples '(model|vtd|amdvi|smmuv3|sim)/'
)"

# An extern in a .c file hides a contract; src/archs.c's table stands in a header.
report 'extern in .c' "$(git grep -nE '^extern ' -- 'src/*.c' 'sim/*.c')"
report 'mutable globals' "$(for object in build/obj/src/*.o build/obj/src/*/*.o; do
	[ ! -f "$object" ] || objdump -t "$object" |
		awk -v o="$object" '$3 == "O" && $4 ~ /^(\.data|\.bss|\*COM\*)$/ { print o ": " $NF }'
done)"
report 'first line' "$(for file in $sources $scripts Makefile; do
	head -2 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$file: no SPDX line"
done)"
report 'size of files' "$(for file in $sources; do
	lines=$(wc -l < "$file")
	[ "$lines" -le 700 ] || echo "$file: $lines lines, at most 700"
done)"
report 'left open' "$(git grep -nE '\b(TODO|FIXME|XXX|HACK)\b' -- '*.c' '*.h' '*.md' ':!tests/lint.sh')"

if have cppcheck; then
	# It stumbles over <sys/queue.h> and ?: of structures; the memory of cache.c is kept through
	# memcpy(); and a negative number shifts as gcc and clang define it.
	# shellcheck disable=SC2086
	report cppcheck "$(cppcheck -q --std=c11 --enable=warning,portability --inline-suppr -Iinclude -Isrc -Isim \
		-D_GNU_SOURCE --suppress=missingIncludeSystem --suppress=memleak:src/model/cache.c \
		--suppress=syntaxError --suppress=internalAstError --suppress=shiftTooManyBitsSigned --template='{file}:{line}: {message} [{id}]' \
		-j "$(nproc)" src sim examples 2>&1 | grep -v '^nofile' | head -20)"
fi
if have clang-tidy && [ -n "${LINT_TIDY:-}" ]; then
	# shellcheck disable=SC2086,SC2046
	report clang-tidy "$(clang-tidy --quiet --checks='-*,bugprone-*,clang-analyzer-*,-bugprone-easily-swappable-parameters,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling' \
		$(git ls-files 'src/*.c' 'sim/*.c') -- $flags 2> /dev/null | grep -E 'warning:|error:' | head -20)"
fi
if have codespell; then
	report spelling "$(git ls-files '*.c' '*.h' '*.md' '*.sh' '*.scd' | xargs codespell --ignore-words-list=valeu,inout,ot,te,tes,fo,nd,als,ser,mis,parm,fro,ue,ist,hist,vas,kernal 2>&1 | head -20)"
fi
if have shellcheck; then
	# shellcheck disable=SC2086
	report shellcheck "$(shellcheck -S warning $scripts 2>&1 | head -30)"
fi
if have mandoc && [ -d build/man ]; then
	report 'man pages' "$(mandoc -T lint -W warning build/man/* 2>&1 | grep -vE 'referenced manual not found|skipping paragraph macro' | head)"
fi
exit $failed
