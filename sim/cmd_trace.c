/* SPDX-License-Identifier: Apache-2.0 */
/* ioasim trace: what a trace holds, its two forms, and what to do with a damaged one. */
#include "cmd_trace.h"

#include "cmd.h"

static const struct cmd cmds[] = {
	{"info", "prints what a trace holds", cmd_trace_info},
	{"text", "writes a trace as text", cmd_trace_text},
	{"pack", "writes a trace in the binary form", cmd_trace_pack},
	{"verify", "checks every block of a trace", cmd_trace_verify},
	{"repair", "saves what is whole of a damaged trace", cmd_trace_repair},
	{NULL, NULL, NULL},
};

static const struct cmd_group group = {
	.name = "trace",
	.about = "A trace holds what devices, drivers and units did. It has a binary form "
		 "(.dmat) and a\n"
		 "text form, which convert into each other without loss. All commands read "
		 "both, and\n"
		 "the logs that 'ioasim import' knows.",
	.cmds = cmds,
};

int cmd_trace(int argc, char **argv)
{
	return cmd_dispatch(&group, argc, argv);
}
