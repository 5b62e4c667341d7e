/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text form: what a person may write, what comes of it, and what is said about
 * mistakes. That it comes back from the binary form is in test_trace.c.
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

static void read_text(struct rig_trace *trace, const char *text)
{
	rig_write_file(rig_path("t"), text, strlen(text));
	rig_read(trace, rig_path("t"), TRACE_FORMAT_AUTO, 1);
}

/* Written by hand from the description of the form, docs/trace-format.md. */
static void every_keyword_gives_its_record(void **state)
{
	static const char text[] =
		"ioasim-trace 1\n"
		"arch amdvi\n"
		"levels driver unit\n"
		"\n"
		"# a comment\n"
		"key seed 42\n"
		"reg offset=0x18 size=8 value=0x1\n"
		"mem address=0x1000 value=15\n"
		"@5us cmd words=0x1,2,0x3   # behind a record\n"
		"store value=7 size=4 address=4096\n"
		"@6us\n"
		"fault rid=01:02.3 code=0x6\n"
		"abort first=0xfee00000 last=0xfeefffff\n"
		"@1ms dma rid=40 iova=0x7000 length=64 access=rw\n"
		"dma rid=0x28 pasid=0 iova=0x7000 length=4k access=r refused privileged\n"
		"dma rid=00:05.0 iova=0x7008 length=1 access=w pa=0 page_lg2=21 granted=rw cached "
		"stale\n"
		"ats rid=00:05.0 iova=0x7000 length=1 access=- pa=0x5000 translated no_perm\n"
		"page_request rid=00:05.0 pasid=5 iova=0x8000 access=x group=511 last\n"
		"@2s domain domain=1 kind=nest_parent\n"
		"domain domain=2 kind=nested parent=1\n"
		"domain domain=3 kind=sva\n"
		"domain_free domain=2\n"
		"device rid=00:05.0 pasid_bits=20 ats pri\n"
		"attach rid=00:05.0 pasid=7 domain=1\n"
		"detach rid=00:05.0\n"
		"map domain=1 iova=0x0 length=2M pa=0x200000 access=rw\n"
		"unmap domain=1 iova=0x0 length=1G\n"
		"bind domain=2 root=0x3000 data=1,2\n"
		"unbind domain=2\n"
		"invalidate domain=2 pasid=3 iova=0x1000 length=4k leaf\n"
		"page_response rid=00:05.0 group=511 code=15\n"
		"sync";
	static const struct trace_record expected[] = {
		{0, TRACE_REGISTER, 0, 0, 8, 0, 0, NONE, 0, 0x18, 1, 0, {0}},
		{0, TRACE_MEMORY, 0, 0, 0, 0, 0, NONE, 0, 0x1000, 15, 0, {0}},
		{5000, TRACE_COMMAND, 0, 0, 3, 0, 0, NONE, 0, 0, 0, 0, {1, 2, 3}},
		{5000, TRACE_STORE, 0, 0, 4, 0, 0, NONE, 0, 4096, 7, 0, {0}},
		{6000, TRACE_FAULT, 0, 0, 0, 0, 0x113, NONE, 0, 0, 6, 0, {0}},
		{6000, TRACE_ABORT, 0, 0, 0, 0, 0, NONE, 0, 0xfee00000, 0xfeefffff, 0, {0}},
		{1000000, TRACE_DMA, 3, 0, 0, 0, 40, NONE, 0, 0x7000, 0, 64, {0}},
		{1000000,
		 TRACE_DMA,
		 1,
		 0,
		 0,
		 TRACE_PASID | TRACE_ANSWERED | TRACE_REFUSED | TRACE_PRIVILEGED,
		 0x28,
		 0,
		 0,
		 0x7000,
		 0,
		 4096,
		 {0}},
		{1000000,
		 TRACE_DMA,
		 2,
		 3,
		 21,
		 TRACE_ANSWERED | TRACE_CACHED | TRACE_STALE,
		 0x28,
		 NONE,
		 0,
		 0x7008,
		 0,
		 1,
		 {0}},
		{1000000,
		 TRACE_ATS,
		 0,
		 0,
		 0,
		 TRACE_ANSWERED | TRACE_TRANSLATED | TRACE_NO_PERM,
		 0x28,
		 NONE,
		 0,
		 0x7000,
		 0x5000,
		 1,
		 {0}},
		{1000000,
		 TRACE_PAGE_REQUEST,
		 4,
		 0,
		 0,
		 TRACE_PASID | TRACE_LAST,
		 0x28,
		 5,
		 0,
		 0x8000,
		 511,
		 0,
		 {0}},
		{2000000000, TRACE_DOMAIN, 0, 0, 1, 0, 0, NONE, 1, 0, 0, 0, {0}},
		{2000000000, TRACE_DOMAIN, 0, 0, 4, 0, 1, NONE, 2, 0, 0, 0, {0}},
		{2000000000, TRACE_DOMAIN, 0, 0, 6, 0, 0, NONE, 3, 0, 0, 0, {0}},
		{2000000000, TRACE_DOMAIN_FREE, 0, 0, 0, 0, 0, NONE, 2, 0, 0, 0, {0}},
		{2000000000,
		 TRACE_DEVICE,
		 0,
		 0,
		 20,
		 TRACE_ATS_ON | TRACE_PRI_ON,
		 0x28,
		 NONE,
		 0,
		 0,
		 0,
		 0,
		 {0}},
		{2000000000, TRACE_ATTACH, 0, 0, 0, TRACE_PASID, 0x28, 7, 1, 0, 0, 0, {0}},
		{2000000000, TRACE_DETACH, 0, 0, 0, 0, 0x28, NONE, 0, 0, 0, 0, {0}},
		{2000000000, TRACE_MAP, 3, 0, 0, 0, 0, NONE, 1, 0, 0x200000, 0x200000, {0}},
		{2000000000, TRACE_UNMAP, 0, 0, 0, 0, 0, NONE, 1, 0, 0, 0x40000000, {0}},
		{2000000000, TRACE_BIND, 0, 0, 2, 0, 0, NONE, 2, 0, 0x3000, 0, {1, 2}},
		{2000000000, TRACE_UNBIND, 0, 0, 0, 0, 0, NONE, 2, 0, 0, 0, {0}},
		{2000000000,
		 TRACE_INVALIDATE,
		 0,
		 0,
		 0,
		 TRACE_PASID | TRACE_LEAF,
		 0,
		 3,
		 2,
		 0x1000,
		 0,
		 4096,
		 {0}},
		{2000000000, TRACE_PAGE_RESPONSE, 0, 0, 15, 0, 0x28, NONE, 0, 0, 511, 0, {0}},
		{2000000000, TRACE_SYNC, 0, 0, 0, 0, 0, NONE, 0, 0, 0, 0, {0}},
	};
	struct rig_trace trace;

	(void)state;
	read_text(&trace, text);
	assert_string_equal(trace.error.text, "");
	assert_int_equal(trace.status, 0);
	assert_string_equal(trace.meta.arch, "amdvi");
	assert_int_equal(trace.meta.levels, TRACE_LEVEL_UNIT | TRACE_LEVEL_DRIVER);
	assert_string_equal(trace_meta_get(&trace.meta, "seed"), "42");
	assert_true(rig_same_all(expected, sizeof(expected) / sizeof(expected[0]), trace.records,
				 trace.count));
	rig_free(&trace);
}

struct mistake {
	const char *line; /* behind a first line that is right */
	unsigned column;
	const char *expected; /* what the message must say */
};

static const struct mistake mistakes[] = {
	{"dmx rid=1", 1, "kind of record"},
	{"  dmx", 3, "kind of record"},
	{"mem address=0x1000 value=z", 26, "number"},
	{"mem address=0x1000 value=", 26, "number"},
	{"mem address=0x10000000000000000 value=1", 13, "number"},
	{"mem address=18446744073709551616 value=1", 13, "number"},
	{"mem address=0x1000 valeu=1", 20, "address=, value="},
	{"mem address=1 address=1 value=1", 15, "once"},
	{"mem address=1", 14, "value="},
	{"mem address=1 value=1 cached", 23, "address=, value="},
	{"reg offset=1 size=256 value=1", 19, "fits"},
	{"cmd words=1,2,3,4,5", 11, "one to four"},
	{"cmd words=1,", 11, "one to four"},
	{"dma rid=00:20.0 iova=0 length=1 access=r", 9, "requester"},
	{"dma rid=00:05.0 iova=0 length=1 access=q", 40, "rights"},
	{"dma rid=00:05.0 iova=0 length=1T access=", 41, "rights"},
	{"dma rid=00:05.0 iova=0 length=99999999999T access=r", 31, "length"},
	{"dma rid=00:05.0 iova=0 length=1 access=r leaf", 42, "refused"},
	{"domain domain=1 kind=fancy", 22, "kernel"},
	{"sync 1", 6, "end of the line"},
	{"@x sync", 1, "time"},
	{"@5 @6 sync", 4, "kind of record"},
	{"@18446744073709551615s sync", 1, "time"},
};

static void a_mistake_is_told_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		const struct mistake *mistake = &mistakes[i];
		struct rig_trace trace;
		char text[512], place[600];

		snprintf(text, sizeof(text), "ioasim-trace 1\nsync\n%s\nsync\n", mistake->line);
		read_text(&trace, text);
		snprintf(place, sizeof(place), "%s:3:%u: ", rig_path("t"), mistake->column);
		if (trace.status != -EINVAL || !strstr(trace.error.text, mistake->expected) ||
		    strncmp(trace.error.text, place, strlen(place)) != 0)
			fail_msg("%s: %s", mistake->line, trace.error.text);
		/* What came before is whole. */
		assert_int_equal(trace.count, 1);
		rig_free(&trace);
	}
}

static void mistakes_of_the_header_are_told(void **state)
{
	static const char *const texts[][2] = {
		{"ioasim-trace 2\n", ":1:1: "},
		{"ioasim-trace 1\nlevels unit both\n", ":2:13: 'both'"},
		{"ioasim-trace 1\narch averyverylongname\n", ":2:6: "},
		{"ioasim-trace 1\nkey \n", ":2:5: "},
		{"ioasim-trace 1\nkey a \\zz\n", ":2:5: "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct rig_trace trace;

		read_text(&trace, texts[i][0]);
		assert_int_equal(trace.status, -EINVAL);
		assert_non_null(strstr(trace.error.text, texts[i][1]));
		rig_free(&trace);
	}
}

static void time_that_falls_is_refused(void **state)
{
	struct rig_trace trace;

	(void)state;
	read_text(&trace, "ioasim-trace 1\n@2us sync\n@1999ns sync\n");
	assert_int_equal(trace.status, -EINVAL);
	assert_int_equal(trace.count, 1);
	assert_non_null(strstr(trace.error.text, ":3:1: "));
	rig_free(&trace);
}

static void a_line_has_an_end(void **state)
{
	const size_t size = 200000;
	char *text = malloc(size + 1);
	struct rig_trace trace;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', size);
	text[size] = '\0';
	memcpy(text, "ioasim-trace 1\n", 15);
	read_text(&trace, text);
	assert_int_equal(trace.status, -EINVAL);
	assert_non_null(strstr(trace.error.text, ":2:"));
	rig_free(&trace);
	free(text);
}

static void bytes_of_no_text_are_no_crash(void **state)
{
	uint64_t random = rig_seed();
	char bytes[600];

	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		struct rig_trace trace;

		for (size_t n = 0; n < sizeof(bytes); n++)
			bytes[n] = (char)(rig_random(&random) % 5 ? ' ' + rig_random(&random) % 95
								  : rig_random(&random));
		memcpy(bytes, "ioasim-trace 1\n", 15);
		rig_write_file(rig_path("t"), bytes, sizeof(bytes));
		rig_read(&trace, rig_path("t"), TRACE_FORMAT_AUTO, 1);
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
		cmocka_unit_test(every_keyword_gives_its_record),
		cmocka_unit_test(a_mistake_is_told_with_its_place),
		cmocka_unit_test(mistakes_of_the_header_are_told),
		cmocka_unit_test(time_that_falls_is_refused),
		cmocka_unit_test(a_line_has_an_end),
		cmocka_unit_test(bytes_of_no_text_are_no_crash),
	};

	return cmocka_run_group_tests(tests, NULL, clean);
}
