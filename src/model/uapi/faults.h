/* SPDX-License-Identifier: Apache-2.0 */
/* Page requests, faults of user tables, events and answers (F). */
#ifndef MODEL_UAPI_FAULTS_H
#define MODEL_UAPI_FAULTS_H

#include "model/uapi/objects.h"

/* F7: every fault of the route that was not answered is answered INVALID, delivered or
 * not; waiting DMAs fail. References are dropped; the attachment stays. */
void faults_answer_all(struct attachment *attachment);

/* The reader of a fault queue has answered. */
void fault_respond(struct ioasim_system *system, struct fault *fault, bool success);

/* The descriptor is closed: its events go, unanswered ones are answered INVALID. */
void faults_close(struct container *container);

/* Takes up to `count` events of a descriptor that nobody has read: how many. */
int faults_read(struct container *container, struct ioasim_event *events, unsigned count);

/* The system ends: DMAs that nobody has tried again. */
void faults_destroy(struct ioasim_system *system);

#endif
