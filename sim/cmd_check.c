/* SPDX-License-Identifier: Apache-2.0 */
/* ioasim check: runs uAPI scenarios. */
#include "caches.h"
#include "cmd.h"
#include "options.h"
#include "report.h"
#include "scenario.h"

#include <limits.h>
#include <stdio.h>

struct check_options {
	const char *junit;
	uint8_t arch, caches, progress;
	bool tap;
};

static const char *const arch_choices[] = {"all", "vtd", "amdvi", "smmuv3", NULL};

static const struct option_spec specs[] = {
	{.name = "arch",
	 .letter = 'a',
	 .type = OPTION_CHOICE,
	 .choices = arch_choices,
	 .fallback = "all",
	 .offset = offsetof(struct check_options, arch),
	 .help = "run on this architecture alone, where a scenario lists it"},
	{.name = "caches",
	 .type = OPTION_CHOICE,
	 .choices = caches_names,
	 .fallback = "default",
	 .offset = offsetof(struct check_options, caches),
	 .help = "caches of the units: those of the architecture, none, two entries each, or "
		 "4096 entries each; a scenario holds with all of them"},
	{.name = "tap",
	 .type = OPTION_FLAG,
	 .offset = offsetof(struct check_options, tap),
	 .help = "print every run in the Test Anything Protocol"},
	{.name = "junit",
	 .type = OPTION_STRING,
	 .argument = "FILE",
	 .offset = offsetof(struct check_options, junit),
	 .help = "write the results into FILE as JUnit XML too"},
	OPTION_PROGRESS(struct check_options),
	{0},
};

static const struct option_table table = {
	.name = "check",
	.operands = "SCENARIO...",
	.min_operands = 1,
	.max_operands = UINT_MAX,
	.summary = "runs uAPI scenarios",
	.about = "A scenario is a machine, calls on named descriptors, stores of a guest, DMA, and "
		 "what must come of each. Each file is one YAML document; '-' is standard input. "
		 "It runs on every architecture that it lists, each time on a fresh machine.\n\n"
		 "Prints the runs that failed, with what was expected, what happened, the last "
		 "calls, the commands that the hardware was given, and the security rules that "
		 "were broken; and closes with a line 'N passed, N failed'.",
	.specs = specs,
	.values_size = sizeof(struct check_options),
};

/* A run over all files. */
struct session {
	const struct check_options *values;
	struct message *message;
	struct report report;
	struct scn_failure failure;
	unsigned long seen;
};

static void tell(struct session *s, const struct ytree *tree, const char *name,
		 const struct scn_failure *failure)
{
	struct report_told told = {.file = ytree_name(tree), .name = name};
	struct report_failure view;

	if (failure) {
		view = (struct report_failure){
			.step = failure->step,
			.line = failure->line,
			.column = failure->column,
			.doing = failure->doing,
			.expected = failure->expected,
			.found = failure->found,
			.more = failure->more,
		};
		told.failure = &view;
	}
	report_add(&s->report, &told);
}

static void run_one(struct session *s, const struct ytree *tree, const struct scenario *scenario,
		    unsigned arch)
{
	struct scn_runner runner = {.caches = s->values->caches, .arch = arch};
	struct message_step step = {.verb = "check", .unit = "runs"};
	char name[256];

	snprintf(name, sizeof(name), "%s (%s)", scenario->name, scn_archs[arch]);
	tell(s, tree, name, scn_run(&runner, scenario, &s->failure) ? NULL : &s->failure);
	step.done = ++s->seen;
	message_progress(s->message, &step);
}

/* All architectures are read before the first is run: a slip is told in any case. */
static int run_document(struct session *s, struct ytree *tree, const struct ytree_node *document)
{
	struct arena arenas[SCN_ARCHS] = {{0}};
	struct scenario scenarios[SCN_ARCHS];
	unsigned mask = 0;
	int err = scn_parse_archs(tree, document, &mask);

	for (unsigned i = 0; !err && i < SCN_ARCHS; i++)
		if (mask >> i & 1)
			err = scn_parse(tree, document, &arenas[i], i, &scenarios[i]);
	for (unsigned i = 0; !err && i < SCN_ARCHS; i++)
		if (mask >> i & 1 && (!s->values->arch || s->values->arch == i + 1u))
			run_one(s, tree, &scenarios[i], i);
	for (unsigned i = 0; i < SCN_ARCHS; i++)
		arena_free(&arenas[i]);
	return err;
}

static int run_file(struct session *s, const char *path)
{
	const struct ytree_node *document;
	struct ytree_error error;
	struct ytree *tree;
	int err = ytree_load(path, &tree, &document, &error);

	if (!err)
		err = run_document(s, tree, document);
	if (err)
		message_error(s->message, NULL, "%s", error.text);
	ytree_close(tree);
	return err ? CMD_INPUT : CMD_OK;
}

static int run_files(struct session *s, const struct options *options)
{
	int status = CMD_OK, end;

	for (unsigned i = 0; i < options->operands; i++) {
		int one = run_file(s, options->operand[i]);

		status = one ? one : status;
	}
	end = report_end(&s->report);
	if (end)
		return end;
	if (status)
		return status;
	if (s->seen == 0)
		return options_refuse(options, "no scenario lists the architecture of --arch");
	return s->report.failed ? CMD_CHECK_FAILED : CMD_OK;
}

int cmd_check(int argc, char **argv)
{
	struct check_options values;
	struct message message;
	struct options options;
	struct session s = {.values = &values, .message = &message, .report.command = "check"};
	int status;

	message_init(&message, stderr);
	if (!options_parse(&options, &table, &message, &values, argc, argv))
		return options.status;
	message.progress = values.progress;
	status = report_begin(&s.report, &message, values.tap, values.junit);
	if (!status)
		status = run_files(&s, &options);
	options_fini(&options);
	return status;
}
