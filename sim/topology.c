/* SPDX-License-Identifier: Apache-2.0 */
#include "topology.h"

#include "cmd.h"
#include "scenario_parse.h"
#include "yaml_tree.h"

#include <stdlib.h>
#include <string.h>

/* Names outlive the tree that they are of. */
static int keep_names(struct topology *topology, struct scenario *scenario)
{
	for (uint32_t i = 0; i < scenario->n_devices; i++) {
		size_t size = strlen(scenario->devices[i].name) + 1;
		char *name = arena_get(&topology->arena, size, 1);

		if (!name)
			return -1;
		memcpy(name, scenario->devices[i].name, size);
		scenario->devices[i].name = name;
	}
	topology->device = scenario->devices;
	topology->devices = scenario->n_devices;
	return 0;
}

static int parse_devices(struct topology *topology, struct ytree *tree,
			 const struct ytree_node *root)
{
	const struct ytree_node *devices = ytree_get(root, "devices");
	struct scenario scenario = {0};
	struct scn_parser parser = {.tree = tree, .arena = &topology->arena, .scenario = &scenario};

	if (!devices)
		return 0;
	return scn_parse_devices(&parser, devices) ? -1 : keep_names(topology, &scenario);
}

int topology_load(struct topology *topology, const char *path, struct message *message)
{
	const struct machine_source source = {.path = path, .devices = true};
	const struct ytree_node *root;
	struct ytree_error error = {""};
	struct ytree *tree = NULL;
	int status = machine_load(&topology->machine, &source, message);

	if (status)
		return status;
	if (ytree_load(path, &tree, &root, &error) || parse_devices(topology, tree, root)) {
		message_error(message, NULL, "%s", error.text[0] ? error.text : "no memory");
		status = CMD_INPUT;
	}
	ytree_close(tree);
	return status;
}

void topology_free(struct topology *topology)
{
	arena_free(&topology->arena);
}
