/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A page as one HTML file: nothing is fetched, no script is needed to read it, and it is
 * well-formed XML besides, so that any reader of either can check it.
 */
#ifndef SIM_HTML_H
#define SIM_HTML_H

#include "page.h"

#include <stdio.h>

/* Errors of the stream stay in it. */
void html_print(const struct page *page, FILE *stream);

/* ---- Its parts -------------------------------------------------------------------------- */

/*
 * Text as content or inside an attribute. Control characters, characters that turn the
 * direction of text, and bytes that are no UTF-8 become U+FFFD.
 */
void html_text(const char *text, FILE *stream);
/* The same, cut to `most` characters, the last of which then is an ellipsis. */
void html_text_cut(const char *text, size_t most, FILE *stream);

/* What stands in `back quotes` is set as code. */
void html_text_marked(const char *text, FILE *stream);

void html_table(const struct page_table *table, FILE *stream);
/* `id` is unique in the page. */
void html_chart(const struct page_chart *chart, unsigned id, FILE *stream);

extern const char html_style[], html_script[], html_script_hash[], html_patterns[];

#endif
