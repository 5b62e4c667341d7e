/* SPDX-License-Identifier: Apache-2.0 */
/* ioasim walk: explains one translation step by step. */
#include "walk_cmd.h"

#include "cmd.h"
#include "output.h"

#define AT(member) .offset = offsetof(struct walk_options, member)

static const struct option_spec specs[] = {
	{.name = "vector",
	 .letter = 'v',
	 .type = OPTION_STRING,
	 .argument = "FILE:NAME",
	 .excludes = "trace",
	 AT(vector),
	 .help = "explain a translation of this vector"},
	{.name = "step",
	 .letter = 's',
	 .type = OPTION_NUMBER,
	 .argument = "N",
	 .min = 1,
	 .needs = "vector",
	 .excludes = "all",
	 AT(step),
	 .help = "the N-th step of the vector, counted from 1; without it the last dma or ats "
		 "step"},
	{.name = "all",
	 .letter = 'a',
	 .type = OPTION_FLAG,
	 .needs = "vector",
	 AT(all),
	 .help = "explain every dma and ats step of the vector"},
	{.name = "caches",
	 .type = OPTION_CHOICE,
	 .choices = caches_names,
	 .fallback = "default",
	 .needs = "vector",
	 AT(caches),
	 .help = "caches of the vector's unit, as of ioasim vectors"},
	{.name = "trace",
	 .letter = 't',
	 .type = OPTION_STRING,
	 .argument = "TRACE",
	 AT(trace),
	 .help = "explain a translation of this trace, which must have the unit level"},
	{.name = "dma",
	 .letter = 'n',
	 .type = OPTION_NUMBER,
	 .argument = "N",
	 .min = 1,
	 .needs = "trace",
	 .excludes = "record",
	 AT(dma),
	 .help = "the N-th DMA or translation request of the trace, counted from 1; without it the "
		 "first"},
	{.name = "record",
	 .type = OPTION_NUMBER,
	 .argument = "N",
	 .min = 1,
	 .needs = "trace",
	 AT(record),
	 .help = "the N-th record of the trace, as ioasim replay counts them where it tells of "
		 "differences"},
	{.name = "config",
	 .letter = 'c',
	 .type = OPTION_STRING,
	 .argument = "MACHINE.yaml",
	 .needs = "trace",
	 AT(config),
	 .help = "the machine that the trace drives; without it the recorded one"},
	{.name = "set",
	 .type = OPTION_LIST,
	 .argument = "KEY=VALUE",
	 .needs = "trace",
	 AT(set),
	 .help = "change one key of the machine, such as caches=off; can be repeated"},
	{.name = "output",
	 .letter = 'o',
	 .type = OPTION_STRING,
	 .argument = "FILE",
	 .fallback = "-",
	 AT(output),
	 .help = "write the table into FILE"},
	OPTION_PROGRESS(struct walk_options),
	{0},
};

static const struct option_table table = {
	.name = "walk",
	.summary = "explains one translation step by step",
	.about = "Takes a translation of a conformance vector or of a trace, does all that stands "
		 "before it, and prints every entry that the unit reads for it: for which stage "
		 "and on "
		 "whose behalf, where in memory, with its words and decoded fields; then what the "
		 "caches said, what it cost, and the answer or fault, beside the one that is "
		 "expected "
		 "or was recorded.",
	.specs = specs,
	.values_size = sizeof(struct walk_options),
};

int cmd_walk(int argc, char **argv)
{
	struct walk_options values;
	struct message message;
	struct options options;
	struct output output;
	struct walk walk = {.options = &options, .values = &values, .message = &message};
	int status, end;

	message_init(&message, stderr);
	if (!options_parse(&options, &table, &message, &values, argc, argv))
		return options.status;
	message.progress = values.progress;
	if (!values.vector && !values.trace) {
		status = options_refuse(&options, "--vector or --trace expected");
		goto out;
	}
	status = output_open(&output, values.output, &message);
	if (status)
		goto out;
	walk.out = output.stream;
	status = values.vector ? walk_vector(&walk) : walk_trace(&walk);
	if (status == CMD_OK || status == CMD_CHECK_FAILED) {
		end = output_commit(&output, &message);
		status = end ? end : status;
	} else {
		output_abort(&output);
	}
out:
	options_fini(&options);
	return status;
}
