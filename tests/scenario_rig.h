/* SPDX-License-Identifier: Apache-2.0 */
/* A scenario that a test writes as text: a head and a machine, the same for all, and steps. */
#ifndef TESTS_SCENARIO_RIG_H
#define TESTS_SCENARIO_RIG_H

#include "scenario.h"

enum { ON_VTD, ON_AMDVI, ON_SMMUV3 };

struct scenario_rig {
	struct arena arena;
	struct ytree *tree;
	struct ytree_error error;
	struct scenario scenario;
	struct scn_failure failure;
};

void scenario_rig_init(struct scenario_rig *rig);
void scenario_rig_fini(struct scenario_rig *rig);

/* A document whose steps, a YAML list in flow style, begin at line 10, column 9. */
char *scenario_text(const char *steps);
/* Reads it for the architecture: 0 or -EINVAL with the text in rig->error. */
int scenario_read(struct scenario_rig *rig, const char *document, unsigned arch);
/* Reads, which must succeed, and runs it. */
bool scenario_holds(struct scenario_rig *rig, const char *document, unsigned arch);

#endif
