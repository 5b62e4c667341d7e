/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machines: where values come from, what is refused and with which words, and that
 * a dumped machine loads to the same machine.
 */
#include "cmd.h"
#include "machine.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

/* A machine file of this content, and what loading it says on standard error. */
struct attempt {
	char path[64];
	char said[1024];
	struct machine machine;
	int status;
};

static void write_file(char path[64], const char *text)
{
	FILE *file;
	int fd;

	snprintf(path, 64, "/tmp/ioasim-machine-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	file = fdopen(fd, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void load(struct attempt *attempt, const char *yaml, struct machine_source source)
{
	FILE *stream = tmpfile();
	struct message message;
	size_t length;

	memset(attempt, 0, sizeof(*attempt));
	assert_non_null(stream);
	message_init(&message, stream);
	if (yaml) {
		write_file(attempt->path, yaml);
		source.path = attempt->path;
	}
	attempt->status = machine_load(&attempt->machine, &source, &message);
	rewind(stream);
	length = fread(attempt->said, 1, sizeof(attempt->said) - 1, stream);
	attempt->said[length] = '\0';
	fclose(stream);
	if (yaml)
		unlink(attempt->path);
}

static void assert_said(const struct attempt *attempt, const char *words)
{
	if (strstr(attempt->said, words))
		return;
	print_error("said: %s\nexpected: %s\n", attempt->said, words);
	fail();
}

static uint64_t capability(const struct machine *machine, const char *name)
{
	for (unsigned i = 0; ioasim_capability_name(machine->arch->name, i); i++)
		if (strcmp(ioasim_capability_name(machine->arch->name, i), name) == 0)
			return machine->unit.capability[i];
	fail_msg("no capability %s", name);
	return 0;
}

/* ---- Values ----------------------------------------------------------------------- */

static void a_file_sets_every_sort_of_key(void **state)
{
	struct attempt a;

	(void)state;
	load(&a,
	     "arch: vtd\n"
	     "capabilities: {cap: 0x80d2008c222f0606}\n"
	     "caches:\n"
	     "  iotlb: {entries: 96, ways: 6, policy: random, seed: 7, latency_ns: 2.5}\n"
	     "  device: off\n"
	     "memory:\n"
	     "  - {base: 0, size: 2G}\n"
	     "  - {base: 4G, size: 0x40000000}\n"
	     "driver: {policy: lazy, deadline_ns: 5ms, threshold: 3, large_pages: no, stage: 1,"
	     " legacy: true, granule: 16k}\n"
	     "timing:\n"
	     "  model: events\n"
	     "  memory_ns: 72.25ns\n"
	     "  command_ns: 1us\n"
	     "  request: {arrival: closed, outstanding: 25, in_order: no, base_ns: 487.5}\n"
	     "  walk: {walkers: 6, pending: 32, merge: off, miss_ns: 14ns}\n"
	     "  command: {wait: interrupt, drain: no, poll_ns: 250ps}\n"
	     "  memory_cache: {entries: 96, ways: 3, hit_ns: 20}\n",
	     (struct machine_source){0});
	assert_int_equal(a.status, 0);
	assert_string_equal(a.said, "");
	assert_int_equal(capability(&a.machine, "cap"), 0x80d2008c222f0606);
	assert_int_equal(a.machine.unit.cache[IOASIM_CACHE_IOTLB].entries, 96);
	assert_int_equal(a.machine.unit.cache[IOASIM_CACHE_IOTLB].ways, 6);
	assert_int_equal(a.machine.unit.cache[IOASIM_CACHE_IOTLB].policy, IOASIM_POLICY_RANDOM);
	assert_int_equal(a.machine.unit.cache[IOASIM_CACHE_IOTLB].seed, 7);
	assert_int_equal(a.machine.unit.cache[IOASIM_CACHE_DEVICE].entries, 0);
	assert_int_equal(a.machine.window[0].size, UINT64_C(2) << 30);
	assert_int_equal(a.machine.window[1].base, UINT64_C(4) << 30);
	assert_int_equal(a.machine.window[1].size, UINT64_C(1) << 30);
	assert_int_equal(a.machine.driver.policy, DRIVER_LAZY);
	assert_int_equal(a.machine.driver.lazy_deadline_ns, 5000000);
	assert_int_equal(a.machine.driver.lazy_threshold, 3);
	assert_true(a.machine.driver.no_large_pages);
	assert_true(a.machine.driver.stage1);
	assert_true(a.machine.driver.legacy);
	assert_int_equal(a.machine.driver.granule_lg2, 14);
	assert_int_equal(a.machine.timing.model, MACHINE_EVENTS);
	assert_int_equal(a.machine.timing.command_ps, 1000000);
	assert_int_equal(a.machine.timing.events.reference_ps, 72250);
	assert_int_equal(a.machine.timing.events.arrival, TIMING_CLOSED);
	assert_int_equal(a.machine.timing.events.outstanding, 25);
	assert_false(a.machine.timing.events.in_order);
	assert_int_equal(a.machine.timing.events.base_ps, 487500);
	assert_int_equal(a.machine.timing.events.walkers, 6);
	assert_int_equal(a.machine.timing.events.pending, 32);
	assert_false(a.machine.timing.events.merge);
	assert_int_equal(a.machine.timing.events.miss_ps, 14000);
	assert_int_equal(a.machine.timing.events.wait, TIMING_INTERRUPT);
	assert_false(a.machine.timing.events.drain);
	assert_int_equal(a.machine.timing.events.poll_ps, 250);
	assert_int_equal(a.machine.timing.events.lines.entries, 96);
	assert_int_equal(a.machine.timing.events.lines.ways, 3);
	assert_int_equal(a.machine.timing.events.line_hit_ps, 20000);
	assert_int_equal(a.machine.timing.events.lookup_ps[IOASIM_CACHE_IOTLB], 2500);
}

static void set_comes_after_the_file_and_the_file_after_the_trace(void **state)
{
	const char *const sets[] = {"caches=off", "caches.iotlb.entries=32",
				    "capabilities.ecap=0xf00f4a"};
	struct trace_meta meta = {.arch = "vtd"};
	struct attempt a;

	(void)state;
	assert_int_equal(trace_meta_set(&meta, "cap.cap", "0x80d2008c222f0606"), 0);
	assert_int_equal(trace_meta_set(&meta, "cap.ecap", "0x1"), 0);
	assert_int_equal(trace_meta_set(&meta, "cap.nothing", "0x1"), 0);
	load(&a, "capabilities: {ecap: 2}\n",
	     (struct machine_source){.meta = &meta, .set = sets, .sets = 3});
	assert_int_equal(a.status, 0);
	assert_int_equal(capability(&a.machine, "cap"), 0x80d2008c222f0606);
	assert_int_equal(capability(&a.machine, "ecap"), 0xf00f4a);
	assert_int_equal(a.machine.unit.cache[IOASIM_CACHE_IOTLB].entries, 32);
	assert_int_equal(a.machine.unit.cache[IOASIM_CACHE_DEVICE].entries, 0);
	trace_meta_fini(&meta);
}

static void capabilities_of_another_architecture_are_not_taken(void **state)
{
	struct trace_meta meta = {.arch = "smmuv3"};
	struct attempt a, plain;

	(void)state;
	assert_int_equal(trace_meta_set(&meta, "cap.cap", "0x1"), 0);
	load(&a, NULL, (struct machine_source){.meta = &meta, .arch = "vtd"});
	load(&plain, NULL, (struct machine_source){.arch = "vtd"});
	assert_int_equal(a.status, 0);
	assert_int_equal(capability(&a.machine, "cap"), capability(&plain.machine, "cap"));
	trace_meta_fini(&meta);
}

static void windows_of_a_file_replace_the_default_ones(void **state)
{
	struct attempt a;

	(void)state;
	load(&a, "memory:\n  - {base: 1G, size: 1G}\n", (struct machine_source){0});
	assert_int_equal(a.status, 0);
	assert_int_equal(a.machine.window[0].base, UINT64_C(1) << 30);
	assert_int_equal(a.machine.window[1].size, 0);
}

/* ---- What is refused ----------------------------------------------------------------- */

struct refusal {
	const char *yaml;
	const char *at; /* line and column */
	const char *words;
};

static const struct refusal refusals[] = {
	{"cache:\n  iotlb: off\n", ":1:1: ", "unknown key 'cache' (did you mean 'caches'?)"},
	{"caches:\n  iotbl: {entries: 4}\n",
	 ":2:11: ", "unknown key 'caches.iotbl.entries' (did you mean 'caches.iotlb.entries'?)"},
	{"caches:\n  iotlb:\n    entris: 4\n", ":3:5: ", "(did you mean 'caches.iotlb.entries'?)"},
	{"caches: on\n", ":1:9: ", "'on' is not what was expected: off, or a map"},
	{"caches: {iotlb: {policy: lfu}}\n", ":1:26: ", "lru, plru, fifo or random"},
	{"caches: {iotlb: {entries: many}}\n", ":1:27: ", "a number"},
	{"caches: {iotlb: {entries: 4294967296}}\n", ":1:27: ", "at most 32 bits"},
	{"caches: {iotlb: {entries: 10, ways: 4}}\n", ": ", "10 entries are not a multiple of 4"},
	{"driver: {policy: eager}\n", ":1:18: ", "strict or lazy"},
	{"driver: {legacy: perhaps}\n", ":1:18: ", "true or false"},
	{"driver: {granule: 12k}\n", ":1:19: ", "a power of two such as 16k, or 0"},
	{"driver: {granule: 1}\n", ":1:19: ", "a power of two such as 16k, or 0"},
	{"timing: {walkers: 4}\n", ":1:10: ", "unknown key 'timing.walkers'"},
	{"timing: {model: parallel}\n", ":1:17: ", "serial or events"},
	{"timing: {memory_ns: 1.0001ns}\n", ":1:21: ", "a time such as 72.25ns"},
	{"timing: {memory_ns: 1001s}\n", ":1:21: ", "of at most 1000s"},
	{"timing: {walk: {walkers: 0}}\n", ": ",
	 "timing.walk.walkers: 0 is not what was expected: 1 to 1024"},
	{"timing: {walk: {pending: 1025}}\n", ": ", "timing.walk.pending: 1025"},
	{"timing: {software: {processors: 0}}\n", ": ", "timing.software.processors: 0"},
	{"timing: {request: {arrival: closed}}\n", ": ", "closed needs timing.request.outstanding"},
	{"timing: {memory_cache: {entries: 9, ways: 2}}\n", ": ",
	 "timing.memory_cache: 9 entries are not a multiple of 2 ways"},
	{"arch: vdt\n", ":1:7: ", "'vdt' is no architecture"},
	{"memory: [{base: 0, size: 4X}]\n", ":1:26: ", "a size such as 4k"},
	{"- 1\n", ":1:1: ", "map"},
	{"arch: [\n", ":", "arch"},
};

static void every_refusal_says_where_and_what(void **state)
{
	struct attempt a;

	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]) - 1; i++) {
		load(&a, refusals[i].yaml, (struct machine_source){0});
		if (a.status != CMD_INPUT)
			print_error("%s\n", refusals[i].yaml);
		assert_int_equal(a.status, CMD_INPUT);
		assert_said(&a, a.path);
		assert_said(&a, refusals[i].at);
		assert_said(&a, refusals[i].words);
	}
	load(&a, refusals[sizeof(refusals) / sizeof(refusals[0]) - 1].yaml,
	     (struct machine_source){0});
	assert_int_equal(a.status, CMD_INPUT);
	assert_said(&a, a.path);
}

static void a_wrong_set_is_wrong_usage(void **state)
{
	static const char *const wrong[] = {
		"caches.iotlb.entries",   "=1",       "caches.iotlb.entris=1",
		"caches.iotlb.entries=x", "arch=vtd", "memory=1"};
	struct attempt a;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		load(&a, NULL, (struct machine_source){.set = &wrong[i], .sets = 1});
		if (a.status != CMD_USAGE)
			print_error("%s\n", wrong[i]);
		assert_int_equal(a.status, CMD_USAGE);
		assert_said(&a, wrong[i]);
	}
}

static void an_unknown_architecture_is_answered_with_the_nearest(void **state)
{
	struct attempt a;

	(void)state;
	load(&a, NULL, (struct machine_source){.arch = "vt-d"});
	assert_int_equal(a.status, CMD_USAGE);
	assert_said(&a, "did you mean 'vtd'?");
}

static void a_missing_file_is_an_input_that_cannot_be_read(void **state)
{
	struct machine machine;
	FILE *stream = tmpfile();
	struct message message;

	(void)state;
	message_init(&message, stream);
	assert_int_equal(machine_load(&machine,
				      &(struct machine_source){.path = "/nowhere/machine.yaml"},
				      &message),
			 CMD_INPUT);
	assert_int_equal(message.errors, 1);
	fclose(stream);
}

/* ---- The way back ---------------------------------------------------------------------- */

static char *dumped(const struct machine *machine)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	assert_non_null(stream);
	machine_dump(machine, stream);
	assert_int_equal(fclose(stream), 0);
	return text;
}

static void a_dumped_machine_loads_to_the_same_machine(void **state)
{
	const char *const sets[] = {"caches.pasid=off",
				    "caches.iotlb.policy=plru",
				    "caches.iotlb.seed=18446744073709551615",
				    "memory.1.base=128G",
				    "memory.1.size=1G",
				    "driver.policy=lazy",
				    "driver.stage=1",
				    "driver.large_pages=false",
				    "driver.granule=64k",
				    "timing.memory_ns=72.125ns",
				    "timing.request.base_ns=1ps",
				    "caches.iotlb.latency_ns=2.5",
				    "timing.memory_cache.entries=128",
				    "capabilities.cap=0x123"};
	struct attempt first, second;
	char *before, *after;

	(void)state;
	load(&first, NULL, (struct machine_source){.set = sets, .sets = 10});
	assert_int_equal(first.status, 0);
	before = dumped(&first.machine);
	load(&second, before, (struct machine_source){0});
	assert_string_equal(second.said, "");
	assert_int_equal(second.status, 0);
	after = dumped(&second.machine);
	assert_string_equal(before, after);
	assert_int_equal(second.machine.driver.granule_lg2, 16);
	assert_memory_equal(&first.machine.unit.cache, &second.machine.unit.cache,
			    sizeof(first.machine.unit.cache));
	assert_memory_equal(&first.machine.window, &second.machine.window,
			    sizeof(first.machine.window));
	free(before);
	free(after);
}

/* Sets every capability and a size of every cache to a value of its own, on every
 * architecture; the machine's file has them all. */
static void every_architecture_has_its_own_keys(void **state)
{
	struct attempt first, second;

	(void)state;
	for (unsigned i = 0; ioasim_archs[i]; i++) {
		const struct ioasim_arch *arch = ioasim_archs[i];
		char text[32][64], *file;
		const char *sets[32];
		size_t count = 0;

		for (unsigned n = 0; n < IOASIM_CAPABILITIES && arch->capability[n].name; n++)
			snprintf(text[count++], sizeof(text[0]), "capabilities.%s=0x%x",
				 arch->capability[n].name, 0x1001 + n);
		for (unsigned n = 0; n < IOASIM_CACHES; n++)
			if (arch->cache[n].present)
				snprintf(text[count++], sizeof(text[0]), "caches.%s.entries=%u",
					 ioasim_cache_name(n), 64 * (n + 1));
		for (size_t n = 0; n < count; n++)
			sets[n] = text[n];
		load(&first, NULL,
		     (struct machine_source){.arch = arch->name, .set = sets, .sets = count});
		assert_string_equal(first.said, "");
		for (unsigned n = 0; n < IOASIM_CAPABILITIES && arch->capability[n].name; n++)
			assert_int_equal(first.machine.unit.capability[n], 0x1001 + n);
		file = dumped(&first.machine);
		load(&second, file, (struct machine_source){0});
		assert_string_equal(second.said, "");
		assert_ptr_equal(second.machine.arch, arch);
		assert_memory_equal(&first.machine.unit.capability, &second.machine.unit.capability,
				    sizeof(first.machine.unit.capability));
		assert_memory_equal(&first.machine.unit.cache, &second.machine.unit.cache,
				    sizeof(first.machine.unit.cache));
		free(file);
	}
}

static void keys_of_another_architecture_are_refused(void **state)
{
	struct attempt a;

	(void)state;
	load(&a, "arch: amdvi\ncapabilities: {cap: 1}\n", (struct machine_source){0});
	assert_int_equal(a.status, CMD_INPUT);
	assert_said(&a, ":2:16: unknown key 'capabilities.cap'");
	load(&a, "arch: amdvi\n", (struct machine_source){.arch = "vtd"});
	assert_int_equal(a.status, CMD_USAGE);
	assert_said(&a, "describes a machine with amdvi");
}

/* ---- Memory ------------------------------------------------------------------------------ */

static void words_anywhere_in_52_bits_can_be_written_and_read(void **state)
{
	static const uint64_t addresses[] = {0, 0x1000, (uint64_t)64 << 30, (uint64_t)1 << 40,
					     ((uint64_t)1 << 52) - 8};
	struct machine machine;
	struct machine_memory *memory;
	uint64_t value;
	int error;

	(void)state;
	machine_default(&machine, ioasim_archs[0]);
	memory = machine_memory_create(&machine, &error);
	assert_non_null(memory);
	for (size_t i = 0; i < 5; i++) {
		struct ioasim_memory *m = machine_memory_get(memory);

		assert_int_equal(ioasim_memory_read64(m, addresses[i], &value), 0);
		assert_int_equal(value, 0);
		assert_int_equal(ioasim_memory_write64(m, addresses[i], addresses[i] ^ 0x55), 0);
	}
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(
			ioasim_memory_read64(machine_memory_get(memory), addresses[i], &value), 0);
		assert_int_equal(value, addresses[i] ^ 0x55);
	}
	assert_int_equal(ioasim_memory_write64(machine_memory_get(memory), (uint64_t)1 << 52, 1),
			 -EFAULT);
	machine_memory_destroy(memory);
}

static void windows_that_overlap_are_refused(void **state)
{
	struct machine machine;
	int error;

	(void)state;
	machine_default(&machine, ioasim_archs[0]);
	machine.window[3] = (struct machine_window){.base = 0x1000, .size = 0x1000};
	assert_null(machine_memory_create(&machine, &error));
	assert_int_equal(error, -EEXIST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_sets_every_sort_of_key),
		cmocka_unit_test(set_comes_after_the_file_and_the_file_after_the_trace),
		cmocka_unit_test(capabilities_of_another_architecture_are_not_taken),
		cmocka_unit_test(windows_of_a_file_replace_the_default_ones),
		cmocka_unit_test(every_refusal_says_where_and_what),
		cmocka_unit_test(a_wrong_set_is_wrong_usage),
		cmocka_unit_test(an_unknown_architecture_is_answered_with_the_nearest),
		cmocka_unit_test(a_missing_file_is_an_input_that_cannot_be_read),
		cmocka_unit_test(a_dumped_machine_loads_to_the_same_machine),
		cmocka_unit_test(every_architecture_has_its_own_keys),
		cmocka_unit_test(keys_of_another_architecture_are_refused),
		cmocka_unit_test(words_anywhere_in_52_bits_can_be_written_and_read),
		cmocka_unit_test(windows_that_overlap_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
