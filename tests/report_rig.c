/* SPDX-License-Identifier: Apache-2.0 */
#include "report_rig.h"

#include "html.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- Results ---------------------------------------------------------------------------------- */

static const char plain[] =
	"{'version': '0.1.0',"
	"'trace': {'file': 'traces/a.dmat', 'records': 4000, 'arch': 'vtd', 'level': 'driver'},"
	"'machine': {'arch': 'vtd', 'capabilities': {'cap': '0x1'},"
	" 'caches': {'iotlb': {'entries': 64, 'ways': 8, 'policy': 'lru', 'seed': 0}},"
	" 'memory': [{'base': '0x0', 'size': '0x1000'}],"
	" 'timing': {'memory_ns': 85, 'command_ns': 340}},"
	"'dma': {'count': 2000, 'ok': 1990, 'faulted': 10, 'bytes': 3000000,"
	" 'by_page_size': {'4096': 1980, '2097152': 10}},"
	"'faults': {'0x5': 10},"
	"'references': {'total': 700, 'by_kind': {'device_table': 0, 'stage2': 700},"
	" 'by_level': {'device_table': [0, 0, 0, 0, 0, 0], 'stage2': [400, 200, 60, 40, 0, 0]},"
	" 'flag_updates': 0},"
	"'caches': {'iotlb': {'lookups': 2000, 'hits': 1600, 'misses': 400, 'fills': 390,"
	" 'evictions': 90, 'invalidated': 300}},"
	"'commands': {'total': 1200, 'by_type': {'iotlb-page': 700, 'wait': 500}, 'waits': 500,"
	" 'fetches': 1200},"
	"'time': {'walk_ns': 59500, 'invalidate_ns': 408000, 'total_ns': 467500, 'model': "
	"'serial'},"
	"'recorded': {'compared': 1990, 'matched': 1989, 'mismatched': 1,"
	" 'stale': {'reproduced': 0, 'not_reproduced': 0, 'beyond_record': 2, 'lazy_window': 0,"
	"  'answers': [{'record': 7, 'requester': '0x28', 'address': '0x1000', 'pa': '0x2000',"
	"   'staleness': 'beyond_record'}]},"
	" 'mismatches': [{'record': 9, 'what': 'pa', 'requester': '0x28', 'address': '0x3000',"
	"  'recorded': '0x4000', 'found': '0x5000'}]},"
	"'rules': {'checked': 1990, 'broken': {'S1': 0, 'S4': 3}, 'unjudged': 0,"
	" 'stale_window': {'count': 2, 'accesses': 5, 'longest_ns': 1500000, 'total_ns': 2000000},"
	" 'violations': [{'rule': 'S4', 'record': 11, 'requester': '0x28', 'address': '0x6000',"
	"  'page': '0x7000', 'since': 10}]},"
	"'requesters': {'0x28': {'count': 1500, 'ok': 1495, 'faulted': 5, 'bytes': 2000000,"
	"  'references': 500, 'iotlb_misses': 300}, '0x30': {'count': 500, 'ok': 495, 'faulted': 5,"
	"  'bytes': 1000000, 'references': 200, 'iotlb_misses': 100}},"
	"'driver': {'calls': 1500, 'windows': {'count': 10, 'open': 1, 'length': {'mean_ns': "
	"4100.5,"
	" 'max_ns': 9000000, 'total_ns': 41005, 'histogram': [{'below_ns': 1024, 'count': 6},"
	" {'below_ns': 16384, 'count': 4}]}, 'accesses': {'mean': 0, 'max': 0, 'total': 0,"
	" 'histogram': [{'below': 1, 'count': 10}]}}}, 'counters': {'iotlb_lookup': 2000}}";

/* Laid over it: docs/results.md, the layers that are off by default. */
static const char layers[] =
	"{'dma': {'pages': [{'size': 4096, 'accesses': 1980, 'references': 690, 'iotlb_misses': "
	"395},"
	"  {'size': 'unlimited', 'accesses': 10, 'references': 10, 'iotlb_misses': 5}]},"
	"'commands': {'removed': {'iotlb-page': {'commands': 700, 'entries': 300, 'none': 420,"
	"  'max': 3}, 'wait': {'commands': 500, 'entries': 0, 'none': 500, 'max': 0}}},"
	"'requesters': {'0x28': {'by_pasid': [{'pasid': null, 'count': 1000, 'ok': 1000, "
	"'faulted': 0,"
	"   'bytes': 1500000, 'references': 300, 'iotlb_misses': 200}, {'pasid': 17, 'count': 500,"
	"   'ok': 495, 'faulted': 5, 'bytes': 500000, 'references': 200, 'iotlb_misses': 100}]}},"
	"'profile': {'caches': {'iotlb': {'classes': {'cold': 120, 'capacity': 80, 'conflict': 20, "
	"'insufficient': 0,"
	"   'invalidation': 170, 'unfilled': 10}, 'reuse': {'cold': 120, 'invalidated': 40, "
	"'histogram': [{'below': 1,"
	"   'count': 900}, {'below': 2, 'count': 500}, {'below': 4, 'count': 480}]},"
	"  'working_set': {'tags': 120, 'windows': [{'requests': 1000, 'mean': 61.25, 'max': 80}]},"
	"  'sizes': [{'entries': 16, 'misses': 900}, {'entries': 32, 'misses': 600}, {'entries': "
	"64,"
	"   'misses': 380}, {'entries': 128, 'misses': 300}]}}},"
	"'time': {'model': 'events', 'walk_ns': 59500, 'invalidate_ns': 408000, 'total_ns': "
	"900000.5,"
	" 'requests': {'count': 2000, 'throughput_mps': 2.222},"
	" 'latency': {'translation': {'count': 2000, 'min_ns': 2, 'mean_ns': 31.5, 'p50_ns': 2.125,"
	"   'p90_ns': 90, 'p99_ns': 340, 'p999_ns': 500, 'max_ns': 812.5, 'histogram': "
	"[{'below_ns': 3,"
	"   'count': 1600}, {'below_ns': 100, 'count': 300}, {'below_ns': 120, 'count': 80},"
	"   {'below_ns': 900, 'count': 20}]}},"
	" 'by_part': {'cache_ns': 4000, 'memory_ns': 59500, 'walker_wait_ns': 100, 'command_ns': 0,"
	"  'wait_ns': 170000, 'drain_ns': 0, 'ats_ns': 0},"
	" 'walkers': {'count': 1, 'walks': 400, 'merged': 0, 'busy_ns': 59500, 'waited': 3},"
	" 'memory': {'references': 700, 'cache_hits': 100, 'cache_misses': 600},"
	" 'series': [{'start_ns': 0, 'requests': 1200, 'iotlb_misses': 300, 'references': 500,"
	"   'commands': 700, 'removed': 200, 'stale_accesses': 0}, {'start_ns': 524288,"
	"   'requests': 800, 'iotlb_misses': 100, 'references': 200, 'commands': 500, 'removed': "
	"100,"
	"   'stale_accesses': 5}]}}";

/* JSON with single quotes, so that it can be read here. */
static json_t *parse(const char *text)
{
	char *copy = strdup(text);
	json_error_t error;
	json_t *json;

	assert_non_null(copy);
	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	json = json_loads(copy, 0, &error);
	if (!json)
		fail_msg("column %d: %s", error.column, error.text);
	free(copy);
	return json;
}

json_t *report_plain_result(void)
{
	return parse(plain);
}

json_t *report_full_result(void)
{
	json_t *result = parse(plain), *over = parse(layers);

	assert_int_equal(json_object_update_recursive(result, over), 0);
	json_decref(over);
	return result;
}

char *report_sweep_line(unsigned point, const char *set, json_t *result)
{
	json_t *line = json_pack("{s:s,s:i,s:o,s:o}", "plan", "geometry", "point", (int)point,
				 "set", parse(set), "result", result);
	char *text;

	assert_non_null(line);
	text = json_dumps(line, JSON_COMPACT);
	json_decref(line);
	return text;
}

/* ---- Trials ------------------------------------------------------------------------------------ */

static int read_text(struct result_set *set, const char *text, struct message *message)
{
	int fd = memfd_create("report", MFD_CLOEXEC), status;
	char path[64];

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	status = result_set_read(set, path, message);
	close(fd);
	return status;
}

static void print_both(struct report_trial *t)
{
	size_t size;
	FILE *stream = open_memstream(&t->html, &size);

	assert_non_null(stream);
	html_print(&t->page, stream);
	fclose(stream);
	stream = open_memstream(&t->csv, &size);
	assert_non_null(stream);
	page_print_csv(&t->page, stream);
	fclose(stream);
	html_tree_read(&t->tree, t->html);
	assert_string_equal(t->tree.wrong, "");
}

void report_try(struct report_trial *t, const char *const *text, size_t texts,
		const struct report_choice *choice)
{
	static const struct report_choice none;
	struct report_choice drawn = choice ? *choice : none;
	struct message message;
	FILE *stream;

	memset(t, 0, sizeof(*t));
	stream = fmemopen(t->said, sizeof(t->said) - 1, "w");
	assert_non_null(stream);
	message_init(&message, stream);
	result_set_init(&t->set, report_numbers, report_numbers_count);
	page_init(&t->page);
	for (size_t i = 0; i < texts && !t->status; i++)
		t->status = read_text(&t->set, text[i], &message);
	if (!t->status)
		t->status = result_set_complete(&t->set, &message);
	fclose(stream);
	if (t->status)
		return;
	if (!drawn.axes.values)
		drawn.axes.values = report_numbers_drawn;
	report_page(&t->page, &t->set, &drawn);
	assert_false(t->page.failed);
	print_both(t);
}

void report_try_json(struct report_trial *t, json_t *result)
{
	char *text = json_dumps(result, 0);

	assert_non_null(text);
	report_try(t, (const char *const[]){text}, 1, NULL);
	free(text);
	json_decref(result);
}

void report_trial_done(struct report_trial *t)
{
	html_tree_free(&t->tree);
	free(t->html);
	free(t->csv);
	page_fini(&t->page);
	result_set_fini(&t->set);
}

/* ---- Cells ---------------------------------------------------------------------------------------- */

static char cell_text[512];

static bool begins(const struct html_element *element, const char *text)
{
	html_inner_text(element, cell_text, sizeof(cell_text));
	return strncmp(cell_text, text, strlen(text)) == 0;
}

/* The n-th th or td of a row; tree->elements: none. */
static size_t nth_cell(const struct html_tree *tree, size_t row, size_t n)
{
	for (size_t i = row + 1; i < tree->elements && html_is_inside(tree, i, row); i++)
		if (tree->element[i].parent == row && n-- == 0)
			return i;
	return tree->elements;
}

static size_t find_table(const struct html_tree *tree, const char *caption)
{
	for (size_t i = 0; i < tree->elements; i++)
		if (strcmp(tree->element[i].name, "caption") == 0 &&
		    begins(&tree->element[i], caption))
			return tree->element[i].parent;
	fail_msg("no table '%s'", caption);
	return 0;
}

static size_t find_row(const struct html_tree *tree, size_t table, const char *row)
{
	for (size_t i = table; i < tree->elements && html_is_inside(tree, i, table); i++)
		if (strcmp(tree->element[i].name, "tr") == 0 &&
		    begins(&tree->element[nth_cell(tree, i, 0)], row))
			return i;
	fail_msg("no row '%s'", row);
	return 0;
}

const char *report_cell(const struct report_trial *t, const char *caption, const char *row,
			const char *column)
{
	const struct html_tree *tree = &t->tree;
	size_t table = find_table(tree, caption), heading = table, at, n = 0;

	while (strcmp(tree->element[heading].name, "tr") != 0)
		heading++;
	at = find_row(tree, table, row);
	for (;; n++) {
		size_t cell = nth_cell(tree, heading, n);

		if (cell == tree->elements)
			fail_msg("no column '%s'", column);
		if (begins(&tree->element[cell], column))
			break;
	}
	html_inner_text(&tree->element[nth_cell(tree, at, n)], cell_text, sizeof(cell_text));
	return cell_text;
}
