/* SPDX-License-Identifier: Apache-2.0 */
#include "html_reader.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH 64

struct reading {
	struct html_tree *tree;
	const char *text, *at;
	size_t open[DEPTH]; /* indices of elements that have not ended */
	size_t depth;
	size_t roots;
};

static const struct {
	const char *name;
	char character;
} entities[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};

static bool refuse(struct reading *r, const char *why)
{
	snprintf(r->tree->wrong, sizeof(r->tree->wrong), "at byte %zu: %s: %.60s",
		 (size_t)(r->at - r->text), why, r->at);
	return false;
}

/* The character behind an entity; 0: none that the page may have. */
static char entity_at(const char *at, size_t *length)
{
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
		*length = strlen(entities[i].name);
		if (strncmp(at, entities[i].name, *length) == 0)
			return entities[i].character;
	}
	return 0;
}

/* Style sheets and scripts may have a '>', as XML allows it. */
static bool is_code(const struct reading *r)
{
	const char *name = r->depth ? r->tree->element[r->open[r->depth - 1]].name : "";

	return strcmp(name, "style") == 0 || strcmp(name, "script") == 0;
}

/* Text to the next '<': no bare '&', no control characters. */
static bool read_text(struct reading *r)
{
	for (; *r->at && *r->at != '<'; r->at++) {
		size_t length;

		if (*r->at == '&' && !entity_at(r->at, &length))
			return refuse(r, "an ampersand that begins no entity");
		if (*r->at == '>' && !is_code(r))
			return refuse(r, "a bare '>'");
		if ((unsigned char)*r->at < ' ' && *r->at != '\n' && *r->at != '\t')
			return refuse(r, "a control character");
	}
	return true;
}

/* name="value" pairs up to the end of the tag. */
static bool read_attributes(struct reading *r)
{
	while (isspace((unsigned char)*r->at)) {
		r->at++;
		if (!islower((unsigned char)*r->at))
			return refuse(r, "a name of an attribute expected");
		while (isalnum((unsigned char)*r->at) || *r->at == '-')
			r->at++;
		if (*r->at == 'B') /* viewBox */
			r->at += strlen("Box");
		if (r->at[0] == 'U') /* patternUnits */
			r->at += strlen("Units");
		if (r->at[0] != '=' || r->at[1] != '"')
			return refuse(r, "a quoted value expected");
		for (r->at += 2; *r->at != '"'; r->at++) {
			size_t length;

			if (!*r->at || *r->at == '<')
				return refuse(r, "a value that does not end");
			if (*r->at == '&' && !entity_at(r->at, &length))
				return refuse(r, "an ampersand in a value");
		}
		r->at++;
	}
	return true;
}

static struct html_element *new_element(struct reading *r)
{
	struct html_tree *tree = r->tree;

	if (tree->elements == tree->room) {
		tree->room = tree->room ? tree->room * 2 : 1024;
		tree->element = reallocarray(tree->element, tree->room, sizeof(*tree->element));
		if (!tree->element)
			abort();
	}
	memset(&tree->element[tree->elements], 0, sizeof(*tree->element));
	return &tree->element[tree->elements++];
}

static bool read_start(struct reading *r)
{
	struct html_element *element = new_element(r);
	size_t index = r->tree->elements - 1, length = 0;

	element->parent = r->depth ? r->open[r->depth - 1] : index;
	for (r->at++; isalnum((unsigned char)*r->at); r->at++)
		if (length + 1 < sizeof(element->name))
			element->name[length++] = *r->at;
	element->attributes = r->at;
	if (!length || !read_attributes(r))
		return refuse(r, "a tag that does not begin well");
	element->attributes_length = (size_t)(r->at - element->attributes);
	if (r->at[0] == '/' && r->at[1] == '>') {
		r->at += 2;
		element->inner = element->end = r->at;
		return true;
	}
	if (*r->at != '>' || r->depth == DEPTH)
		return refuse(r, "a tag that does not end");
	if (!r->depth && r->roots++)
		return refuse(r, "a second root");
	element->inner = ++r->at;
	r->open[r->depth++] = index;
	return true;
}

static bool read_end(struct reading *r)
{
	struct html_element *element = r->depth ? &r->tree->element[r->open[r->depth - 1]] : NULL;
	size_t length = element ? strlen(element->name) : 0;

	if (!element || strncmp(r->at + 2, element->name, length) != 0 || r->at[2 + length] != '>')
		return refuse(r, "an end of what is not open");
	element->end = r->at;
	r->at += length + 3;
	r->depth--;
	return true;
}

void html_tree_read(struct html_tree *tree, const char *text)
{
	static const char doctype[] = "<!DOCTYPE html>\n";
	struct reading r = {.tree = tree, .text = text, .at = text};
	bool well = true;

	memset(tree, 0, sizeof(*tree));
	if (strncmp(text, doctype, sizeof(doctype) - 1) != 0)
		well = refuse(&r, "a document type expected");
	else
		r.at += sizeof(doctype) - 1;
	while (well && *r.at) {
		if (*r.at != '<')
			well = read_text(&r);
		else
			well = r.at[1] == '/' ? read_end(&r) : read_start(&r);
	}
	if (well && (r.depth || r.roots != 1))
		refuse(&r, "an element that does not end");
}

void html_tree_free(struct html_tree *tree)
{
	free(tree->element);
}

/* ---- Asking --------------------------------------------------------------------------------- */

bool html_attribute(const struct html_element *element, const char *name, char *value, size_t size)
{
	const char *at = element->attributes, *end = at + element->attributes_length;
	size_t length = strlen(name);

	while (at < end) {
		const char *quote = memchr(at, '"', (size_t)(end - at)), *close;

		if (!quote)
			return false;
		close = memchr(quote + 1, '"', (size_t)(end - quote - 1));
		while (isspace((unsigned char)*at))
			at++;
		if ((size_t)(quote - at) == length + 1 && strncmp(at, name, length) == 0) {
			snprintf(value, size, "%.*s", (int)(close - quote - 1), quote + 1);
			return true;
		}
		at = close + 1;
	}
	return false;
}

bool html_is_inside(const struct html_tree *tree, size_t inner, size_t outer)
{
	if (outer == tree->elements)
		return true;
	while (inner > outer && tree->element[inner].parent != inner)
		inner = tree->element[inner].parent;
	return inner == outer;
}

size_t html_count(const struct html_tree *tree, size_t outer, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < tree->elements; i++)
		count += i != outer && strcmp(tree->element[i].name, name) == 0 &&
			 html_is_inside(tree, i, outer);
	return count;
}

void html_inner_text(const struct html_element *element, char *buffer, size_t size)
{
	size_t used = 0, length;
	bool tag = false;

	for (const char *at = element->inner; at < element->end && used + 1 < size; at++) {
		char character = *at;

		if (character == '<' || tag) {
			tag = character != '>';
			continue;
		}
		if (character == '&') {
			character = entity_at(at, &length);
			at += length - 1;
		}
		buffer[used++] = character;
	}
	buffer[used] = '\0';
}
