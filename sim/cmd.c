/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd.h"
#include "message.h"
#include "nearest.h"
#include "output.h"

#include <string.h>

/* " trace" behind "ioasim", or nothing. */
static const char *blank_before(const struct cmd_group *group)
{
	return *group->name ? " " : "";
}

static int print_help(const struct cmd_group *group, struct message *message)
{
	struct output output;
	int status = output_open(&output, NULL, message);

	if (status)
		return status;
	fprintf(output.stream, "usage: ioasim%s%s COMMAND [OPTION]... [OPERAND]...\n\n",
		blank_before(group), group->name);
	fprintf(output.stream, "%s\n\ncommands:\n", group->about);
	for (const struct cmd *cmd = group->cmds; cmd->name; cmd++)
		fprintf(output.stream, "  %-10s %s\n", cmd->name, cmd->summary);
	fprintf(output.stream, "\n'ioasim%s%s COMMAND --help' tells the options of a command.\n",
		blank_before(group), group->name);
	return output_commit(&output, message);
}

/* Every command adds what it knows of itself; --dump-options=bash makes the branches
 * of the function that main() wraps into a completion script. */
static int dump(const struct cmd_group *group, char *option, struct message *message)
{
	if (strcmp(option, "--dump-options=bash") == 0) {
		struct output output;
		int status = output_open(&output, NULL, message);

		if (status)
			return status;
		fprintf(output.stream, "\t'%s') words='--help", group->name);
		for (const struct cmd *cmd = group->cmds; cmd->name; cmd++)
			fprintf(output.stream, " %s", cmd->name);
		fputs("' ;;\n", output.stream);
		status = output_commit(&output, message);
		if (status)
			return status;
	}
	for (const struct cmd *cmd = group->cmds; cmd->name; cmd++) {
		char name[32];
		char *argv[] = {name, option, NULL};
		int status;

		snprintf(name, sizeof(name), "%s", cmd->name);
		status = cmd->run(2, argv);
		if (status)
			return status;
	}
	return CMD_OK;
}

static int refuse(const struct cmd_group *group, const char *name, struct message *message)
{
	struct nearest near = nearest_to(name);
	char hint[NEAREST_HINT_SIZE];

	for (const struct cmd *cmd = group->cmds; cmd->name; cmd++)
		nearest_offer(&near, cmd->name);
	message_error(message, NULL, "unknown %s '%s'%s; see 'ioasim%s%s --help'",
		      *name == '-' ? "option" : "command", name, nearest_hint(&near, hint),
		      blank_before(group), group->name);
	return CMD_USAGE;
}

int cmd_dispatch(const struct cmd_group *group, int argc, char **argv)
{
	struct message message;

	message_init(&message, stderr);
	if (argc < 2) {
		message_error(&message, NULL, "command expected; see 'ioasim%s%s --help'",
			      blank_before(group), group->name);
		return CMD_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return print_help(group, &message);
	if (strncmp(argv[1], "--dump-options=", strlen("--dump-options=")) == 0)
		return dump(group, argv[1], &message);
	for (const struct cmd *cmd = group->cmds; cmd->name; cmd++)
		if (strcmp(argv[1], cmd->name) == 0)
			return cmd->run(argc - 1, argv + 1);
	return refuse(group, argv[1], &message);
}
