/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machines: what a replay runs on. A machine file (YAML, docs/machine.md) and
 * `--set KEY=VALUE` name the same keys, dotted: `caches.iotlb.entries`.
 *
 * A value comes from the last of: the architecture's defaults, the trace's
 * recorded capabilities, the file, --set.
 */
#ifndef SIM_MACHINE_H
#define SIM_MACHINE_H

#include "message.h"
#include "model/arch.h"
#include "model/driver.h"
#include "model/timing.h"
#include "trace.h"

#include <stdio.h>

#define MACHINE_WINDOWS 16

struct machine_window {
	uint64_t base, size;
};

enum machine_time_model {
	MACHINE_SERIAL, /* counts multiplied by latencies */
	MACHINE_EVENTS, /* model/timing.h */
};

/* Parameters of the models of time (docs/cost-model.md). */
struct machine_timing {
	uint8_t model; /* enum machine_time_model */
	uint64_t command_ps; /* serial: one command, fetched and executed */
	struct timing_config events; /* serial: of this, reference_ps */
};

struct machine {
	const struct ioasim_arch *arch;
	struct ioasim_unit_config unit; /* callbacks empty */
	struct machine_window window[MACHINE_WINDOWS]; /* RAM, used where size is not 0 */
	struct driver_config driver;
	struct machine_timing timing;
};

/* Where a machine's values come from. Every member may be NULL or empty. */
struct machine_source {
	const char *path; /* machine file */
	const char *arch; /* --arch */
	const char *const *set; /* KEY=VALUE */
	size_t sets;
	const struct trace_meta *meta; /* arch and cap.NAME */
	bool devices; /* the file may have the key `devices` (topology.h) */
};

/* 0, CMD_USAGE (--arch, --set) or CMD_INPUT (the file) after a message. */
int machine_load(struct machine *machine, const struct machine_source *source,
		 struct message *message);

/* The defaults of an architecture. */
void machine_default(struct machine *machine, const struct ioasim_arch *arch);

/* Takes the capabilities that a trace of the same architecture has recorded. */
void machine_recorded(struct machine *machine, const struct trace_meta *meta);

/*
 * Sets one key from text. 0, -ENOENT (no such key) or -EINVAL; `why` says what is
 * wrong and what was expected.
 */
#define MACHINE_WHY_SIZE 256
int machine_set(struct machine *machine, const char *key, const char *value,
		char why[MACHINE_WHY_SIZE]);

/* Every key with its value, in the order of the file: what --dump-config and the
 * results print. */
enum machine_value {
	MACHINE_TEXT, /* a word, or a 64-bit value in hexadecimal */
	MACHINE_NUMBER, /* decimal */
	MACHINE_TIME, /* nanoseconds, decimal, with up to three digits behind a point */
	MACHINE_TRUTH, /* true or false */
};
typedef void machine_visit_fn(void *opaque, const char *key, const char *text,
			      enum machine_value kind);
void machine_visit(const struct machine *machine, machine_visit_fn *visit, void *opaque);

/* Writes the effective machine as a machine file, which reproduces the run. */
void machine_dump(const struct machine *machine, FILE *stream);

/* What contradicts what, over several keys: 0, or -EINVAL with `why`. */
int machine_check(const struct machine *machine, char why[MACHINE_WHY_SIZE]);
/* Of it, what concerns time. And the defaults: docs/cost-model.md says whence. */
int machine_timing_check(const struct machine_timing *timing, char why[MACHINE_WHY_SIZE]);
extern const struct machine_timing machine_timing_default;

/*
 * The memory of a machine: its windows as RAM and the rest of the address space
 * as memory that reads as zero until it is written, so that a table or ring may
 * lie anywhere. NULL: no host memory, or windows that overlap (then *error is
 * -EEXIST).
 */
struct machine_memory;
struct machine_memory *machine_memory_create(const struct machine *machine, int *error);
struct ioasim_memory *machine_memory_get(struct machine_memory *memory);
void machine_memory_destroy(struct machine_memory *memory);

#endif
