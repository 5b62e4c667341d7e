/* SPDX-License-Identifier: Apache-2.0 */
/* Between faults.c, which owns the event queue, and stall.c, whose records may wait. */
#ifndef SMMUV3_FAULTS_H
#define SMMUV3_FAULTS_H

#include "smmuv3/unit.h"

/* 7.2.1: enabled, not full, no abort that was not acknowledged. */
bool smmu_event_queue_writable(const struct smmu_unit *u);
/* Stores a record in a queue that is writable. False: the write aborted, it is lost. */
bool smmu_event_store(struct smmu_unit *u, const uint64_t *record);

#endif
