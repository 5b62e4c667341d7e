/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine with its devices, for the library in front of real programs: a machine file
 * with one more key, `devices`, in the form that scenarios have it.
 */
#ifndef SIM_TOPOLOGY_H
#define SIM_TOPOLOGY_H

#include "arena.h"
#include "machine.h"
#include "scenario.h"

struct topology {
	struct machine machine;
	const struct scn_device *device; /* in `arena` */
	uint32_t devices;
	struct arena arena;
};

/* 0, or CMD_INPUT after a message. To be freed in any case; zeroed before. */
int topology_load(struct topology *topology, const char *path, struct message *message);
void topology_free(struct topology *topology);

#endif
