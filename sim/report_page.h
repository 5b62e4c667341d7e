/* SPDX-License-Identifier: Apache-2.0 */
/* The page of a report: from results to sections. */
#ifndef SIM_REPORT_PAGE_H
#define SIM_REPORT_PAGE_H

#include "view.h"

struct report_choice {
	const char *title; /* NULL: made of the inputs */
	struct view_axes axes;
};

/* Numbers of a sweep's points that a report keeps: the first ones are drawn unless others
 * are chosen. */
extern const char *const report_numbers[];
extern const size_t report_numbers_count, report_numbers_drawn;

/* Fills a page that page_init() has made. The set must outlive it. */
void report_page(struct page *page, const struct result_set *set,
		 const struct report_choice *choice);

#endif
