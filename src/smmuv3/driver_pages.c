/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page requests from the software's side (3.9, 8.1): the ring that the unit fills, the
 * responses, and what is left of a route that has ended.
 *
 * Entries from CONS to PROD belong to software: one that was answered at the end of its
 * route keeps its place and gets a mark that the unit never writes.
 */
#include "smmuv3/driver.h"

#include "model/ring.h"

#include <errno.h>

/* 4 KiB of requests. */
#define RING_LG2 8

/* Reserved in an entry (8.1). */
#define DROPPED FIELD(11, 11)

int smmu_pages_init(struct smmu_driver *driver)
{
	unsigned most = (unsigned)field_get(SMMU_IDR1_PRIQS, driver->idr1);
	uint64_t base;
	int error;

	if (!field_get(SMMU_IDR0_PRI, driver->idr0))
		return 0;
	error = pool_alloc(&driver->pool, &driver->prq);
	if (error) {
		driver->prq = 0;
		return error;
	}
	driver->prq_lg2 = (uint8_t)(most < RING_LG2 ? most : RING_LG2);
	base = field_bits(SMMU_QUEUE_BASE_ADDR, driver->prq);
	field_set(&base, SMMU_QUEUE_BASE_HINT, 1);
	field_set(&base, SMMU_QUEUE_BASE_LOG2SIZE, driver->prq_lg2);
	smmu_driver_write(driver, SMMU_PRIQ_BASE, 8, base);
	smmu_driver_write(driver, SMMU_PRIQ_PROD, 4, 0);
	smmu_driver_write(driver, SMMU_PRIQ_CONS, 4, 0);
	return 0;
}

void smmu_pages_fini(struct smmu_driver *driver)
{
	if (driver->prq)
		pool_free(&driver->pool, driver->prq);
	driver->prq = 0;
}

/* ---- Requests ---------------------------------------------------------------------- */

static uint32_t producer(struct smmu_driver *driver)
{
	return (uint32_t)smmu_driver_read(driver, SMMU_PRIQ_PROD, 4);
}

static uint32_t consumer(struct smmu_driver *driver)
{
	return (uint32_t)smmu_driver_read(driver, SMMU_PRIQ_CONS, 4);
}

static ioasim_pa_t entry_address(const struct smmu_driver *driver, uint32_t at)
{
	return driver->prq + ring_wrap_index(at, driver->prq_lg2) * SMMU_PRQ_SIZE;
}

static int entry_read(struct smmu_driver *driver, uint32_t at, uint64_t entry[SMMU_PRQ_WORDS])
{
	return ioasim_memory_read(driver->memory, entry_address(driver, at), entry, SMMU_PRQ_SIZE)
		       ? -EIO
		       : 0;
}

static void entry_decode(const uint64_t *entry, struct ioasim_page_request *request)
{
	request->requester_id = (uint32_t)field_get(SMMU_PRQ_0_SID, entry[0]);
	request->has_pasid = field_get(SMMU_PRQ_0_SSV, entry[0]);
	request->pasid = request->has_pasid ? (uint32_t)field_get(SMMU_PRQ_0_SSID, entry[0]) : 0;
	request->privileged = field_get(SMMU_PRQ_0_PRIV, entry[0]);
	request->last = field_get(SMMU_PRQ_0_LAST, entry[0]);
	request->address = field_bits(SMMU_PRQ_1_ADDR, entry[1]);
	request->group = (uint16_t)field_get(SMMU_PRQ_1_PRGINDEX, entry[1]);
	request->access = (uint8_t)((field_get(SMMU_PRQ_0_R, entry[0]) ? IOASIM_READ : 0u) |
				    (field_get(SMMU_PRQ_0_W, entry[0]) ? IOASIM_WRITE : 0u) |
				    (field_get(SMMU_PRQ_0_X, entry[0]) ? IOASIM_EXEC : 0u));
}

/* 8.2: nothing is stored from an overflow on until it is acknowledged: when all before
 * it has been taken. */
static void overflow_acknowledge(struct smmu_driver *driver, uint32_t prod, uint32_t cons)
{
	uint64_t overflow = field_get(SMMU_PRIQ_PROD_OVFLG, prod), value = cons;

	if (field_get(SMMU_PRIQ_CONS_OVACKFLG, cons) == overflow)
		return;
	field_set(&value, SMMU_PRIQ_CONS_OVACKFLG, overflow);
	smmu_driver_write(driver, SMMU_PRIQ_CONS, 4, value);
}

/* CONS moves only when the entry has been read. */
int smmu_driver_page_request(struct driver *opaque, struct ioasim_page_request *request)
{
	struct smmu_driver *driver = smmu_driver(opaque);
	uint64_t entry[SMMU_PRQ_WORDS];
	uint32_t prod, cons;

	if (!driver->prq)
		return -EAGAIN;
	prod = producer(driver);
	cons = consumer(driver);
	for (uint32_t i = 0; i <= UINT32_C(1) << driver->prq_lg2; i++) {
		uint64_t next = cons;

		if (ring_wrap_empty(cons, prod, driver->prq_lg2))
			break;
		if (entry_read(driver, cons, entry))
			return -EIO;
		field_set(&next, SMMU_PRIQ_CONS_RD, ring_wrap_next(cons, driver->prq_lg2));
		cons = (uint32_t)next;
		smmu_driver_write(driver, SMMU_PRIQ_CONS, 4, cons);
		if (!field_get(DROPPED, entry[1])) {
			entry_decode(entry, request);
			return 0;
		}
	}
	overflow_acknowledge(driver, prod, cons);
	return -EAGAIN;
}

/* ---- Responses ----------------------------------------------------------------------- */

int smmu_driver_page_response(struct driver *opaque, const struct ioasim_page_response *response)
{
	struct smmu_driver *driver = smmu_driver(opaque);
	struct smmu_batch batch;

	if (!driver->prq)
		return -ENOTSUP;
	smmu_batch_init(&batch, driver);
	smmu_add_page_response(&batch, response);
	return smmu_batch_finish(&batch);
}

/* A guest's CD table serves all PASIDs of the device. */
static bool of_route(const struct ioasim_page_request *request, const struct smmu_route *route)
{
	if (request->requester_id != route->device->sid)
		return false;
	if (route->domain->stages == SMMU_STAGES_NESTED)
		return true;
	return route->pasid == DRIVER_NO_PASID
		       ? !request->has_pasid
		       : request->has_pasid && request->pasid == route->pasid;
}

static void add_invalid(struct smmu_batch *batch, const struct ioasim_page_request *request)
{
	const struct ioasim_page_response response = {
		.requester_id = request->requester_id,
		.has_pasid = request->has_pasid,
		.pasid = request->pasid,
		.group = request->group,
		.code = IOASIM_PAGE_INVALID,
	};

	/* Groups are answered at their end; a stop marker is not answered (8.1). */
	if (request->last && request->access & (IOASIM_READ | IOASIM_WRITE))
		smmu_add_page_response(batch, &response);
}

int smmu_pages_drain(struct smmu_driver *driver, const struct smmu_route *route)
{
	uint32_t prod = producer(driver), at = consumer(driver);
	uint64_t entry[SMMU_PRQ_WORDS];
	struct smmu_batch batch;

	smmu_batch_init(&batch, driver);
	for (uint32_t i = ring_wrap_count(at, prod, driver->prq_lg2);
	     i > 0 && i <= UINT32_C(1) << driver->prq_lg2; i--) {
		struct ioasim_page_request request;

		if (entry_read(driver, at, entry))
			return -EIO;
		entry_decode(entry, &request);
		if (!field_get(DROPPED, entry[1]) && of_route(&request, route)) {
			field_set(&entry[1], DROPPED, 1);
			if (ioasim_memory_write(driver->memory, entry_address(driver, at), entry,
						sizeof(entry)))
				return -EIO;
			add_invalid(&batch, &request);
		}
		at = ring_wrap_next(at, driver->prq_lg2);
	}
	return smmu_batch_finish(&batch);
}
