/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults that a driver can be built with, one at a time, so that tests can show that they
 * are noticed: tests/broken/. Without IOASIM_BREAK, which only tests define, BROKEN() is
 * the constant false, and nothing of a fault is compiled.
 */
#ifndef MODEL_BROKEN_H
#define MODEL_BROKEN_H

#include <stdbool.h>
#include <stdint.h>

enum broken {
	BROKEN_NOTHING,
	BROKEN_SKIP_INVALIDATION, /* an unmap leaves everything in caches */
	BROKEN_INVALIDATE_FIRST, /* a route's end: caches first, then its entry */
	BROKEN_FORGET_DEVICE_TLB, /* devices keep their translations */
	BROKEN_REUSE_TAG, /* a tag is free while translations still stand under it */
	BROKEN_VALID_FIRST, /* the word that makes an entry valid is stored first */
	BROKEN_WRONG_PASID, /* a domain is attached to the PASID beside */
};

#ifdef IOASIM_BREAK
#define BROKEN(what) (IOASIM_BREAK == BROKEN_##what)
#else
#define BROKEN(what) false
#endif

/* The PASID beside, and back: 2 and 3, 4 and 5. */
static inline uint32_t broken_pasid(uint32_t pasid)
{
	return pasid > 1 ? pasid ^ 1 : pasid;
}

#endif
