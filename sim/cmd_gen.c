/* SPDX-License-Identifier: Apache-2.0 */
/* ioasim gen: synthetic workloads. */
#include "cmd_gen.h"

#include "cmd.h"
#include "trace_copy.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const struct cmd cmds[] = {
	{"nic", "a network card's rings, mapped packet by packet", cmd_gen_nic},
	{"nvme", "an NVMe drive's queues, mapped command by command", cmd_gen_nvme},
	{"mixed", "a network card and a drive at once", cmd_gen_mixed},
	{"sva", "an accelerator in the address spaces of many processes", cmd_gen_sva},
	{"tenants", "many guests with their own tables", cmd_gen_tenants},
	{"adversary", "a device that makes it hard for another", cmd_gen_adversary},
	{"window", "accesses over a window of memory", cmd_gen_window},
	{NULL, NULL, NULL},
};

static const struct cmd_group group = {
	.name = "gen",
	.about = "Writes a trace of a synthetic workload, at driver level, with the answer to each "
		 "access.\n"
		 "The same parameters and seed give the same trace; the trace's header has them.",
	.cmds = cmds,
};

int cmd_gen(int argc, char **argv)
{
	return cmd_dispatch(&group, argc, argv);
}

/* ---- The header ------------------------------------------------------------------------------ */

/* The name of the workload: the table's, behind "gen ". */
static const char *workload_name(const struct option_table *table)
{
	return table->name + strlen("gen ");
}

/* The value of an option as it can be typed. False: it has none. */
static bool value_text(const struct option_spec *spec, const void *values, char *text, size_t size)
{
	const char *member = (const char *)values + spec->offset;
	uint64_t number;

	switch (spec->type) {
	case OPTION_FLAG:
		snprintf(text, size, "%s", *(const bool *)member ? "yes" : "no");
		return true;
	case OPTION_STRING:
		member = *(const char *const *)(const void *)member;
		if (member)
			snprintf(text, size, "%s", member);
		return member != NULL;
	case OPTION_CHOICE:
		snprintf(text, size, "%s", spec->choices[*(const uint8_t *)member]);
		return true;
	default:
		memcpy(&number, member, sizeof(number));
		snprintf(text, size, "%" PRIu64 "%s", number,
			 spec->type == OPTION_TIME ? "ns" : "");
		return true;
	}
}

/* What says nothing of the workload, or is told apart. */
static bool is_aside(const struct option_spec *spec)
{
	static const char *const names[] = {"output", "progress", "seed", "arch"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(spec->name, names[i]) == 0)
			return true;
	return false;
}

/* A limit that was not given is none. */
static bool is_unlimited(const struct option_spec *spec, const void *values)
{
	uint64_t number;

	if (spec->type != OPTION_NUMBER && spec->type != OPTION_TIME)
		return false;
	memcpy(&number, (const char *)values + spec->offset, sizeof(number));
	return number == UINT64_MAX;
}

static int meta_fill(struct trace_meta *meta, const struct gen_workload *workload)
{
	const struct gen_common *common = workload->values;
	const char *arch = workload->arch ? workload->arch(workload->values) : NULL;
	char name[64], text[256];
	int status = trace_meta_set(meta, "workload", workload_name(workload->table));

	meta->levels = TRACE_LEVEL_DRIVER;
	if (arch)
		snprintf(meta->arch, sizeof(meta->arch), "%s", arch);
	snprintf(text, sizeof(text), "%" PRIu64, common->seed);
	if (status == 0)
		status = trace_meta_set(meta, "seed", text);
	for (const struct option_spec *s = workload->table->specs; s->name && status == 0; s++) {
		if (is_aside(s) || is_unlimited(s, workload->values) ||
		    !value_text(s, workload->values, text, sizeof(text)))
			continue;
		snprintf(name, sizeof(name), "gen.%s", s->name);
		status = trace_meta_set(meta, name, text);
	}
	return status;
}

/* ---- Running ----------------------------------------------------------------------------------- */

/* Zero stands for options that were not given; the default counts only if none was. */
static void limits_settle(const struct gen_workload *workload, const struct options *options)
{
	struct gen_common *common = workload->values;
	bool other = common->units || options_given(options, "time");

	if (!common->units)
		common->units = UINT64_MAX;
	if (!options_given(options, "time"))
		common->time_ns = UINT64_MAX;
	if (other && !options_given(options, "records"))
		common->records = UINT64_MAX;
}

static int finish(struct gen *gen, const struct options *options)
{
	int failed = gen_fini(gen);
	struct trace_error error = {""};

	if (failed && !gen->writer_failed) {
		trace_abort(gen->writer);
		if (failed == -ENOSPC)
			return options_refuse(options, "the workload takes more memory or "
						       "addresses than there are");
		message_error(options->message, NULL, "out of memory");
		return CMD_INPUT;
	}
	if (trace_commit(gen->writer, &error) < 0) {
		message_error(options->message, NULL, "%s", error.text);
		return CMD_OUTPUT;
	}
	return CMD_OK;
}

static int generate(const struct gen_workload *workload, const struct options *options)
{
	const struct gen_common *common = workload->values;
	struct trace_meta meta = {0};
	struct trace_writer *writer;
	struct gen gen;
	int status;

	if (meta_fill(&meta, workload)) {
		message_error(options->message, NULL, "out of memory");
		status = CMD_INPUT;
	} else {
		status = trace_copy_create(common->output, TRACE_FORMAT_BINARY, &meta, &writer,
					   options->message);
	}
	trace_meta_fini(&meta);
	if (status)
		return status;
	gen_init(&gen,
		 &(struct gen_config){
			 .limits = {common->records, common->time_ns, common->units},
			 .seed = common->seed,
			 .tlp = common->tlp,
		 },
		 writer, options->message);
	workload->start(&gen, workload->values);
	gen_run(&gen);
	return finish(&gen, options);
}

int gen_command(const struct gen_workload *workload, int argc, char **argv)
{
	struct message message;
	struct options options;
	int status;

	message_init(&message, stderr);
	if (!options_parse(&options, workload->table, &message, workload->values, argc, argv))
		return options.status;
	message.progress = ((const struct gen_common *)workload->values)->progress;
	limits_settle(workload, &options);
	status = workload->check ? workload->check(&options, workload->values) : 0;
	if (status == 0)
		status = generate(workload, &options);
	options_fini(&options);
	return status;
}
