/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a plan: what its document says, with a place for every complaint. */
#include "sweep_plan.h"

#include "arena.h"
#include "cmd.h"
#include "sweep_axes.h"
#include "text.h"
#include "yaml_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct sweep_inside {
	struct ytree *tree;
	struct arena arena;
	char *name; /* where the plan names itself by its file */
};

static const char *const plan_keys[] = {"name", "trace",      "level", "check",  "machine", "arch",
					"set",  "parameters", "zip",   "points", "exclude", NULL};
static const char *const level_words[] = {
	[SWEEP_AUTO] = "auto", [SWEEP_UNIT] = "unit", [SWEEP_DRIVER] = "driver", NULL};

/* ---- Names --------------------------------------------------------------------------- */

/* The file's name without folder and ending. */
static char *name_of_file(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');

	return strndup(base, dot && dot != base ? (size_t)(dot - base) : strlen(base));
}

char *sweep_plan_file(const struct sweep_plan *plan, const char *name)
{
	const char *slash = strrchr(plan->path, '/');
	char *path;

	if (*name == '/' || !slash)
		return strdup(name);
	if (asprintf(&path, "%.*s/%s", (int)(slash - plan->path), plan->path, name) < 0)
		return NULL;
	return path;
}

/* ---- The document ---------------------------------------------------------------------- */

static int load_head(struct sweep_plan *plan, const struct ytree_node *root)
{
	struct sweep_inside *inside = plan->inside;
	const struct ytree_node *node = ytree_get(root, "name"), *trace;
	unsigned level = SWEEP_AUTO;

	if (node && ytree_string(inside->tree, node, &plan->name))
		return -EINVAL;
	if (!node) {
		inside->name = name_of_file(plan->path);
		plan->name = inside->name ? inside->name : "sweep";
	}
	if (ytree_need(inside->tree, root, "trace", &trace) ||
	    ytree_string(inside->tree, trace, &plan->trace))
		return -EINVAL;
	if (strcmp(plan->trace, "-") == 0)
		return ytree_fail(inside->tree, trace,
				  "trace: '-', expected a file: it is read more than once");
	plan->trace_path = sweep_plan_file(plan, plan->trace);
	if (!plan->trace_path)
		return ytree_fail(inside->tree, NULL, "%s", strerror(ENOMEM));
	node = ytree_get(root, "level");
	if (node && ytree_choice(inside->tree, node, level_words, &level))
		return -EINVAL;
	plan->level = (uint8_t)level;
	node = ytree_get(root, "check");
	return node ? ytree_bool(inside->tree, node, &plan->check) : 0;
}

static int load_document(struct sweep_plan *plan, const struct ytree_node *root)
{
	struct sweep_inside *inside = plan->inside;
	struct sweep_axes axes = {.plan = plan, .tree = inside->tree, .arena = &inside->arena};
	int status;

	if (ytree_known(inside->tree, root, plan_keys) || load_head(plan, root))
		return -EINVAL;
	status = sweep_axes_load(&axes, root);
	if (status == 0)
		status = sweep_axes_count(&axes);
	return status;
}

int sweep_plan_load(const char *path, struct sweep_plan *plan, struct message *message)
{
	struct ytree_error error = {""};
	const struct ytree_node *root = NULL;
	int status;

	*plan = (struct sweep_plan){.path = path, .check = true};
	plan->inside = calloc(1, sizeof(*plan->inside));
	if (!plan->inside) {
		message_error(message, NULL, "%s", strerror(ENOMEM));
		return CMD_INPUT;
	}
	status = ytree_load(path, &plan->inside->tree, &root, &error);
	if (status == 0)
		status = load_document(plan, root);
	if (status)
		message_error(message, NULL, "%s", error.text);
	return status ? CMD_INPUT : 0;
}

void sweep_plan_free(struct sweep_plan *plan)
{
	if (plan->inside) {
		ytree_close(plan->inside->tree);
		arena_free(&plan->inside->arena);
		free(plan->inside->name);
	}
	free(plan->inside);
	free(plan->trace_path);
	free(plan->combination);
	*plan = (struct sweep_plan){.path = NULL};
}

/* ---- Points -------------------------------------------------------------------------------- */

size_t sweep_plan_point(const struct sweep_plan *plan, size_t point,
			const struct sweep_setting *settings[SWEEP_KEYS])
{
	return sweep_axes_settings(plan, plan->combination[point], settings);
}

void sweep_plan_describe(const struct sweep_plan *plan, size_t point, char *text, size_t size)
{
	const struct sweep_setting *settings[SWEEP_KEYS];
	size_t count = sweep_plan_point(plan, point, settings);
	struct text line = text_in(text, size);

	for (size_t i = 0; i < count; i++)
		text_add(&line, "%s%s=%s", i ? ", " : "", settings[i]->key, settings[i]->value);
}
