/* SPDX-License-Identifier: Apache-2.0 */
/* ioasim replay: a trace through a machine, and what it cost. */
#include "cmd.h"

#include "lift_unit.h"
#include "options.h"
#include "output.h"
#include "profile.h"
#include "replay.h"
#include "timeline.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum level_choice { LEVEL_AUTO, LEVEL_UNIT, LEVEL_DRIVER };
enum format_choice { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV };

static const char *const level_words[] = {"auto", "unit", "driver", NULL};
static const char *const format_words[] = {"table", "json", "csv", NULL};

struct replay_options {
	const char *config, *arch, *output, *golden, *timeline;
	struct option_list set;
	uint64_t threads, timeline_limit;
	uint8_t level, format, progress;
	bool update_golden, no_check, dump_config, counters, timing, profile;
};

#define AT(member) .offset = offsetof(struct replay_options, member)

static const struct option_spec replay_specs[] = {
	{.name = "level",
	 .type = OPTION_CHOICE,
	 .choices = level_words,
	 .fallback = "auto",
	 AT(level),
	 .help = "drive a unit by what was recorded, or a driver by what it was asked; auto: "
		 "unit if the trace has that level and was recorded on this architecture"},
	{.name = "config",
	 .letter = 'c',
	 .type = OPTION_STRING,
	 .argument = "MACHINE.yaml",
	 AT(config),
	 .help = "the machine: capabilities, caches, memory, driver policy, timing"},
	{.name = "set",
	 .type = OPTION_LIST,
	 .argument = "KEY=VALUE",
	 AT(set),
	 .help = "change one key of the machine, such as caches.iotlb.entries=64 or caches=off"},
	{.name = "arch",
	 .type = OPTION_STRING,
	 .argument = "ARCH",
	 AT(arch),
	 .help = "replay on this architecture instead of the recorded one (driver level)"},
	{.name = "format",
	 .type = OPTION_CHOICE,
	 .choices = format_words,
	 .fallback = "table",
	 AT(format),
	 .help = "how the result is written"},
	{.name = "counters",
	 .type = OPTION_FLAG,
	 AT(counters),
	 .help = "have the table end with the counters under the names of the real machine's, "
		 "each with what it counts; JSON always has them"},
	{.name = "timing",
	 .type = OPTION_FLAG,
	 AT(timing),
	 .help = "tell latencies and rates by the model of events, as timing.model=events does"},
	{.name = "profile",
	 .type = OPTION_FLAG,
	 AT(profile),
	 .help = "analyse each cache: classes of its misses, distances between uses, working "
		 "sets, and misses by number of entries; counts stay the same"},
	{.name = "output",
	 .letter = 'o',
	 .type = OPTION_STRING,
	 .argument = "FILE",
	 .fallback = "-",
	 AT(output),
	 .help = "where the result is written"},
	{.name = "golden",
	 .type = OPTION_STRING,
	 .argument = "FILE",
	 AT(golden),
	 .help = "compare the JSON result with this file, field by field"},
	{.name = "update-golden",
	 .type = OPTION_FLAG,
	 AT(update_golden),
	 .needs = "golden",
	 .help = "write the golden instead of comparing with it"},
	{.name = "threads",
	 .type = OPTION_NUMBER,
	 .argument = "N",
	 .fallback = "1",
	 .min = 1,
	 .max = 64,
	 AT(threads),
	 .help = "with 2 or more the trace is decoded ahead; the result is the same"},
	{.name = "no-check",
	 .type = OPTION_FLAG,
	 AT(no_check),
	 .help = "do not compare with what was recorded"},
	{.name = "dump-config",
	 .type = OPTION_FLAG,
	 AT(dump_config),
	 .excludes = "golden,format,no-check,level,threads,counters,profile,timeline",
	 .help = "print the effective machine instead of replaying"},
	{.name = "timeline",
	 .type = OPTION_STRING,
	 .argument = "FILE",
	 AT(timeline),
	 .help = "draw what happened when, for ui.perfetto.dev; means --timing"},
	{.name = "timeline-limit",
	 .type = OPTION_NUMBER,
	 .argument = "N",
	 .fallback = "1000000",
	 .min = 1,
	 .max = UINT64_C(1) << 40,
	 AT(timeline_limit),
	 .needs = "timeline",
	 .help = "events of the timeline, at most; what comes later is left out"},
	OPTION_PROGRESS(struct replay_options),
	{0},
};

static const struct option_table replay_table = {
	.name = "replay",
	.operands = "TRACE",
	.min_operands = 1,
	.max_operands = 1,
	.summary = "replay a trace and print what its translations and invalidations cost",
	.about = "TRACE is a trace, or a log that `ioasim import` reads; - is standard input.\n\n"
		 "At unit level every recorded answer, command, store and fault is compared with "
		 "what the unit does; at driver level the answers to DMA are. A trace that has the "
		 "unit level only is lifted where the driver level is asked for.",
	.specs = replay_specs,
	.values_size = sizeof(struct replay_options),
};

/* Everything of one run of the command. */
struct run {
	struct options options;
	struct replay_options values;
	struct message message;
	struct machine machine;
	struct trace_reader *reader;
	struct timeline *timeline;
	struct output drawing; /* of the timeline */
	struct result result;
	struct profile *profile; /* with --profile */
	json_t *json;
	uint8_t level; /* enum trace_levels */
};

/* ---- Before the replay ------------------------------------------------------------ */

static int load_machine(struct run *run)
{
	const struct machine_source source = {
		.path = run->values.config,
		.arch = run->values.arch,
		.set = run->values.set.value,
		.sets = run->values.set.count,
		.meta = trace_reader_meta(run->reader),
	};

	return machine_load(&run->machine, &source, &run->message);
}

/* Whatever the machine file says. */
static void choose_time(struct run *run)
{
	if (run->values.timing || run->values.timeline)
		run->machine.timing.model = MACHINE_EVENTS;
}

static int choose_level(struct run *run)
{
	const struct trace_meta *meta = trace_reader_meta(run->reader);
	bool unit = replay_level(meta, run->machine.arch) == TRACE_LEVEL_UNIT;

	if (run->values.level == LEVEL_UNIT && !(meta->levels & TRACE_LEVEL_UNIT))
		return options_refuse(&run->options, "--level unit: %s has the driver level only",
				      run->result.file);
	if (run->values.level == LEVEL_UNIT && !unit)
		return options_refuse(
			&run->options,
			"--level unit: %s was recorded on %s and cannot drive a unit of %s",
			run->result.file, meta->arch, run->machine.arch->name);
	run->level =
		run->values.level == LEVEL_DRIVER || !unit ? TRACE_LEVEL_DRIVER : TRACE_LEVEL_UNIT;
	return 0;
}

/* A trace without the driver level gets it from a replay at unit level. */
static int lift(struct run *run)
{
	const struct trace_meta *meta = trace_reader_meta(run->reader);
	struct trace_reader *lifted;
	struct trace_error error = {""};

	if (run->level != TRACE_LEVEL_DRIVER || meta->levels & TRACE_LEVEL_DRIVER)
		return 0;
	if (lift_open(run->reader, &lifted, &error)) {
		message_error(&run->message, NULL, "%s", error.text);
		return CMD_INPUT;
	}
	run->reader = lifted;
	return 0;
}

/* A result that took the place of an input, or of another result, would be found too late. */
static int check_places(struct run *run)
{
	const struct replay_options *values = &run->values;
	const char *result[] = {values->output, values->timeline};
	const char *other[] = {run->options.operand[0], values->config, values->golden};

	for (size_t i = 0; i < sizeof(result) / sizeof(result[0]); i++) {
		for (size_t k = 0; k < sizeof(other) / sizeof(other[0]); k++) {
			if (output_replaces(result[i], other[k]))
				return options_refuse(
					&run->options,
					"%s: is read, expected another file for the result",
					result[i]);
		}
	}
	if (output_replaces(values->timeline, values->output))
		return options_refuse(&run->options, "--timeline %s: the result goes there",
				      values->timeline);
	return 0;
}

/* --timing beside a serial model: one of them would have no effect. */
static int check_timing(struct run *run)
{
	const struct replay_options *values = &run->values;

	if (!values->timing && !values->timeline)
		return 0;
	for (size_t i = 0; i < values->set.count; i++) {
		if (strcmp(values->set.value[i], "timing.model=serial") == 0)
			return options_refuse(&run->options,
					      "--set timing.model=serial has no effect with --%s",
					      values->timing ? "timing" : "timeline");
	}
	return 0;
}

static int prepare(struct run *run)
{
	struct trace_error error = {""};
	int status;

	if (run->values.counters && run->values.format != FORMAT_TABLE)
		return options_refuse(&run->options, "--counters: it is the table that it adds to");
	if (run->values.timeline && strcmp(run->values.timeline, "-") == 0 &&
	    strcmp(run->values.output, "-") == 0)
		return options_refuse(&run->options,
				      "--timeline -: the result goes there, expected --output too");
	status = check_places(run);
	if (status == 0)
		status = check_timing(run);
	if (status)
		return status;
	if (trace_open(run->options.operand[0], TRACE_FORMAT_AUTO, &run->reader, &error)) {
		message_error(&run->message, NULL, "%s", error.text);
		return CMD_INPUT;
	}
	status = load_machine(run);
	choose_time(run);
	if (status == 0 && !run->values.dump_config)
		status = choose_level(run);
	if (status || run->values.dump_config)
		return status;
	(void)trace_reader_threads(run->reader, (unsigned)run->values.threads);
	return lift(run);
}

/* ---- After it --------------------------------------------------------------------- */

static void complain(struct run *run)
{
	const struct result *result = &run->result;
	const struct position at = {.file = result->file};
	const size_t shown = 10;

	for (size_t i = 0; i < result->mismatches && i < shown; i++) {
		const struct result_mismatch *m = &result->mismatch[i];

		message_error(&run->message, &at,
			      "record %" PRIu64 ": %s (requester 0x%x, address 0x%" PRIx64
			      "): recorded 0x%" PRIx64 ", found 0x%" PRIx64,
			      m->record, m->what, m->rid, m->address, m->recorded, m->found);
	}
	if (result->mismatches > shown)
		message_note(&run->message, "more differences stand in the JSON result");
}

static int write_json(struct run *run, const char *path)
{
	struct output output = {0};

	if (output_open(&output, path, &run->message))
		return CMD_OUTPUT;
	if (result_print_json(run->json, output.stream)) {
		message_error(&run->message, NULL, "%s", strerror(ENOMEM));
		output_abort(&output);
		return CMD_OUTPUT;
	}
	return output_commit(&output, &run->message);
}

static int write_result(struct run *run)
{
	struct output output = {0};

	if (run->values.format == FORMAT_JSON)
		return write_json(run, run->values.output);
	if (output_open(&output, run->values.output, &run->message))
		return CMD_OUTPUT;
	if (run->values.format == FORMAT_CSV)
		result_print_csv(run->json, output.stream);
	else
		result_print_table(&run->result, output.stream);
	return output_commit(&output, &run->message);
}

static int check_golden(struct run *run)
{
	const char *path = run->values.golden;
	json_error_t error;
	json_t *golden;
	uint64_t differences;

	if (!path)
		return 0;
	if (run->values.update_golden)
		return write_json(run, path);
	golden = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!golden) {
		const struct position at = {
			.file = path,
			.line = error.line > 0 ? (unsigned)error.line : 0,
			.column = error.line > 0 && error.column > 0 ? (unsigned)error.column : 0,
		};

		message_error(&run->message, &at, "%s", error.text);
		return CMD_INPUT;
	}
	differences = golden_compare(golden, run->json, path, &run->message);
	json_decref(golden);
	return differences ? CMD_CHECK_FAILED : 0;
}

/* No input is to blame for it, and every run looks. */
static int check_counts(struct run *run)
{
	const char *wrong = result_check(&run->result);

	if (!wrong)
		return CMD_OK;
	message_error(&run->message, NULL, "a mistake of ioasim: %s", wrong);
	return CMD_CHECK_FAILED;
}

static int conclude(struct run *run)
{
	int status, golden, counts;

	run->json = result_json(&run->result);
	if (!run->json) {
		message_error(&run->message, NULL, "%s", strerror(ENOMEM));
		return CMD_OUTPUT;
	}
	message_progress_end(&run->message);
	status = write_result(run);
	golden = check_golden(run);
	counts = check_counts(run);
	if (!result_good(&run->result))
		complain(run);
	if (status)
		return status;
	if (golden || counts)
		return golden ? golden : counts;
	return result_good(&run->result) ? CMD_OK : CMD_CHECK_FAILED;
}

static int dump(struct run *run)
{
	struct output output = {0};

	if (output_open(&output, run->values.output, &run->message))
		return CMD_OUTPUT;
	machine_dump(&run->machine, output.stream);
	return output_commit(&output, &run->message);
}

static int no_memory(struct run *run)
{
	message_error(&run->message, NULL, "%s", strerror(ENOMEM));
	return CMD_OUTPUT;
}

/* ---- The timeline ------------------------------------------------------------------ */

/* Without --timeline there is none. */
static int open_timeline(struct run *run)
{
	if (!run->values.timeline)
		return 0;
	if (output_open(&run->drawing, run->values.timeline, &run->message))
		return CMD_OUTPUT;
	run->timeline =
		timeline_create(&run->machine, run->drawing.stream, run->values.timeline_limit);
	return run->timeline ? 0 : no_memory(run);
}

/* What was left out is told. */
static int close_timeline(struct run *run)
{
	struct timeline_end end;

	if (!run->timeline)
		return 0;
	end = timeline_finish(run->timeline);
	if (end.no_memory)
		return no_memory(run);
	if (end.cut)
		message_note(&run->message,
			     "the timeline is cut after %" PRIu64 " events, at %" PRIu64
			     " ns: --timeline-limit gives it more",
			     end.events, end.cut_ps / 1000);
	if (end.crowded)
		message_note(&run->message,
			     "%" PRIu64 " items of the timeline are left out: too many at one time",
			     end.crowded);
	return output_commit(&run->drawing, &run->message);
}

static int replay(struct run *run)
{
	struct replay_probe *probes[2] = {NULL};
	struct replay replay = {
		.machine = &run->machine,
		.meta = trace_reader_meta(run->reader),
		.message = &run->message,
		.result = &run->result,
		.check = !run->values.no_check,
	};
	int status = open_timeline(run);

	if (status)
		return status;
	replay.timeline = run->timeline;
	if (run->values.profile) {
		run->profile = profile_create(&run->result);
		if (!run->profile)
			return no_memory(run);
		probes[0] = profile_probe(run->profile);
		replay.probe = probes;
	}
	run->result.level = run->level;
	run->result.checked = replay.check;
	run->result.tell_counters = run->values.counters;
	snprintf(run->result.arch, sizeof(run->result.arch), "%s",
		 trace_reader_meta(run->reader)->arch);
	status = replay_trace(&replay, run->reader);
	if (status == 0 && run->profile && !profile_complete(run->profile))
		return no_memory(run);
	if (status == 0)
		status = close_timeline(run);
	return status ? status : conclude(run);
}

int cmd_replay(int argc, char **argv)
{
	struct run run = {.level = 0};
	int status;

	message_init(&run.message, stderr);
	if (!options_parse(&run.options, &replay_table, &run.message, &run.values, argc, argv))
		return run.options.status;
	run.message.progress = run.values.progress;
	result_init(&run.result, &run.machine, run.options.operand[0]);
	status = prepare(&run);
	if (status == 0)
		status = run.values.dump_config ? dump(&run) : replay(&run);
	message_progress_end(&run.message);
	timeline_destroy(run.timeline);
	output_abort(&run.drawing);
	json_decref(run.json);
	profile_destroy(run.profile);
	result_fini(&run.result);
	trace_close(run.reader);
	options_fini(&run.options);
	return status;
}
