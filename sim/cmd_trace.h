/* SPDX-License-Identifier: Apache-2.0 */
/* The sub-commands of `ioasim trace`, as cmd.h has commands. */
#ifndef SIM_CMD_TRACE_H
#define SIM_CMD_TRACE_H

int cmd_trace_info(int argc, char **argv);
int cmd_trace_text(int argc, char **argv);
int cmd_trace_pack(int argc, char **argv);
int cmd_trace_verify(int argc, char **argv);
int cmd_trace_repair(int argc, char **argv);

#endif
