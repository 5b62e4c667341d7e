/* SPDX-License-Identifier: Apache-2.0 */
/* Device TLBs and the unit's callbacks that are for devices (dma.c). */
#ifndef MODEL_UAPI_DMA_H
#define MODEL_UAPI_DMA_H

#include "model/uapi/objects.h"

/* The device TLB of a pdev with ATS. -ENOMEM. */
int atc_create(struct device *device);
void atc_destroy(struct device *device);

/* Callbacks of the unit; opaque is the system. */
void dma_atc_invalidate(void *opaque, const struct ioasim_atc_invalidation *what);
void dma_page_response(void *opaque, const struct ioasim_page_response *response);

#endif
