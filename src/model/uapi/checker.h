/* SPDX-License-Identifier: Apache-2.0 */
/* The rules S1 to S17, judged from the books on every DMA and after every call. */
#ifndef MODEL_UAPI_CHECKER_H
#define MODEL_UAPI_CHECKER_H

#include "model/uapi/objects.h"

/* A DMA has ended, or waits: sets result->broken. */
void checker_judge(struct ioasim_system *system, const struct ioasim_dma *dma,
		   struct ioasim_dma_result *result);

/* A call of a descriptor has returned. */
void checker_call(struct ioasim_system *system, uint32_t call, int status);

#endif
