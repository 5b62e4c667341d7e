/* SPDX-License-Identifier: Apache-2.0 */
/* Whose table stopped a request on a route with a user's tables (F2 to F4). */
#ifndef MODEL_UAPI_FAULT_STAGE_H
#define MODEL_UAPI_FAULT_STAGE_H

#include "model/uapi/objects.h"

enum fault_stop {
	FAULT_STOP_NONE, /* nothing stops it now */
	FAULT_STOP_PASID, /* the user's PASID table has no such entry */
	FAULT_STOP_STAGE1, /* the user's table, also by its rights */
	FAULT_STOP_STAGE2, /* the parent's map, also for an entry of the user's tables */
};

/* By a walk of the user's tables through the parent's map, apart from the unit's walks.
 * The attachment's IOASID is of kind user or pasid_table. */
enum fault_stop fault_stop(const struct attachment *attachment,
			   const struct ioasim_page_request *what);

#endif
