/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recordings of the instrumented emulator and ftrace logs: counts of traces/README.md,
 * and lines written by hand from the forms that it describes.
 */
#include "trace_rig.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define NONE TRACE_NO_PASID

static void read_log(struct rig_trace *trace, const char *text)
{
	rig_write_file(rig_path("log"), text, strlen(text));
	rig_read(trace, rig_path("log"), TRACE_FORMAT_AUTO, 1);
}

/* ---- dmatrace ----------------------------------------------------------------------- */

/* traces/README.md, "The traces": lines D, denied, h (and s), s, C, R, M, W, F. */
static const struct recording {
	const char *path;
	uint64_t dma, denied, cached, stale, commands, registers, words, stores, faults;
} recordings[] = {
	{"traces/vtd-blk-strict.log.gz", 280631, 7, 166793, 0, 95042, 47540, 114770, 47521, 7},
	{"traces/vtd-mix-strict.log.gz", 89867, 7, 65081, 0, 28462, 14250, 44463, 14231, 7},
	{"traces/vtd-net-lazy.log.gz", 143159, 0, 106882, 0, 986, 510, 34942, 493, 0},
	{"traces/vtdfl-vfio-strict.log.gz", 33865, 2809, 13987, 16, 9786, 10096, 19221, 4893, 2593},
	{"traces/vtdsm-sriov-strict.log.gz", 127541, 0, 105896, 0, 39280, 19657, 48970, 19640, 0},
};

static void recordings_have_the_records_that_their_description_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(recordings) / sizeof(recordings[0]); i++) {
		const struct recording *r = &recordings[i];
		uint64_t denied = 0, cached = 0, stale = 0;
		struct rig_trace trace;

		rig_read(&trace, r->path, TRACE_FORMAT_AUTO, 1);
		assert_int_equal(trace.status, 0);
		assert_int_equal(trace.format, TRACE_FORMAT_DMATRACE);
		assert_int_equal(trace.n_skipped, 0);
		for (size_t n = 0; n < trace.count; n++) {
			const uint16_t flags = trace.records[n].flags;

			denied += (flags & TRACE_REFUSED) != 0;
			cached += (flags & TRACE_CACHED) != 0;
			stale += (flags & TRACE_STALE) != 0;
		}
		assert_int_equal(rig_count(&trace, TRACE_DMA), r->dma);
		assert_int_equal(denied, r->denied);
		assert_int_equal(cached, r->cached);
		assert_int_equal(stale, r->stale);
		assert_int_equal(rig_count(&trace, TRACE_COMMAND), r->commands);
		assert_int_equal(rig_count(&trace, TRACE_REGISTER), r->registers);
		assert_int_equal(rig_count(&trace, TRACE_MEMORY), r->words);
		assert_int_equal(rig_count(&trace, TRACE_STORE), r->stores);
		assert_int_equal(rig_count(&trace, TRACE_FAULT), r->faults);
		assert_int_equal(trace.count, r->dma + r->commands + r->registers + r->words +
						      r->stores + r->faults);
		rig_free(&trace);
	}
}

/* The examples of traces/README.md, "NAME.log.gz: dmatrace 1". */
static void dmatrace_lines_give_their_records(void **state)
{
	static const char text[] = "# dmatrace 1\n"
				   "# arch vtd\n"
				   "# name example\n"
				   "# id cap.lo 0x222f0606\n"
				   "# id cap.hi 0x80d2008c\n"
				   "# id ver 0x00000010\n"
				   "T 3812519\n"
				   "M 1001bc010 200000025\n"
				   "R 88 4 20\n"
				   "C 2a0036 fffdd040\n"
				   "C 1 2 3 ffffffffffffffff\n"
				   "W 1001bf000 4 2\n"
				   "T 3812518\n"
				   "F 30 6\n"
				   "D w 28 fffc1000 1000 43963000 fff rw h\n"
				   "D r 28 fffc1008 8 43963008 1fffff r s\n"
				   "D r 30 7ffdc000 2 - - - m\n";
	static const struct trace_record expected[] = {
		{3812519000,
		 TRACE_MEMORY,
		 0,
		 0,
		 0,
		 0,
		 0,
		 NONE,
		 0,
		 0x1001bc010,
		 0x200000025,
		 0,
		 {0}},
		{3812519000, TRACE_REGISTER, 0, 0, 4, 0, 0, NONE, 0, 0x88, 0x20, 0, {0}},
		{3812519000,
		 TRACE_COMMAND,
		 0,
		 0,
		 2,
		 0,
		 0,
		 NONE,
		 0,
		 0,
		 0,
		 0,
		 {0x2a0036, 0xfffdd040}},
		{3812519000, TRACE_COMMAND, 0, 0, 4, 0, 0, NONE, 0, 0, 0, 0, {1, 2, 3, UINT64_MAX}},
		{3812519000, TRACE_STORE, 0, 0, 4, 0, 0, NONE, 0, 0x1001bf000, 2, 0, {0}},
		{3812519000, TRACE_FAULT, 0, 0, 0, 0, 0x30, NONE, 0, 0, 6, 0, {0}},
		{3812519000,
		 TRACE_DMA,
		 2,
		 3,
		 12,
		 TRACE_ANSWERED | TRACE_CACHED,
		 0x28,
		 NONE,
		 0,
		 0xfffc1000,
		 0x43963000,
		 0x1000,
		 {0}},
		{3812519000,
		 TRACE_DMA,
		 1,
		 1,
		 21,
		 TRACE_ANSWERED | TRACE_CACHED | TRACE_STALE | TRACE_NO_PERM,
		 0x28,
		 NONE,
		 0,
		 0xfffc1008,
		 0x43963008,
		 8,
		 {0}},
		{3812519000,
		 TRACE_DMA,
		 1,
		 0,
		 0,
		 TRACE_ANSWERED | TRACE_REFUSED,
		 0x30,
		 NONE,
		 0,
		 0x7ffdc000,
		 0,
		 2,
		 {0}},
	};
	struct rig_trace trace;

	(void)state;
	read_log(&trace, text);
	assert_int_equal(trace.status, 0);
	assert_string_equal(trace.meta.arch, "vtd");
	assert_int_equal(trace.meta.levels, TRACE_LEVEL_UNIT);
	assert_string_equal(trace_meta_get(&trace.meta, "cap.cap"), "0x80d2008c222f0606");
	assert_string_equal(trace_meta_get(&trace.meta, "cap.ver"), "0x10");
	assert_string_equal(trace_meta_get(&trace.meta, "name"), "example");
	assert_true(rig_same_all(expected, sizeof(expected) / sizeof(expected[0]), trace.records,
				 trace.count));
	rig_free(&trace);
}

static void dmatrace_mistakes_are_told_with_their_place(void **state)
{
	static const struct {
		const char *line, *place;
	} mistakes[] = {
		{"X 1 2", ":2:1: "},
		{"M 1", ":2:4: "},
		{"M 1 2 3", ":2:6: "},
		{"M 1 g", ":2:5: "},
		{"M 1 10000000000000000", ":2:5: "},
		{"R 88 3 1", ":2:7: "},
		{"C", ":2:2: "},
		{"C 1 2 3 4 5", ":2:10: "},
		{"T 1x", ":2:"},
		{"D q 28 0 1 0 fff rw h", ":2:2: "},
		{"D r 28 0 1 0 ffe rw h", ":2:17: "},
		{"D r 28 0 1 0 fff xx h", ":2:18: "},
		{"D r 28 0 1 0 fff rw x", ":2:21: "},
		{"D r 28 0 1 - - -", ":2:12: "},
		{"F 30", ":2:5: "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct rig_trace trace;
		char text[128];

		snprintf(text, sizeof(text), "# dmatrace 1\n%s\n", mistakes[i].line);
		read_log(&trace, text);
		if (trace.status != -EINVAL || !strstr(trace.error.text, mistakes[i].place))
			fail_msg("%s: %s", mistakes[i].line, trace.error.text);
		rig_free(&trace);
	}
}

/* ---- ftrace --------------------------------------------------------------------------- */

/* The counts are those of "map:" and "unmap:" lines; an unmap over maps of several
 * anonymous domains is one record for each. */
static void ftrace_logs_map_and_unmap(void **state)
{
	static const struct {
		const char *path;
		uint64_t maps, unmaps;
	} logs[] = {
		{"traces/vtd-mix-strict-ftrace.log.gz", 14919, 14173},
		{"traces/vtd-blk-strict-ftrace.log.gz", 52046, 47480},
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct rig_trace trace;

		rig_read(&trace, logs[i].path, TRACE_FORMAT_AUTO, 1);
		assert_int_equal(trace.status, 0);
		assert_int_equal(trace.format, TRACE_FORMAT_FTRACE);
		assert_int_equal(trace.n_skipped, 0);
		assert_int_equal(rig_count(&trace, TRACE_MAP), logs[i].maps);
		assert_true(rig_count(&trace, TRACE_UNMAP) >= logs[i].unmaps);
		rig_check_maps(&trace);
		rig_free(&trace);
	}
}

#define MAP(time, first, end, pa, size)                                                 \
	"   my [0] task-1  [000] d..1.     " time ": map: IOMMU: iova=" first " - " end \
	" paddr=" pa " size=" size "\n"
#define UNMAP(time, first, end, size)                                                              \
	"   <idle>-0  [001] d.h2.     " time ": unmap: IOMMU: iova=" first " - " end " size=" size \
	" unmapped_size=" size "\n"

static void ftrace_domains_are_made_so_that_maps_do_not_meet(void **state)
{
	static const char text[] =
		"# tracer: nop\n" MAP("3.000001", "0x1000", "0x3000", "0xa000",
				      "8192") MAP("3.000002", "0x2000", "0x3000", "0xc000", "4096")
			MAP("3.000003", "0x3000", "0x4000", "0xd000",
			    "4096") UNMAP("3.000004", "0x2000", "0x3000",
					  "4096") UNMAP("3.000005", "0x1000", "0x4000", "12288")
				UNMAP("3.000006", "0x9000", "0xa000",
				      "4096") "   x-1  [000] .....     3.000007: io_page_fault: "
					      "IOMMU:a b iova=0x1 flags=0x0\n";
	static const struct trace_record expected[] = {
		{0, TRACE_DOMAIN, 0, 0, 0, 0, 0, NONE, 1, 0, 0, 0, {0}},
		{0, TRACE_MAP, 3, 0, 0, 0, 0, NONE, 1, 0x1000, 0xa000, 0x2000, {0}},
		{1000, TRACE_DOMAIN, 0, 0, 0, 0, 0, NONE, 2, 0, 0, 0, {0}},
		{1000, TRACE_MAP, 3, 0, 0, 0, 0, NONE, 2, 0x2000, 0xc000, 0x1000, {0}},
		{2000, TRACE_MAP, 3, 0, 0, 0, 0, NONE, 1, 0x3000, 0xd000, 0x1000, {0}},
		{3000, TRACE_UNMAP, 0, 0, 0, 0, 0, NONE, 2, 0x2000, 0, 0x1000, {0}},
		{4000, TRACE_UNMAP, 0, 0, 0, 0, 0, NONE, 1, 0x1000, 0, 0x3000, {0}},
	};
	struct rig_trace trace;

	(void)state;
	read_log(&trace, text);
	assert_int_equal(trace.status, 0);
	assert_true(rig_same_all(expected, sizeof(expected) / sizeof(expected[0]), trace.records,
				 trace.count));
	assert_int_equal(rig_skipped(&trace, "unmap"), 1);
	assert_int_equal(rig_skipped(&trace, "io_page_fault"), 1);
	rig_free(&trace);
}

static void what_is_no_log_is_refused(void **state)
{
	static const char *const texts[] = {"", "hello\n", "\177ELF", "# dmatrace 2\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct rig_trace trace;

		read_log(&trace, texts[i]);
		assert_int_equal(trace.status, -EINVAL);
		assert_non_null(strstr(trace.error.text, rig_path("log")));
		rig_free(&trace);
	}
}

static int clean(void **state)
{
	(void)state;
	rig_clean();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recordings_have_the_records_that_their_description_counts),
		cmocka_unit_test(dmatrace_lines_give_their_records),
		cmocka_unit_test(dmatrace_mistakes_are_told_with_their_place),
		cmocka_unit_test(ftrace_logs_map_and_unmap),
		cmocka_unit_test(ftrace_domains_are_made_so_that_maps_do_not_meet),
		cmocka_unit_test(what_is_no_log_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, clean);
}
