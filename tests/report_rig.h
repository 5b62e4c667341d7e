/* SPDX-License-Identifier: Apache-2.0 */
/* Reports of results written by hand, in memory: pages, CSV, and what was complained of. */
#ifndef TESTS_REPORT_RIG_H
#define TESTS_REPORT_RIG_H

#include "html_reader.h"
#include "report_page.h"

#include <jansson.h>

/* A result with everything that the program gives without further layers, and one with
 * the layers of --profile and --timing too. New references. */
json_t *report_plain_result(void);
json_t *report_full_result(void);

/* A line of a sweep around a result (stolen); `set` is JSON. */
char *report_sweep_line(unsigned point, const char *set, json_t *result);

struct report_trial {
	struct result_set set;
	struct page page;
	char said[2048]; /* on standard error */
	int status;
	char *html, *csv;
	struct html_tree tree;
};

/* Reads the texts, one an input, and writes both forms if all are taken. */
void report_try(struct report_trial *t, const char *const *text, size_t texts,
		const struct report_choice *choice);
void report_try_json(struct report_trial *t, json_t *result); /* steals it */
void report_trial_done(struct report_trial *t);

/* Text of the table cell in the row that begins with `row` under the heading `column`, of
 * the first table whose caption begins with `caption`. Fails if there is none. */
const char *report_cell(const struct report_trial *t, const char *caption, const char *row,
			const char *column);

#endif
