/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of the YAML trees share. */
#ifndef SIM_YAML_PRIVATE_H
#define SIM_YAML_PRIVATE_H

#include "yaml_tree.h"

struct ytree_parser;

struct ytree {
	char *name;
	struct ytree_error *error;
	struct ytree_parser *parser;
	int broken; /* what ended the stream */
};

/* As ytree_fail(), at the key of a value. */
__attribute__((format(printf, 3, 4))) int ytree_fail_key(struct ytree *tree,
							 const struct ytree_node *value,
							 const char *format, ...);

#endif
