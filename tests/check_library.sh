#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The library as embedders meet it: symbols, headers, installation, examples. Prints TAP.
# usage: tests/check_library.sh BUILD
set -u
build=${1:?usage: tests/check_library.sh BUILD}
cd "$(dirname "$0")/.." || exit 1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cc=${CC:-gcc}
count=0

result() # STATUS NAME
{
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
	fi
}

# Functions that the public headers declare.
sed -n 's/^.*IOASIM_API.*\b\(ioasim_[a-z0-9_]*\)(.*/\1/p' include/ioasim/*.h | sort -u > "$scratch/declared"
grep -A1 'IOASIM_API[^(]*$' include/ioasim/*.h | sed -n 's/.*\b\(ioasim_[a-z0-9_]*\)(.*/\1/p' >> "$scratch/declared"
sort -u -o "$scratch/declared" "$scratch/declared"

nm -D --defined-only "$build/lib/libioasim.so" | awk '$3 !~ /^(__gcov|mangle_path)/ { print $3 }' | sort -u > "$scratch/shared"
diff "$scratch/declared" "$scratch/shared" | sed 's/^/# /'
cmp -s "$scratch/declared" "$scratch/shared"
result $? "the shared library exports what the public headers declare and nothing else"

nm --defined-only --extern-only "$build/lib/libioasim.a" | awk 'NF == 3 { print $3 }' | sort -u > "$scratch/static"
diff "$scratch/declared" "$scratch/static" | sed 's/^/# /'
cmp -s "$scratch/declared" "$scratch/static"
result $? "so does the static library"

readelf -d "$build/lib/libioasim.so" | grep -q 'SONAME.*\[libioasim\.so\.0\]'
result $? "the shared library has the soname libioasim.so.0"

nm --undefined-only "$build/lib/libioasim.a" |
	grep -E ' U (printf|fprintf|vfprintf|puts|fputs|perror|exit|abort|_exit|__printf_chk|__fprintf_chk|setlocale|signal|sigaction|stdout|stderr)$' |
	sed 's/^/# /' > "$scratch/undefined"
cat "$scratch/undefined"
[ ! -s "$scratch/undefined" ]
result $? "the library neither prints nor exits nor changes the process"

for header in include/ioasim/*.h; do
	name=ioasim/$(basename "$header")
	printf '#include <%s>\n#include <%s>\n' "$name" "$name" > "$scratch/alone.c"
	"$cc" -std=c11 -pedantic -Wall -Wextra -Werror -Iinclude -fsyntax-only "$scratch/alone.c"
	result $? "<$name> compiles alone, twice, as strict C11"
done

make -s install BUILD="$build" CC="$cc" DESTDIR="$scratch/image" PREFIX=/usr > "$scratch/log" 2>&1
result $? "make install with DESTDIR and PREFIX"
export PKG_CONFIG_PATH=$scratch/image/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$scratch/image
if command -v pkg-config > /dev/null; then
	# shellcheck disable=SC2046
	"$cc" -std=c11 examples/vmm.c -o "$scratch/vmm" $(pkg-config --cflags --libs ioasim) \
		-Wl,-rpath,"$scratch/image/usr/lib" && "$scratch/vmm" > "$scratch/vmm.out"
	result $? "what pkg-config says builds the example against the installed library"
	version=$(pkg-config --modversion ioasim)
	[ -n "$version" ] && [ "$version" = "$("$scratch/image/usr/bin/ioasim" --version | awk '{ print $NF }')" ]
	result $? "pkg-config and the installed command have the same version"
fi
# Completion: of a command, of its options, of an option's words.
complete_to() # EXPECTED WORD...
{
	bash -c '. "$1"; shift; expected=$1; shift; COMP_WORDS=(ioasim "$@"); COMP_CWORD=$#; COMPREPLY=()
		_ioasim 2> /dev/null; [[ " ${COMPREPLY[*]} " == *" $expected "* ]]' \
		_ "$scratch/image/usr/share/bash-completion/completions/ioasim" "$@"
}
complete_to vectors vec && complete_to --junit= vectors --ju && complete_to tiny vectors --caches = t
result $? "the installed completion knows commands, options and their words"
if command -v scdoc > /dev/null; then
	[ "$(find "$scratch/image/usr/share/man" -name '*.1' | wc -l)" = "$(find docs/man -name '*.scd' | wc -l)" ]
	result $? "every manual page is installed"
fi
make -s uninstall BUILD="$build" DESTDIR="$scratch/image" PREFIX=/usr > "$scratch/log" 2>&1
[ -z "$(find "$scratch/image" ! -type d)" ]
result $? "make uninstall leaves no file"

for example in "$build"/examples/*; do
	[ -x "$example" ] && [ -f "$example" ] || continue
	"$example" | sed 's/^\(ok\|not ok\|1\.\.\)/# \1/'
	[ "${PIPESTATUS[0]}" = 0 ]
	result $? "$(basename "$example") finds what it expects"
done

echo "1..$count"
