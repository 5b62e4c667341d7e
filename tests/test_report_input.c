/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs of a report: what is refused and in which words, and text that means harm. */
#include "report_rig.h"

#include "cmd.h"
#include "html.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void refuse_text(const char *text, const char *said)
{
	struct report_trial t;

	report_try(&t, &text, 1, NULL);
	if (t.status != CMD_INPUT || !strstr(t.said, said))
		fail_msg("status %d, said '%s', expected '%s'", t.status, t.said, said);
	assert_non_null(strstr(t.said, "ioasim: /proc/self/fd/"));
	report_trial_done(&t);
}

static void what_is_no_result_is_refused(void **state)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{"", "is empty, expected a result"},
		{" \n\n", "is empty, expected a result"},
		{"{", ":1:1: "},
		{"{\"version\": \"1\",\n \"trace\": }\n", ":2:11: "},
		{"[]", "found a list, expected an object"},
		{"17", "expected JSON"},
		{"null", "expected JSON"},
		{"{}", "trace: found nothing, expected an object"},
		{"{\"a\": 1, \"a\": 2}", "duplicate object key"},
		{"{\"trace\": NaN}", "expected JSON"},
		{"{\"trace\": 1e999}", "expected JSON"},
		{"{\"trace\": 99999999999999999999}", "expected JSON"},
		{"{\"trace\": \"\xff\"}", "expected JSON"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refuse_text(rows[i].text, rows[i].said);
}

/* Puts `value` (JSON) at a path, or removes what is there (NULL). */
static char *changed(const char *path, const char *value)
{
	json_t *result = report_full_result(), *at = result;
	char part[64], *text;
	size_t length;

	for (; path[length = strcspn(path, ".")]; path += length + 1) {
		snprintf(part, sizeof(part), "%.*s", (int)length, path);
		at = json_is_array(at) ? json_array_get(at, strtoul(part, NULL, 10))
				       : json_object_get(at, part);
		assert_non_null(at);
	}
	if (json_is_array(at))
		json_array_set_new(at, strtoul(path, NULL, 10),
				   json_loads(value, JSON_DECODE_ANY, NULL));
	else if (value)
		json_object_set_new(at, path, json_loads(value, JSON_DECODE_ANY, NULL));
	else
		assert_int_equal(json_object_del(at, path), 0);
	text = json_dumps(result, 0);
	assert_non_null(text);
	json_decref(result);
	return text;
}

static void a_key_of_another_kind_is_refused_with_its_path(void **state)
{
	static const struct {
		const char *path, *value, *said;
	} rows[] = {
		{"trace", "[]", ": trace: found a list, expected an object"},
		{"trace.file", "3", ": trace.file: found 3, expected text"},
		{"dma.count", "-1", ": dma.count: found -1, expected a count"},
		{"dma.count", "1.5", ": dma.count: found 1.5, expected a count"},
		{"dma.count", "\"many\"", ": dma.count: found text 'many', expected a count"},
		{"dma.bytes", NULL, ": dma.bytes: found nothing, expected a count"},
		{"dma.by_page_size.4096", "{}", ": dma.by_page_size.4096: found an object"},
		{"dma.pages.1.size", "null",
		 ": dma.pages.1.size: found null, expected a count or text"},
		{"references.by_level.stage2.3", "true",
		 ": references.by_level.stage2.3: found true, expected a count"},
		{"caches.iotlb.misses", NULL, ": caches.iotlb.misses: found nothing"},
		{"caches.iotlb", "7", ": caches.iotlb: found 7, expected an object"},
		{"machine.caches.iotlb.entries", "\"64\"",
		 ": machine.caches.iotlb.entries: found text"},
		{"profile.caches.iotlb.sizes.0.misses", NULL,
		 ": profile.caches.iotlb.sizes.0.misses: found nothing"},
		{"profile.caches", NULL, ": profile.caches: found nothing, expected an object"},
		{"time.total_ns", "1e30", ": time.total_ns: found 1e+30, expected a number"},
		{"time.total_ns", "-0.5", ": time.total_ns: found -0.5, expected a number"},
		{"time.series.1.removed", "null", ": time.series.1.removed: found null"},
		{"time.latency.translation.p99_ns", NULL,
		 ": time.latency.translation.p99_ns: found nothing"},
		{"recorded.mismatches.0.address", "4096",
		 ": recorded.mismatches.0.address: found 4096"},
		{"rules.broken.S4", "\"no\"", ": rules.broken.S4: found text 'no'"},
		{"requesters.0x28.bytes", "[]", ": requesters.0x28.bytes: found a list"},
		{"requesters.0x28.by_pasid.0.pasid", "\"0\"",
		 ": requesters.0x28.by_pasid.0.pasid:"},
		{"commands.by_type.wait", "false", ": commands.by_type.wait: found false"},
		{"counters", "[]", ": counters: found a list, expected an object"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = changed(rows[i].path, rows[i].value);

		refuse_text(text, rows[i].said);
		free(text);
	}
}

/* A value of any kind at any key, one at a time: taken or refused, and never worse. */
static void try_each_value(const json_t *at, char *path, size_t size)
{
	static const char *const values[] = {"null", "[]", "{\"a\": {\"b\": 1}}", "-7",
					     "9223372036854775807"};
	size_t length = strlen(path), i;
	struct report_trial t;
	const char *key;
	json_t *value;

	for (i = 0; length && i < sizeof(values) / sizeof(values[0]); i++) {
		char *text = changed(path + 1, values[i]);

		report_try(&t, (const char *const[]){text}, 1, NULL);
		assert_true(t.status == 0 || t.status == CMD_INPUT);
		assert_true(t.status == 0 || strstr(t.said, "expected"));
		report_trial_done(&t);
		free(text);
	}
	json_object_foreach ((json_t *)at, key, value) {
		snprintf(path + length, size - length, ".%s", key);
		try_each_value(value, path, size);
	}
	json_array_foreach (at, i, value) {
		snprintf(path + length, size - length, ".%zu", i);
		try_each_value(value, path, size);
	}
	path[length] = '\0';
}

static void any_value_at_any_key_is_taken_or_refused(void **state)
{
	json_t *result = report_full_result();
	char path[256] = "";

	(void)state;
	try_each_value(result, path, sizeof(path));
	json_decref(result);
}

static void deep_nesting_is_refused_or_shown(void **state)
{
	json_t *result = report_plain_result(), *inner = json_integer(1);
	char *deep = malloc(5001), *text;
	struct report_trial t;

	(void)state;
	assert_non_null(deep);
	memset(deep, '[', 5000);
	deep[5000] = '\0';
	refuse_text(deep, "expected JSON");
	free(deep);
	for (unsigned i = 0; i < 1000; i++)
		inner = json_pack("{s:o}", "k", inner);
	json_object_set_new(json_object_get(result, "machine"), "deep", inner);
	text = json_dumps(result, 0);
	report_try(&t, (const char *const[]){text}, 1, NULL);
	assert_int_equal(t.status, 0);
	report_trial_done(&t);
	free(text);
	json_decref(result);
}

static void more_results_than_letters_are_refused(void **state)
{
	json_t *result = report_plain_result();
	char *text = json_dumps(result, 0);
	const char *texts[RESULT_SET_MOST + 1];
	struct report_trial t;

	(void)state;
	for (size_t i = 0; i <= RESULT_SET_MOST; i++)
		texts[i] = text;
	report_try(&t, texts, RESULT_SET_MOST, NULL);
	assert_int_equal(t.status, 0);
	assert_non_null(strstr(t.html, "Z to A"));
	report_trial_done(&t);
	report_try(&t, texts, RESULT_SET_MOST + 1, NULL);
	assert_int_equal(t.status, CMD_INPUT);
	assert_non_null(strstr(t.said, "one result more than the 26"));
	report_trial_done(&t);
	free(text);
	json_decref(result);
}

/* ---- Harm ------------------------------------------------------------------------------------------- */

static const char *escaped(const char *text, size_t most)
{
	static char *buffer;
	size_t size;
	FILE *stream;

	free(buffer);
	stream = open_memstream(&buffer, &size);
	assert_non_null(stream);
	html_text_cut(text, most, stream);
	fclose(stream);
	return buffer;
}

static void text_is_escaped(void **state)
{
	static const struct {
		const char *text, *html;
	} rows[] = {
		{"plain", "plain"},
		{"<b>&\"'", "&lt;b&gt;&amp;&quot;&#39;"},
		{"&lt;", "&amp;lt;"},
		{"a\tb\nc\x01\x7f", "a\xef\xbf\xbd"
				    "b\xef\xbf\xbd"
				    "c\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xc2\xb5s", "\xc2\xb5s"},
		{"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
		/* turned text, a byte order mark, invisible blanks */
		{"\xe2\x80\xae"
		 "x\xef\xbb\xbf\xe2\x80\x8b",
		 "\xef\xbf\xbdx\xef\xbf\xbd\xef\xbf\xbd"},
		/* bytes that are no UTF-8: alone, cut, too long, a surrogate, beyond the last */
		{"\xff", "\xef\xbf\xbd"},
		{"\xe2\x80", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xf5\x80\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(escaped(rows[i].text, SIZE_MAX), rows[i].html);
	assert_string_equal(escaped("abcdef", 6), "abcdef");
	assert_string_equal(escaped("abcdefg", 6), "abcde\xe2\x80\xa6");
	assert_string_equal(escaped("<<<<", 3), "&lt;&lt;\xe2\x80\xa6");
}

static void set_text(json_t *result, const char *object, const char *key, const char *text)
{
	json_object_set_new(json_object_get(result, object), key, json_string(text));
}

/* A name that would end its element or attribute, wherever a result can have names. */
static void names_cannot_leave_their_place(void **state)
{
	static const char harm[] =
		"\"'><script>alert(1)</script><!-- ]]> &x; `code` </title></style>";
	json_t *result = report_full_result(), *one = json_object_get(result, "requesters");
	struct report_trial t;
	size_t scripts;

	(void)state;
	json_object_set(one, harm, json_object_get(one, "0x28"));
	json_object_set_new(json_object_get(json_object_get(result, "commands"), "by_type"), harm,
			    json_integer(4));
	json_object_set_new(json_object_get(json_object_get(result, "references"), "by_kind"), harm,
			    json_integer(4));
	json_object_set(json_object_get(result, "caches"), harm,
			json_object_get(json_object_get(result, "caches"), "iotlb"));
	one = json_object_get(json_object_get(result, "profile"), "caches");
	json_object_set(one, harm, json_object_get(one, "iotlb"));
	one = json_object_get(json_object_get(result, "time"), "latency");
	json_object_set(one, harm, json_object_get(one, "translation"));
	json_object_set_new(json_object_get(result, "counters"), harm, json_integer(1));
	json_object_set_new(json_object_get(result, "machine"), harm, json_string(harm));
	json_object_set_new(json_object_get(result, "faults"), harm, json_integer(1));
	set_text(result, "trace", "file", harm);
	set_text(result, "trace", "arch", harm);
	set_text(result, "trace", "level", harm);
	set_text(result, "machine", "arch", harm);
	json_object_set_new(result, "version", json_string(harm));
	report_try_json(&t, result);
	assert_int_equal(t.status, 0);
	scripts = html_count(&t.tree, t.tree.elements, "script");
	assert_int_equal(scripts, 1);
	assert_null(strstr(t.html, "<script>alert"));
	assert_null(strstr(t.html, "<!--"));
	assert_non_null(strstr(t.html, "&lt;script&gt;alert(1)"));
	report_trial_done(&t);
}

/* A page stays of a size that a browser likes, whatever a result holds. */
static void long_inputs_are_cut_in_the_page_and_whole_in_the_csv(void **state)
{
	json_t *result = report_plain_result(), *requesters = json_object_get(result, "requesters");
	struct report_trial t;
	char name[32], *longest = calloc(100001, 1);

	(void)state;
	assert_non_null(longest);
	memset(longest, 'n', 100000);
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "0x%05x", i + 0x10000);
		json_object_set(requesters, name, json_object_get(requesters, "0x28"));
	}
	json_object_set_new(json_object_get(result, "counters"), longest, json_integer(3));
	report_try_json(&t, result);
	assert_int_equal(t.status, 0);
	assert_true(strlen(t.html) < 400000);
	assert_non_null(strstr(t.html, "The first 300 of 5,002 rows"));
	assert_non_null(strstr(t.html, "32 of 5002 rows are drawn"));
	assert_non_null(strstr(t.csv, ",0x11387,"));
	assert_non_null(strstr(t.csv, longest));
	free(longest);
	report_trial_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_result_is_refused),
		cmocka_unit_test(a_key_of_another_kind_is_refused_with_its_path),
		cmocka_unit_test(any_value_at_any_key_is_taken_or_refused),
		cmocka_unit_test(deep_nesting_is_refused_or_shown),
		cmocka_unit_test(more_results_than_letters_are_refused),
		cmocka_unit_test(text_is_escaped),
		cmocka_unit_test(names_cannot_leave_their_place),
		cmocka_unit_test(long_inputs_are_cut_in_the_page_and_whole_in_the_csv),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
