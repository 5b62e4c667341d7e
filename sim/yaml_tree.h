/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML for inputs that nobody vouches for: machine files, vectors, plans.
 *
 * A stream of documents, gzip recognised by content, is read one document at a
 * time into a tree whose every node knows its line and column. Anchors, aliases
 * and tags are refused; depth, nodes and bytes of a document are bounded;
 * duplicate keys are errors. Every error is one line of text,
 *
 *	FILE:LINE:COLUMN: what was found, what was expected
 *
 * in the `struct ytree_error` given when the stream was opened. The first error of
 * a document stays until ytree_forgive() or the next document.
 *
 * (The file is not called yaml.h: that is libyaml's.)
 */
#ifndef SIM_YAML_TREE_H
#define SIM_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ytree;

struct ytree_error {
	char text[512]; /* "" where there is none */
};

enum ytree_kind { YTREE_SCALAR, YTREE_LIST, YTREE_MAP };

/*
 * A node. Lists and maps hold their items as a chain, in the order of the input:
 *
 *	for (const struct ytree_node *n = map->first; n; n = n->next)
 *		... n->key, n (the value) ...
 */
struct ytree_node {
	uint8_t kind;
	bool quoted; /* scalar in quotes: a string, never null */
	uint32_t line, column; /* from 1 */
	uint32_t count; /* items of a list, pairs of a map, bytes of a scalar */
	const char *text; /* scalar, NUL-terminated */
	const char *key; /* as the value of a map */
	uint32_t key_line, key_column;
	const struct ytree_node *first, *next;
};

/* Opens a file ("-": standard input), or text in memory that outlives the tree.
 * 0 or a negative errno with *error filled. */
int ytree_open(const char *path, struct ytree **tree, struct ytree_error *error);
int ytree_open_text(const char *name, const char *text, size_t length, struct ytree **tree,
		    struct ytree_error *error);
void ytree_close(struct ytree *tree);
const char *ytree_name(const struct ytree *tree);

/*
 * The next document; *document NULL behind the last. The one before is gone. After
 * an error (-EINVAL malformed, -EIO, -ENOMEM, -E2BIG) the stream cannot go on.
 */
int ytree_next(struct ytree *tree, const struct ytree_node **document);

/* Opens, reads exactly one document; the tree is closed by the caller. */
int ytree_load(const char *path, struct ytree **tree, const struct ytree_node **document,
	       struct ytree_error *error);

/* ---- Looking at a document ----------------------------------------------- */

/* Notes an error at the node (NULL: the file) unless there is one: -EINVAL. */
__attribute__((format(printf, 3, 4))) int ytree_fail(struct ytree *tree,
						     const struct ytree_node *node,
						     const char *format, ...);
bool ytree_failed(const struct ytree *tree);
void ytree_forgive(struct ytree *tree);

/* The value of a key, NULL if the map has none. */
const struct ytree_node *ytree_get(const struct ytree_node *map, const char *key);

/*
 * Each returns 0, or -EINVAL after noting the error. A NULL node is no error for
 * ytree_known() only.
 */
/* Must be of this kind. */
int ytree_want(struct ytree *tree, const struct ytree_node *node, enum ytree_kind kind);
/* Must be a map, and have no keys but these (NULL-ended); suggests the nearest. */
int ytree_known(struct ytree *tree, const struct ytree_node *map, const char *const *keys);
/* The value of a key that must be there. */
int ytree_need(struct ytree *tree, const struct ytree_node *map, const char *key,
	       const struct ytree_node **value);
/* Decimal or 0x hex, min <= value <= max. */
int ytree_u64(struct ytree *tree, const struct ytree_node *node, uint64_t *value);
int ytree_range(struct ytree *tree, const struct ytree_node *node, uint64_t min, uint64_t max,
		uint64_t *value);
/* A number with k, M, G, T; a time with ns, us, ms, s, in nanoseconds. */
int ytree_size(struct ytree *tree, const struct ytree_node *node, uint64_t *value);
int ytree_time(struct ytree *tree, const struct ytree_node *node, uint64_t *value);
/* true, false, yes, no, on, off, 1, 0. */
int ytree_bool(struct ytree *tree, const struct ytree_node *node, bool *value);
/* One of these words (NULL-ended): its index. Suggests the nearest. */
int ytree_choice(struct ytree *tree, const struct ytree_node *node, const char *const *words,
		 unsigned *index);
/* A scalar's text, valid until the next document. */
int ytree_string(struct ytree *tree, const struct ytree_node *node, const char **text);

#endif
