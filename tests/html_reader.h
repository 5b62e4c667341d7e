/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A page taken apart: what is not well-formed is refused, as by a strict reader of XML,
 * so that nothing of it depends on how a browser mends what is broken.
 */
#ifndef TESTS_HTML_READER_H
#define TESTS_HTML_READER_H

#include <stdbool.h>
#include <stddef.h>

struct html_element {
	char name[16];
	const char *attributes; /* the text between name and end of the tag */
	size_t attributes_length;
	const char *inner, *end; /* what is inside it */
	size_t parent; /* index; of the first element its own */
};

struct html_tree {
	struct html_element *element; /* in the order of their beginnings */
	size_t elements, room;
	char wrong[160]; /* "" if it is well-formed */
};

/* `text` must live as long as the tree. */
void html_tree_read(struct html_tree *tree, const char *text);
void html_tree_free(struct html_tree *tree);

/* False: no such attribute. Entities stand as they are. */
bool html_attribute(const struct html_element *element, const char *name, char *value, size_t size);

/* Is `inner` somewhere inside `outer`? */
bool html_is_inside(const struct html_tree *tree, size_t inner, size_t outer);

/* How many elements of this name are inside (tree->elements: anywhere). */
size_t html_count(const struct html_tree *tree, size_t outer, const char *name);

/* Text inside an element without tags, entities resolved, cut to the buffer. */
void html_inner_text(const struct html_element *element, char *buffer, size_t size);

#endif
