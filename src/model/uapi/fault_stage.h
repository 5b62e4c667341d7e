/* SPDX-License-Identifier: Apache-2.0 */
/* Whose table stopped a request of a user's table over a parent's (F2 to F4). */
#ifndef MODEL_UAPI_FAULT_STAGE_H
#define MODEL_UAPI_FAULT_STAGE_H

#include "model/uapi/objects.h"

/*
 * By a walk of the guest's tables through the parent's map, apart from the unit's: 1, the
 * user's own; 2, the parent's, also for a table entry; 0, neither: a PASID that the
 * guest's table does not have, or nothing now.
 */
unsigned fault_stage(const struct attachment *attachment, const struct ioasim_page_request *what);

#endif
