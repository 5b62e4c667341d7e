/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command buffer from the software's side (2.4): commands go straight into the
 * ring, each run of them is closed by a COMPLETION_WAIT that stores a number.
 */
#include "amdvi/driver.h"

#include "model/broken.h"
#include "model/ring.h"

#include <errno.h>

#define RING_BYTES ((uint32_t)AMDVI_ENTRY_SIZE << AMDVI_DRIVER_LOG_LG2)

/* Entries that stay free, as Linux has it: the one that tells full from empty, and one
 * more. */
#define RING_FREE 2u

/* Commands in front of a wait. */
#define RUN_LIMIT ((1u << AMDVI_DRIVER_LOG_LG2) - RING_FREE - 1)

/* Looks at the number before the unit counts as dead. */
#define WAIT_LIMIT 1000

/* 2.4: an empty ring, and the buffer enabled anew, as Linux once did it. */
static void queue_restart(struct amdvi_driver *driver)
{
	amdvi_driver_control(driver, AMDVI_CONTROL_CMD_BUF_EN, 0);
	driver->tail = 0;
	amdvi_driver_write(driver, AMDVI_CMD_HEAD, 4, 0);
	amdvi_driver_write(driver, AMDVI_CMD_TAIL, 4, 0);
	amdvi_driver_control(driver, AMDVI_CONTROL_CMD_BUF_EN, 1);
}

int amdvi_driver_queue_init(struct amdvi_driver *driver)
{
	int error = pool_alloc(&driver->pool, &driver->done);

	if (error)
		return error;
	error = amdvi_driver_ring(driver, AMDVI_CMD_BASE, &driver->commands);
	if (error) {
		pool_free(&driver->pool, driver->done);
		driver->done = 0;
		return error;
	}
	driver->waits = 0;
	queue_restart(driver);
	return 0;
}

void amdvi_driver_queue_fini(struct amdvi_driver *driver)
{
	if (!driver->commands)
		return;
	amdvi_driver_ring_free(driver, &driver->commands);
	pool_free(&driver->pool, driver->done);
	driver->done = 0;
}

static int command_store(struct amdvi_driver *driver, uint64_t word0, uint64_t word1)
{
	uint64_t command[2] = {word0, word1};
	ioasim_pa_t slot = driver->commands + driver->tail;

	driver->tail = (uint32_t)ring_next(driver->tail, AMDVI_ENTRY_SIZE, RING_BYTES);
	driver->stats.commands++;
	return ioasim_memory_write(driver->memory, slot, command, sizeof(command)) ? -EIO : 0;
}

static uint64_t opcode(enum amdvi_opcode code)
{
	return field_prep(AMDVI_CMD_0_OPCODE, code);
}

static int wait_store(struct amdvi_driver *driver)
{
	driver->stats.waits++;
	return command_store(driver,
			     opcode(AMDVI_CMD_COMPLETION_WAIT) | field_prep(AMDVI_WAIT_0_S, 1) |
				     field_bits(AMDVI_WAIT_0_STORE_ADDRESS, driver->done),
			     ++driver->waits);
}

static int wait_done(struct amdvi_driver *driver)
{
	for (unsigned i = 0; i < WAIT_LIMIT; i++) {
		uint64_t number;

		if (ioasim_memory_read64(driver->memory, driver->done, &number))
			return -EIO;
		if (number == driver->waits)
			return 0;
		/* An error stops the buffer until it is enabled anew (2.4). */
		if (!field_get(AMDVI_STATUS_CMD_BUF_RUN,
			       amdvi_driver_read(driver, AMDVI_STATUS, 4)))
			return -EIO;
	}
	return -EIO;
}

static int run_close(struct amdvi_driver *driver)
{
	int error = wait_store(driver);

	if (error)
		return error;
	amdvi_driver_write(driver, AMDVI_CMD_TAIL, 4, driver->tail);
	return wait_done(driver);
}

void amdvi_batch_init(struct amdvi_batch *batch, struct amdvi_driver *driver)
{
	batch->driver = driver;
	batch->error = driver->spaces.broken ? -EIO : 0;
	batch->count = 0;
}

/* The commands behind the one that stopped the buffer are gone, and what is cached is
 * not known any more. */
static void queue_stopped(struct amdvi_driver *driver)
{
	int error = -EIO;

	if (!driver->repairing) {
		driver->repairing = true;
		queue_restart(driver);
		error = amdvi_caches_empty(driver);
		driver->repairing = false;
	}
	if (error)
		driver->spaces.broken = true;
	else
		driver->stats.repairs++;
}

static void batch_fail(struct amdvi_batch *batch, int error)
{
	batch->count = 0;
	if (!error)
		return;
	batch->error = -EIO;
	queue_stopped(batch->driver);
}

void amdvi_batch_wait(struct amdvi_batch *batch)
{
	if (!batch->error && batch->count)
		batch_fail(batch, run_close(batch->driver));
}

/* Every run is waited for, so that the ring is empty at its start. */
void amdvi_batch_add(struct amdvi_batch *batch, uint64_t word0, uint64_t word1)
{
	int error;

	if (batch->count == RUN_LIMIT)
		amdvi_batch_wait(batch);
	if (batch->error)
		return;
	error = command_store(batch->driver, word0, word1);
	if (error)
		batch_fail(batch, error);
	else
		batch->count++;
}

int amdvi_batch_finish(struct amdvi_batch *batch)
{
	amdvi_batch_wait(batch);
	return batch->error;
}

/* ---- Commands ------------------------------------------------------------------- */

void amdvi_add_all(struct amdvi_batch *batch)
{
	amdvi_batch_add(batch, opcode(AMDVI_CMD_INVALIDATE_IOMMU_ALL), 0);
}

void amdvi_add_device(struct amdvi_batch *batch, uint16_t device_id)
{
	amdvi_batch_add(batch,
			opcode(AMDVI_CMD_INVALIDATE_DEVTAB_ENTRY) |
				field_prep(AMDVI_CMD_0_DEVICE_ID, device_id),
			0);
}

void amdvi_add_interrupts(struct amdvi_batch *batch, uint16_t device_id)
{
	amdvi_batch_add(batch,
			opcode(AMDVI_CMD_INVALIDATE_INTERRUPT_TABLE) |
				field_prep(AMDVI_CMD_0_DEVICE_ID, device_id),
			0);
}

/* The bits of an address that tell the size, 2^(z + 1) bytes, by its lowest clear one. */
#define SIZE_BITS_TOP 51

/*
 * S and address of the least aligned block that holds the range (2.4.3): with more than
 * a page, all address bits below the highest one in which both ends differ are set.
 */
static uint64_t range_word1(const struct page_range *range)
{
	uint64_t differ = range->first ^ range->last;
	unsigned top;

	if (!field_bits(AMDVI_CMD_1_ADDRESS, differ))
		return field_bits(AMDVI_CMD_1_ADDRESS, range->first);
	top = 63 - (unsigned)__builtin_clzll(differ);
	if (top > SIZE_BITS_TOP)
		return AMDVI_CMD_ADDRESS_ALL | field_prep(AMDVI_CMD_1_S, 1);
	return field_bits(AMDVI_CMD_1_ADDRESS, range->first | field_mask(top - 1, 0)) |
	       field_prep(AMDVI_CMD_1_S, 1);
}

void amdvi_add_pages(struct amdvi_batch *batch, uint32_t domain_id, const struct page_range *range)
{
	amdvi_batch_add(batch,
			opcode(AMDVI_CMD_INVALIDATE_IOMMU_PAGES) |
				field_prep(AMDVI_PAGES_0_DOMAIN_ID, domain_id),
			range_word1(range) | field_prep(AMDVI_PAGES_1_PDE, 1));
}

void amdvi_add_guest_pages(struct amdvi_batch *batch, uint32_t domain_id, uint32_t pasid,
			   const struct page_range *range)
{
	amdvi_batch_add(batch,
			opcode(AMDVI_CMD_INVALIDATE_IOMMU_PAGES) |
				field_prep(AMDVI_PAGES_0_DOMAIN_ID, domain_id) |
				field_prep(AMDVI_PAGES_0_PASID, pasid),
			range_word1(range) | field_prep(AMDVI_PAGES_1_PDE, 1) |
				field_prep(AMDVI_CMD_1_GN, 1));
}

static uint64_t iotlb_pasid(uint32_t pasid)
{
	return field_prep(AMDVI_IOTLB_0_PASID_7_0, pasid) |
	       field_prep(AMDVI_IOTLB_0_PASID_15_8, pasid >> 8) |
	       field_prep(AMDVI_IOTLB_0_PASID_19_16, pasid >> 16);
}

/* QueueID: the function that the throttling counts for, here the device itself, whose
 * MaxPend is not known and left 0. */
void amdvi_add_iotlb(struct amdvi_batch *batch, const struct amdvi_endpoint *endpoint,
		     uint32_t pasid, const struct page_range *range)
{
	bool guest = pasid != DRIVER_NO_PASID;

	if (!endpoint->ats || BROKEN(FORGET_DEVICE_TLB))
		return;
	amdvi_batch_add(batch,
			opcode(AMDVI_CMD_INVALIDATE_IOTLB_PAGES) |
				field_prep(AMDVI_CMD_0_DEVICE_ID, endpoint->id) |
				field_prep(AMDVI_IOTLB_0_QUEUE_ID, endpoint->id) |
				(guest ? iotlb_pasid(pasid) : 0),
			range_word1(range) | field_prep(AMDVI_CMD_1_GN, guest));
}

void amdvi_add_page_response(struct amdvi_batch *batch, const struct ioasim_page_response *response)
{
	amdvi_batch_add(batch,
			opcode(AMDVI_CMD_COMPLETE_PPR_REQUEST) |
				field_prep(AMDVI_CMD_0_DEVICE_ID, response->requester_id) |
				field_prep(AMDVI_CMD_0_PASID_HIGH,
					   response->has_pasid ? response->pasid : 0),
			field_prep(AMDVI_CMD_1_GN, response->has_pasid) |
				field_prep(AMDVI_PPR_RSP_1_GROUP, response->group) |
				field_prep(AMDVI_PPR_RSP_1_STATUS, response->code));
}
