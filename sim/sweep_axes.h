/* SPDX-License-Identifier: Apache-2.0 */
/* The axes of a plan, and the combinations of their rows. Inside of sweep_plan.h. */
#ifndef SIM_SWEEP_AXES_H
#define SIM_SWEEP_AXES_H

#include "arena.h"
#include "sweep_plan.h"
#include "yaml_tree.h"

struct sweep_axes {
	struct sweep_plan *plan;
	struct ytree *tree;
	struct arena *arena;
};

/* Notes that there is no host memory, and where things stand. */
int sweep_no_memory(struct sweep_axes *axes);
struct sweep_place sweep_place(const struct ytree_node *node);
struct sweep_place sweep_place_of_key(const struct ytree_node *node);

/* The values of one parameter: settings with its key, in the arena. */
struct sweep_values {
	struct sweep_setting *setting;
	size_t count, room;
	const struct ytree_node *node;
};

/* From a list, or from a map of from, to and step or factor. 0, or -EINVAL after noting
 * the error in the tree. */
int sweep_values_load(struct sweep_axes *axes, const struct ytree_node *node,
		      struct sweep_values *values);

/* Reads `machine`, `arch`, `set`, `parameters`, `zip`, `points` and `exclude` into the
 * plan; then counts and keeps the combinations that are not excluded. 0, or -EINVAL
 * after noting the error in the tree. */
int sweep_axes_load(struct sweep_axes *axes, const struct ytree_node *root);
int sweep_axes_count(struct sweep_axes *axes);

/* What a combination sets. */
size_t sweep_axes_settings(const struct sweep_plan *plan, uint32_t combination,
			   const struct sweep_setting *settings[SWEEP_KEYS]);

#endif
