/* SPDX-License-Identifier: Apache-2.0 */
/* ioasim sweep: one trace on many machines. */
#include "cmd_sweep.h"

#include "cmd.h"
#include "number.h"
#include "options.h"
#include "sweep_run.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct sweep_options {
	const char *output, *shard, *show;
	uint64_t threads, group, list;
	uint8_t progress;
};

#define AT(member) .offset = offsetof(struct sweep_options, member)

static const struct option_spec sweep_specs[] = {
	{.name = "output",
	 .letter = 'o',
	 .type = OPTION_STRING,
	 .argument = "FILE",
	 AT(output),
	 .help = "the results, a line of JSON each point; - is standard output (default: the "
		 "plan's name with .jsonl)"},
	{.name = "shard",
	 .type = OPTION_STRING,
	 .argument = "I/N",
	 AT(shard),
	 .help = "do the I-th of N parts of the plan only"},
	{.name = "list",
	 .type = OPTION_NUMBER,
	 .argument = "N",
	 .min = 1,
	 .max = SWEEP_POINTS,
	 AT(list),
	 .excludes = "shard,show,progress",
	 .help = "print the commands that do the plan in N parts instead of doing it"},
	{.name = "show",
	 .type = OPTION_STRING,
	 .argument = "PATH[,PATH]...",
	 .fallback = sweep_show_default,
	 AT(show),
	 .help = "the numbers of the results that the table shows, the first one in order"},
	{.name = "threads",
	 .type = OPTION_NUMBER,
	 .argument = "N",
	 .min = 1,
	 .max = 64,
	 AT(threads),
	 .help = "how many machines are replayed at the same time; the results are the same "
		 "(default: the processors)"},
	{.name = "group",
	 .type = OPTION_NUMBER,
	 .argument = "N",
	 .fallback = "64",
	 .min = 1,
	 .max = SWEEP_POINTS,
	 AT(group),
	 .help = "how many machines share one reading of the trace at most; their results are "
		 "written when it ends"},
	OPTION_PROGRESS(struct sweep_options),
	{0},
};

static const struct option_table sweep_table = {
	.name = "sweep",
	.operands = "PLAN.yaml",
	.min_operands = 1,
	.max_operands = 1,
	.summary = "replay a trace on many machines",
	.about = "PLAN names a trace, and keys of the machine with their values. The trace is read "
		 "once for many machines; the results go into one file, and a sweep that was "
		 "interrupted goes on where it was when the same command is given again.\n\n"
		 "'ioasim sweep merge' joins the results of parts.",
	.specs = sweep_specs,
	.values_size = sizeof(struct sweep_options),
};

struct sweep {
	struct options options;
	struct sweep_options values;
	struct message message;
	struct sweep_plan plan;
	struct trace_reader *reader; /* of the meta data */
	struct sweep_machines *machines;
	struct sweep_results results;
	char *output;
	size_t first, last; /* points of the shard */
};

/* ---- Interrupts ---------------------------------------------------------------------------- */

/* The one variable that a signal can reach. */
static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	interrupted = number;
}

static void catch_signals(void)
{
	const struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* ---- Before it ------------------------------------------------------------------------------- */

static int take_shard(struct sweep *sweep)
{
	const char *text = sweep->values.shard, *slash = text ? strchr(text, '/') : NULL;
	uint64_t part = 1, parts = 1;
	char number[24];

	if (slash && slash - text < (ptrdiff_t)sizeof(number)) {
		snprintf(number, sizeof(number), "%.*s", (int)(slash - text), text);
		if (parse_number(number, &part) || parse_number(slash + 1, &parts))
			parts = 0;
	} else if (text) {
		parts = 0;
	}
	if (!part || part > parts || parts > SWEEP_POINTS)
		return options_refuse(&sweep->options,
				      "--shard %s: expected I/N, part I from 1 to N", text);
	sweep->first = (size_t)(sweep->plan.points * (part - 1) / parts);
	sweep->last = (size_t)(sweep->plan.points * part / parts);
	return 0;
}

static int name_output(struct sweep *sweep)
{
	if (sweep->values.output)
		sweep->output = strdup(sweep->values.output);
	else if (asprintf(&sweep->output, "%s.jsonl", sweep->plan.name) < 0)
		sweep->output = NULL;
	if (sweep->output)
		return 0;
	message_error(&sweep->message, NULL, "%s", strerror(ENOMEM));
	return CMD_OUTPUT;
}

/* The processors that this process may use. */
static unsigned processors(void)
{
	cpu_set_t set;
	int count = 1;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		count = CPU_COUNT(&set);
	return count < 1 ? 1 : count > 64 ? 64 : (unsigned)count;
}

static int open_trace(struct sweep *sweep)
{
	struct trace_error error = {""};

	if (trace_open(sweep->plan.trace_path, TRACE_FORMAT_AUTO, &sweep->reader, &error)) {
		message_error(&sweep->message, NULL, "%s", error.text);
		return CMD_INPUT;
	}
	sweep->machines =
		sweep_machines_new(&sweep->plan, trace_reader_meta(sweep->reader), &sweep->message);
	if (sweep->machines)
		return 0;
	message_error(&sweep->message, NULL, "%s", strerror(ENOMEM));
	return CMD_INPUT;
}

/* ---- It ---------------------------------------------------------------------------------------- */

/* The default action ends the process, so that a shell sees what ended it. */
static void end_by_signal(struct sweep *sweep)
{
	message_note(&sweep->message,
		     "interrupted: %zu of %zu points are done; the same command goes on from there",
		     sweep->results.done, sweep->plan.points);
	sweep_results_close(&sweep->results);
	raise(interrupted);
}

static int conclude(struct sweep *sweep)
{
	size_t bad = 0;
	int status = sweep_results_finish(&sweep->results);

	if (status == 0 && sweep->results.path)
		status = sweep_table_print(&sweep->results, sweep->values.show, sweep->first,
					   sweep->last);
	for (size_t i = sweep->first; i < sweep->last; i++) {
		char text[512];

		if (!sweep->results.bad[i] || ++bad > 10)
			continue;
		sweep_plan_describe(&sweep->plan, i, text, sizeof(text));
		message_error(&sweep->message, &(struct position){.file = sweep->output},
			      "point %zu (%s) is not as recorded, or breaks a rule", i, text);
	}
	if (bad > 10)
		message_note(&sweep->message, "and %zu more", bad - 10);
	return status ? status : bad ? CMD_CHECK_FAILED : CMD_OK;
}

static int do_sweep(struct sweep *sweep)
{
	char identity[SWEEP_IDENTITY];
	const struct sweep_of of = {sweep->plan.name, identity, sweep->plan.points};
	struct sweep_run run = {
		.plan = &sweep->plan,
		.machines = sweep->machines,
		.results = &sweep->results,
		.message = &sweep->message,
		.threads = sweep->values.threads ? (unsigned)sweep->values.threads : processors(),
		.group = (size_t)sweep->values.group,
		.stop = &interrupted,
	};
	int status = sweep_identity(sweep->machines, identity);

	if (status == 0)
		status = sweep_results_open(&sweep->results, sweep->output, &of, &sweep->message);
	if (status == 0 && sweep->results.done)
		message_note(&sweep->message, "%s: %zu of %zu points are done already",
			     sweep->output, sweep->results.done, sweep->plan.points);
	catch_signals();
	if (status == 0)
		status = sweep_run(&run, sweep->first, sweep->last);
	message_progress_end(&sweep->message);
	if (interrupted)
		end_by_signal(sweep);
	return status ? status : conclude(sweep);
}

static int list(struct sweep *sweep)
{
	const struct sweep_list list = {
		.plan = &sweep->plan,
		.output = sweep->output,
		.parts = sweep->values.list,
		.threads = sweep->values.threads,
		.group = options_given(&sweep->options, "group") ? sweep->values.group : 0,
	};

	return sweep_list_print(&list, &sweep->message);
}

static int sweep_main(struct sweep *sweep)
{
	int status = sweep_plan_load(sweep->options.operand[0], &sweep->plan, &sweep->message);

	if (status == 0)
		status = take_shard(sweep);
	if (status == 0)
		status = name_output(sweep);
	if (status == 0 && sweep->values.list)
		return list(sweep);
	if (status == 0)
		status = open_trace(sweep);
	return status ? status : do_sweep(sweep);
}

static int dump_both(int argc, char **argv)
{
	struct sweep sweep;
	int status;

	message_init(&sweep.message, stderr);
	options_parse(&sweep.options, &sweep_table, &sweep.message, &sweep.values, argc, argv);
	status = sweep.options.status;
	return status ? status : cmd_sweep_merge(argc, argv);
}

int cmd_sweep(int argc, char **argv)
{
	struct sweep sweep = {.results = {.fd = -1}};
	int status;

	if (argc > 1 && strcmp(argv[1], "merge") == 0)
		return cmd_sweep_merge(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "--dump-options=bash") == 0)
		return dump_both(argc, argv);
	message_init(&sweep.message, stderr);
	if (!options_parse(&sweep.options, &sweep_table, &sweep.message, &sweep.values, argc, argv))
		return sweep.options.status;
	sweep.message.progress = sweep.values.progress;
	status = sweep_main(&sweep);
	sweep_results_close(&sweep.results);
	sweep_machines_free(sweep.machines);
	trace_close(sweep.reader);
	sweep_plan_free(&sweep.plan);
	free(sweep.output);
	options_fini(&sweep.options);
	return status;
}
