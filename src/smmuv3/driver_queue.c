/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command queue from the software's side (3.5, 4.7.3): a ring of up to 256
 * commands; what must be complete is closed by a CMD_SYNC.
 *
 * Where the unit has messages and reads memory coherently, a CMD_SYNC overwrites its own
 * first word with 0; otherwise CONS passes it when it is done.
 *
 * A command error stops the queue until GERRORN acknowledges it.
 */
#include "smmuv3/driver.h"

#include "model/broken.h"
#include "model/ring.h"

#include <errno.h>

/* 4 KiB of commands. */
#define QUEUE_LG2 8

/* Looks at memory or CONS before the unit counts as dead. */
#define WAIT_LIMIT 1000

/* MSIAttributes and MSH: Normal write-back, inner shareable. */
#define MESSAGE_WRITE_BACK 0xf

int smmu_driver_queue_init(struct smmu_driver *driver)
{
	unsigned most = (unsigned)field_get(SMMU_IDR1_CMDQS, driver->idr1);
	uint64_t base;
	int error = pool_alloc(&driver->pool, &driver->queue);

	if (error)
		return error;
	driver->queue_lg2 = (uint8_t)(most < QUEUE_LG2 ? most : QUEUE_LG2);
	driver->queue_msi =
		field_get(SMMU_IDR0_MSI, driver->idr0) && field_get(SMMU_IDR0_COHACC, driver->idr0);
	driver->queue_prod = driver->queue_cons = 0;
	base = field_bits(SMMU_QUEUE_BASE_ADDR, driver->queue);
	field_set(&base, SMMU_QUEUE_BASE_HINT, 1);
	field_set(&base, SMMU_QUEUE_BASE_LOG2SIZE, driver->queue_lg2);
	smmu_driver_write(driver, SMMU_CMDQ_BASE, 8, base);
	smmu_driver_write(driver, SMMU_CMDQ_PROD, 4, 0);
	smmu_driver_write(driver, SMMU_CMDQ_CONS, 4, 0);
	return 0;
}

void smmu_driver_queue_fini(struct smmu_driver *driver)
{
	if (driver->queue)
		pool_free(&driver->pool, driver->queue);
	driver->queue = 0;
}

/* ---- The ring ------------------------------------------------------------------------ */

/* 7.5: the error is active. */
static bool stopped(struct smmu_driver *driver)
{
	uint64_t gerror = smmu_driver_read(driver, SMMU_GERROR, 4);
	uint64_t gerrorn = smmu_driver_read(driver, SMMU_GERRORN, 4);

	return field_get(SMMU_GERROR_CMDQ_ERR, gerror ^ gerrorn);
}

static void hand_over(struct smmu_driver *driver)
{
	smmu_driver_write(driver, SMMU_CMDQ_PROD, 4, driver->queue_prod);
}

static void cons_read(struct smmu_driver *driver)
{
	uint64_t cons = smmu_driver_read(driver, SMMU_CMDQ_CONS, 4);

	driver->queue_cons = (uint32_t)field_get(SMMU_CMDQ_CONS_RD, cons);
}

static bool full(const struct smmu_driver *driver)
{
	return ring_wrap_full(driver->queue_cons, driver->queue_prod, driver->queue_lg2);
}

/* A full ring is handed over, and has room when the unit has taken something. */
static int room_wait(struct smmu_driver *driver)
{
	if (!full(driver))
		return 0;
	hand_over(driver);
	for (unsigned i = 0; i < WAIT_LIMIT; i++) {
		cons_read(driver);
		if (!full(driver))
			return 0;
		if (stopped(driver))
			return -EIO;
	}
	return -EIO;
}

static ioasim_pa_t slot_address(const struct smmu_driver *driver)
{
	return driver->queue +
	       ring_wrap_index(driver->queue_prod, driver->queue_lg2) * SMMU_CMD_SIZE;
}

static int command_store(struct smmu_driver *driver, uint64_t word0, uint64_t word1)
{
	uint64_t command[SMMU_CMD_WORDS] = {word0, word1};
	ioasim_pa_t slot = slot_address(driver);

	driver->queue_prod = ring_wrap_next(driver->queue_prod, driver->queue_lg2);
	driver->stats.commands++;
	return ioasim_memory_write(driver->memory, slot, command, sizeof(command));
}

static int sync_store(struct smmu_driver *driver)
{
	uint64_t word0 = field_prep(SMMU_CMD_0_OPCODE, SMMU_CMD_SYNC);

	driver->stats.waits++;
	if (driver->queue_msi)
		return command_store(driver,
				     word0 | field_prep(SMMU_SYNC_0_CS, SMMU_CS_IRQ) |
					     field_prep(SMMU_SYNC_0_MSH, SMMU_SH_INNER) |
					     field_prep(SMMU_SYNC_0_MSIATTR, MESSAGE_WRITE_BACK),
				     field_bits(SMMU_SYNC_1_MSIADDRESS, slot_address(driver)));
	if (field_get(SMMU_IDR0_SEV, driver->idr0))
		word0 |= field_prep(SMMU_SYNC_0_CS, SMMU_CS_SEV);
	return command_store(driver, word0, 0);
}

/* Whether the CMD_SYNC in `slot`, the last command, is done. */
static bool sync_done(struct smmu_driver *driver, ioasim_pa_t slot)
{
	uint32_t opcode;

	if (driver->queue_msi)
		return !ioasim_memory_read(driver->memory, slot, &opcode, sizeof(opcode)) &&
		       !opcode;
	cons_read(driver);
	return ring_wrap_empty(driver->queue_cons, driver->queue_prod, driver->queue_lg2);
}

static int sync_wait(struct smmu_driver *driver, ioasim_pa_t slot)
{
	for (unsigned i = 0; i < WAIT_LIMIT; i++) {
		if (sync_done(driver, slot)) {
			driver->queue_cons = driver->queue_prod;
			return 0;
		}
		if (stopped(driver))
			return -EIO;
	}
	return -EIO;
}

/* ---- Batches ---------------------------------------------------------------------------- */

/* 7.1: what the unit does not know becomes a CMD_SYNC without a signal. */
static int skip(struct smmu_driver *driver)
{
	const uint64_t sync[SMMU_CMD_WORDS] = {field_prep(SMMU_CMD_0_OPCODE, SMMU_CMD_SYNC)};

	return ioasim_memory_write(driver->memory,
				   driver->queue +
					   ring_wrap_index(driver->queue_cons, driver->queue_lg2) *
						   SMMU_CMD_SIZE,
				   sync, sizeof(sync));
}

/*
 * As Linux does, an illegal command is skipped; one that could not be fetched, and a
 * CMD_SYNC that device TLBs have let down, are tried again, here once. The unit goes on
 * when GERRORN acknowledges the error.
 */
static int queue_repair(struct smmu_driver *driver)
{
	const uint32_t all = UINT32_C(2) << driver->queue_lg2;
	uint32_t before = UINT32_MAX;

	for (uint32_t i = 0; i < all && stopped(driver); i++) {
		uint64_t cons = smmu_driver_read(driver, SMMU_CMDQ_CONS, 4);
		uint64_t cerror = field_get(SMMU_CMDQ_CONS_ERR, cons);

		cons_read(driver);
		if (driver->queue_cons == before)
			return -EIO;
		if (cerror == SMMU_CERROR_ILL && skip(driver))
			return -EIO;
		before = driver->queue_cons;
		smmu_driver_write(driver, SMMU_GERRORN, 4,
				  smmu_driver_read(driver, SMMU_GERRORN, 4) ^
					  FIELD_MASK(SMMU_GERROR_CMDQ_ERR));
	}
	/* What stands behind may not have been handed over yet. */
	hand_over(driver);
	cons_read(driver);
	return ring_wrap_empty(driver->queue_cons, driver->queue_prod, driver->queue_lg2) ? 0
											  : -EIO;
}

/* The queue has stopped. What is cached is not known any more. */
static void queue_stopped(struct smmu_driver *driver)
{
	int error = driver->repairing || !stopped(driver) ? -EIO : queue_repair(driver);

	if (!error) {
		driver->repairing = true;
		error = smmu_caches_empty(driver);
		driver->repairing = false;
	}
	if (error)
		driver->spaces.broken = true;
	else
		driver->stats.repairs++;
}

static void batch_stop(struct smmu_batch *batch, int error)
{
	if (!error)
		return;
	batch->error = -EIO;
	queue_stopped(batch->driver);
}

void smmu_batch_init(struct smmu_batch *batch, struct smmu_driver *driver)
{
	batch->driver = driver;
	batch->error = driver->spaces.broken ? -EIO : 0;
	batch->count = 0;
}

void smmu_batch_add(struct smmu_batch *batch, uint64_t word0, uint64_t word1)
{
	int error;

	if (batch->error)
		return;
	error = room_wait(batch->driver);
	if (!error)
		error = command_store(batch->driver, word0, word1);
	batch->count++;
	batch_stop(batch, error);
}

void smmu_batch_sync(struct smmu_batch *batch)
{
	struct smmu_driver *driver = batch->driver;
	ioasim_pa_t slot;
	int error;

	if (batch->error || !batch->count)
		return;
	batch->count = 0;
	error = room_wait(driver);
	slot = slot_address(driver);
	if (!error)
		error = sync_store(driver);
	if (!error) {
		hand_over(driver);
		error = sync_wait(driver, slot);
	}
	batch_stop(batch, error);
}

int smmu_batch_finish(struct smmu_batch *batch)
{
	smmu_batch_sync(batch);
	return batch->error;
}

int smmu_queue_sync(struct smmu_driver *driver)
{
	struct smmu_batch batch;

	smmu_batch_init(&batch, driver);
	batch.count = 1; /* as if something were in front of it */
	return smmu_batch_finish(&batch);
}

/* ---- Commands ---------------------------------------------------------------------------- */

static uint64_t opcode_word(enum smmu_opcode opcode)
{
	return field_prep(SMMU_CMD_0_OPCODE, opcode);
}

void smmu_add_config_all(struct smmu_batch *batch)
{
	smmu_batch_add(batch, opcode_word(SMMU_CMD_CFGI_STE_RANGE),
		       field_prep(SMMU_CFGI_1_RANGE, SMMU_RANGE_ALL));
}

void smmu_add_config_ste(struct smmu_batch *batch, uint32_t sid, bool leaf)
{
	smmu_batch_add(batch, opcode_word(SMMU_CMD_CFGI_STE) | field_prep(SMMU_CMD_0_SID, sid),
		       field_prep(SMMU_CMD_1_LEAF, leaf));
}

void smmu_add_config_cd(struct smmu_batch *batch, uint32_t sid, uint32_t ssid, bool leaf)
{
	smmu_batch_add(batch,
		       opcode_word(SMMU_CMD_CFGI_CD) | field_prep(SMMU_CMD_0_SID, sid) |
			       field_prep(SMMU_CMD_0_SSID, ssid),
		       field_prep(SMMU_CMD_1_LEAF, leaf));
}

void smmu_add_config_cds(struct smmu_batch *batch, uint32_t sid)
{
	smmu_batch_add(batch, opcode_word(SMMU_CMD_CFGI_CD_ALL) | field_prep(SMMU_CMD_0_SID, sid),
		       0);
}

static uint64_t tlbi_word(enum smmu_opcode opcode, uint16_t vmid, uint16_t asid)
{
	return opcode_word(opcode) | field_prep(SMMU_TLBI_0_VMID, vmid) |
	       field_prep(SMMU_TLBI_0_ASID, asid);
}

void smmu_add_tlbi(struct smmu_batch *batch, enum smmu_opcode opcode, uint16_t vmid, uint16_t asid)
{
	smmu_batch_add(batch, tlbi_word(opcode, vmid, asid), 0);
}

void smmu_add_tlbi_address(struct smmu_batch *batch, enum smmu_opcode opcode, uint16_t vmid,
			   uint16_t asid, const struct smmu_tlbi_address *at)
{
	smmu_batch_add(batch,
		       tlbi_word(opcode, vmid, asid) | field_prep(SMMU_TLBI_0_NUM, at->num) |
			       field_prep(SMMU_TLBI_0_SCALE, at->scale),
		       field_prep(SMMU_CMD_1_LEAF, at->leaf) |
			       field_prep(SMMU_TLBI_1_TTL, at->ttl) |
			       field_prep(SMMU_TLBI_1_TG, at->tg) |
			       field_bits(SMMU_TLBI_1_ADDR, at->address));
}

/* 4.5.1: the least block of a power of two pages, aligned to its size, that holds the
 * range. */
void smmu_add_atc(struct smmu_batch *batch, const struct smmu_device *device, uint32_t pasid,
		  uint64_t first, uint64_t last)
{
	uint64_t differ = (first ^ last) >> POOL_PAGE_LG2;
	unsigned size = differ ? 64 - (unsigned)__builtin_clzll(differ) : 0;
	bool ssv = pasid != DRIVER_NO_PASID;

	if (!device->ats || BROKEN(FORGET_DEVICE_TLB))
		return;
	smmu_batch_add(batch,
		       opcode_word(SMMU_CMD_ATC_INV) | field_prep(SMMU_CMD_0_SSV, ssv) |
			       field_prep(SMMU_CMD_0_SSID, ssv ? pasid : 0) |
			       field_prep(SMMU_CMD_0_SID, device->sid),
		       field_prep(SMMU_ATC_1_SIZE, size) |
			       field_bits(SMMU_ATC_1_ADDR,
					  first & ~field_mask(POOL_PAGE_LG2 + size - 1, 0)));
}

static unsigned response_code(unsigned code)
{
	return code == IOASIM_PAGE_SUCCESS   ? SMMU_RESP_SUCCESS
	       : code == IOASIM_PAGE_INVALID ? SMMU_RESP_INVALID
					     : SMMU_RESP_FAILURE;
}

void smmu_add_page_response(struct smmu_batch *batch, const struct ioasim_page_response *response)
{
	bool ssv = response->has_pasid;

	smmu_batch_add(batch,
		       opcode_word(SMMU_CMD_PRI_RESP) | field_prep(SMMU_CMD_0_SSV, ssv) |
			       field_prep(SMMU_CMD_0_SSID, ssv ? response->pasid : 0) |
			       field_prep(SMMU_CMD_0_SID, response->requester_id),
		       field_prep(SMMU_PRI_1_PRGINDEX, response->group) |
			       field_prep(SMMU_PRI_1_RESP, response_code(response->code)));
}
