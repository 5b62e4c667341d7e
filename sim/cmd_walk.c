/* SPDX-License-Identifier: Apache-2.0 */
/* ioasim walk: explains one translation step by step. */
#include "cmd.h"
#include "explain.h"
#include "nearest.h"
#include "options.h"
#include "output.h"

#include <string.h>

struct walk_options {
	const char *vector, *output;
	uint64_t step;
	uint8_t caches;
	bool all;
};

static const struct option_spec specs[] = {
	{.name = "vector",
	 .letter = 'v',
	 .type = OPTION_STRING,
	 .argument = "FILE:NAME",
	 .offset = offsetof(struct walk_options, vector),
	 .help = "explain translations of this vector"},
	{.name = "step",
	 .letter = 's',
	 .type = OPTION_NUMBER,
	 .argument = "N",
	 .min = 1,
	 .needs = "vector",
	 .excludes = "all",
	 .offset = offsetof(struct walk_options, step),
	 .help = "explain the N-th step of the vector, counted from 1; without it the last one "
		 "that is a dma or ats step"},
	{.name = "all",
	 .letter = 'a',
	 .type = OPTION_FLAG,
	 .needs = "vector",
	 .offset = offsetof(struct walk_options, all),
	 .help = "explain every dma and ats step of the vector"},
	{.name = "caches",
	 .type = OPTION_CHOICE,
	 .choices = vec_caches_names,
	 .fallback = "default",
	 .needs = "vector",
	 .offset = offsetof(struct walk_options, caches),
	 .help = "caches of the unit, as of ioasim vectors"},
	{.name = "output",
	 .letter = 'o',
	 .type = OPTION_STRING,
	 .argument = "FILE",
	 .offset = offsetof(struct walk_options, output),
	 .help = "write the table into FILE"},
	{0},
};

static const struct option_table table = {
	.name = "walk",
	.summary = "explains one translation step by step",
	.about = "Prints every entry that the unit reads for a translation: for which stage and on "
		 "whose behalf, where in memory, with its words and decoded fields; then what the "
		 "caches said, what it cost, and the answer or fault.",
	.specs = specs,
	.values_size = sizeof(struct walk_options),
};

struct session {
	struct message *message;
	const struct walk_options *values;
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
		message_error(s->message, NULL, "%s", error.text);
	else
		message_error(s->message, NULL, "%s: no vector '%s'%s", path, name,
			      nearest_hint(&near, hint));
	return CMD_INPUT;
}

/* FILE:NAME; a name has no colon, a path may. */
static int open_vector(struct session *s, const struct options *options)
{
	const char *place = s->values->vector;
	const char *colon = strrchr(place, ':');
	char path[4096];

	if (!colon || colon == place || !colon[1] || (size_t)(colon - place) >= sizeof(path))
		return options_refuse(options, "option --vector: '%s', expected FILE:NAME", place);
	snprintf(path, sizeof(path), "%.*s", (int)(colon - place), place);
	return find_vector(s, path, colon + 1);
}

/* The step to be explained, from 0: 0 or an exit status, after a message. */
static int find_step(const struct session *s, const struct options *options, uint32_t *step)
{
	uint32_t n = s->vector.n_steps;

	if (s->values->step) {
		*step = (uint32_t)s->values->step - 1;
		if (s->values->step > n)
			return options_refuse(options, "option --step: the vector has %u steps", n);
		if (!is_translation(&s->vector.steps[*step]))
			return options_refuse(
				options, "option --step: step %u is no dma or ats step", *step + 1);
		return CMD_OK;
	}
	while (n > 0 && !is_translation(&s->vector.steps[n - 1]))
		n--;
	if (n == 0)
		return options_refuse(options, "the vector has no dma or ats step");
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
		message_warning(s->message, &at, "step %u does not hold: expected %s, happened %s",
				failure->step, failure->expected, failure->found);
	else
		message_warning(s->message, &at, "step %u does not hold: %s", failure->step,
				failure->found);
}

/* Runs up to `last`, explains that step or all on the way. */
static int walk(struct session *s, uint32_t last, FILE *out)
{
	struct vec_runner runner;
	struct vec_failure failure;
	struct vec_run run;
	bool holds = true, first = true;

	if (vec_runner_init(&runner, s->values->caches) != 0) {
		message_error(s->message, NULL, "no memory for the vector");
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
		bool told = is_translation(&s->vector.steps[n]) && (n == last || s->values->all);

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

static int walk_vector(struct session *s, const struct options *options)
{
	struct output output;
	uint32_t step = 0;
	int status = open_vector(s, options);
	int end;

	if (status == CMD_OK)
		status = find_step(s, options, &step);
	if (status == CMD_OK)
		status = output_open(&output, s->values->output, s->message);
	if (status != CMD_OK)
		return status;
	status = walk(s, step, output.stream);
	end = output_commit(&output, s->message);
	return end ? end : status;
}

int cmd_walk(int argc, char **argv)
{
	struct walk_options values;
	struct message message;
	struct options options;
	struct session s = {.message = &message, .values = &values};
	int status;

	message_init(&message, stderr);
	if (!options_parse(&options, &table, &message, &values, argc, argv))
		return options.status;
	if (values.vector)
		status = walk_vector(&s, &options);
	else
		status = options_refuse(&options, "--vector expected");
	ytree_close(s.tree);
	arena_free(&s.arena);
	explain_notes_fini(&s.notes);
	options_fini(&options);
	return status;
}
