#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The scenarios of the uAPI: all of them on every architecture that they list, with each
# setting of the caches; then how the command tells of them. Prints TAP.
# usage: tests/check_scenarios.sh BUILD
build=${1:?usage: tests/check_scenarios.sh BUILD}
cd "$(dirname "$0")/.." || exit 1
ioasim=${IOASIM:-$build/ioasim}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

for caches in default off tiny large; do
	"$ioasim" check --tap --caches=$caches scenarios/*.yaml | sed "s/^\(not \)\{0,1\}ok [0-9]* - .*/& $caches/"
done

count=0
result() # HOLDS NAME [WHY]
{
	count=$((count + 1))
	if [ "$1" = 1 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		printf '%s\n' "$3" | head -20 | sed 's/^/# /'
	fi
}

# Runs the command; then status, out and err hold what came of it.
run()
{
	"$ioasim" check "$@" > "$scratch/out" 2> "$scratch/err" < /dev/null
	status=$?
	out=$(cat "$scratch/out")
	err=$(cat "$scratch/err")
}

# is NAME STATUS OUT ERR: what run() left; OUT and ERR are patterns of the whole text.
is()
{
	local holds=0
	# shellcheck disable=SC2053
	[ "$status" = "$2" ] && [[ $out == $3 ]] && [[ $err == $4 ]] && holds=1
	result $holds "$1" "status $status, expected $2
$out
$err"
}

listed=$(grep -h '^arch:' scenarios/*.yaml | grep -oE 'vtd|amdvi|smmuv3' | wc -l)
run scenarios/*.yaml
is 'every architecture that a scenario lists is run' 0 "$listed passed, 0 failed" ''
for arch in vtd amdvi smmuv3; do
	listed=$(grep -lE "^arch:.*\b$arch\b" scenarios/*.yaml | wc -l)
	run --arch=$arch scenarios/*.yaml
	is "on $arch alone, what lists it is run" 0 "$listed passed, 0 failed" ''
done
run -a amdvi scenarios/v1-vsva-host-table.yaml
is 'an architecture that no scenario lists is wrong usage' 2 '0 passed, 0 failed' \
	'ioasim: no scenario lists the architecture of --arch; see *'

# One that does not hold, on one of its architectures.
wrong=$scratch/v1-simple.yaml
sed 's/^  reaches: 0x40002010/  when: {amdvi: {reaches: 0x40002020}}\n&/' scenarios/v1-simple.yaml > "$wrong"
run "$wrong"
is 'a failure is told with its place, and the calls before it' 1 \
	"FAILED v1-simple (amdvi)
  $wrong:18:27: step 7: {dma: {dev: dev1, op: r, addr: 0x2010}, reaches: 0x40002020}
  expected reaches 0x40002020 of vm (pa 0x*20)
  happened reaches pa 0x*10
*  step 6: map: {fd: I, *} -> 0
*commands of this step: none
2 passed, 1 failed" ''
run --tap "$wrong"
is 'TAP has every run' 1 "TAP version 13
ok 1 - v1-simple (vtd)
not ok 2 - v1-simple (amdvi)
  ---
  file: \"$wrong\"
  line: 18
  column: 27
  step: 7
  doing: \"{dma: *
  more: |
    the last steps:
*  ...
ok 3 - v1-simple (smmuv3)
1..3
# 2 passed, 1 failed" ''
run --junit "$scratch/junit.xml" "$wrong"
xml=$(cat "$scratch/junit.xml")
holds=0
[[ $xml == *'<testsuite name="ioasim check" tests="3" failures="1">'* ]] &&
	[[ $xml == *'name="v1-simple (vtd)"/>'* ]] &&
	[[ $xml == *'name="v1-simple (amdvi)">'*'<failure message="expected reaches 0x40002020'*'the last steps:'*'</failure>'* ]] &&
	holds=1
result $holds 'JUnit has every run' "$xml"

# A slip anywhere is told, whatever the architecture that is run.
sed 's/^arch: .*/arch: [vtd, smmuv3]/; $a- mmio: {dev: dev2}\n  only: [smmuv3]' scenarios/v1-simple.yaml > "$wrong"
run --arch=vtd "$wrong" scenarios/free-idle.yaml
is 'what is malformed is not run, and what follows is' 3 '1 passed, 0 failed' \
	"ioasim: $wrong:*: 'dev2', expected a device that \`devices\` names"
sed 's/kind: ioasid/kind: iommufd/' scenarios/v1-simple.yaml > "$wrong"
run "$wrong"
is 'an iommufd takes none of the calls of /dev/ioasid' 1 '*0 passed, 3 failed' ''
cp scenarios/v1-simple.yaml "$scratch/other.yaml"
run "$scratch/other.yaml"
is 'a scenario has the name of its file' 3 '0 passed, 0 failed' \
	"ioasim: $scratch/other.yaml:1:7: name: 'v1-simple', expected the file's name"
run "$scratch/none.yaml"
is 'a file that is not there is an input error' 3 '0 passed, 0 failed' \
	"ioasim: $scratch/none.yaml: cannot be opened: No such file or directory"
gzip -c scenarios/v1-simple.yaml > "$scratch/v1-simple.yaml.gz"
run "$scratch/v1-simple.yaml.gz"
is 'a compressed scenario is read' 0 '3 passed, 0 failed' ''
"$ioasim" check - < scenarios/v1-simple.yaml > "$scratch/out" 2> "$scratch/err"
status=$? out=$(cat "$scratch/out") err=$(cat "$scratch/err")
is 'standard input is read as -' 0 '3 passed, 0 failed' ''
echo "1..$count"
