/* SPDX-License-Identifier: Apache-2.0 */
/* ioasim: the command. What it can do is one table. */
#include "cmd.h"
#include "message.h"
#include "output.h"

#include <fcntl.h>
#include <ioasim/version.h>
#include <string.h>
#include <unistd.h>

static const struct cmd cmds[] = {
	{"check", "runs uAPI scenarios", cmd_check},
	{"gen", "writes a trace of a synthetic workload", cmd_gen},
	{"import", "makes a trace of a log that another program wrote", cmd_import},
	{"replay", "replays a trace and prints what it cost", cmd_replay},
	{"report", "makes one page of results, with tables and charts", cmd_report},
	{"sweep", "replays a trace on many machines", cmd_sweep},
	{"trace", "prints, converts, checks and repairs traces", cmd_trace},
	{"uapi", "tells the calls of /dev/ioasid, devices and VMs", cmd_uapi},
	{"vectors", "runs conformance vectors", cmd_vectors},
	{"walk", "explains one translation step by step", cmd_walk},
	{NULL, NULL, NULL},
};

static const struct cmd_group ioasim = {
	.name = "",
	.about = "ioasim models the IOMMUs of Intel VT-d, AMD-Vi and Arm SMMUv3: it replays "
		 "traces,\n"
		 "runs conformance vectors and scenarios, and explains translations.",
	.cmds = cmds,
};

/*
 * A standard stream that the caller closed would be reopened by the first file that
 * is opened, and results would go there. What stands in its place fails on use.
 */
static int hold_standard_streams(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			return -1;
	}
	return 0;
}

static int print_version(void)
{
	struct message message;
	struct output output;
	int status;

	message_init(&message, stderr);
	status = output_open(&output, NULL, &message);
	if (status)
		return status;
	fprintf(output.stream, "ioasim %s\n", ioasim_version());
	return output_commit(&output, &message);
}

int main(int argc, char **argv)
{
	if (hold_standard_streams() != 0)
		return CMD_OUTPUT;
	if (argc == 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0))
		return print_version();
	return cmd_dispatch(&ioasim, argc, argv);
}
