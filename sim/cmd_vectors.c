/* SPDX-License-Identifier: Apache-2.0 */
/* ioasim vectors: runs conformance vectors. */
#include "cmd.h"
#include "options.h"
#include "report.h"
#include "vectors_text.h"

#include <fnmatch.h>
#include <limits.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

struct vectors_options {
	struct option_list only;
	const char *junit;
	uint8_t caches, progress;
	bool tap, list;
};

static const struct option_spec specs[] = {
	{.name = "only",
	 .letter = 'n',
	 .type = OPTION_LIST,
	 .argument = "PATTERN",
	 .offset = offsetof(struct vectors_options, only),
	 .help = "run only vectors whose name matches this shell pattern; can be repeated"},
	{.name = "caches",
	 .type = OPTION_CHOICE,
	 .choices = caches_names,
	 .fallback = "default",
	 .offset = offsetof(struct vectors_options, caches),
	 .help = "caches of the units: those of the architecture, none, two entries each, or "
		 "4096 entries each; a vector holds with all of them"},
	{.name = "tap",
	 .type = OPTION_FLAG,
	 .excludes = "list",
	 .offset = offsetof(struct vectors_options, tap),
	 .help = "print every vector in the Test Anything Protocol"},
	{.name = "junit",
	 .type = OPTION_STRING,
	 .argument = "FILE",
	 .excludes = "list",
	 .offset = offsetof(struct vectors_options, junit),
	 .help = "write the results into FILE as JUnit XML too"},
	{.name = "list",
	 .type = OPTION_FLAG,
	 .excludes = "caches,tap,junit",
	 .offset = offsetof(struct vectors_options, list),
	 .help = "print the names of the vectors and run none"},
	OPTION_PROGRESS(struct vectors_options),
	{0},
};

static const struct option_table table = {
	.name = "vectors",
	.operands = "FILE...",
	.min_operands = 1,
	.max_operands = UINT_MAX,
	.summary = "runs conformance vectors",
	.about = "A vector is an experiment on one unit: memory, register writes, requests, and "
		 "what "
		 "must come of each. Each file is a stream of YAML documents, plain or compressed; "
		 "'-' is standard input.\n\n"
		 "Prints the vectors that failed and closes with a line 'N passed, N failed'. A "
		 "vector with a key, step or architecture that this version does not know has "
		 "failed.",
	.specs = specs,
	.values_size = sizeof(struct vectors_options),
};

/* A run over all files. */
struct session {
	const struct vectors_options *values;
	struct message *message;
	struct vec_runner runner;
	struct report report;
	struct arena arena;
	const char *file;
	void *names; /* of the file under way: tree of tsearch() */
	unsigned long seen;
};

static bool is_wanted(const struct session *s, const char *name)
{
	const struct option_list *only = &s->values->only;

	for (size_t i = 0; i < only->count; i++)
		if (fnmatch(only->value[i], name, 0) == 0)
			return true;
	return only->count == 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* True if the file had this name already. */
static bool is_repeated(struct session *s, const char *name)
{
	char *copy = strdup(name);
	char **place = copy ? tsearch(copy, &s->names, compare_names) : NULL;

	if (place && *place == copy)
		return false;
	free(copy);
	return place != NULL;
}

static void tell(struct session *s, const struct vector *vector, const struct vec_failure *failure)
{
	char doing[VEC_TEXT_SIZE] = "";
	struct report_told told = {.file = s->file, .name = vector->name};
	struct report_failure view;

	if (failure) {
		struct text text = text_in(doing, sizeof(doing));

		if (failure->step)
			text_step(&text, &vector->steps[failure->step - 1]);
		view = (struct report_failure){
			.step = failure->step,
			.line = failure->line,
			.column = failure->column,
			.doing = doing,
			.expected = failure->expected,
			.found = failure->found,
			.more = "",
		};
		told.failure = &view;
	}
	report_add(&s->report, &told);
}

static void run_document(struct session *s, struct ytree *tree, const struct ytree_node *document,
			 const struct ytree_error *error)
{
	struct vec_failure failure;
	struct vector vector;
	bool holds = false;
	int err;

	arena_clear(&s->arena);
	err = vec_parse(tree, document, &s->arena, &vector);
	if (!is_wanted(s, vector.name))
		return;
	s->seen++;
	if (s->values->list) {
		fprintf(s->report.output.stream, "%s:%s\n", s->file, vector.name);
		return;
	}
	memset(&failure, 0, sizeof(failure));
	failure.line = vector.line;
	failure.column = 1;
	if (err)
		snprintf(failure.found, sizeof(failure.found), "not a vector: %.480s", error->text);
	else if (is_repeated(s, vector.name))
		snprintf(failure.found, sizeof(failure.found),
			 "the name stands twice in the file, expected once");
	else
		holds = vec_run(&s->runner, &vector, &failure);
	tell(s, &vector, holds ? NULL : &failure);
}

static int run_file(struct session *s, const char *path)
{
	struct message_step step = {.verb = "vectors", .unit = "run"};
	const struct ytree_node *document;
	struct ytree_error error;
	struct ytree *tree;
	unsigned long documents = 0;
	int err = ytree_open(path, &tree, &error);

	if (!err)
		s->file = ytree_name(tree);
	while (!err) {
		err = ytree_next(tree, &document);
		if (err || !document)
			break;
		documents++;
		run_document(s, tree, document, &error);
		step.done = s->seen;
		message_progress(s->message, &step);
	}
	tdestroy(s->names, free);
	s->names = NULL;
	if (err)
		message_error(s->message, NULL, "%s", error.text);
	else if (!documents)
		message_error(s->message, NULL, "%s: empty, expected vectors", s->file);
	ytree_close(tree);
	return err || !documents ? CMD_INPUT : CMD_OK;
}

static int run_files(struct session *s, const struct options *options)
{
	int status = CMD_OK, end;

	for (unsigned i = 0; i < options->operands; i++) {
		int one = run_file(s, options->operand[i]);

		status = one ? one : status;
	}
	if (!s->values->list)
		end = report_end(&s->report);
	else
		end = output_commit(&s->report.output, s->message);
	if (end)
		return end;
	if (status)
		return status;
	if (s->seen == 0)
		return options_refuse(options, "no vector matches --only");
	return s->report.failed ? CMD_CHECK_FAILED : CMD_OK;
}

int cmd_vectors(int argc, char **argv)
{
	struct vectors_options values;
	struct message message;
	struct options options;
	struct session s = {.values = &values, .message = &message, .report.command = "vectors"};
	int status;

	message_init(&message, stderr);
	if (!options_parse(&options, &table, &message, &values, argc, argv))
		return options.status;
	message.progress = values.progress;
	status = report_begin(&s.report, &message, values.tap, values.junit);
	if (status)
		goto out;
	if (vec_runner_init(&s.runner, values.caches) != 0) {
		message_error(&message, NULL, "no memory for the vectors");
		status = CMD_INPUT;
		goto out;
	}
	status = run_files(&s, &options);
	vec_runner_fini(&s.runner);
	arena_free(&s.arena);
out:
	options_fini(&options);
	return status;
}
