/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The invalidation queue from the software's side (6.5.2): a ring of 256
 * descriptors, each submission closed by a wait that stores a status word.
 */
#include "vtd/driver.h"

#include "model/broken.h"

#include <errno.h>
#include <string.h>

#define QUEUE_SLOTS 256u

/* Values of the status word. */
#define STATUS_PENDING 1
#define STATUS_DONE    2

/* Looks at the status word before the unit counts as dead. */
#define WAIT_LIMIT 1000

int vtd_queue_init(struct vtd_driver *driver)
{
	bool wide = field_get(VTD_ECAP_SMTS, driver->ecap);
	uint64_t base;
	int error;

	driver->descriptor_lg2 = wide ? 5 : 4;
	driver->queue_pages = QUEUE_SLOTS << driver->descriptor_lg2 >> POOL_PAGE_LG2;
	driver->queue_tail = 0;
	error = pool_alloc(&driver->pool, &driver->status);
	if (error)
		return error;
	error = pool_alloc_run(&driver->pool, driver->queue_pages, &base);
	if (error) {
		pool_free(&driver->pool, driver->status);
		return error;
	}
	driver->queue = base;
	vtd_driver_write(driver, VTD_IQT, 8, 0);
	field_set(&base, VTD_IQA_DW, wide);
	field_set(&base, VTD_IQA_QS, wide ? 1 : 0); /* pages, as a logarithm */
	vtd_driver_write(driver, VTD_IQA, 8, base);
	return 0;
}

void vtd_queue_fini(struct vtd_driver *driver)
{
	if (!driver->queue)
		return;
	pool_free_run(&driver->pool, driver->queue, driver->queue_pages);
	pool_free(&driver->pool, driver->status);
	driver->queue = 0;
}

static int slot_store(struct vtd_driver *driver, const uint64_t *descriptor)
{
	uint64_t offset = (uint64_t)driver->queue_tail << driver->descriptor_lg2;

	driver->queue_tail = (driver->queue_tail + 1) % QUEUE_SLOTS;
	driver->stats.commands++;
	return ioasim_memory_write(driver->memory, driver->queue + offset, descriptor,
				   (size_t)1 << driver->descriptor_lg2);
}

static void wait_make(const struct vtd_driver *driver, bool drain, uint64_t descriptor[4])
{
	descriptor[0] = field_prep(VTD_DESC_0_TYPE_LOW, VTD_DESC_WAIT) |
			field_prep(VTD_WAIT_0_SW, 1) | field_prep(VTD_WAIT_0_PD, drain) |
			field_prep(VTD_WAIT_0_STDATA, STATUS_DONE);
	descriptor[1] = field_bits(VTD_WAIT_1_STADDR, driver->status);
	descriptor[2] = descriptor[3] = 0;
}

static int wait_store(struct vtd_driver *driver, bool drain)
{
	uint32_t pending = STATUS_PENDING;
	uint64_t descriptor[4];
	int error = ioasim_memory_write(driver->memory, driver->status, &pending, sizeof(pending));

	wait_make(driver, drain, descriptor);
	driver->stats.waits++;
	return error ? error : slot_store(driver, descriptor);
}

static int wait_done(struct vtd_driver *driver)
{
	uint32_t status;

	for (unsigned i = 0; i < WAIT_LIMIT; i++) {
		uint64_t fsts;

		if (ioasim_memory_read(driver->memory, driver->status, &status, sizeof(status)))
			return -EIO;
		if (status == STATUS_DONE)
			return 0;
		fsts = vtd_driver_read(driver, VTD_FSTS, 4);
		if (field_get(VTD_FSTS_IQE, fsts) || field_get(VTD_FSTS_ITE, fsts))
			return -EIO;
	}
	return -EIO;
}

/*
 * 6.5.2.11: the unit stands at what it does not take until IQE is cleared. As Linux does,
 * a wait is put in its place, so that the unit passes it, as many times as it takes. At a
 * place that cannot be read it stands for good. After a time-out the unit goes on by
 * itself once ITE is cleared.
 */
static int queue_repair(struct vtd_driver *driver)
{
	const uint64_t errors =
		FIELD_MASK(VTD_FSTS_IQE) | FIELD_MASK(VTD_FSTS_ITE) | FIELD_MASK(VTD_FSTS_ICE);
	const uint64_t tail = (uint64_t)driver->queue_tail << driver->descriptor_lg2;
	uint64_t before = UINT64_MAX, wait[4];

	wait_make(driver, false, wait);
	for (unsigned i = 0; i < QUEUE_SLOTS; i++) {
		uint64_t found = vtd_driver_read(driver, VTD_FSTS, 4) & errors;
		uint64_t head = vtd_driver_read(driver, VTD_IQH, 8);

		if (!found)
			return head == tail ? 0 : -EIO;
		if (head == before ||
		    ioasim_memory_write(driver->memory, driver->queue + head, wait,
					(size_t)1 << driver->descriptor_lg2))
			return -EIO;
		before = head;
		vtd_driver_write(driver, VTD_FSTS, 4, found);
	}
	return -EIO;
}

/* The queue has stopped. What is cached is not known any more. */
static void queue_stopped(struct vtd_driver *driver)
{
	int error = driver->repairing ? -EIO : queue_repair(driver);

	if (!error) {
		driver->repairing = true;
		error = vtd_caches_empty(driver);
		driver->repairing = false;
	}
	if (error)
		driver->spaces.broken = true;
	else
		driver->stats.repairs++;
}

/* Every submission is waited for, so the ring is empty here and holds any batch. */
static int batch_submit(struct vtd_batch *batch, bool drain)
{
	struct vtd_driver *driver = batch->driver;
	int error = driver->spaces.broken ? -EIO : 0;

	for (unsigned i = 0; i < batch->count && !error; i++)
		error = slot_store(driver, batch->descriptor[i]);
	batch->count = 0;
	if (!error)
		error = wait_store(driver, drain);
	if (!error) {
		vtd_driver_write(driver, VTD_IQT, 8,
				 (uint64_t)driver->queue_tail << driver->descriptor_lg2);
		error = wait_done(driver);
	}
	if (error && !driver->spaces.broken)
		queue_stopped(driver);
	return error ? -EIO : 0;
}

void vtd_batch_init(struct vtd_batch *batch, struct vtd_driver *driver)
{
	batch->driver = driver;
	batch->error = 0;
	batch->count = 0;
}

void vtd_batch_add(struct vtd_batch *batch, uint64_t word0, uint64_t word1)
{
	uint64_t *descriptor;

	if (batch->count == VTD_BATCH && !batch->error)
		batch->error = batch_submit(batch, false);
	if (batch->error)
		return;
	descriptor = batch->descriptor[batch->count++];
	descriptor[0] = word0;
	descriptor[1] = word1;
	descriptor[2] = descriptor[3] = 0;
}

int vtd_batch_finish(struct vtd_batch *batch)
{
	if (!batch->error && batch->count)
		batch->error = batch_submit(batch, false);
	return batch->error;
}

int vtd_batch_finish_drained(struct vtd_batch *batch)
{
	if (!batch->error)
		batch->error = batch_submit(batch, field_get(VTD_ECAP_PDS, batch->driver->ecap));
	return batch->error;
}

/* ---- Descriptors ---------------------------------------------------------------- */

static uint64_t word0(enum vtd_descriptor type, unsigned granularity, uint32_t did)
{
	return field_prep(VTD_DESC_0_TYPE_LOW, type) | field_prep(VTD_DESC_0_G, granularity) |
	       field_prep(VTD_DESC_0_DID, did);
}

void vtd_add_context_global(struct vtd_batch *batch)
{
	vtd_batch_add(batch, word0(VTD_DESC_CONTEXT, VTD_GRANULARITY_GLOBAL, 0), 0);
}

void vtd_add_context_device(struct vtd_batch *batch, uint32_t did, uint16_t source_id)
{
	vtd_batch_add(batch,
		      word0(VTD_DESC_CONTEXT, VTD_GRANULARITY_ENTITY, did) |
			      field_prep(VTD_CC_0_SID, source_id),
		      0);
}

void vtd_add_pasid_global(struct vtd_batch *batch)
{
	vtd_batch_add(batch, word0(VTD_DESC_PASID_CACHE, VTD_PC_GLOBAL, 0), 0);
}

void vtd_add_pasid(struct vtd_batch *batch, uint32_t did, uint32_t pasid)
{
	vtd_batch_add(batch,
		      word0(VTD_DESC_PASID_CACHE, VTD_PC_PASID, did) |
			      field_prep(VTD_DESC_0_PASID, pasid),
		      0);
}

/* Draining costs nothing here and is always asked for, where the unit has it. */
static uint64_t iotlb_word0(const struct vtd_batch *batch, unsigned granularity, uint32_t did)
{
	uint64_t cap = batch->driver->cap;

	return word0(VTD_DESC_IOTLB, granularity, did) |
	       field_prep(VTD_IOTLBI_0_DW, field_get(VTD_CAP_DWD, cap)) |
	       field_prep(VTD_IOTLBI_0_DR, field_get(VTD_CAP_DRD, cap));
}

void vtd_add_iotlb_global(struct vtd_batch *batch)
{
	vtd_batch_add(batch, iotlb_word0(batch, VTD_GRANULARITY_GLOBAL, 0), 0);
}

void vtd_add_iotlb_domain(struct vtd_batch *batch, uint32_t did)
{
	vtd_batch_add(batch, iotlb_word0(batch, VTD_GRANULARITY_DOMAIN, did), 0);
}

unsigned vtd_block_am(uint64_t first, uint64_t last)
{
	uint64_t differ = (first ^ last) >> POOL_PAGE_LG2;

	return differ ? 64 - (unsigned)__builtin_clzll(differ) : 0;
}

static uint64_t range_word1(const struct page_range *range, unsigned am)
{
	uint64_t base = range->first & ~field_mask(POOL_PAGE_LG2 + am - 1, 0);

	return field_prep(VTD_DESC_1_AM, am) | field_prep(VTD_DESC_1_IH, range->leaves_only) |
	       field_bits(VTD_DESC_1_ADDR, base);
}

void vtd_add_iotlb_range(struct vtd_batch *batch, uint32_t did, const struct page_range *range)
{
	uint64_t cap = batch->driver->cap;
	unsigned am = vtd_block_am(range->first, range->last);

	if (page_range_all(range) || !field_get(VTD_CAP_PSI, cap) ||
	    am > field_get(VTD_CAP_MAMV, cap)) {
		vtd_add_iotlb_domain(batch, did);
		return;
	}
	vtd_batch_add(batch, iotlb_word0(batch, VTD_GRANULARITY_ENTITY, did),
		      range_word1(range, am));
}

void vtd_add_piotlb_pasid(struct vtd_batch *batch, uint32_t did, uint32_t pasid)
{
	vtd_batch_add(batch,
		      word0(VTD_DESC_PIOTLB, VTD_GRANULARITY_DOMAIN, did) |
			      field_prep(VTD_DESC_0_PASID, pasid),
		      0);
}

void vtd_add_piotlb_range(struct vtd_batch *batch, uint32_t did, uint32_t pasid,
			  const struct page_range *range)
{
	if (page_range_all(range)) {
		vtd_add_piotlb_pasid(batch, did, pasid);
		return;
	}
	vtd_batch_add(batch,
		      word0(VTD_DESC_PIOTLB, VTD_GRANULARITY_ENTITY, did) |
			      field_prep(VTD_DESC_0_PASID, pasid),
		      range_word1(range, vtd_block_am(range->first, range->last)));
}

/* A wait behind which the next descriptors start only when all before are done. */
void vtd_add_fence(struct vtd_batch *batch)
{
	vtd_batch_add(batch,
		      field_prep(VTD_DESC_0_TYPE_LOW, VTD_DESC_WAIT) | field_prep(VTD_WAIT_0_FN, 1),
		      0);
}

/* S and ADDR of a block: the lowest clear address bit gives the size (6.5.2.5). */
static uint64_t device_tlb_address(const struct page_range *range, bool *sized)
{
	unsigned am = vtd_block_am(range->first, range->last);
	uint64_t base = range->first & ~field_mask(POOL_PAGE_LG2 + am - 1, 0);

	*sized = am > 0;
	if (am)
		base |= field_mask(POOL_PAGE_LG2 + am - 2, POOL_PAGE_LG2);
	return field_bits(VTD_DESC_1_ADDR, base);
}

/* PFSID: the function that the throttling counts for, here the device itself. */
static uint64_t pfsid(const struct vtd_batch *batch, uint16_t source_id)
{
	if (!field_get(VTD_ECAP_DIT, batch->driver->ecap))
		return 0;
	return field_prep(VTD_DESC_0_PFSID_LOW, source_id) |
	       field_prep(VTD_DESC_0_PFSID_HIGH, (uint64_t)source_id >> 4);
}

/* Everything that the device holds, of all PASIDs and none. */
void vtd_add_device_tlb_all(struct vtd_batch *batch, const struct vtd_device *device)
{
	bool sized;
	uint64_t address = device_tlb_address(&PAGE_RANGE_ALL, &sized);

	vtd_add_device_tlb(batch, device, VTD_DRIVER_RID_PASID, &PAGE_RANGE_ALL);
	if (device->ats && device->pasid_limit)
		vtd_batch_add(batch,
			      field_prep(VTD_DESC_0_TYPE_LOW, VTD_DESC_PDEVICE_TLB) |
				      field_prep(VTD_PDTLB_0_SID, device->source_id) |
				      pfsid(batch, device->source_id),
			      address | field_prep(VTD_PDTLB_1_S, sized) |
				      field_prep(VTD_PDTLB_1_G, 1));
}

void vtd_add_device_tlb(struct vtd_batch *batch, const struct vtd_device *device, uint32_t pasid,
			const struct page_range *range)
{
	bool sized;
	uint64_t address = device_tlb_address(range, &sized);
	uint64_t pf = pfsid(batch, device->source_id);

	if (!device->ats || BROKEN(FORGET_DEVICE_TLB))
		return;
	if (pasid == VTD_DRIVER_RID_PASID)
		vtd_batch_add(batch,
			      field_prep(VTD_DESC_0_TYPE_LOW, VTD_DESC_DEVICE_TLB) |
				      field_prep(VTD_DTLB_0_SID, device->source_id) | pf,
			      address | field_prep(VTD_DTLB_1_S, sized));
	else
		vtd_batch_add(batch,
			      field_prep(VTD_DESC_0_TYPE_LOW, VTD_DESC_PDEVICE_TLB) |
				      field_prep(VTD_PDTLB_0_SID, device->source_id) |
				      field_prep(VTD_DESC_0_PASID, pasid) | pf,
			      address | field_prep(VTD_PDTLB_1_S, sized));
}
