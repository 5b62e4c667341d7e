/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of the parser of vectors share. All return 0, or -EINVAL with
 * the error noted in the tree. */
#ifndef SIM_VECTORS_PARSE_H
#define SIM_VECTORS_PARSE_H

#include "vectors.h"

struct vec_parser {
	struct ytree *tree;
	struct arena *arena;
};

/* Zeroed room for `count` things; NULL after noting that there is none. */
void *vec_get(struct vec_parser *p, size_t count, size_t size);

/* Letters of "rwx" as enum ioasim_access. */
int vec_parse_access(struct vec_parser *p, const struct ytree_node *node, uint8_t *access);

/* The value of a key that may be absent: then 0 or false. */
int vec_parse_field(struct vec_parser *p, const struct ytree_node *map, const char *key,
		    uint64_t max, uint64_t *value);
int vec_parse_flag(struct vec_parser *p, const struct ytree_node *map, const char *key, bool *flag);

/* rid and pasid; addr. */
int vec_parse_device(struct vec_parser *p, const struct ytree_node *map, uint32_t *rid,
		     uint32_t *pasid);
int vec_parse_address(struct vec_parser *p, const struct ytree_node *map, uint64_t *address);

/* A list of `min` to `max` numbers; and a list of pairs, NULL being an empty one. */
int vec_parse_numbers(struct vec_parser *p, const struct ytree_node *list, unsigned min,
		      unsigned max, uint64_t *values);
int vec_parse_pairs(struct vec_parser *p, const struct ytree_node *list, struct vec_pair **pairs,
		    uint32_t *count);

/* What a map expects; and the outcomes beside a request, or those of its `either`. */
int vec_parse_answer(struct vec_parser *p, const struct ytree_node *map, enum vec_kind kind,
		     struct vec_answer *answer);
int vec_parse_answers(struct vec_parser *p, const struct ytree_node *map, struct vec_step *step);

#endif
