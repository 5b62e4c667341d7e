/* SPDX-License-Identifier: Apache-2.0 */
/* ioasim walk --vector: translations of a conformance vector. */
#include "walk_cmd.h"

#include "cmd.h"
#include "machine.h"
#include "nearest.h"
#include "vectors.h"
#include "vectors_text.h"

#include <string.h>

struct session {
	struct walk *walk;
	struct arena arena;
	struct ytree *tree;
	struct vector vector;
};

static bool is_translation(const struct vec_step *step)
{
	return step->kind == VEC_DMA || step->kind == VEC_ATS;
}

/* ---- Finding the vector -------------------------------------------------------------- */

/* Reads on to the vector of this name: 0 or an exit status, after a message. */
static int find_vector(struct session *s, const char *path, const char *name)
{
	struct nearest near = nearest_to(name);
	const struct ytree_node *document;
	struct ytree_error error;
	char hint[NEAREST_HINT_SIZE], best[64] = "";
	int err = ytree_open(path, &s->tree, &error);

	while (!err && (err = ytree_next(s->tree, &document)) == 0 && document) {
		const struct ytree_node *node = ytree_get(document, "name");

		if (!node || node->kind != YTREE_SCALAR)
			continue;
		if (strcmp(node->text, name) == 0) {
			err = vec_parse(s->tree, document, &s->arena, &s->vector);
			if (!err)
				return 0;
			break;
		}
		nearest_offer(&near, node->text);
		/* The text of a document is gone with the next. */
		if (near.best == node->text) {
			snprintf(best, sizeof(best), "%s", node->text);
			near.best = best;
		}
	}
	if (err)
		message_error(s->walk->message, NULL, "%s", error.text);
	else
		message_error(s->walk->message, NULL, "%s: no vector '%s'%s", path, name,
			      nearest_hint(&near, hint));
	return CMD_INPUT;
}

/* FILE:NAME; a name has no colon, a path may. */
static int open_vector(struct session *s)
{
	const char *place = s->walk->values->vector;
	const char *colon = strrchr(place, ':');
	char path[4096];

	if (!colon || colon == place || !colon[1] || (size_t)(colon - place) >= sizeof(path))
		return options_refuse(s->walk->options, "option --vector: '%s', expected FILE:NAME",
				      place);
	snprintf(path, sizeof(path), "%.*s", (int)(colon - place), place);
	return find_vector(s, path, colon + 1);
}

/* The step to be explained, from 0: 0 or an exit status, after a message. */
static int find_step(const struct session *s, uint32_t *step)
{
	uint32_t n = s->vector.n_steps;

	if (s->walk->values->step) {
		*step = (uint32_t)s->walk->values->step - 1;
		if (s->walk->values->step > n)
			return options_refuse(s->walk->options,
					      "option --step: the vector has %u steps", n);
		if (!is_translation(&s->vector.steps[*step]))
			return options_refuse(s->walk->options,
					      "option --step: step %u is no dma or ats step",
					      *step + 1);
		return CMD_OK;
	}
	while (n > 0 && !is_translation(&s->vector.steps[n - 1]))
		n--;
	if (n == 0)
		return options_refuse(s->walk->options, "the vector has no dma or ats step");
	*step = n - 1;
	return CMD_OK;
}

/* ---- Running it ------------------------------------------------------------------------ */

static int print_step(struct session *s, const struct vec_run *run, uint32_t n)
{
	const struct vec_step *step = &s->vector.steps[n];
	char title[160], buffer[VEC_TEXT_SIZE];
	struct text text = text_in(buffer, sizeof(buffer));

	for (uint32_t i = 0; i < step->count; i++) {
		text_add(&text, "%s", i ? " or " : "");
		text_answer(&text, s->vector.arch, &step->dma_answers[i]);
	}
	snprintf(title, sizeof(title), "vector %s, step %u, line %u", s->vector.name, n + 1,
		 step->line);
	return walk_show(s->walk, &(struct explain_case){
					  .title = title,
					  .request = &step->request,
					  .response = &run->response,
					  .label = step->count ? "expected" : NULL,
					  .other = buffer,
				  });
}

static void complain(struct session *s, const struct vec_failure *failure)
{
	const struct position at = {ytree_name(s->tree), failure->line, failure->column};

	if (failure->expected[0])
		message_warning(s->walk->message, &at,
				"step %u does not hold: expected %s, happened %s", failure->step,
				failure->expected, failure->found);
	else
		message_warning(s->walk->message, &at, "step %u does not hold: %s", failure->step,
				failure->found);
}

/* One step; *holds is cleared if it does not. */
static int run_step(struct session *s, struct vec_run *run, uint32_t n, uint32_t last, bool *holds)
{
	const struct walk_options *values = s->walk->values;
	const struct vec_step *step = &s->vector.steps[n];
	bool told = is_translation(step) && (n == last || values->all);
	struct vec_failure failure;
	int status;

	if (told)
		explain_begin(&s->walk->notes, run->unit);
	if (!vec_run_step(run, n, &failure)) {
		complain(s, &failure);
		*holds = false;
	}
	if (!told)
		return CMD_OK;
	explain_end(&s->walk->notes);
	status = print_step(s, run, n);
	if (status == CMD_OK && n == last)
		status = walk_more(s->walk, run->unit, &step->request, &run->response);
	return status;
}

/* Runs up to `last`, explains that step or all on the way. */
static int run_steps(struct session *s, uint32_t last)
{
	struct vec_runner runner;
	struct vec_failure failure;
	struct vec_run run;
	bool holds = true;
	int status = CMD_OK;

	if (vec_runner_init(&runner, s->walk->values->caches) != 0) {
		message_error(s->walk->message, NULL, "no memory for the vector");
		return CMD_INPUT;
	}
	runner.fetch = explain_note;
	runner.opaque = &s->walk->notes;
	if (!vec_run_begin(&run, &runner, &s->vector, &failure)) {
		complain(s, &failure);
		vec_runner_fini(&runner);
		return CMD_CHECK_FAILED;
	}
	for (uint32_t n = 0; n <= last && status == CMD_OK; n++)
		status = run_step(s, &run, n, last, &holds);
	vec_run_end(&run);
	vec_runner_fini(&runner);
	return status == CMD_OK && !holds ? CMD_CHECK_FAILED : status;
}

/* A vector tells of no time: that of the architecture's default machine. */
static void set_time(struct session *s)
{
	const struct ioasim_arch *arch = arch_find(s->vector.arch);
	struct machine machine;

	if (!arch)
		return; /* the run complains */
	machine_default(&machine, arch);
	s->walk->memory_ps = machine.timing.events.reference_ps;
}

int walk_vector(struct walk *walk)
{
	struct session s = {.walk = walk};
	uint32_t step = 0;
	int status = open_vector(&s);

	if (status == CMD_OK)
		status = find_step(&s, &step);
	if (status == CMD_OK)
		set_time(&s);
	if (status == CMD_OK)
		status = run_steps(&s, step);
	ytree_close(s.tree);
	arena_free(&s.arena);
	return status;
}
