/* SPDX-License-Identifier: Apache-2.0 */
/* Commands of the command queue: checks and effects (chapter 4). */
#ifndef SMMUV3_COMMANDS_H
#define SMMUV3_COMMANDS_H

#include <stdint.h>

struct smmu_unit;

/* Checks a command of SMMU_CMD_WORDS words and does what it says. Returns 0 or the
 * SMMU_CERROR_... that refuses it, and then nothing has been done. */
unsigned smmu_command_execute(struct smmu_unit *u, const uint64_t *words);

#endif
