/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ioasim uapi: the surface of /dev/ioasid, device and VM descriptors, or of iommufd, from
 * the tables that the dispatchers execute. docs/uapi.md is made of --format md.
 */
#include "cmd.h"
#include "options.h"
#include "output.h"
#include "uapi_generations.h"
#include "uapi_view.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum uapi_format { FORMAT_TABLE, FORMAT_MD, FORMAT_JSON };

static const char *const format_names[] = {"table", "md", "json", NULL};

static const char *const interface_names[] = {"ioasid", "iommufd", NULL};

struct uapi_options {
	uint8_t format;
	uint8_t interface;
	bool generations;
};

static const struct option_spec specs[] = {
	{.name = "format",
	 .type = OPTION_CHOICE,
	 .choices = format_names,
	 .fallback = "table",
	 .offset = offsetof(struct uapi_options, format),
	 .help = "a table for people, Markdown, or JSON for programs"},
	{.name = "interface",
	 .type = OPTION_CHOICE,
	 .choices = interface_names,
	 .fallback = "ioasid",
	 .offset = offsetof(struct uapi_options, interface),
	 .help = "the calls of /dev/ioasid, or those of /dev/iommu and VFIO"},
	{.name = "generations",
	 .type = OPTION_FLAG,
	 .offset = offsetof(struct uapi_options, generations),
	 .excludes = "interface",
	 .help = "the allocator, /dev/ioasid and iommufd side by side"},
	{0},
};

static const struct option_table table = {
	.name = "uapi",
	.summary = "tells the calls of /dev/ioasid or iommufd, devices and VMs",
	.about = "Each call with its argument structure, its checks in the order in which they "
		 "are done, each with its errno and the rule of docs/uapi.md that it comes from, "
		 "and what it returns. The same table drives the model.",
	.specs = specs,
	.values_size = sizeof(struct uapi_options),
};

static const char *where_of(const struct uapi_view *call)
{
	return call->everywhere ? "" : " (on some architectures only)";
}

/* ---- For people -------------------------------------------------------------------- */

static void table_checks(FILE *out, const struct uapi_check *check)
{
	for (; check->rule; check++)
		fprintf(out, "  %-11s  %-8s  %s\n", strerrorname_np(check->error), check->rule,
			check->text);
}

static void table_call(FILE *out, const struct uapi_view *call)
{
	fprintf(out, "\n%s  0x%03x on %s%s\n  %s\n  returns %s\n", call->name, call->number,
		call->on, where_of(call), call->text, call->returns);
	if (call->structure)
		fprintf(out, "  struct %s, %u bytes, at least %u\n", call->structure, call->size,
			call->minimum);
	for (const struct uapi_member *m = call->member; m->name; m++)
		fprintf(out, "    %3u  u%-2u  %-16s  %-11s  %s\n", m->offset, m->bytes * 8u,
			m->name, m->kind, m->text);
	table_checks(out, call->check);
}

/* ---- Markdown ------------------------------------------------------------------------ */

static void md_checks(FILE *out, const struct uapi_check *check)
{
	unsigned n = 0;

	if (!check->rule)
		return;
	fprintf(out, "\n| | check | errno | rule |\n|---|---|---|---|\n");
	for (; check->rule; check++)
		fprintf(out, "| %u | %s | %s | %s |\n", ++n, check->text,
			strerrorname_np(check->error), check->rule);
}

static void md_call(FILE *out, const struct uapi_view *call)
{
	fprintf(out, "\n### %s\n\n`0x%03x` on %s%s. %s Returns %s.\n\n", call->name, call->number,
		call->on, where_of(call), call->text, call->returns);
	if (!call->structure) {
		md_checks(out, call->check);
		return;
	}
	fprintf(out, "`struct %s`, %u bytes, at least %u:\n\n", call->structure, call->size,
		call->minimum);
	fprintf(out, "| offset | bits | member | | |\n|---|---|---|---|---|\n");
	for (const struct uapi_member *m = call->member; m->name; m++)
		fprintf(out, "| %u | %u | `%s` | %s | %s |\n", m->offset, m->bytes * 8u, m->name,
			m->kind, m->text);
	md_checks(out, call->check);
}

static void print_calls(FILE *out, enum uapi_format format, enum uapi_interface interface)
{
	struct uapi_view call;

	if (format == FORMAT_MD) {
		fprintf(out, "### Any call\n");
		md_checks(out, uapi_common(interface));
	} else {
		fprintf(out, "Any call\n");
		table_checks(out, uapi_common(interface));
	}
	for (unsigned i = 0; uapi_view(interface, i, &call); i++) {
		if (format == FORMAT_MD)
			md_call(out, &call);
		else
			table_call(out, &call);
	}
}

/* ---- JSON ---------------------------------------------------------------------------- */

static json_t *json_members(const struct uapi_view *call)
{
	json_t *list = json_array();

	for (const struct uapi_member *m = call->member; m->name; m++)
		json_array_append_new(list, json_pack("{s:s,s:i,s:i,s:s,s:I,s:s}", "name", m->name,
						      "offset", (int)m->offset, "bytes",
						      (int)m->bytes, "kind", m->kind, "known",
						      (json_int_t)m->known, "text", m->text));
	return list;
}

static json_t *json_checks(const struct uapi_check *c)
{
	json_t *list = json_array();

	for (; c->rule; c++)
		json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "rule", c->rule, "errno",
						      strerrorname_np(c->error), "text", c->text));
	return list;
}

static json_t *json_call(const struct uapi_view *call)
{
	return json_pack("{s:s,s:i,s:s,s:b,s:s,s:s,s:s?,s:i,s:i,s:o,s:o}", "name", call->name,
			 "number", (int)call->number, "fd", call->on, "everywhere",
			 call->everywhere, "text", call->text, "returns", call->returns,
			 "structure", call->structure, "size", (int)call->size, "minimum",
			 (int)call->minimum, "members", json_members(call), "checks",
			 json_checks(call->check));
}

static json_t *json_calls(enum uapi_interface interface)
{
	json_t *list = json_array();
	struct uapi_view call;

	for (unsigned i = 0; uapi_view(interface, i, &call); i++)
		json_array_append_new(list, json_call(&call));
	return json_pack("{s:o,s:o}", "checks", json_checks(uapi_common(interface)), "calls", list);
}

static int print_json(FILE *out, json_t *calls, struct message *message)
{
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

/* ---- Generations ------------------------------------------------------------------------ */

static void list_calls(FILE *out, const char *const calls[GENERATION_CALLS], const char *quote)
{
	if (!calls[0])
		fputs("-", out);
	for (unsigned i = 0; i < GENERATION_CALLS && calls[i]; i++)
		fprintf(out, "%s%s%s%s", i ? ", " : "", quote, calls[i], quote);
}

static void print_generations(FILE *out, enum uapi_format format)
{
	const bool md = format == FORMAT_MD;
	const struct uapi_generations *step;

	if (md)
		fputs("| | allocator | /dev/ioasid | iommufd | what each got right |\n"
		      "|---|---|---|---|---|\n",
		      out);
	for (unsigned n = 0; (step = uapi_generations(n)); n++) {
		const char *quote = md ? "`" : "", *next = md ? " | " : "\n  ";

		fprintf(out, "%s%s%s", md ? "| " : n ? "\n" : "", step->what, next);
		if (step->allocator)
			fprintf(out, "%s%s%s", quote, step->allocator, quote);
		else
			fputs("-", out);
		fputs(next, out);
		list_calls(out, step->native, quote);
		fputs(next, out);
		list_calls(out, step->iommufd, quote);
		fprintf(out, "%s%s%s", next, step->right, md ? " |\n" : "\n");
	}
}

static json_t *json_names(const char *const calls[GENERATION_CALLS])
{
	json_t *list = json_array();

	for (unsigned i = 0; i < GENERATION_CALLS && calls[i]; i++)
		json_array_append_new(list, json_string(calls[i]));
	return list;
}

static json_t *json_generations(void)
{
	const struct uapi_generations *step;
	json_t *list = json_array();

	for (unsigned n = 0; (step = uapi_generations(n)); n++)
		json_array_append_new(list,
				      json_pack("{s:s,s:s?,s:o,s:o,s:s}", "what", step->what,
						"allocator", step->allocator, "ioasid",
						json_names(step->native), "iommufd",
						json_names(step->iommufd), "right", step->right));
	return list;
}

/* ---- The command ------------------------------------------------------------------------ */

static int print(const struct uapi_options *values, struct message *message)
{
	enum uapi_interface interface = (enum uapi_interface)values->interface;
	struct output output;
	int status = output_open(&output, "-", message);

	if (status != CMD_OK)
		return status;
	if (values->format == FORMAT_JSON)
		status =
			print_json(output.stream,
				   values->generations ? json_generations() : json_calls(interface),
				   message);
	else if (values->generations)
		print_generations(output.stream, (enum uapi_format)values->format);
	else
		print_calls(output.stream, (enum uapi_format)values->format, interface);
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
