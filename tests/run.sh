#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs every test of a build directory and, if one is given, those of a build with sanitizers.
# usage: tests/run.sh BUILD [SANITIZED-BUILD]
#
# A test is a program that prints TAP (cmocka does when asked). Each has a time limit. A
# program that dies, prints fewer results than its plan, or none at all, counts as a failure.
# Environment: JOBS (default: processors), ONLY (a pattern of names to run).
set -u

build=${1:?usage: tests/run.sh BUILD [SANITIZED-BUILD]}
sanitized=${2:-}
jobs=${JOBS:-$(nproc)}
only=${ONLY:-*}
cd "$(dirname "$0")/.." || exit 1
out=$build/check
rm -rf "$out"
mkdir -p "$out"

# Runs one test: "LABEL<tab>SECONDS<tab>COMMAND". Leaves LABEL.log and LABEL.result.
run_one()
{
	IFS=$'\t' read -r label limit command <<< "$1"
	local log="$OUT/$label.log" start=$SECONDS passed failed skipped planned status=0

	timeout -k 10 "$limit" bash -c "$command" > "$log" 2>&1 < /dev/null || status=$?
	# cmocka marks a skipped test "not ok 1 # SKIP name".
	skipped=$(grep -Ec '^(not )?ok .*# SKIP' "$log")
	passed=$(grep -E '^ok( |$)' "$log" | grep -vc '# SKIP')
	failed=$(grep -E '^not ok( |$)' "$log" | grep -vc '# SKIP')
	planned=$(awk -F'[.][.]' '/^1[.][.][0-9]+/ { n += $2 } END { print n + 0 }' "$log")
	if [ "$status" = 124 ] || [ "$status" = 137 ]; then
		echo "not ok - stopped after $limit seconds" >> "$log"
		failed=$((failed + 1))
	elif [ "$status" != 0 ] && [ "$failed" = 0 ]; then
		echo "not ok - ended with status $status" >> "$log"
		failed=1
	elif [ $((passed + failed + skipped)) != "$planned" ]; then
		echo "not ok - $((passed + failed + skipped)) results, $planned planned" >> "$log"
		failed=$((failed + 1))
	elif [ "$planned" = 0 ]; then
		echo "not ok - no test was run" >> "$log"
		failed=1
	fi
	echo "$passed $failed $skipped $((SECONDS - start))" > "$OUT/$label.result"
}
export -f run_one
export UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=detect_stack_use_after_return=1
export OUT=$out CMOCKA_MESSAGE_OUTPUT=TAP LC_ALL=C
export IOASIM=$build/ioasim BUILD=$build

# Address space randomisation of some kernels is more than AddressSanitizer of gcc 12 bears.
fixed=
setarch -R true 2> /dev/null && fixed='setarch -R '

list=$out/list
add() # LABEL SECONDS COMMAND
{
	# shellcheck disable=SC2254
	case $1 in
	$only) printf '%s\t%s\t%s\n' "$1" "$2" "$3" >> "$list" ;;
	esac
}

memcheck='valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite'
# The longest first, so that they do not stand alone at the end.
for test in tests/test_*.c; do
	name=$(basename "$test" .c)
	add "memcheck-${name#test_}" 600 "$memcheck $build/tests/$name"
done
for test in tests/test_*.c; do
	name=$(basename "$test" .c)
	add "${name#test_}" 300 "$build/tests/$name"
	[ -z "$sanitized" ] || add "sanitize-${name#test_}" 300 "$fixed$sanitized/tests/$name"
done
# Programs in front of which the model stands, without a machine and on each.
for machine in none viommu vtd amdvi smmuv3; do
	name=preload program=test_preload_machine with="IOASIM_MACHINE=tests/preload/$machine.yaml "
	if [ "$machine" = none ]; then
		program=test_preload with=
	elif [ "$machine" = viommu ]; then
		name=preload-viommu program=test_preload_viommu with=
	else
		name=preload-$machine
	fi
	loaded="${with}LD_PRELOAD=$build/lib/libioasim-preload.so"
	add "$name" 300 "$loaded $build/preload/$program"
	add "memcheck-$name" 600 "$loaded $memcheck $build/preload/$program"
	[ -z "$sanitized" ] || add "sanitize-$name" 300 "${with}ASAN_OPTIONS=verify_asan_link_order=0 \
		LD_PRELOAD=$sanitized/lib/libioasim-preload.so $fixed$sanitized/preload/$program"
done
# Drivers that are broken on purpose, and the one that is not.
for fault in $(sed -n 's/^\tBROKEN_\([A-Z_]*\),.*/\1/p' src/model/broken.h); do
	name=broken-$(tr '[:upper:]_' '[:lower:]-' <<< "$fault")
	add "$name" 300 "$build/broken/$fault/test"
	[ -z "$sanitized" ] || add "sanitize-$name" 300 "$fixed$sanitized/broken/$fault/test"
done
for script in tests/check_*.sh; do
	name=$(basename "$script" .sh)
	add "${name#check_}" 600 "bash $script $build"
done
[ -z "$sanitized" ] || for fuzz in tests/fuzz/fuzz_*.c; do
	name=$(basename "$fuzz" .c)
	runs=${FUZZ_CHECK_RUNS:-5000}
	# Its programs are judged at each step.
	[ "$name" = fuzz_iommufd ] && runs=$((runs * 2 / 5))
	add "fuzz-${name#fuzz_}" 300 "$fixed$sanitized/fuzz/$name --tap -n $runs -s 1"
done
# The command once more, where every wrong access is seen.
[ -z "$sanitized" ] || for check in vectors scenarios recordings cli; do
	add "sanitize-$check" 600 "IOASIM=$sanitized/ioasim ${fixed}bash tests/check_$check.sh $sanitized"
done

[ -s "$list" ] || { echo "tests/run.sh: no test matches '$only'" >&2; exit 1; }
tr '\n' '\0' < "$list" | xargs -0 -P "$jobs" -I'{}' bash -c 'run_one "$1"' _ '{}'

total_passed=0 total_failed=0 total_skipped=0
while IFS=$'\t' read -r label _; do
	if ! read -r passed failed skipped seconds < "$out/$label.result"; then
		passed=0 failed=1 skipped=0 seconds=0
	fi
	total_passed=$((total_passed + passed))
	total_failed=$((total_failed + failed))
	total_skipped=$((total_skipped + skipped))
	printf '%-28s %6d passed' "$label" "$passed"
	[ "$failed" = 0 ] || printf ', %d FAILED' "$failed"
	[ "$skipped" = 0 ] || printf ', %d skipped' "$skipped"
	printf '  (%d s)\n' "$seconds"
	[ "$failed" = 0 ] || grep -E -A12 '^not ok|ERROR:|runtime error' "$out/$label.log" | grep -v '# SKIP' | head -60 | sed 's/^/    /'
done < "$list"
echo
if [ "$total_skipped" = 0 ]; then
	echo "$total_passed passed, $total_failed failed"
else
	echo "$total_passed passed, $total_failed failed, $total_skipped skipped"
fi
[ "$total_failed" = 0 ] && [ "$total_passed" -gt 0 ]
