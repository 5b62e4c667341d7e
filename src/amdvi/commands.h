/* SPDX-License-Identifier: Apache-2.0 */
/* Commands of the command buffer: checks and effects (2.4). */
#ifndef AMDVI_COMMANDS_H
#define AMDVI_COMMANDS_H

#include <stdint.h>

struct amdvi_unit;

enum amdvi_command_end {
	AMDVI_COMMAND_DONE,
	AMDVI_COMMAND_ILLEGAL, /* nothing has been done */
	AMDVI_COMMAND_STORE_FAILED, /* a completion store; *store is its address */
};

/* Checks a command of two words and does what it says. */
enum amdvi_command_end amdvi_command_execute(struct amdvi_unit *u, const uint64_t *words,
					     uint64_t *store);

#endif
