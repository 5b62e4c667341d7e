/* SPDX-License-Identifier: Apache-2.0 */
/* ioasim walk --vector: translations of a conformance vector. */
#include "walk_cmd.h"

#include "cmd.h"
#include "nearest.h"

#include <string.h>

struct session {
	struct walk *walk;
	struct explain_notes notes;
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

static void print_step(struct session *s, const struct vec_run *run, uint32_t n, FILE *out)
{
	const struct vec_step *step = &s->vector.steps[n];
	char buffer[VEC_TEXT_SIZE];
	struct text text = text_in(buffer, sizeof(buffer));

	fprintf(out, "vector %s, step %u, line %u\n", s->vector.name, n + 1, step->line);
	explain_print(out, run->unit, &s->notes, &step->request, &run->response);
	for (uint32_t i = 0; i < step->count; i++) {
		text_add(&text, "%s", i ? " or " : "");
		text_answer(&text, s->vector.arch, &step->dma_answers[i]);
	}
	fprintf(out, "expected: %s\n", buffer);
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

/* Runs up to `last`, explains that step or all on the way. */
static int run_steps(struct session *s, uint32_t last)
{
	FILE *out = s->walk->out;
	struct vec_runner runner;
	struct vec_failure failure;
	struct vec_run run;
	bool holds = true, first = true;

	if (vec_runner_init(&runner, s->walk->values->caches) != 0) {
		message_error(s->walk->message, NULL, "no memory for the vector");
		return CMD_INPUT;
	}
	runner.fetch = explain_note;
	runner.opaque = &s->notes;
	if (!vec_run_begin(&run, &runner, &s->vector, &failure)) {
		complain(s, &failure);
		vec_runner_fini(&runner);
		return CMD_CHECK_FAILED;
	}
	for (uint32_t n = 0; n <= last; n++) {
		bool told =
			is_translation(&s->vector.steps[n]) && (n == last || s->walk->values->all);

		s->notes.on = told;
		s->notes.count = 0;
		if (!vec_run_step(&run, n, &failure)) {
			complain(s, &failure);
			holds = false;
		}
		if (!told)
			continue;
		if (!first)
			fputc('\n', out);
		first = false;
		print_step(s, &run, n, out);
	}
	vec_run_end(&run);
	vec_runner_fini(&runner);
	return holds ? CMD_OK : CMD_CHECK_FAILED;
}

int walk_vector(struct walk *walk)
{
	struct session s = {.walk = walk};
	uint32_t step = 0;
	int status = open_vector(&s);

	if (status == CMD_OK)
		status = find_step(&s, &step);
	if (status == CMD_OK)
		status = run_steps(&s, step);
	ytree_close(s.tree);
	arena_free(&s.arena);
	explain_notes_fini(&s.notes);
	return status;
}
