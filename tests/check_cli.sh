#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The command as people and programs meet it: help, messages, exit statuses, streams.
# Prints TAP.
# usage: tests/check_cli.sh BUILD
build=${1:?usage: tests/check_cli.sh BUILD}
cd "$(dirname "$0")/.." || exit 1
ioasim=${IOASIM:-$build/ioasim}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
count=0
vectors=tests/vectors
one=vtd-nest-s1-000001-0011

result() # HOLDS NAME [WHY]
{
	count=$((count + 1))
	if [ "$1" = 1 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		printf '%s\n' "$3" | sed 's/^/# /'
	fi
}

# Runs the command; then status, out and err hold what came of it.
run()
{
	"$ioasim" "$@" > "$scratch/out" 2> "$scratch/err" < /dev/null
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
standard output: ${out:0:600}
standard error: ${err:0:600}"
}

# ---- Help ---------------------------------------------------------------------------

run --help
is 'help lists the commands on standard output' 0 'usage: ioasim COMMAND*vectors*walk*' ''
run -h
is 'help has a short form' 0 'usage: ioasim COMMAND*' ''
run --version
is 'the version is printed' 0 "ioasim $(sed -n 's/.*IOASIM_VERSION "\(.*\)"/\1/p' include/ioasim/version.h)" ''
commands=$("$ioasim" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
for command in $commands; do
	run "$command" --help
	is "$command has help" 0 "usage: ioasim $command *" ''
	run "$command" --no-such-option
	is "$command refuses an unknown option" 2 '' 'ioasim: unknown *--no-such-option*'
done

# ---- Wrong usage -----------------------------------------------------------------------

run
is 'a command is expected' 2 '' "ioasim: command expected; see 'ioasim --help'"
run vectros
is 'a mistyped command is answered with the nearest' 2 '' \
	"ioasim: unknown command 'vectros' (did you mean 'vectors'?); see 'ioasim --help'"
run vectors --tpa x
is 'a mistyped option is answered with the nearest' 2 '' \
	"ioasim: unknown option '--tpa' (did you mean '--tap'?); see 'ioasim vectors --help'"
run vectors
is 'vectors expects files' 2 '' "ioasim: FILE... expected; see 'ioasim vectors --help'"
run vectors --caches=of $vectors/vtd-qi.vec.yaml.gz
is 'a mistyped choice is answered with the nearest' 2 '' \
	"*'of', expected default, off, tiny, large (did you mean 'off'?)*"
run walk --vector=a:b --trace=c
is 'options that exclude each other are refused' 2 '' '*--vector cannot stand beside --trace*'
run walk --trace=c --step=1
is 'an option without effect is refused' 2 '' '*--step has no effect without --vector*'
run walk
is 'walk expects a translation' 2 '' "*--vector or --trace expected*"

# ---- vectors ---------------------------------------------------------------------------

run vectors $vectors/vtd-qi.vec.yaml.gz $vectors/vtd-legacy.vec.yaml.gz
is 'vectors that hold are counted and not listed' 0 '[1-9]* passed, 0 failed' ''
run vectors --only "$one" --tap $vectors/vtd-nest.vec.yaml.gz
is 'vectors can be picked by name, and told in TAP' 0 "TAP version 13
ok 1 - $one
1..1
# 1 passed, 0 failed" ''
run vectors --only 'nothing*' $vectors/vtd-qi.vec.yaml.gz
is 'a pattern that matches no vector is wrong usage' 2 '0 passed, 0 failed' '*no vector matches --only*'
run vectors --list --only "$one" $vectors/vtd-nest.vec.yaml.gz
is 'vectors can be listed' 0 "$vectors/vtd-nest.vec.yaml.gz:$one" ''

cat > "$scratch/wrong.yaml" << 'YAML'
---
name: holds
arch: vtd
steps: [{dma: r, rid: 0x8, addr: 0x1234, pa: 0x1234}]
---
name: <fails> & "tells"
arch: vtd
steps:
- {mw64: [0x8, 0x5]}
- {mr64: [0x8, 0x4]}
---
name: unknown
arch: vtd
steps: [{dna: r}]
---
name: elsewhere
arch: riscv
steps: [{w32: [0x0, 0x0]}]
---
name: holds
arch: vtd
steps: [{w32: [0x0, 0x0]}]
YAML
run vectors "$scratch/wrong.yaml"
is 'a failed vector is told with place, expectation and outcome' 1 "FAILED <fails> & \"tells\"
  $scratch/wrong.yaml:10:3: step 2: mr64 at 0x8
  expected 0x4
  happened 0x5 (wrong bits 0x1)
FAILED unknown
  $scratch/wrong.yaml:12:1
  not a vector: $scratch/wrong.yaml:14:9: unknown step 'dna', expected one of *
FAILED elsewhere
  $scratch/wrong.yaml:16:1
  architecture 'riscv' is not in this build
FAILED holds
  $scratch/wrong.yaml:20:1
  the name stands twice in the file, expected once
1 passed, 4 failed" ''
run vectors --tap --junit "$scratch/junit.xml" "$scratch/wrong.yaml"
is 'TAP tells failures as YAML' 1 "TAP version 13
ok 1 - holds
not ok 2 - <fails> & \"tells\"
  ---
  file: \"$scratch/wrong.yaml\"
  line: 10
  column: 3
  step: 2
  doing: \"mr64 at 0x8\"
  expected: \"0x4\"
  happened: \"0x5 (wrong bits 0x1)\"
  ...
not ok 3 - unknown*1..5
# 1 passed, 4 failed" ''
out=$(cat "$scratch/junit.xml") status=0 err=
is 'JUnit counts and quotes' 0 "*<testsuite name=\"ioasim vectors\" tests=\"5\" failures=\"4\">*
  <testcase classname=\"$scratch/wrong.yaml\" name=\"holds\"/>*
*name=\"&lt;fails&gt; &amp; &quot;tells&quot;\">*<failure message=\"expected 0x4, happened 0x5*</testsuite>" ''

run vectors "$scratch/none.yaml"
is 'a file that is not there is an input error' 3 '0 passed, 0 failed' \
	"ioasim: $scratch/none.yaml: cannot be opened: No such file or directory"
printf 'name: [x\n' > "$scratch/broken.yaml"
run vectors "$scratch/broken.yaml" "$scratch/wrong.yaml"
is 'a malformed file is told with its place, and the others are run' 3 '*1 passed, 4 failed' \
	"ioasim: $scratch/broken.yaml:2:1: not YAML: *"
: > "$scratch/empty.yaml"
run vectors "$scratch/empty.yaml"
is 'an empty file is no success' 3 '0 passed, 0 failed' "*empty.yaml: empty, expected vectors"
head -c 3000 $vectors/vtd-qi.vec.yaml.gz > "$scratch/cut.gz"
run vectors "$scratch/cut.gz"
is 'a cut file is an input error' 3 '*' '*cut.gz: cannot be read: damaged, cut or an I/O error'
run vectors "$scratch"
is 'a directory is an input error' 3 '*' 'ioasim: *'

for caches in default off tiny large; do
	run vectors --caches=$caches $vectors/*.vec.yaml.gz
	is "every vector holds with caches: $caches" 0 '[1-9]* passed, 0 failed' ''
done

# ---- walk -------------------------------------------------------------------------------

run walk --vector "$vectors/vtd-nest.vec.yaml.gz:$one"
is 'walk explains a nested translation' 0 "vector $one, step 5*
*scalable-mode root entry*PASID table entry*PGTT=0x3*the second stage says where*-> nothing*
*ended with an abort*cause: stage 1 has no translation; code 0x71 (SFS.2)*FR=0x71 (fault reason)*
*cost: 12 references = 2 of the device's tables + 2 of the PASID's + 8 of page tables*
*expected: fault 0x71 (SFS.2)" ''
run walk --vector "$vectors/vtd-nest.vec.yaml.gz:${one}x"
is 'walk names the nearest vector' 3 '' "*no vector '${one}x' (did you mean '$one'?)"
run walk --vector "$vectors/vtd-nest.vec.yaml.gz:$one" --step 1
is 'walk refuses a step that translates nothing' 2 '' '*step 1 is no dma or ats step*'
run walk --vector "$scratch/wrong.yaml:<fails> & \"tells\""
is 'walk wants a vector that translates' 2 '' '*the vector has no dma or ats step*'
run walk --vector "$vectors/amdvi-nested.vec.yaml.gz:amdvi-ats-ok-999-0003"
is 'walk explains a nested translation of AMD-Vi' 0 "*on AMD-Vi*device table entry*GCR3*
*goes on at PA 0x3d9e37cd64680; page of 4 KiB, rights r
*cost: 30 references = 1 of the device's tables + 1 of the PASID's + 4 of the host table to find these + 24 of page tables*" ''
run walk --vector "$vectors/smmuv3-nested.vec.yaml.gz:smmuv3-nested-concat-000022"
is 'walk explains a nested translation of SMMUv3' 0 "*on Arm SMMUv3*
*goes on at PA 0x19c5e9e920; page of 4 KiB, rights rwx
*cost: 20 references = 1 of the device's tables + 1 of the PASID's + 3 of stage 2 to find these + 15 of page tables*" ''
run walk --trace traces/smmuv3-mix-strict.log.gz --dma 20 --set caches=off
is 'walk explains a translation of an SMMUv3 trace' 0 "*goes on at PA *
*cost: 7 references = 2 of the device's tables + 1 of the PASID's + 4 of page tables*
*recorded: pa *, perm *" ''
run walk --trace traces/amdvi-mix-strict.log.gz --dma 20 --set caches=off
is 'walk explains a translation of an AMD-Vi trace' 0 "*device table entry*goes on at PA *
*cost: 4 references = 1 of the device's tables + 3 of page tables*
*recorded: pa *" ''
run walk --trace traces/vtdsm-sriov-strict.log.gz --dma 3
is 'walk explains a translation of a trace' 0 "trace *, record 287*SS-PTE*a page of 4 KiB*
*goes on at PA 0x102435000; page of 4 KiB, rights rw
*recorded: pa 0x102435000, size 0x1000, perm rw" ''
run walk --trace traces/vtdsm-sriov-strict.log.gz --dma 3 --set caches=off
is 'walk takes machine keys' 0 '*scalable-mode root entry*PASID table entry*' ''
run walk --trace traces/vtdsm-sriov-strict.log.gz --record 1
is 'walk refuses a record that translates nothing' 2 '' '*record 1 is no DMA*'

# ---- Streams -----------------------------------------------------------------------------

zcat $vectors/vtd-qi.vec.yaml.gz | "$ioasim" vectors - > "$scratch/out" 2> "$scratch/err"
status=$? out=$(cat "$scratch/out") err=$(cat "$scratch/err")
is 'standard input is read as -' 0 '[1-9]* passed, 0 failed' ''
"$ioasim" vectors - > "$scratch/out" 2> "$scratch/err" <&-
status=$? out=$(cat "$scratch/out") err=$(cat "$scratch/err")
is 'a closed standard input is an input error' 3 '*' 'ioasim: standard input: *'
"$ioasim" vectors $vectors/vtd-qi.vec.yaml.gz 2> "$scratch/err" >&-
status=$? out='' err=$(cat "$scratch/err")
is 'a closed standard output is an output error' 4 '' \
	'ioasim: standard output: cannot be written: Bad file descriptor'
"$ioasim" vectors $vectors/vtd-qi.vec.yaml.gz 2>&- > "$scratch/out"
status=$? out=$(cat "$scratch/out") err=''
is 'a closed standard error changes nothing' 0 '[1-9]* passed, 0 failed' ''
if [ -w /dev/full ]; then
	for arguments in --help --version 'vectors --help' "vectors $vectors/vtd-qi.vec.yaml.gz" \
		"walk --vector $vectors/vtd-nest.vec.yaml.gz:$one"; do
		# shellcheck disable=SC2086
		"$ioasim" $arguments > /dev/full 2> "$scratch/err"
		status=$? out='' err=$(cat "$scratch/err")
		is "a full standard output is an output error: ${arguments%% *}" 4 '' \
			'ioasim: standard output: cannot be written: *'
	done
	run walk --vector "$vectors/vtd-nest.vec.yaml.gz:$one" -o /dev/full
	is 'a full device is an output error' 4 '' \
		'ioasim: /dev/full: cannot be written: No space left on device'
fi
run vectors --junit "$scratch/none/junit.xml" $vectors/vtd-qi.vec.yaml.gz
is 'a report that cannot be written is an output error' 4 '' \
	"ioasim: $scratch/none/junit.xml: cannot be written: No such file or directory"
echo old > "$scratch/kept"
run walk --vector "$scratch/wrong.yaml:unknown" -o "$scratch/kept"
holds=0
[ "$status" = 3 ] && [ "$(cat "$scratch/kept")" = old ] && holds=1
result $holds 'an old output stays where there is no new one' "$(ls "$scratch")"
holds=1
for file in "$scratch"/kept.* "$scratch"/junit.xml.*; do
	[ -e "$file" ] && holds=0
done
result $holds 'no temporary file is left' "$(ls "$scratch")"
run vectors --progress=always $vectors/vtd-qi.vec.yaml.gz
is 'progress is on standard error where it is asked for' 0 '[1-9]* passed, 0 failed' 'vectors: 1 run*'
run vectors --progress=never $vectors/vtd-qi.vec.yaml.gz
is 'progress can be off' 0 '[1-9]* passed, 0 failed' ''

# ---- Made of the tables --------------------------------------------------------------------

"$ioasim" --dump-options=bash > "$scratch/words"
holds=1
for command in $commands; do
	grep -q "^	'$command" "$scratch/words" || holds=0
done
result $holds 'the completion knows every command' "$(cat "$scratch/words")"
if [ -r "$build/ioasim.bash" ]; then
	complete_words() # WORD...
	{
		bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ioasim
			printf "%s\n" "${COMPREPLY[@]}"' "$build/ioasim.bash" "$@"
	}
	status=0 err='' out=$(complete_words ioasim vec)
	is 'a command is completed' 0 'vectors' ''
	out=$(complete_words ioasim vectors --t)
	is 'an option is completed' 0 '--tap' ''
	out=$(complete_words ioasim vectors --caches = o)
	is 'a choice is completed' 0 'off' ''
fi

echo "1..$count"
