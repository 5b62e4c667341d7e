/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DMA of a modelled device, asked for by a program that has its node open behind
 * libioasim-preload.so: no hardware does it by itself. The call is this library's own, no
 * kernel's.
 */
#ifndef IOASIM_PRELOAD_H
#define IOASIM_PRELOAD_H

#include <stdint.h>

/* On a device's descriptor; number in the type of iommufd. */
#define IOASIM_PRELOAD_DMA 0x3bf0u

enum ioasim_preload_dma_flags {
	IOASIM_PRELOAD_WRITE = 1, /* to the program's memory; else from it */
	IOASIM_PRELOAD_PASID = 2, /* `pasid` counts */
};

/* outcome */
enum ioasim_preload_dma_outcome {
	IOASIM_PRELOAD_DONE, /* `length` bytes are copied */
	IOASIM_PRELOAD_FAULT, /* class says why, as enum ioasim_dma_class */
	IOASIM_PRELOAD_WAITS, /* for the answer to a page request */
};

/*
 * Up to a page, and within one. Data go to or come from `buffer`. EINVAL: flags, length 0
 * or over the end of a page, a PASID of a mediated device; EFAULT: the buffer is not there.
 */
struct ioasim_preload_dma {
	uint32_t size;
	uint32_t flags;
	uint32_t pasid;
	uint32_t length;
	uint64_t address; /* IOVA */
	uint64_t buffer;
	uint32_t out_outcome;
	uint32_t out_class;
	uint64_t out_page; /* the program's address that was reached */
	uint32_t out_broken; /* rules that this DMA broke: bit n for Sn */
	uint32_t out_reserved;
};

#endif
