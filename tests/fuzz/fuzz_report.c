/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results and sweeps for a report, changed in a few places. One that is refused has a
 * message that names it and says what was expected; of one that is taken page and CSV
 * are the same each time, nothing of it becomes markup, and each line of the CSV has as
 * many fields as the heading.
 */
#include "cmd.h"
#include "fuzz.h"
#include "html.h"
#include "report_page.h"
#include "result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define INPUT_MAX  24000u
#define CSV_FIELDS 7

struct reports {
	int input; /* a file in memory */
	char input_path[64];
	char *result, *sweep; /* seeds */
};

/* What one input comes to. */
struct told {
	int status;
	char *said, *html, *csv;
	size_t html_size, csv_size;
};

static bool put_input(const struct reports *r, const void *data, size_t size)
{
	return ftruncate(r->input, 0) == 0 && pwrite(r->input, data, size, 0) == (ssize_t)size;
}

static bool print(struct told *told, const struct page *page)
{
	FILE *html = open_memstream(&told->html, &told->html_size);
	FILE *csv = open_memstream(&told->csv, &told->csv_size);
	bool well = html && csv;

	if (well) {
		html_print(page, html);
		page_print_csv(page, csv);
	}
	if (html)
		fclose(html);
	if (csv)
		fclose(csv);
	return well;
}

/* False: no memory. */
static bool tell(const struct reports *r, struct told *told)
{
	const struct report_choice choice = {.axes = {.values = report_numbers_drawn}};
	struct result_set set;
	struct message message;
	struct page page;
	size_t size;
	FILE *stream = open_memstream(&told->said, &size);
	bool well = true;

	if (!stream)
		return false;
	message_init(&message, stream);
	result_set_init(&set, report_numbers, report_numbers_count);
	page_init(&page);
	told->status = result_set_read(&set, r->input_path, &message);
	if (!told->status)
		told->status = result_set_complete(&set, &message);
	if (!told->status) {
		report_page(&page, &set, &choice);
		well = !page.failed && print(told, &page);
	}
	fclose(stream);
	page_fini(&page);
	result_set_fini(&set);
	return well;
}

static void forget(struct told *told)
{
	free(told->said);
	free(told->html);
	free(told->csv);
}

/* ---- What is demanded -------------------------------------------------------------------------- */

static size_t count_of(const char *text, const char *what)
{
	size_t count = 0;

	for (; (text = strstr(text, what)); text++)
		count++;
	return count;
}

static const char *check_html(const struct told *told)
{
	if (strlen(told->html) != told->html_size)
		return "a page has a NUL";
	for (const char *c = told->html; *c; c++)
		if ((unsigned char)*c < ' ' && *c != '\n')
			return "a page has a control character";
	if (count_of(told->html, "<script") != 1 || count_of(told->html, "<!--"))
		return "text of an input became markup";
	if (count_of(told->html, "<figure") !=
	    count_of(told->html, "<details><summary>Data") + count_of(told->html, "<details open"))
		return "a chart has no table";
	return NULL;
}

static const char *check_csv(const struct told *told)
{
	bool quoted = false;
	unsigned fields = 1;

	for (const char *c = told->csv; *c; c++) {
		quoted ^= *c == '"';
		if (quoted)
			continue;
		fields += *c == ',';
		if (*c == '\n') {
			if (fields != CSV_FIELDS)
				return "a line of the CSV has another number of fields";
			fields = 1;
		}
	}
	return quoted ? "a quoted field of the CSV does not end" : NULL;
}

static const char *check(const struct reports *r, const struct told *one, const struct told *two)
{
	if (one->status == CMD_INPUT) {
		if (!strstr(one->said, r->input_path) && !strstr(one->said, "plan '"))
			return "an input was refused without its name";
		return NULL;
	}
	if (one->status)
		return "an input gives another status than 0 and 3";
	if (strcmp(one->html, two->html) != 0 || strcmp(one->csv, two->csv) != 0)
		return "the same input gives another page";
	return check_html(one) ? check_html(one) : check_csv(one);
}

static const char *run(void *state, const uint8_t *data, size_t size)
{
	const struct reports *r = state;
	struct told one = {0}, two = {0};
	const char *broken;

	if (!put_input(r, data, size))
		return "the input cannot be stored";
	if (!tell(r, &one) || !tell(r, &two))
		broken = "there is no memory";
	else
		broken = check(r, &one, &two);
	forget(&one);
	forget(&two);
	return broken;
}

/* ---- Seeds ---------------------------------------------------------------------------------------- */

/* A replay of nothing: every object that a replay always has. */
static json_t *empty_result(void)
{
	struct machine machine;
	struct result result;
	json_t *json;

	machine_default(&machine, arch_find("vtd"));
	result_init(&result, &machine, "fuzz");
	json = result_json(&result);
	result_fini(&result);
	return json;
}

static char *sweep_of(json_t *result)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	for (int i = 0; stream && i < 2; i++) {
		json_t *line = json_pack("{s:s,s:i,s:{s:i,s:s},s:O}", "plan", "p", "point", i,
					 "set", "a", i, "b", i ? "x" : "64k", "result", result);

		json_dumpf(line, stream, JSON_COMPACT);
		fputc('\n', stream);
		json_decref(line);
	}
	if (stream)
		fclose(stream);
	return text;
}

static void finish(void *state)
{
	struct reports *r = state;

	close(r->input);
	free(r->result);
	free(r->sweep);
	free(r);
}

static void *setup(struct fuzz_seed *seeds, size_t *n_seeds)
{
	struct reports *r = calloc(1, sizeof(*r));
	json_t *result = empty_result();

	if (!r)
		return NULL;
	r->input = memfd_create("fuzz-input", MFD_CLOEXEC);
	snprintf(r->input_path, sizeof(r->input_path), "/proc/self/fd/%d", r->input);
	r->result = json_dumps(result, JSON_COMPACT);
	r->sweep = sweep_of(result);
	json_decref(result);
	if (r->input < 0 || !r->result || !r->sweep) {
		finish(r);
		return NULL;
	}
	seeds[(*n_seeds)++] = (struct fuzz_seed){(const uint8_t *)r->result, strlen(r->result)};
	seeds[(*n_seeds)++] = (struct fuzz_seed){(const uint8_t *)r->sweep, strlen(r->sweep)};
	return r;
}

const struct fuzz_target fuzz_target = {
	.name = "report",
	.max_size = INPUT_MAX,
	.setup = setup,
	.run = run,
	.finish = finish,
};
