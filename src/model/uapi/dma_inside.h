/* SPDX-License-Identifier: Apache-2.0 */
/* What the rooms of devices share: DMA (dma.c), device TLBs (atc.c), queues (mdev.c),
 * ENQCMD (kvm.c), and the faults that DMA meets (faults.c). */
#ifndef MODEL_UAPI_DMA_INSIDE_H
#define MODEL_UAPI_DMA_INSIDE_H

#include "model/uapi/attach_inside.h"
#include "model/uapi/dma.h"
#include "model/uapi/faults.h"

/* A DMA as it goes on the wire. */
struct dma_wire {
	const struct device *device; /* whose TLB and page requests: a pdev; NULL: a raw request */
	uint32_t rid;
	uint32_t pasid; /* DRIVER_NO_PASID */
	/* The route that the user means is the default one: a PASID is the kernel's. */
	bool is_default;
	bool stopped; /* the device issues nothing (D1, D3) */
	/* A shared queue issues what a CPU has put in (Q7); the space that the VM was shown
	 * for it (Q2), NULL: without translation. */
	bool enqcmd;
	const struct ioasid *shown;
	struct attachment *attachment; /* of a software mdev */
};

/* The wire of a request of a device with this PASID: of an mdev, from its parent. */
void dma_wire_of_pasid(const struct device *device, uint32_t pasid, struct dma_wire *wire);

/* Does a DMA, counts it, has it judged. -ENOMEM: a software mdev's driver has none. */
int dma_run(struct ioasim_system *system, const struct ioasim_dma *dma, const struct dma_wire *wire,
	    struct ioasim_dma_result *result);
/* The same for one that the CPU did not send. */
int dma_finish_cpu_fault(struct ioasim_system *system, const struct ioasim_dma *dma,
			 struct ioasim_dma_result *result);

/* ---- mdev.c ---------------------------------------------------------------------------- */

/* D5: of a software mdev, through the map of wire->attachment. -ENOMEM. */
int mdev_access(const struct dma_wire *wire, const struct ioasim_dma *dma,
		struct ioasim_dma_result *result);

/* ---- atc.c ----------------------------------------------------------------------------- */

struct atc_key {
	uint32_t pasid; /* DRIVER_NO_PASID */
	bool privileged;
	uint64_t address;
};

/* Where the page of an address goes, if the rights are there. */
bool atc_find(const struct atc *atc, const struct atc_key *key, unsigned access, ioasim_pa_t *pa);
/* Files the 4 KiB of a completion that the address lies in. */
void atc_fill(struct atc *atc, const struct atc_key *key, ioasim_pa_t pa, unsigned access);

/* ---- faults.c -------------------------------------------------------------------------- */

enum fault_end {
	FAULT_WAITS, /* for the user's answer */
	FAULT_RESOLVED, /* the device tries again */
	FAULT_FAILS, /* not recoverable (F1) */
	FAULT_INVALID, /* recoverable, and answered INVALID (F10) */
};

/* A device asks for the page of a DMA (PRI); the kernel serves all requests that wait.
 * WAITS: result->event is set. */
enum fault_end fault_raise(struct ioasim_system *system, const struct ioasim_dma *dma,
			   const struct dma_wire *wire, struct ioasim_dma_result *result);

/* What the unit has recorded so far is no news, and forgotten. */
void faults_forget(struct ioasim_system *system);
/* F3: what it has recorded since, of a request for `address`, becomes events of user
 * tables. */
void faults_report(struct ioasim_system *system, uint64_t address);

/* F5: a page-request-group response has reached its device. */
void fault_answered(struct ioasim_system *system, const struct ioasim_page_response *response);
/* The device's end of a fault that waited. */
struct fault *fault_waiting(const struct ioasim_system *system, uint32_t event);
void fault_done(struct ioasim_system *system, struct fault *fault);

#endif
