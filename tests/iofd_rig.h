/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An iommufd with a made-up IOMMU, for tests of the core: its page table is a list of what
 * was mapped. Memory is a buffer of this process, of which parts can be taken away.
 */
#ifndef TESTS_IOFD_RIG_H
#define TESTS_IOFD_RIG_H

#include "model/iommufd/host_memory.h"
#include "model/iommufd/stream.h"
#include "model/iommufd/viommu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MOCK_PAGE  UINT64_C(4096)
#define MOCK_PAGES 64u

/* Devices 0 and 1 share a group, 2 is alone and has PASIDs; 3 is of another IOMMU. */
#define MOCK_DEVICES 4u

struct mock_space;

/* Nested tables are of type 1: a word that is not 13, which is the driver's to refuse.
 * Virtual IOMMUs are of type 7, their invalidations of type 9 and of a word each; a word
 * above 99 is wrong. Their queues are of type 5, of one page, two of them. */
#define MOCK_NESTED 1u
#define MOCK_VIOMMU 7u
#define MOCK_INV    9u
#define MOCK_QUEUE  5u
#define MOCK_QUEUES 2u

struct mock_viommu {
	uint64_t words[16]; /* that were invalidated */
	unsigned count;
	uint64_t vdevice; /* the last number that was given */
	unsigned vdevices;
	uint64_t queue_pa[MOCK_QUEUES]; /* 0: none */
	unsigned char page[8];
};

/* What an IOMMU of the rig can do, to be changed before the first table is made. */
struct mock_iommu {
	struct iommufd_backend backend;
	struct iofd_rig *rig;
	uint64_t aperture_first, aperture_last, page_sizes;
	struct mock_viommu viommu;
	uint64_t invalidated[16]; /* words, of nested tables */
	unsigned invalidations;
	unsigned spaces, domains, attached; /* that exist */
	int fail_map, fail_domain, fail_attach; /* negative errno; 0: all is well */
};

struct mock_domain {
	struct iommufd_domain domain;
	uint64_t word; /* of a user's */
	bool tracking;
	struct interval_map dirty; /* pages that were written, by number */
	struct mock_space *space; /* NULL: none */
	struct mock_domain *next; /* of the space */
};

struct iofd_rig {
	struct iommufd_host host; /* first: what env.opaque points to */
	struct iommufd_env env;
	struct iommufd *fd;
	unsigned char *buffer; /* MOCK_PAGES pages */
	bool absent[MOCK_PAGES], read_only[MOCK_PAGES];
	bool privileged;
	struct mock_iommu iommu[2];
	struct iommufd_device *device[MOCK_DEVICES];
	uint32_t device_id[MOCK_DEVICES];
	struct ioasim_iommufd_range reserved; /* of device 2; last 0: none */
	struct iommufd_domain *walks[MOCK_DEVICES]; /* without PASID */
	bool on[MOCK_DEVICES]; /* attached without PASID */
	unsigned files; /* open */
	struct iommufd_stream *queue[8]; /* by descriptor */
	unsigned queues;
};

void iofd_rig_open(struct iofd_rig *rig);
/* Closes, and finds that nothing is left: no pin, space, domain, file. */
void iofd_rig_close(struct iofd_rig *rig);

static inline uint64_t mock_address(const struct iofd_rig *rig, unsigned page)
{
	return (uint64_t)(uintptr_t)rig->buffer + page * MOCK_PAGE;
}

/* A call; with the errno that comes of it, positive. */
int mock_call(struct iofd_rig *rig, uint32_t request, void *argument);

/* Calls that have to succeed: IDs. */
uint32_t mock_ioas(struct iofd_rig *rig);
uint32_t mock_bind(struct iofd_rig *rig, unsigned device);

/* IOAS_MAP readable and writeable; the errno. */
int mock_map_fixed(struct iofd_rig *rig, uint32_t ioas, uint64_t address, uint64_t length,
		   uint64_t iova);
int mock_map(struct iofd_rig *rig, uint32_t ioas, uint64_t address, uint64_t length,
	     uint64_t *iova);
int mock_unmap(struct iofd_rig *rig, uint32_t ioas, uint64_t iova, uint64_t length,
	       uint64_t *unmapped);
int mock_copy(struct iofd_rig *rig, uint32_t from, uint64_t from_iova, uint32_t to,
	      uint64_t to_iova, uint64_t length);
int mock_destroy(struct iofd_rig *rig, uint32_t number);
int mock_attach(struct iofd_rig *rig, unsigned device, uint32_t pasid, uint32_t number);
/* HWPT_ALLOC on an IOAS; the errno. */
int mock_hwpt(struct iofd_rig *rig, unsigned device, uint32_t pt, uint32_t flags, uint32_t *number);

/* A page of a domain's own size was written by a device. */
void mock_write(struct iofd_rig *rig, uint32_t hwpt, uint64_t iova);

/* What the page table of a device shows at an IOVA, without PASID; 0: nothing. */
uint64_t mock_lookup(const struct iofd_rig *rig, unsigned device, uint64_t iova);
/* Pins of a page of the buffer. */
uint64_t mock_pins(const struct iofd_rig *rig, unsigned page);

#endif
