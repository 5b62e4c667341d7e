/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ioasim uapi: the surface of /dev/ioasid, device and VM descriptors, from the table
 * that the dispatcher executes. docs/uapi.md is made of --format md.
 */
#include "cmd.h"
#include "model/uapi/calls.h"
#include "options.h"
#include "output.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum uapi_format { FORMAT_TABLE, FORMAT_MD, FORMAT_JSON };

static const char *const format_names[] = {"table", "md", "json", NULL};

struct uapi_options {
	uint8_t format;
};

static const struct option_spec specs[] = {
	{.name = "format",
	 .type = OPTION_CHOICE,
	 .choices = format_names,
	 .fallback = "table",
	 .offset = offsetof(struct uapi_options, format),
	 .help = "a table for people, Markdown, or JSON for programs"},
	{0},
};

static const struct option_table table = {
	.name = "uapi",
	.summary = "tells the calls of /dev/ioasid, devices and VMs",
	.about = "Each call with its argument structure, its checks in the order in which they "
		 "are done, each with its errno and the rule of docs/uapi.md that it comes from, "
		 "and what it returns. The same table drives the model.",
	.specs = specs,
	.values_size = sizeof(struct uapi_options),
};

static const char *const fd_names[IOASIM_FD_KINDS] = {
	[IOASIM_FD_IOASID] = "/dev/ioasid",
	[IOASIM_FD_DEVICE] = "device",
	[IOASIM_FD_KVM] = "VM",
};

static const char *const kind_names[] = {
	[MEMBER_VALUE] = "value",      [MEMBER_RESERVED] = "reserved", [MEMBER_FLAGS] = "flags",
	[MEMBER_ENUM] = "enumeration", [MEMBER_FILLED] = "filled",     [MEMBER_POINTER] = "pointer",
};

/* What the dispatcher checks of any call, before the checks of its own (G4). */
static const struct call_check common_checks[] = {
	{"G7 O6", ESRCH, "the caller's process is gone", NULL},
	{"G7", EBADF, "the descriptor is not open", NULL},
	{"G1", ENOTTY,
	 "the number is not a call of this kind of descriptor, or not of this machine", NULL},
	{"G7", EFAULT, "there is no argument", NULL},
	{"G2", EINVAL, "the size is less than the call's minimum", NULL},
	{"G2", E2BIG, "the structure is longer than known, and the rest is not zero", NULL},
	{"G3", EOPNOTSUPP, "a reserved member, a flag or a value of an enumeration is not known",
	 NULL},
	CALL_CHECKS_END,
};

static const char *where_of(const struct call_entry *call)
{
	return call->offered ? " (on some architectures only)" : "";
}

static const char *returns_of(const struct call_entry *call)
{
	return call->returns ? call->returns : "0";
}

/* ---- For people -------------------------------------------------------------------- */

static void table_checks(FILE *out, const struct call_check *check)
{
	for (; check->rule; check++)
		fprintf(out, "  %-11s  %-8s  %s\n", strerrorname_np(check->error), check->rule,
			check->text);
}

static void table_call(FILE *out, const struct call_entry *call)
{
	fprintf(out, "\n%s  0x%03x on %s%s\n  %s\n  returns %s\n", call->name, call->number,
		fd_names[call_fd_kind(call)], where_of(call), call->text, returns_of(call));
	fprintf(out, "  struct %s, %u bytes, at least %u\n", call->structure, call->size,
		call->minimum);
	for (const struct call_member *m = call->members; m->name; m++)
		fprintf(out, "    %3u  u%-2u  %-16s  %-11s  %s\n", m->offset, m->bytes * 8u,
			m->name, kind_names[m->kind], m->text);
	table_checks(out, call->checks);
}

/* ---- Markdown ------------------------------------------------------------------------ */

static void md_checks(FILE *out, const struct call_check *check)
{
	unsigned n = 0;

	if (!check->rule)
		return;
	fprintf(out, "\n| | check | errno | rule |\n|---|---|---|---|\n");
	for (; check->rule; check++)
		fprintf(out, "| %u | %s | %s | %s |\n", ++n, check->text,
			strerrorname_np(check->error), check->rule);
}

static void md_call(FILE *out, const struct call_entry *call)
{
	fprintf(out, "\n### %s\n\n`0x%03x` on %s%s. %s Returns %s.\n\n", call->name, call->number,
		fd_names[call_fd_kind(call)], where_of(call), call->text, returns_of(call));
	fprintf(out, "`struct %s`, %u bytes, at least %u:\n\n", call->structure, call->size,
		call->minimum);
	fprintf(out, "| offset | bits | member | | |\n|---|---|---|---|---|\n");
	for (const struct call_member *m = call->members; m->name; m++)
		fprintf(out, "| %u | %u | `%s` | %s | %s |\n", m->offset, m->bytes * 8u, m->name,
			kind_names[m->kind], m->text);
	md_checks(out, call->checks);
}

static void print_calls(FILE *out, enum uapi_format format)
{
	const struct call_entry *call;

	if (format == FORMAT_MD) {
		fprintf(out, "### Any call\n");
		md_checks(out, common_checks);
	} else {
		fprintf(out, "Any call\n");
		table_checks(out, common_checks);
	}
	for (unsigned i = 0; (call = call_table(i)); i++) {
		if (format == FORMAT_MD)
			md_call(out, call);
		else
			table_call(out, call);
	}
}

/* ---- JSON ---------------------------------------------------------------------------- */

static json_t *json_members(const struct call_entry *call)
{
	json_t *list = json_array();

	for (const struct call_member *m = call->members; m->name; m++)
		json_array_append_new(list,
				      json_pack("{s:s,s:i,s:i,s:s,s:I,s:s}", "name", m->name,
						"offset", (int)m->offset, "bytes", (int)m->bytes,
						"kind", kind_names[m->kind], "known",
						(json_int_t)m->known, "text", m->text));
	return list;
}

static json_t *json_checks(const struct call_check *c)
{
	json_t *list = json_array();

	for (; c->rule; c++)
		json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "rule", c->rule, "errno",
						      strerrorname_np(c->error), "text", c->text));
	return list;
}

static json_t *json_calls(void)
{
	json_t *list = json_array();
	const struct call_entry *call;

	for (unsigned i = 0; (call = call_table(i)); i++)
		json_array_append_new(
			list, json_pack("{s:s,s:i,s:s,s:b,s:s,s:s,s:s,s:i,s:i,s:o,s:o}", "name",
					call->name, "number", (int)call->number, "fd",
					fd_names[call_fd_kind(call)], "everywhere", !call->offered,
					"text", call->text, "returns", returns_of(call),
					"structure", call->structure, "size", (int)call->size,
					"minimum", (int)call->minimum, "members",
					json_members(call), "checks", json_checks(call->checks)));
	return json_pack("{s:o,s:o}", "checks", json_checks(common_checks), "calls", list);
}

static int print_json(FILE *out, struct message *message)
{
	json_t *calls = json_calls();

	if (!calls) {
		message_error(message, NULL, "out of memory");
		return CMD_OUTPUT;
	}
	/* What cannot be written shows when the output is completed. */
	(void)json_dumpf(calls, out, JSON_INDENT(1));
	fputc('\n', out);
	json_decref(calls);
	return CMD_OK;
}

/* ---- The command ------------------------------------------------------------------------ */

static int print(const struct uapi_options *values, struct message *message)
{
	struct output output;
	int status = output_open(&output, "-", message);

	if (status != CMD_OK)
		return status;
	if (values->format == FORMAT_JSON)
		status = print_json(output.stream, message);
	else
		print_calls(output.stream, (enum uapi_format)values->format);
	if (status == CMD_OK)
		return output_commit(&output, message);
	output_abort(&output);
	return status;
}

int cmd_uapi(int argc, char **argv)
{
	struct uapi_options values;
	struct message message;
	struct options options;
	int status;

	message_init(&message, stderr);
	if (!options_parse(&options, &table, &message, &values, argc, argv))
		return options.status;
	status = print(&values, &message);
	options_fini(&options);
	return status;
}
