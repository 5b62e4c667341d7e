/* SPDX-License-Identifier: Apache-2.0 */
/* ioasim walk: explains one translation step by step. */
#include "walk_cmd.h"

#include "caches.h"
#include "cmd.h"
#include "output.h"

#include <inttypes.h>

#define AT(member) .offset = offsetof(struct walk_options, member)

static const char *const accesses[] = {"r", "w", "rw", "x", NULL};

static const struct option_spec specs[] = {
	{.name = "vector",
	 .letter = 'v',
	 .type = OPTION_STRING,
	 .argument = "FILE:NAME",
	 .excludes = "trace,arch,config,set,nested,pasid,levels,page,access",
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
	 AT(caches),
	 .help = "caches of the unit: those of the machine, none, 2 entries each, or more than "
		 "are filled; off shows all that a walk can read"},
	{.name = "trace",
	 .letter = 't',
	 .type = OPTION_STRING,
	 .argument = "TRACE",
	 .excludes = "arch,nested,pasid,levels,page,access",
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
	{.name = "arch",
	 .type = OPTION_STRING,
	 .argument = "ARCH",
	 AT(arch),
	 .help = "build tables on a machine of this architecture: vtd, amdvi or smmuv3"},
	{.name = "config",
	 .letter = 'c',
	 .type = OPTION_STRING,
	 .argument = "MACHINE.yaml",
	 AT(config),
	 .help = "the machine that tables are built on, or that the trace drives in place of the "
		 "recorded one"},
	{.name = "set",
	 .type = OPTION_LIST,
	 .argument = "KEY=VALUE",
	 AT(set),
	 .help = "change one key of the machine, such as caches=off; can be repeated"},
	{.name = "nested",
	 .type = OPTION_FLAG,
	 AT(nested),
	 .help = "build a guest's stage 1 tables over the host's stage 2"},
	{.name = "pasid",
	 .type = OPTION_NUMBER,
	 .argument = "N",
	 .min = 1,
	 .max = IOASIM_PASID_MAX,
	 AT(pasid),
	 .help = "the request has this PASID, and the tables are those of a process; PASID tables "
		 "get the levels that the number needs"},
	{.name = "levels",
	 .type = OPTION_STRING,
	 .argument = "N|NxM",
	 AT(levels),
	 .help = "levels of the tables; with --nested of stage 1 and stage 2 (default 4, 4x4)"},
	{.name = "page",
	 .type = OPTION_SIZE,
	 .min = 4096,
	 .max = UINT64_C(1) << 30,
	 .argument = "SIZE",
	 AT(page),
	 .help = "size of the pages, in each stage (default 4k, or the granule)"},
	{.name = "access",
	 .type = OPTION_CHOICE,
	 .choices = accesses,
	 .fallback = "w",
	 AT(access),
	 .help = "what the request wants"},
	{.name = "again",
	 .type = OPTION_FLAG,
	 .excludes = "all",
	 AT(again),
	 .help = "explain the same request once more behind it, to see what the caches now hold"},
	{.name = "next",
	 .type = OPTION_FLAG,
	 .excludes = "all",
	 AT(next),
	 .help = "explain a request to the page behind it, which shares the tables above"},
	{.name = "format",
	 .letter = 'f',
	 .type = OPTION_CHOICE,
	 .choices = explain_formats,
	 .fallback = "text",
	 AT(format),
	 .help = "text, Markdown, or JSON with the keys of docs/walk.md"},
	{.name = "output",
	 .letter = 'o',
	 .type = OPTION_STRING,
	 .argument = "FILE",
	 .fallback = "-",
	 AT(output),
	 .help = "write the explanation into FILE"},
	OPTION_PROGRESS(struct walk_options),
	{0},
};

static const struct option_table table = {
	.name = "walk",
	.operands = "[ADDRESS]",
	.max_operands = 1,
	.summary = "explains one translation step by step",
	.about =
		"Tells every step of a translation: which caches were asked and what they said, "
		"each table entry that the unit read for it, where that lies and why there, its "
		"words and fields, on whose behalf it was read; then the answer or fault, where "
		"rights were lost, and what it cost.\n"
		"\n"
		"With ADDRESS the project's own driver builds tables that map it on the machine of "
		"--arch or --config, and a device uses it. --nested and --pasid choose whose "
		"tables; nothing is cached the first time, and --again shows what then is.\n"
		"\n"
		"With --vector or --trace it is a translation of a conformance vector or of a "
		"trace at unit level, after all that stands before it, beside the answer that is "
		"expected or was recorded.",
	.specs = specs,
	.values_size = sizeof(struct walk_options),
};

/* ---- Showing ------------------------------------------------------------------------ */

int walk_show(struct walk *walk, const struct explain_case *what)
{
	struct explain_case whole = *what;

	whole.notes = &walk->notes;
	whole.memory_ps = walk->memory_ps;
	if (explain_show(&walk->out, &whole) == 0)
		return CMD_OK;
	message_error(walk->message, NULL, "no memory for the explanation");
	return CMD_INPUT;
}

int walk_explain(struct walk *walk, struct ioasim_unit *unit, const struct ioasim_request *request,
		 struct ioasim_response *response, struct explain_case what)
{
	explain_begin(&walk->notes, unit);
	ioasim_translate(unit, request, response);
	explain_end(&walk->notes);
	what.request = request;
	what.response = response;
	return walk_show(walk, &what);
}

int walk_more(struct walk *walk, struct ioasim_unit *unit, const struct ioasim_request *request,
	      const struct ioasim_response *response)
{
	struct ioasim_request next = *request;
	struct ioasim_response answer;
	unsigned lg2 =
		response->outcome == IOASIM_OK && response->size_lg2 < 64 ? response->size_lg2 : 12;
	int status = CMD_OK;

	if (walk->values->again)
		status = walk_explain(walk, unit, request, &answer,
				      (struct explain_case){.title = "The same request again"});
	next.address = ((request->address >> lg2) + 1) << lg2;
	if (status == CMD_OK && walk->values->next)
		status = walk_explain(walk, unit, &next, &answer,
				      (struct explain_case){.title = "The page behind it"});
	return status;
}

/* ---- The command ----------------------------------------------------------------------- */

static int run(struct walk *walk)
{
	const struct walk_options *values = walk->values;
	int status;

	if (values->vector)
		status = walk_vector(walk);
	else if (values->trace)
		status = walk_trace(walk);
	else
		status = walk_build(walk);
	explain_notes_fini(&walk->notes);
	return status;
}

/* What the table of options cannot tell. */
static int check(const struct options *options, const struct walk_options *values)
{
	bool given = values->vector || values->trace;

	if (!given && !options->operands)
		return options_refuse(options, "an address, --vector or --trace expected");
	if (given && options->operands)
		return options_refuse(options, "'%s' has no meaning with --%s", options->operand[0],
				      values->vector ? "vector" : "trace");
	return CMD_OK;
}

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
	status = check(&options, &values);
	if (status)
		goto out;
	status = output_open(&output, values.output, &message);
	if (status)
		goto out;
	status = CMD_INPUT;
	if (explain_open(&walk.out, output.stream, values.format) == 0)
		status = run(&walk);
	else
		message_error(&message, NULL, "no memory for the explanation");
	if (explain_close(&walk.out) && status == CMD_OK) {
		message_error(&message, NULL, "no memory for the explanation");
		status = CMD_INPUT;
	}
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
