/* SPDX-License-Identifier: Apache-2.0 */
#include "scenario_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char head[] =
	"name: s\n"
	"rules: [A1]\n"
	"arch: [vtd, amdvi, smmuv3]\n"
	"memory: {vm: [[0x40000000, 0x400000]], other: [[0x80000000, 0x10000]]}\n"
	"devices: {\n"
	"  d: {bdf: \"00:05.0\", pasid: 8, caps: [ats, pri]},\n"
	"  pf: {bdf: \"00:06.0\", pasid: 16},\n"
	"  m: {parent: pf}, s: {parent: pf, sw: true}, t: {parent: pf, sw: true},\n"
	"  n: {bdf: \"00:07.0\"}}\n"
	"steps: ";

void scenario_rig_init(struct scenario_rig *rig)
{
	memset(rig, 0, sizeof(*rig));
}

void scenario_rig_fini(struct scenario_rig *rig)
{
	arena_free(&rig->arena);
	ytree_close(rig->tree);
}

char *scenario_text(const char *steps)
{
	size_t size = sizeof(head) + strlen(steps) + 2;
	char *text = malloc(size);

	assert_non_null(text);
	snprintf(text, size, "%s%s\n", head, steps);
	return text;
}

int scenario_read(struct scenario_rig *rig, const char *document, unsigned arch)
{
	const struct ytree_node *root;
	unsigned mask;
	int err;

	ytree_close(rig->tree);
	arena_clear(&rig->arena);
	assert_int_equal(ytree_open_text("s", document, strlen(document), &rig->tree, &rig->error),
			 0);
	err = ytree_next(rig->tree, &root);
	if (!err)
		err = scn_parse_archs(rig->tree, root, &mask);
	return err ? err : scn_parse(rig->tree, root, &rig->arena, arch, &rig->scenario);
}

bool scenario_holds(struct scenario_rig *rig, const char *document, unsigned arch)
{
	struct scn_runner runner = {.arch = arch};

	if (scenario_read(rig, document, arch) != 0)
		fail_msg("%s\n%s", rig->error.text, document);
	return scn_run(&runner, &rig->scenario, &rig->failure);
}
