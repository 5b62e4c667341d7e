/* SPDX-License-Identifier: Apache-2.0 */
/* What helps to understand a step that failed: broken rules, the last steps with their
 * results, and what the hardware was told within the step. */
#include "model/arch.h"
#include "scenario_parse.h"
#include "scenario_run.h"

#include <string.h>

/* Commands that are told; the rest is counted. */
#define COMMANDS_TOLD 48

void scn_text_node(struct text *text, const struct ytree_node *node)
{
	bool map = node->kind == YTREE_MAP;

	if (node->kind == YTREE_SCALAR) {
		text_add(text, node->quoted ? "\"%s\"" : "%s", node->text);
		return;
	}
	text_add(text, "%s", map ? "{" : "[");
	for (const struct ytree_node *n = node->first; n; n = n->next) {
		text_add(text, "%s", n == node->first ? "" : ", ");
		if (map)
			text_add(text, "%s: ", n->key);
		scn_text_node(text, n);
	}
	text_add(text, "%s", map ? "}" : "]");
}

static void tell_rules(const struct scn_run *run, struct text *text)
{
	const struct ioasim_violation *v;

	for (unsigned n = 0; (v = ioasim_system_violation(run->system, n)); n++) {
		text_add(text, "broken rule S%u: %s\n", v->rule, v->text);
		if (!v->dma)
			continue;
		text_add(text, "  DMA %llu of requester 0x%x", (unsigned long long)v->dma,
			 v->requester_id);
		if (v->has_pasid)
			text_add(text, " with PASID 0x%x", v->pasid);
		text_add(text, " at 0x%llx reached pa 0x%llx\n", (unsigned long long)v->address,
			 (unsigned long long)v->page);
	}
}

static void tell_log(const struct scn_run *run, struct text *text)
{
	uint32_t first = run->logged > SCN_LOG ? run->logged - SCN_LOG : 0;

	text_add(text, "the last steps:\n");
	for (uint32_t i = first; i < run->logged; i++) {
		const struct scn_logged *logged = &run->log[i % SCN_LOG];

		text_add(text, "  %s -> %s\n", logged->text, logged->result);
	}
}

static void tell_commands(const struct scn_run *run, struct text *text)
{
	const struct scn_heard *h = &run->heard;

	text_add(text,
		 h->n_commands ? "commands of this step:\n" : "commands of this step: none\n");
	for (uint32_t i = 0; i < h->n_commands && i < COMMANDS_TOLD; i++) {
		const struct scn_command *c = &h->commands[i];
		const char *name = run->arch->command_name(c->type);

		text_add(text, "  %-5s %s\n",
			 c->class == IOASIM_COMMAND_OTHER ? "" : scn_command_words[c->class],
			 name ? name : "unknown command");
	}
	if (h->n_commands > COMMANDS_TOLD)
		text_add(text, "  and %u more\n", h->n_commands - COMMANDS_TOLD);
}

void scn_explain(const struct scn_run *run, struct scn_failure *failure)
{
	struct text text = text_in(failure->more, sizeof(failure->more));

	tell_rules(run, &text);
	tell_log(run, &text);
	tell_commands(run, &text);
}
