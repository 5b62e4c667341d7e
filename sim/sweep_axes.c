/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep_axes.h"

#include "nearest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int sweep_no_memory(struct sweep_axes *axes)
{
	return ytree_fail(axes->tree, NULL, "%s", strerror(ENOMEM));
}

struct sweep_place sweep_place(const struct ytree_node *node)
{
	return (struct sweep_place){node->line, node->column};
}

struct sweep_place sweep_place_of_key(const struct ytree_node *node)
{
	return (struct sweep_place){node->key_line, node->key_column};
}

static int fail_at(struct sweep_axes *axes, struct sweep_place at, const char *what,
		   const char *key)
{
	const struct ytree_node node = {.line = at.line, .column = at.column};

	return ytree_fail(axes->tree, &node, "%.64s: %s", key, what);
}

/* ---- Rows ------------------------------------------------------------------------------ */

/* Pairs of a map, each with a single value. */
static int load_pairs(struct sweep_axes *axes, const struct ytree_node *map, struct sweep_row *row)
{
	if (ytree_want(axes->tree, map, YTREE_MAP))
		return -EINVAL;
	row->at = sweep_place(map);
	row->setting = arena_get(axes->arena, map->count + 1, sizeof(*row->setting));
	if (!row->setting)
		return sweep_no_memory(axes);
	for (const struct ytree_node *n = map->first; n; n = n->next) {
		struct sweep_setting *setting = &row->setting[row->settings++];

		*setting = (struct sweep_setting){
			.key = n->key, .key_at = sweep_place_of_key(n), .at = sweep_place(n)};
		if (ytree_string(axes->tree, n, &setting->value))
			return -EINVAL;
	}
	return 0;
}

static struct sweep_axis *new_axis(struct sweep_axes *axes, size_t rows)
{
	struct sweep_plan *plan = axes->plan;
	struct sweep_axis *axis = &plan->axis[plan->axes];

	*axis = (struct sweep_axis){.rows = rows};
	axis->row = arena_get(axes->arena, rows, sizeof(*axis->row));
	if (!axis->row) {
		sweep_no_memory(axes);
		return NULL;
	}
	memset(axis->row, 0, rows * sizeof(*axis->row));
	plan->axes++;
	return axis;
}

/* ---- The three kinds of axes ----------------------------------------------------------------- */

static int load_parameters(struct sweep_axes *axes, const struct ytree_node *map)
{
	struct sweep_axis *axis;
	struct sweep_values values;

	if (!map)
		return 0;
	if (ytree_want(axes->tree, map, YTREE_MAP))
		return -EINVAL;
	for (const struct ytree_node *n = map->first; n; n = n->next) {
		if (sweep_values_load(axes, n, &values))
			return -EINVAL;
		axis = new_axis(axes, values.count);
		if (!axis)
			return -EINVAL;
		for (size_t i = 0; i < values.count; i++)
			axis->row[i] = (struct sweep_row){
				.setting = &values.setting[i], .settings = 1, .at = sweep_place(n)};
	}
	return 0;
}

static int load_zip_group(struct sweep_axes *axes, const struct ytree_node *map)
{
	struct sweep_axis *axis = NULL;
	struct sweep_values values;

	if (ytree_want(axes->tree, map, YTREE_MAP))
		return -EINVAL;
	if (!map->first)
		return ytree_fail(axes->tree, map, "an empty group, expected keys with values");
	for (const struct ytree_node *n = map->first; n; n = n->next) {
		if (sweep_values_load(axes, n, &values))
			return -EINVAL;
		if (!axis && !(axis = new_axis(axes, values.count)))
			return -EINVAL;
		if (values.count != axis->rows)
			return ytree_fail(axes->tree, n,
					  "%.64s: %zu values, expected %zu as the keys before it "
					  "in the group have",
					  n->key, values.count, axis->rows);
		for (size_t i = 0; i < values.count; i++) {
			struct sweep_row *row = &axis->row[i];

			if (!row->setting)
				row->setting =
					arena_get(axes->arena, map->count, sizeof(*row->setting));
			if (!row->setting)
				return sweep_no_memory(axes);
			row->at = sweep_place(map);
			row->setting[row->settings++] = values.setting[i];
		}
	}
	return 0;
}

static int load_zip(struct sweep_axes *axes, const struct ytree_node *list)
{
	if (!list)
		return 0;
	if (ytree_want(axes->tree, list, YTREE_LIST))
		return -EINVAL;
	for (const struct ytree_node *n = list->first; n; n = n->next)
		if (load_zip_group(axes, n))
			return -EINVAL;
	return 0;
}

static int load_rows(struct sweep_axes *axes, const struct ytree_node *list, struct sweep_row *row)
{
	for (const struct ytree_node *n = list->first; n; n = n->next)
		if (load_pairs(axes, n, row++))
			return -EINVAL;
	return 0;
}

static int load_points(struct sweep_axes *axes, const struct ytree_node *list)
{
	struct sweep_axis *axis;

	if (!list)
		return 0;
	if (ytree_want(axes->tree, list, YTREE_LIST))
		return -EINVAL;
	if (!list->count)
		return ytree_fail(axes->tree, list, "points: an empty list, expected points");
	axis = new_axis(axes, list->count);
	if (!axis)
		return -EINVAL;
	axis->mixed = true;
	return load_rows(axes, list, axis->row);
}

static int load_exclude(struct sweep_axes *axes, const struct ytree_node *list)
{
	struct sweep_plan *plan = axes->plan;

	if (!list)
		return 0;
	if (ytree_want(axes->tree, list, YTREE_LIST))
		return -EINVAL;
	plan->exclude = arena_get(axes->arena, list->count + 1, sizeof(*plan->exclude));
	if (!plan->exclude)
		return sweep_no_memory(axes);
	memset(plan->exclude, 0, (list->count + 1) * sizeof(*plan->exclude));
	plan->excludes = list->count;
	return load_rows(axes, list, plan->exclude);
}

/* `set`, behind `machine` and `arch`. */
static int load_fixed(struct sweep_axes *axes, const struct ytree_node *root)
{
	static const char *const heads[] = {"machine", "arch"};
	const struct ytree_node *map = ytree_get(root, "set");
	struct sweep_row *fixed = &axes->plan->fixed, set = {0};

	if (map && load_pairs(axes, map, &set))
		return -EINVAL;
	fixed->setting = arena_get(axes->arena, set.settings + 2, sizeof(*fixed->setting));
	if (!fixed->setting)
		return sweep_no_memory(axes);
	for (size_t i = 0; i < 2; i++) {
		const struct ytree_node *n = ytree_get(root, heads[i]);
		struct sweep_setting *setting = &fixed->setting[fixed->settings];

		if (!n)
			continue;
		*setting = (struct sweep_setting){
			.key = n->key, .key_at = sweep_place_of_key(n), .at = sweep_place(n)};
		if (ytree_string(axes->tree, n, &setting->value))
			return -EINVAL;
		fixed->settings++;
	}
	for (size_t i = 0; i < set.settings; i++)
		fixed->setting[fixed->settings++] = set.setting[i];
	return 0;
}

/* ---- Keys that meet ---------------------------------------------------------------------------- */

static const struct sweep_setting *find(const struct sweep_row *row, const char *key)
{
	for (size_t i = 0; i < row->settings; i++)
		if (strcmp(row->setting[i].key, key) == 0)
			return &row->setting[i];
	return NULL;
}

/* Rows of a list of points may each have keys of their own. Those of the other kinds
 * are alike, and the first one speaks for all. */
static size_t rows_of_keys(const struct sweep_axis *axis)
{
	return axis->mixed ? axis->rows : 1;
}

static bool axis_has(const struct sweep_axis *axis, const char *key)
{
	for (size_t i = 0; i < rows_of_keys(axis); i++)
		if (find(&axis->row[i], key))
			return true;
	return false;
}

/* No key has two values in one point; within a row the map has seen to that. `own` is
 * the row's axis. */
static int check_row(struct sweep_axes *axes, const struct sweep_row *row, size_t own)
{
	const struct sweep_plan *plan = axes->plan;

	for (size_t i = 0; i < row->settings; i++) {
		const struct sweep_setting *setting = &row->setting[i];

		if (find(&plan->fixed, setting->key))
			return fail_at(axes, setting->key_at, "already set for all points",
				       setting->key);
		for (size_t axis = 0; axis < own; axis++)
			if (axis_has(&plan->axis[axis], setting->key))
				return fail_at(axes, setting->key_at, "a parameter twice",
					       setting->key);
	}
	return 0;
}

static int check_keys(struct sweep_axes *axes)
{
	const struct sweep_plan *plan = axes->plan;
	size_t keys = 0;

	for (size_t axis = 0; axis < plan->axes; axis++) {
		size_t widest = 0;

		for (size_t i = 0; i < rows_of_keys(&plan->axis[axis]); i++) {
			const struct sweep_row *row = &plan->axis[axis].row[i];

			if (check_row(axes, row, axis))
				return -EINVAL;
			widest = row->settings > widest ? row->settings : widest;
		}
		keys += widest;
	}
	if (keys > SWEEP_KEYS)
		return ytree_fail(axes->tree, NULL, "%zu parameters, expected at most %d", keys,
				  SWEEP_KEYS);
	return 0;
}

/* An exclusion speaks of parameters. */
static int check_exclude(struct sweep_axes *axes, const struct sweep_row *row)
{
	const struct sweep_plan *plan = axes->plan;

	if (!row->settings)
		return fail_at(axes, row->at,
			       "would leave out all points, expected keys and values", "exclude");
	for (size_t i = 0; i < row->settings; i++) {
		const struct sweep_setting *setting = &row->setting[i];
		struct nearest near = nearest_to(setting->key);
		char hint[NEAREST_HINT_SIZE], what[128];
		bool found = false;

		for (size_t axis = 0; axis < plan->axes; axis++) {
			found |= axis_has(&plan->axis[axis], setting->key);
			for (size_t n = 0; n < plan->axis[axis].row[0].settings; n++)
				nearest_offer(&near, plan->axis[axis].row[0].setting[n].key);
		}
		if (found)
			continue;
		snprintf(what, sizeof(what), "no parameter of the plan%s",
			 nearest_hint(&near, hint));
		return fail_at(axes, setting->key_at, what, setting->key);
	}
	return 0;
}

int sweep_axes_load(struct sweep_axes *axes, const struct ytree_node *root)
{
	struct sweep_plan *plan = axes->plan;
	const struct ytree_node *parameters = ytree_get(root, "parameters");
	const struct ytree_node *zip = ytree_get(root, "zip");
	size_t most = 1 + (parameters ? parameters->count : 0) + (zip ? zip->count : 0);
	int status;

	plan->axis = arena_get(axes->arena, most, sizeof(*plan->axis));
	if (!plan->axis)
		return sweep_no_memory(axes);
	status = load_fixed(axes, root);
	if (status == 0)
		status = load_parameters(axes, parameters);
	if (status == 0)
		status = load_zip(axes, zip);
	if (status == 0)
		status = load_points(axes, ytree_get(root, "points"));
	if (status == 0)
		status = load_exclude(axes, ytree_get(root, "exclude"));
	if (status == 0)
		status = check_keys(axes);
	for (size_t i = 0; status == 0 && i < plan->excludes; i++)
		status = check_exclude(axes, &plan->exclude[i]);
	return status;
}

/* ---- Combinations --------------------------------------------------------------------------------- */

size_t sweep_axes_settings(const struct sweep_plan *plan, uint32_t combination,
			   const struct sweep_setting *settings[SWEEP_KEYS])
{
	size_t rows[SWEEP_KEYS + 1] = {0}, count = 0;

	for (size_t axis = plan->axes; axis-- > 0; combination /= (uint32_t)plan->axis[axis].rows)
		rows[axis] = combination % plan->axis[axis].rows;
	for (size_t axis = 0; axis < plan->axes; axis++) {
		const struct sweep_row *row = &plan->axis[axis].row[rows[axis]];

		for (size_t i = 0; i < row->settings; i++)
			settings[count++] = &row->setting[i];
	}
	return count;
}

static bool excluded_by(const struct sweep_row *exclude,
			const struct sweep_setting *const *settings, size_t count)
{
	for (size_t i = 0; i < exclude->settings; i++) {
		const struct sweep_setting *wanted = &exclude->setting[i];
		size_t n = 0;

		while (n < count && strcmp(settings[n]->key, wanted->key) != 0)
			n++;
		if (n == count || strcmp(settings[n]->value, wanted->value) != 0)
			return false;
	}
	return true;
}

static bool excluded(const struct sweep_plan *plan, uint32_t combination, bool *used)
{
	const struct sweep_setting *settings[SWEEP_KEYS];
	size_t count = sweep_axes_settings(plan, combination, settings);
	bool any = false;

	for (size_t i = 0; i < plan->excludes; i++) {
		bool here = excluded_by(&plan->exclude[i], settings, count);

		used[i] |= here;
		any |= here;
	}
	return any;
}

int sweep_axes_count(struct sweep_axes *axes)
{
	struct sweep_plan *plan = axes->plan;
	uint64_t all = 1;
	bool *used;

	for (size_t i = 0; i < plan->axes && all <= SWEEP_POINTS; i++)
		all *= plan->axis[i].rows;
	if (all > SWEEP_POINTS)
		return ytree_fail(axes->tree, NULL, "more than %" PRIu64 " points", SWEEP_POINTS);
	plan->combination = calloc((size_t)all, sizeof(*plan->combination));
	used = arena_get(axes->arena, plan->excludes + 1, sizeof(*used));
	if (!plan->combination || !used)
		return sweep_no_memory(axes);
	memset(used, 0, (plan->excludes + 1) * sizeof(*used));
	for (uint32_t i = 0; i < all; i++)
		if (!plan->excludes || !excluded(plan, i, used))
			plan->combination[plan->points++] = i;
	for (size_t i = 0; i < plan->excludes; i++)
		if (!used[i])
			return fail_at(axes, plan->exclude[i].at, "no point has these values",
				       "exclude");
	if (!plan->points)
		return ytree_fail(axes->tree, NULL, "exclude: no point is left");
	return 0;
}
