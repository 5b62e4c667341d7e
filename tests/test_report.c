/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of results: what any reader of them relies on, and that their numbers are those
 * of the results. */
#include "report_rig.h"

#include "html.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef json_t *make_result(void);
static make_result *const results[] = {report_plain_result, report_full_result};
#define RESULTS (sizeof(results) / sizeof(results[0]))

static void try_two(struct report_trial *t, json_t *first, json_t *second)
{
	char *a = json_dumps(first, 0), *b = json_dumps(second, 0);

	assert_true(a && b);
	report_try(t, (const char *const[]){a, b}, 2, NULL);
	free(a);
	free(b);
	json_decref(first);
	json_decref(second);
}

/* ---- Structure ---------------------------------------------------------------------------------- */

static bool is(const struct html_element *element, const char *name)
{
	return strcmp(element->name, name) == 0;
}

/* A chart is read by its title and description, and its numbers stand in a table. */
static void check_figures(const struct html_tree *tree)
{
	char role[16], names[64], id[32];
	size_t figures = 0;

	for (size_t i = 0; i < tree->elements; i++) {
		const struct html_element *element = &tree->element[i];

		if (is(element, "figure")) {
			figures++;
			assert_int_equal(html_count(tree, i, "figcaption"), 1);
			assert_int_equal(html_count(tree, i, "svg"), 1);
			assert_int_equal(html_count(tree, i, "desc"), 1);
			assert_int_equal(html_count(tree, i, "details"), 1);
			assert_int_equal(html_count(tree, i, "summary"), 1);
			assert_int_equal(html_count(tree, i, "table"), 1);
		}
		if (!is(element, "svg") || html_attribute(element, "class", role, sizeof(role)))
			continue;
		assert_true(html_attribute(element, "role", role, sizeof(role)));
		assert_string_equal(role, "img");
		assert_true(html_attribute(element, "aria-labelledby", names, sizeof(names)));
		assert_true(is(&tree->element[i + 1], "title") &&
			    is(&tree->element[i + 2], "desc"));
		assert_true(html_attribute(&tree->element[i + 1], "id", id, sizeof(id)));
		assert_non_null(strstr(names, id));
		assert_true(tree->element[i + 1].end > tree->element[i + 1].inner);
	}
	assert_int_equal(figures + 1, html_count(tree, tree->elements, "svg"));
	assert_true(figures > 0);
}

static void check_tables(const struct html_tree *tree)
{
	char scope[16];

	for (size_t i = 0; i < tree->elements; i++) {
		const struct html_element *element = &tree->element[i];

		if (is(element, "table")) {
			assert_true(is(&tree->element[i + 1], "caption"));
			assert_int_equal(html_count(tree, i, "thead"), 1);
			assert_int_equal(html_count(tree, i, "tbody"), 1);
		}
		if (is(element, "th")) {
			assert_true(html_attribute(element, "scope", scope, sizeof(scope)));
			assert_string_equal(
				scope,
				is(&tree->element[tree->element[element->parent].parent], "thead")
					? "col"
					: "row");
		}
	}
}

/* One heading of level 1; none is more than one level below the one before it. */
static void check_headings(const struct html_tree *tree)
{
	int before = 0;

	assert_int_equal(html_count(tree, tree->elements, "h1"), 1);
	assert_int_equal(html_count(tree, tree->elements, "main"), 1);
	assert_int_equal(html_count(tree, tree->elements, "nav"), 1);
	assert_int_equal(html_count(tree, tree->elements, "header"), 1);
	for (size_t i = 0; i < tree->elements; i++) {
		const char *name = tree->element[i].name;

		if (name[0] != 'h' || name[1] < '1' || name[1] > '6' || name[2])
			continue;
		assert_true(name[1] - '0' <= before + 1);
		before = name[1] - '0';
		assert_true(tree->element[i].end > tree->element[i].inner);
	}
}

static bool has_id(const struct html_tree *tree, const char *id)
{
	char other[32];
	size_t count = 0;

	for (size_t i = 0; i < tree->elements; i++)
		count += html_attribute(&tree->element[i], "id", other, sizeof(other)) &&
			 strcmp(other, id) == 0;
	assert_true(count < 2);
	return count == 1;
}

/* Ids stand once, and every link leads to one in the page; nothing leads out of it. */
static void check_links(const struct html_tree *tree)
{
	static const char *const leading[] = {"src", "srcset", "action", "data", "poster", "style"};
	char value[512];

	for (size_t i = 0; i < tree->elements; i++) {
		const struct html_element *element = &tree->element[i];

		if (html_attribute(element, "id", value, sizeof(value)))
			assert_true(has_id(tree, value));
		if (html_attribute(element, "href", value, sizeof(value))) {
			assert_int_equal(value[0], '#');
			assert_true(has_id(tree, value + 1));
		}
		for (size_t a = 0; a < sizeof(leading) / sizeof(leading[0]); a++)
			assert_false(html_attribute(element, leading[a], value, sizeof(value)));
		assert_false(is(element, "link") || is(element, "img") || is(element, "iframe"));
	}
}

static void check_structure(const struct report_trial *t)
{
	check_figures(&t->tree);
	check_tables(&t->tree);
	check_headings(&t->tree);
	check_links(&t->tree);
	assert_null(strstr(t->html, "://"));
	assert_null(strstr(t->html, "@import"));
	assert_non_null(strstr(t->html, "default-src 'none'"));
	assert_int_equal(html_count(&t->tree, t->tree.elements, "script"), 1);
}

static void a_page_is_whole_and_can_be_read_by_anyone(void **state)
{
	(void)state;
	for (size_t i = 0; i < RESULTS; i++) {
		struct report_trial t;

		report_try_json(&t, results[i]());
		assert_int_equal(t.status, 0);
		check_structure(&t);
		report_trial_done(&t);
		try_two(&t, results[i](), report_full_result());
		check_structure(&t);
		report_trial_done(&t);
	}
}

static void a_page_is_the_same_each_time(void **state)
{
	struct report_trial a, b;

	(void)state;
	try_two(&a, report_plain_result(), report_full_result());
	try_two(&b, report_plain_result(), report_full_result());
	assert_string_equal(a.html, b.html);
	assert_string_equal(a.csv, b.csv);
	report_trial_done(&a);
	report_trial_done(&b);
}

/* ---- Colours -------------------------------------------------------------------------------------- */

/* WCAG 2.1, relative luminance of "#rrggbb". */
static double luminance(const char *colour)
{
	static const double weight[] = {0.2126, 0.7152, 0.0722};
	double sum = 0;

	for (unsigned i = 0; i < 3; i++) {
		char part[3] = {colour[1 + 2 * i], colour[2 + 2 * i], '\0'};
		double c = (double)strtoul(part, NULL, 16) / 255;

		sum += weight[i] * (c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
	}
	return sum;
}

/* The value of a variable behind `scheme`, the first of that name. */
static double colour_of(const char *scheme, const char *name)
{
	char variable[32];
	const char *at;

	snprintf(variable, sizeof(variable), "--%s:", name);
	at = strstr(scheme, variable);
	assert_non_null(at);
	at += strlen(variable);
	while (*at == '\n')
		at++;
	assert_int_equal(*at, '#');
	return luminance(at);
}

static void check_contrast(const char *scheme, const char *front, const char *back, double least)
{
	double a = colour_of(scheme, front), b = colour_of(scheme, back);
	double contrast = a > b ? (a + 0.05) / (b + 0.05) : (b + 0.05) / (a + 0.05);

	if (contrast < least)
		fail_msg("%s on %s: %.2f, expected %.1f", front, back, contrast, least);
}

static void text_and_fills_stand_out_in_both_schemes(void **state)
{
	static const char *const text[] = {"ink", "soft", "link", "bad", "good"};
	const char *dark = strstr(html_style, "prefers-color-scheme:dark");
	const char *const schemes[] = {html_style, dark};
	char fill[4];

	(void)state;
	assert_non_null(dark);
	for (unsigned s = 0; s < 2; s++) {
		for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
			check_contrast(schemes[s], text[i], "paper", 4.5);
			check_contrast(schemes[s], text[i], "wash", 4.5);
		}
		for (unsigned i = 0; i < 8; i++) {
			snprintf(fill, sizeof(fill), "c%u", i);
			check_contrast(schemes[s], fill, "paper", 3);
		}
		for (unsigned i = 0; i < 9; i++) {
			snprintf(fill, sizeof(fill), "q%u", i);
			check_contrast(schemes[s], i < 5 ? "dark" : "light", fill, 4.5);
		}
	}
}

/* ---- Numbers --------------------------------------------------------------------------------------- */

static void numbers_are_those_of_the_result(void **state)
{
	static const struct {
		const char *caption, *row, *column, *text;
	} rows[] = {
		/* 500 waits of 340 ns; of 467,500 ns in all */
		{"Cost by part", "command wait", "Time", "170,000"},
		{"Cost by part", "command wait", "Share", "36.4"},
		{"Cost by part", "read stage2", "Count", "700"},
		{"References by kind", "stage2", "level 1", "200"},
		{"Caches", "iotlb", "Entries", "64"},
		{"Caches", "iotlb", "Look-ups", "2,000"},
		{"Caches", "iotlb", "Miss rate", "20.0"},
		{"Stale translations", "Accesses in these windows", "Amount", "5"},
		{"Stale translations", "Longest time", "Amount", "1,500"},
		{"Stale translations", "Length of a window, longest", "Amount", "9,000"},
		/* empty buckets between are columns too */
		{"Lengths of stale windows", "1,024", "Windows", "6"},
		{"Lengths of stale windows", "2,048", "Windows", "0"},
		{"Lengths of stale windows", "16,384", "Windows", "4"},
		{"Accesses in stale windows", "1", "Windows", "10"},
		{"Requesters", "0x28", "DMA", "1,500"},
		{"Requesters", "0x28", "Misses of DMA", "20.0"},
		{"Requesters", "0x30", "References per DMA", "0.400"},
		{"Sizes of pages", "2\xc2\xa0MiB", "Accesses", "10"},
		{"Commands by type", "iotlb-page", "Commands", "700"},
		{"Compared with the record", "answers", "Mismatched", "1"},
		{"Differences", "9", "Found", "0x5000"},
		{"Stale answers", "7", "Reached", "0x2000"},
		{"Security rules", "S4", "Broken", "3"},
		{"Broken rules", "11", "Page reached", "0x7000"},
		{"Faults", "0x5", "Count", "10"},
		{"Under the names", "iotlb_lookup", "Value", "2,000"},
		{"Keys of the machine", "caches.iotlb.ways", "Value", "8"},
		{"Keys of the machine", "memory.0.size", "Value", "0x1000"},
	};
	struct report_trial t;

	(void)state;
	report_try_json(&t, report_plain_result());
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(report_cell(&t, rows[i].caption, rows[i].row, rows[i].column),
				    rows[i].text);
	assert_non_null(strstr(t.html, "<b>233.8\xc2\xa0ns</b>")); /* 467,500 / 2,000 */
	assert_non_null(strstr(t.html, "700 entries read for 2,000 DMA"));
	assert_non_null(strstr(t.html, "400 of 2,000 look-ups"));
	report_trial_done(&t);
}

static void numbers_of_the_further_layers_are_told(void **state)
{
	static const struct {
		const char *caption, *row, *column, *text;
	} rows[] = {
		{"Where invalidations", "until the wait", "Time", "170,000"},
		{"Where requests", "memory", "Share", "93.6"},
		{"Misses by class", "iotlb", "insufficient", "0"},
		{"Misses by class", "iotlb", "invalidation", "170"},
		{"Misses of iotlb by size", "32", "Misses", "600"},
		{"iotlb: reuse distances", "2", "Look-ups", "500"},
		{"Working sets", "iotlb", "Entries used, mean", "61.3"},
		{"Working sets", "iotlb", "In the whole trace", "120"},
		{"Latencies", "translations", "p50", "2.1"},
		{"Latencies", "translations", "Longest", "812.5"},
		/* bounds are four steps for each power of two of a ps: 114,688 = 7 * 2^14,
		 * 3,072 = 6 * 2^9 */
		{"Latencies of translations", "114.7", "Count", "300"},
		{"Latencies of translations", "3.1", "Count", "1,600"},
		{"Time line", "0", "IOTLB misses", "300"},
		{"Time line", "524,288", "Stale accesses", "5"},
		{"PASIDs of requesters", "0x28, 17", "IOTLB misses", "100"},
		{"PASIDs of requesters", "0x28, none", "DMA", "1,000"},
		{"Sizes of pages", "unlimited", "References", "10"},
		{"Commands by type", "iotlb-page", "Entries removed", "300"},
		{"Commands by type", "iotlb-page", "Removed none", "420"},
	};
	struct report_trial t;

	(void)state;
	report_try_json(&t, report_full_result());
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(report_cell(&t, rows[i].caption, rows[i].row, rows[i].column),
				    rows[i].text);
	assert_null(strstr(t.html, "Not in this result"));
	report_trial_done(&t);
}

static void what_is_absent_is_told_with_its_option(void **state)
{
	struct report_trial t;
	json_t *result = report_plain_result();

	(void)state;
	json_object_del(json_object_get(result, "rules"), "stale_window");
	report_try_json(&t, result);
	assert_non_null(strstr(t.html, "Not in this result"));
	assert_non_null(strstr(t.html, "<code>ioasim replay --profile</code>"));
	assert_non_null(strstr(t.html, "<code>ioasim replay --timing</code>"));
	assert_non_null(strstr(t.html, "<code>ioasim replay --level driver</code>"));
	assert_null(strstr(t.html, "Why caches missed"));
	report_trial_done(&t);
}

static void zeroes_alone_take_no_room(void **state)
{
	static const char *const keys[] = {"count", "accesses", "longest_ns", "total_ns"};
	json_t *result = report_plain_result(), *windows;
	struct report_trial t;

	(void)state;
	json_object_del(result, "driver");
	json_object_set_new(json_object_get(json_object_get(result, "recorded"), "stale"),
			    "beyond_record", json_integer(0));
	windows = json_object_get(json_object_get(result, "rules"), "stale_window");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		json_object_set_new(windows, keys[i], json_integer(0));
	report_try_json(&t, result);
	assert_non_null(strstr(t.html, "None was found."));
	assert_non_null(strstr(t.html, "<summary>Stale translations</summary>"));
	report_trial_done(&t);
	report_try_json(&t, report_plain_result());
	assert_null(strstr(t.html, "None was found."));
	assert_null(strstr(t.html, "<summary>Stale translations</summary>"));
	report_trial_done(&t);
}

static void translation_requests_are_told_beside_dma(void **state)
{
	json_t *result = report_plain_result(), *dma = json_object_get(result, "dma");
	struct report_trial t;

	(void)state;
	json_object_set_new(dma, "ats_requests", json_integer(4000));
	json_object_set_new(dma, "ats_answered", json_integer(3999));
	report_try_json(&t, result);
	assert_non_null(strstr(t.html, "4,000 translation requests, of which 3,999 were answered"));
	report_trial_done(&t);
}

/* Every layer that may be missing does so in turn, and all of them together. */
static void any_layer_may_be_missing(void **state)
{
	static const char *const layers[] = {"references", "caches",   "commands", "time",
					     "recorded",   "rules",    "faults",   "requesters",
					     "driver",     "counters", "profile",  "version"};
	json_t *bare = report_full_result();
	struct report_trial t;

	(void)state;
	for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); i++) {
		json_t *result = report_full_result();

		json_object_del(result, layers[i]);
		json_object_del(bare, layers[i]);
		report_try_json(&t, result);
		assert_int_equal(t.status, 0);
		check_structure(&t);
		report_trial_done(&t);
	}
	json_object_del(json_object_get(bare, "dma"), "pages");
	json_object_del(json_object_get(bare, "dma"), "by_page_size");
	report_try_json(&t, bare);
	assert_int_equal(t.status, 0);
	assert_non_null(strstr(t.html, "of 2,000"));
	report_trial_done(&t);
}

/* ---- Comparison --------------------------------------------------------------------------------------- */

static void results_are_compared_with_the_first(void **state)
{
	json_t *second = report_plain_result();
	struct report_trial t;

	(void)state;
	json_object_set_new(json_object_get(json_object_get(second, "caches"), "iotlb"), "misses",
			    json_integer(500));
	json_object_set_new(json_object_get(second, "time"), "total_ns", json_integer(374000));
	json_object_set_new(
		json_object_get(json_object_get(json_object_get(second, "machine"), "caches"),
				"iotlb"),
		"entries", json_integer(32));
	try_two(&t, report_plain_result(), second);
	check_structure(&t);
	assert_string_equal(report_cell(&t, "Measures", "IOTLB misses", "A "), "400");
	assert_string_equal(report_cell(&t, "Measures", "IOTLB misses", "B "), "500");
	assert_string_equal(report_cell(&t, "Measures", "IOTLB misses", "B to A"),
			    "+25.0\xc2\xa0%");
	assert_string_equal(report_cell(&t, "Measures", "Time (", "B to A"), "\xe2\x88\x92"
									     "20.0\xc2\xa0%");
	assert_string_equal(report_cell(&t, "Measures", "Commands", "B to A"), "0.0\xc2\xa0%");
	assert_string_equal(
		report_cell(&t, "Keys that are not the same", "caches.iotlb.entries", "B "), "32");
	assert_null(strstr(t.html, "different traces"));
	report_trial_done(&t);
}

static void what_cannot_be_compared_is_told(void **state)
{
	json_t *second = report_full_result();
	struct report_trial t;

	(void)state;
	json_object_set_new(json_object_get(second, "trace"), "file", json_string("other"));
	json_object_set_new(json_object_get(second, "trace"), "level", json_string("unit"));
	try_two(&t, report_plain_result(), second);
	assert_non_null(strstr(t.html, "different traces"));
	assert_non_null(strstr(t.html, "different levels"));
	assert_non_null(strstr(t.html, "different models of time"));
	report_trial_done(&t);
}

/* ---- CSV -------------------------------------------------------------------------------------------- */

/* Fields of a line; quoted ones may have commas and line ends. Returns what is behind it. */
static const char *csv_line(const char *at, size_t *fields)
{
	bool quoted = false;

	for (*fields = 1; *at && (quoted || *at != '\n'); at++) {
		quoted ^= *at == '"';
		*fields += *at == ',' && !quoted;
	}
	assert_false(quoted);
	return *at ? at + 1 : at;
}

static void csv_has_as_many_fields_on_each_line(void **state)
{
	size_t lines = 0, fields;
	struct report_trial t;

	(void)state;
	report_try_json(&t, report_full_result());
	for (const char *at = t.csv; *at; lines++) {
		at = csv_line(at, &fields);
		assert_int_equal(fields, 7);
	}
	assert_true(lines > 100);
	assert_int_equal(strncmp(t.csv, "result,table,row,name,column,value,unit\n", 40), 0);
	assert_non_null(strstr(t.csv, ",caches,1,iotlb,misses,400,count\n"));
	assert_non_null(strstr(t.csv, ",latency,1,translations,p50_ns,2.125,ns\n"));
	assert_non_null(strstr(t.csv, ",requesters,1,0x28,bytes,2000000,bytes\n"));
	report_trial_done(&t);
}

static void csv_of_one_table_has_a_line_a_row(void **state)
{
	struct report_trial t;
	char *text = NULL;
	size_t size, fields, lines = 0;
	FILE *stream = open_memstream(&text, &size);

	(void)state;
	assert_non_null(stream);
	try_two(&t, report_plain_result(), report_full_result());
	assert_true(page_has_table(&t.page, "requesters"));
	assert_false(page_has_table(&t.page, "requester"));
	page_print_csv_table(&t.page, "requesters", stream);
	fclose(stream);
	for (const char *at = text; *at; lines++) {
		at = csv_line(at, &fields);
		assert_int_equal(fields, 10);
	}
	assert_int_equal(lines, 1 + 2 * 2);
	assert_int_equal(strncmp(text, "result,requester,count,ok,", 26), 0);
	assert_non_null(strstr(text, ",0x30,500,495,5,1000000,100,20,200,0.4\n"));
	free(text);
	report_trial_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_whole_and_can_be_read_by_anyone),
		cmocka_unit_test(a_page_is_the_same_each_time),
		cmocka_unit_test(text_and_fills_stand_out_in_both_schemes),
		cmocka_unit_test(numbers_are_those_of_the_result),
		cmocka_unit_test(numbers_of_the_further_layers_are_told),
		cmocka_unit_test(what_is_absent_is_told_with_its_option),
		cmocka_unit_test(zeroes_alone_take_no_room),
		cmocka_unit_test(translation_requests_are_told_beside_dma),
		cmocka_unit_test(any_layer_may_be_missing),
		cmocka_unit_test(results_are_compared_with_the_first),
		cmocka_unit_test(what_cannot_be_compared_is_told),
		cmocka_unit_test(csv_has_as_many_fields_on_each_line),
		cmocka_unit_test(csv_of_one_table_has_a_line_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
