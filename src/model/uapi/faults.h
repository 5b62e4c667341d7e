/* SPDX-License-Identifier: Apache-2.0 */
/* Page requests, faults of user tables, events and answers (F). */
#ifndef MODEL_UAPI_FAULTS_H
#define MODEL_UAPI_FAULTS_H

#include "model/uapi/objects.h"

/* F7: every fault of the route that was not answered is answered INVALID, delivered or
 * not; waiting DMAs fail. References are dropped; the attachment stays. */
void faults_answer_all(struct attachment *attachment);

/* The descriptor is closed: its events go, unanswered ones are answered INVALID. */
void faults_close(struct container *container);

#endif
