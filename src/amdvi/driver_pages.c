/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page requests from the software's side (2.6): the PPR log that the unit fills, the
 * responses, and what becomes of requests when their route ends.
 *
 * Entries between head and tail belong to software. One that was read is cleared, as
 * Linux does, since parts exist that move the tail before the entry can be seen: code 0
 * is an entry that is not there yet, or one that a drain has answered.
 */
#include "amdvi/driver.h"

#include "model/ring.h"

#include <errno.h>

#define RING_BYTES ((uint32_t)AMDVI_ENTRY_SIZE << AMDVI_DRIVER_LOG_LG2)
#define RING_WORDS (AMDVI_ENTRY_SIZE / sizeof(uint64_t))

int amdvi_driver_pages_init(struct amdvi_driver *driver)
{
	int error;

	if (!field_get(AMDVI_EFR_PPR_SUP, driver->efr))
		return 0;
	error = amdvi_driver_ring(driver, AMDVI_PPR_BASE, &driver->ppr);
	if (error)
		return error;
	amdvi_driver_write(driver, AMDVI_PPR_HEAD, 4, 0);
	amdvi_driver_write(driver, AMDVI_PPR_TAIL, 4, 0);
	amdvi_driver_control(driver, AMDVI_CONTROL_PPR_LOG_EN, 1);
	amdvi_driver_control(driver, AMDVI_CONTROL_PPR_EN, 1);
	if (field_get(AMDVI_EFR_EPH_SUP, driver->efr))
		amdvi_driver_control(driver, AMDVI_CONTROL_EPH_EN, 1);
	return 0;
}

static uint32_t ring_offset(struct amdvi_driver *driver, uint32_t reg)
{
	return (uint32_t)field_bits(AMDVI_RING_POINTER, amdvi_driver_read(driver, reg, 4)) %
	       RING_BYTES;
}

static void entry_decode(const uint64_t *entry, struct ioasim_page_request *request)
{
	bool guest = field_get(AMDVI_PPR_0_GN, entry[0]);
	uint64_t pasid = field_prep(15, 0, field_get(AMDVI_PPR_0_PASID_15_0, entry[0])) |
			 field_prep(19, 16, field_get(AMDVI_PPR_0_PASID_19_16, entry[0]));

	request->requester_id = (uint32_t)field_get(AMDVI_PPR_0_DEVICE_ID, entry[0]);
	request->has_pasid = guest;
	request->pasid = guest ? (uint32_t)pasid : 0;
	request->privileged = guest && !field_get(AMDVI_PPR_0_US, entry[0]);
	request->address = field_bits(AMDVI_PPR_1_ADDRESS, entry[1]);
	request->group = (uint16_t)field_get(AMDVI_PPR_0_GROUP, entry[0]);
	request->last = field_get(AMDVI_PPR_0_LAST, entry[0]);
	request->access = (uint8_t)((field_get(AMDVI_PPR_0_RP, entry[0]) ? IOASIM_READ : 0u) |
				    (field_get(AMDVI_PPR_0_W, entry[0]) ? IOASIM_WRITE : 0u) |
				    (field_get(AMDVI_PPR_0_EXEC, entry[0]) ? IOASIM_EXEC : 0u));
}

static bool entry_valid(const uint64_t *entry)
{
	return field_get(AMDVI_PPR_0_CODE, entry[0]) == AMDVI_PPR_PAGE_SERVICE_REQUEST;
}

/* Takes an entry out: it is cleared where it stands. */
static int entry_take(struct amdvi_driver *driver, uint32_t offset, uint64_t *entry)
{
	static const uint64_t cleared[RING_WORDS];

	if (ioasim_memory_read(driver->memory, driver->ppr + offset, entry, AMDVI_ENTRY_SIZE) ||
	    ioasim_memory_write(driver->memory, driver->ppr + offset, cleared, AMDVI_ENTRY_SIZE))
		return -EIO;
	return 0;
}

int amdvi_driver_page_request_next(struct driver *opaque, struct ioasim_page_request *request)
{
	struct amdvi_driver *driver = amdvi_driver(opaque);
	uint64_t entry[RING_WORDS];

	if (!driver->ppr)
		return -EAGAIN;
	for (unsigned i = 0; i < RING_BYTES / AMDVI_ENTRY_SIZE; i++) {
		uint32_t head = ring_offset(driver, AMDVI_PPR_HEAD);

		if (head == ring_offset(driver, AMDVI_PPR_TAIL))
			break;
		if (entry_take(driver, head, entry))
			return -EIO;
		amdvi_driver_write(driver, AMDVI_PPR_HEAD, 4,
				   ring_next(head, AMDVI_ENTRY_SIZE, RING_BYTES));
		if (entry_valid(entry)) {
			entry_decode(entry, request);
			return 0;
		}
	}
	amdvi_driver_log_rearm(driver, FIELD_MASK(AMDVI_CONTROL_PPR_LOG_EN),
			       FIELD_MASK(AMDVI_STATUS_PPR_INT),
			       FIELD_MASK(AMDVI_STATUS_PPR_OVERFLOW));
	return -EAGAIN;
}

int amdvi_driver_page_response(struct driver *opaque, const struct ioasim_page_response *response)
{
	struct amdvi_driver *driver = amdvi_driver(opaque);
	struct amdvi_batch batch;

	if (!driver->ppr)
		return -ENOTSUP;
	amdvi_batch_init(&batch, driver);
	amdvi_add_page_response(&batch, response);
	return amdvi_batch_finish(&batch);
}

/* A user's GCR3 table has all PASIDs of the endpoint. */
static bool request_of(const struct ioasim_page_request *request, const struct amdvi_route *route)
{
	if (request->requester_id != route->endpoint->id)
		return false;
	if (route->domain->walk == AMDVI_WALKS_NESTED)
		return true;
	return request->has_pasid ? request->pasid == route->pasid
				  : route->pasid == DRIVER_NO_PASID;
}

/* Invalid, unless nothing waits for it: a response is to a group's last request, and a
 * stop marker has none. */
static void answer(struct amdvi_batch *batch, const struct ioasim_page_request *request)
{
	const struct ioasim_page_response response = {
		.requester_id = request->requester_id,
		.has_pasid = request->has_pasid,
		.pasid = request->pasid,
		.group = request->group,
		.code = IOASIM_PAGE_INVALID,
	};

	if (request->last && request->access & (IOASIM_READ | IOASIM_WRITE))
		amdvi_add_page_response(batch, &response);
}

/*
 * No command drains the unit. The waits behind which the route's invalidations are
 * complete have done it, since requests that came before them stand in the log.
 */
int amdvi_pages_drain(struct amdvi_driver *driver, const struct amdvi_route *route)
{
	uint32_t tail = ring_offset(driver, AMDVI_PPR_TAIL);
	struct ioasim_page_request request;
	uint64_t entry[RING_WORDS];
	struct amdvi_batch batch;

	amdvi_batch_init(&batch, driver);
	for (uint32_t at = ring_offset(driver, AMDVI_PPR_HEAD); at != tail;
	     at = (uint32_t)ring_next(at, AMDVI_ENTRY_SIZE, RING_BYTES)) {
		if (ioasim_memory_read(driver->memory, driver->ppr + at, entry, sizeof(entry)))
			return -EIO;
		entry_decode(entry, &request);
		if (!entry_valid(entry) || !request_of(&request, route))
			continue;
		if (entry_take(driver, at, entry))
			return -EIO;
		answer(&batch, &request);
	}
	return amdvi_batch_finish(&batch);
}
