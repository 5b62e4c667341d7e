/* SPDX-License-Identifier: Apache-2.0 */
/* Faults as events of a descriptor (fault_events.c), for faults.c. */
#ifndef MODEL_UAPI_FAULT_EVENTS_H
#define MODEL_UAPI_FAULT_EVENTS_H

#include "model/uapi/objects.h"

/* F10: events that a descriptor keeps unread. */
#define FAULT_EVENTS 128

/* A DMA waits for the answer. */
bool fault_waits(const struct fault *fault);
/* Nobody needs it any more. */
void fault_free(struct ioasim_system *system, struct fault *fault);

/* Fills what the user is told: whose map, which device, where; a PASID only if it is the
 * user's own (P7). */
void fault_event_describe(struct fault *fault, const struct attachment *attachment,
			  const struct ioasim_page_request *what);

/* Behind all others, with a reference on the IOASID; and out again, read or not. */
void fault_event_queue(struct container *container, struct ioasid *ioasid, struct fault *fault);
void fault_event_unqueue(struct container *container, struct fault *fault);
/* The event was read or answered: when it is both, or needs no answer, its IOASID may go,
 * and a closed container with it. */
void fault_reference_drop(struct container *container, const struct fault *fault);

#endif
