/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of a page: head, navigation, sections and what stands in them. */
#include "html.h"

#include <ioasim/version.h>

/* Counters of what is numbered in the page. */
struct writing {
	FILE *stream;
	unsigned section, chart;
};

static void put_head(const struct page *page, FILE *stream)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	      "<meta charset=\"utf-8\"/>\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'; script-src '",
	      stream);
	fputs(html_script_hash, stream);
	fputs("'; base-uri 'none'; form-action 'none'\"/>\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
	      "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
	      "<meta name=\"referrer\" content=\"no-referrer\"/>\n<meta name=\"generator\" "
	      "content=\"ioasim ",
	      stream);
	html_text(ioasim_version(), stream);
	fputs("\"/>\n<title>", stream);
	html_text_cut(page->title, 120, stream);
	fputs("</title>\n<style>\n", stream);
	fputs(html_style, stream);
	fputs("</style>\n</head>\n", stream);
}

/* ---- Navigation ------------------------------------------------------------------------ */

static void put_link(const struct page_section *section, unsigned number, FILE *stream)
{
	fprintf(stream, "<a href=\"#s%u\">", number);
	html_text_cut(section->title, 60, stream);
	fputs("</a>", stream);
}

/* Sections of level 3 stand in a list inside the item of the level 2 before them. */
static void put_navigation(const struct page *page, FILE *stream)
{
	unsigned number = 0;
	bool item = false, inner = false;

	fputs("<nav aria-label=\"Contents\"><ul>\n", stream);
	for (const struct page_section *s = page->first; s; s = s->next) {
		if (s->level == 2 || !item) {
			fputs(inner ? "</ul></li>\n" : item ? "</li>\n" : "", stream);
			inner = false;
			fputs("<li>", stream);
			item = true;
		} else {
			fputs(inner ? "" : "\n<ul>\n", stream);
			inner = true;
			fputs("<li>", stream);
		}
		put_link(s, ++number, stream);
		fputs(inner ? "</li>\n" : "", stream);
	}
	fputs(inner ? "</ul></li>\n" : item ? "</li>\n" : "", stream);
	fputs("</ul></nav>\n", stream);
}

/* ---- Blocks ------------------------------------------------------------------------------ */

static void put_cards(const struct page_block *block, FILE *stream)
{
	fputs("<dl class=\"cards\">\n", stream);
	for (size_t i = 0; i < block->cards; i++) {
		const struct page_card *card = &block->card[i];

		fprintf(stream, "<div%s><dt>", card->bad ? " class=\"bad\"" : "");
		html_text(card->title, stream);
		fputs("</dt><dd><b>", stream);
		html_text(card->value, stream);
		fputs("</b> <span>", stream);
		html_text(card->about, stream);
		fputs("</span></dd></div>\n", stream);
	}
	fputs("</dl>\n", stream);
}

static void put_chart(struct writing *w, const struct page_chart *chart)
{
	fprintf(w->stream, "<figure class=\"%s%s\">\n<figcaption><b>",
		chart->shown ? "shown" : "data", chart->wide ? " wide" : "");
	html_text_cut(chart->title, 160, w->stream);
	fputs("</b> ", w->stream);
	html_text_marked(chart->about, w->stream);
	fputs("</figcaption>\n", w->stream);
	html_chart(chart, ++w->chart, w->stream);
	fputs(chart->shown ? "<details open=\"open\"><summary>Data</summary>\n"
			   : "<details><summary>Data</summary>\n",
	      w->stream);
	html_table(chart->table, w->stream);
	fputs("</details>\n</figure>\n", w->stream);
}

static void put_table(const struct page_table *table, FILE *stream)
{
	if (!table->folded) {
		html_table(table, stream);
		return;
	}
	fputs("<details class=\"folded\"><summary>", stream);
	html_text_cut(table->caption, 160, stream);
	fputs("</summary>\n", stream);
	html_table(table, stream);
	fputs("</details>\n", stream);
}

static void put_text(const char *class, const char *text, FILE *stream)
{
	fprintf(stream, "<p class=\"%s\">", class);
	html_text_marked(text, stream);
	fputs("</p>\n", stream);
}

static void put_block(struct writing *w, const struct page_block *block)
{
	static const char *const classes[] = {
		[BLOCK_NOTE] = "note", [BLOCK_ABSENT] = "absent", [BLOCK_WARNING] = "warning"};

	switch (block->kind) {
	case BLOCK_CARDS:
		put_cards(block, w->stream);
		break;
	case BLOCK_TABLE:
		put_table(block->table, w->stream);
		break;
	case BLOCK_CHART:
		put_chart(w, block->chart);
		break;
	default:
		put_text(classes[block->kind], block->text, w->stream);
	}
}

/* Charts that follow each other stand side by side where there is room. */
static void put_section(struct writing *w, const struct page_section *section)
{
	unsigned number = ++w->section;
	bool charts = false;

	fprintf(w->stream, "<section id=\"s%u\" aria-labelledby=\"h%u\">\n<h%u id=\"h%u\">", number,
		number, section->level, number);
	html_text_cut(section->title, 160, w->stream);
	fprintf(w->stream, "</h%u>\n", section->level);
	for (const struct page_block *b = section->first; b; b = b->next) {
		if (charts != (b->kind == BLOCK_CHART))
			fputs(charts ? "</div>\n" : "<div class=\"charts\">\n", w->stream);
		charts = b->kind == BLOCK_CHART;
		put_block(w, b);
	}
	fputs(charts ? "</div>\n" : "", w->stream);
	fputs("</section>\n", w->stream);
}

void html_print(const struct page *page, FILE *stream)
{
	struct writing w = {.stream = stream};

	put_head(page, stream);
	fputs("<body>\n<a class=\"skip\" href=\"#main\">Skip to the results</a>\n", stream);
	fputs(html_patterns, stream);
	fputs("<header>\n<h1>", stream);
	html_text_cut(page->title, 160, stream);
	fputs("</h1>\n<p>", stream);
	html_text_marked(page->about, stream);
	fputs("</p>\n</header>\n<div class=\"frame\">\n", stream);
	put_navigation(page, stream);
	fputs("<main id=\"main\" tabindex=\"-1\">\n", stream);
	for (const struct page_section *s = page->first; s; s = s->next)
		put_section(&w, s);
	fputs("</main>\n</div>\n<footer><p>Written by ioasim ", stream);
	html_text(ioasim_version(), stream);
	fputs(". Times are simulated. Nothing in this page comes from the network.</p></footer>\n"
	      "<script>",
	      stream);
	fputs(html_script, stream);
	fputs("</script>\n</body>\n</html>\n", stream);
}
