/* SPDX-License-Identifier: Apache-2.0 */
/* The workloads of ioasim gen. */
#ifndef SIM_CMD_GEN_H
#define SIM_CMD_GEN_H

#include "gen.h"
#include "options.h"

/* First member of each workload's values. */
struct gen_common {
	const char *output;
	uint64_t seed, records, time_ns, units, tlp;
	uint8_t progress;
};

#define GEN_NUMBER(of, option, member, low, high, usual, text)                                     \
	{                                                                                          \
		.name = option, .type = OPTION_NUMBER, .fallback = usual, .min = low, .max = high, \
		.offset = offsetof(of, member), .help = text                                       \
	}
#define GEN_SIZE(of, option, member, low, high, usual, text)                                \
	{                                                                                   \
		.name = option, .type = OPTION_SIZE, .argument = "SIZE", .fallback = usual, \
		.min = low, .max = high, .offset = offsetof(of, member), .help = text       \
	}
#define GEN_TIME(of, option, member, high, usual, text)                                     \
	{                                                                                   \
		.name = option, .type = OPTION_TIME, .argument = "TIME", .fallback = usual, \
		.max = high, .offset = offsetof(of, member), .help = text                   \
	}
#define GEN_CHOICE(of, option, member, names, usual, text)                                  \
	{                                                                                   \
		.name = option, .type = OPTION_CHOICE, .choices = names, .fallback = usual, \
		.offset = offsetof(of, member), .help = text                                \
	}
#define GEN_FLAG(of, option, member, text)                                                        \
	{                                                                                         \
		.name = option, .type = OPTION_FLAG, .offset = offsetof(of, member), .help = text \
	}

/* What all have: where to write, how much, and the seed. `unit` is the plural that the
 * workload counts. */
#define GEN_COMMON(of, unit)                                                               \
	{.name = "output",                                                                 \
	 .letter = 'o',                                                                    \
	 .type = OPTION_STRING,                                                            \
	 .argument = "TRACE",                                                              \
	 .fallback = "-",                                                                  \
	 .offset = offsetof(of, common.output),                                            \
	 .help = "where to write"},                                                        \
		GEN_NUMBER(of, "seed", common.seed, 0, 0, "1", "of all random choices"),   \
		GEN_NUMBER(of, "records", common.records, 1, 0, "1000000",                 \
			   "end with the N-th record; without effect where --" unit        \
			   " or --time is given and this is not"),                         \
		{.name = unit,                                                             \
		 .type = OPTION_NUMBER,                                                    \
		 .min = 1,                                                                 \
		 .offset = offsetof(of, common.units),                                     \
		 .help = "end with the N-th of the " unit},                                \
		{.name = "time",                                                           \
		 .type = OPTION_TIME,                                                      \
		 .argument = "TIME",                                                       \
		 .offset = offsetof(of, common.time_ns),                                   \
		 .help = "end at this time of the trace"},                                 \
		GEN_SIZE(of, "tlp", common.tlp, 0, 4096, "0",                              \
			 "split accesses into packets of at most SIZE, aligned to it; 0: " \
			 "one access for what lies in a page of 4 KiB"),                   \
		OPTION_PROGRESS(struct gen_common) /* it comes first */

struct gen_workload {
	const struct option_table *table;
	/* What the table cannot check: 0, or CMD_USAGE after options_refuse(). NULL: none. */
	int (*check)(const struct options *options, void *values);
	/* Of the trace; NULL: for any. */
	const char *(*arch)(const void *values);
	void (*start)(struct gen *gen, const void *values);
	void *values; /* begins with struct gen_common */
};

/* The command: parses, writes the trace, and returns the exit status. */
int gen_command(const struct gen_workload *workload, int argc, char **argv);

int cmd_gen_nic(int argc, char **argv);
int cmd_gen_nvme(int argc, char **argv);
int cmd_gen_mixed(int argc, char **argv);
int cmd_gen_sva(int argc, char **argv);
int cmd_gen_tenants(int argc, char **argv);
int cmd_gen_adversary(int argc, char **argv);
int cmd_gen_window(int argc, char **argv);

#endif
