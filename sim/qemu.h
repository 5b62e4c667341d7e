/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trace events of an unmodified QEMU, lifted to driver level: what the files that
 * know one architecture's events share.
 *
 * An event is one line. The result of a translation tells who asked for what and got
 * what; which domain it was in, and with which rights, stands in the lines before it
 * (a hit or a fill of the emulator's cache), which are kept as the detail.
 */
#ifndef SIM_QEMU_H
#define SIM_QEMU_H

#include "lift.h"
#include "trace_scan.h"

struct qemu_log;

/* What a line before the result has told of the translation to come. */
struct qemu_detail {
	bool valid;
	bool refused;
	uint32_t rid;
	uint32_t domain;
	uint64_t iova; /* as the device asked */
	uint8_t size_lg2; /* 0: not known */
	uint8_t rights; /* 0: not known */
};

struct qemu_event {
	const char *name;
	const char *pattern; /* of scan_pattern(), for what follows the name */
	/* 0 or a negative errno; QEMU_UNUSED: the line is of no use after all */
	int (*use)(struct qemu_log *log, const uint64_t values[SCAN_VALUES]);
};

#define QEMU_UNUSED 1

/* Several entries of one name are several forms of it, of several releases. Ended by
 * a NULL name. */
extern const struct qemu_event qemu_vtd_events[], qemu_amdvi_events[], qemu_smmuv3_events[];

struct lift *qemu_lift(struct qemu_log *log);
struct qemu_detail *qemu_detail(struct qemu_log *log);

/* The outcome of a translation of the detail's device, domain and address: maps what
 * is shown, then gives the DMA. Forgets the detail. */
int qemu_answer(struct qemu_log *log, const struct qemu_detail *detail, uint64_t pa);
int qemu_refusal(struct qemu_log *log, uint32_t rid, uint64_t iova, uint8_t access);

#endif
