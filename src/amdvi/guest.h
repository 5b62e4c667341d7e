/* SPDX-License-Identifier: Apache-2.0 */
/* GCR3 tables: from a PASID to the root of its guest table (2.2.6.3). */
#ifndef AMDVI_GUEST_H
#define AMDVI_GUEST_H

#include "amdvi/device.h"
#include "amdvi/walks.h"

/*
 * The guest CR3 of p->pasid into p->guest_root, from cache or memory. false: `why` says
 * what is wrong, and with which entry.
 */
bool amdvi_gcr3_find(struct amdvi_unit *u, const struct amdvi_device *device,
		     const struct walk_env *env, struct amdvi_paging *p,
		     struct amdvi_fault_info *why);

/* page_walk.c: what stopped the host table from placing an entry. */
void amdvi_host_stopped(enum walk_stop stop, const struct walk_other *other,
			struct amdvi_fault_info *why);

#endif
