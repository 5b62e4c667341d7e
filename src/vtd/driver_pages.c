/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page requests from the software's side (7.4 to 7.10): the ring that the unit
 * fills, the responses, and the draining when a route ends.
 *
 * Entries between head and tail belong to software: one that a drain has answered
 * keeps its place and gets a type that the unit never writes.
 */
#include "vtd/driver.h"
#include "vtd/unit.h"

#include <errno.h>

/* PQS 0: 128 entries. */
#define RING_PAGES 1u
#define RING_BYTES (RING_PAGES * (uint32_t)POOL_PAGE_SIZE)
#define RING_WORDS (VTD_PRQ_SIZE / sizeof(uint64_t))

/* VTD_PRQ_0_TYPE of an entry that is done with. */
#define TYPE_DROPPED 0

/* Drains before one that overflows each time is left; the ring is empty by then. */
#define DRAIN_LIMIT 4

int vtd_pages_init(struct vtd_driver *driver)
{
	int error;

	if (!driver->scalable || !field_get(VTD_ECAP_PRS, driver->ecap))
		return 0;
	error = pool_alloc_run(&driver->pool, RING_PAGES, &driver->prq);
	if (error) {
		driver->prq = 0;
		return error;
	}
	vtd_driver_write(driver, VTD_PQH, 8, 0);
	vtd_driver_write(driver, VTD_PQT, 8, 0);
	vtd_driver_write(driver, VTD_PQA, 8, driver->prq);
	return 0;
}

void vtd_pages_fini(struct vtd_driver *driver)
{
	pool_free_run(&driver->pool, driver->prq, RING_PAGES);
	driver->prq = 0;
}

static void status_clear(struct vtd_driver *driver)
{
	vtd_driver_write(driver, VTD_PRS, 4, FIELD_MASK(VTD_PRS_PPR) | FIELD_MASK(VTD_PRS_PRO));
}

static bool overflowed(struct vtd_driver *driver)
{
	return field_get(VTD_PRS_PRO, vtd_driver_read(driver, VTD_PRS, 4));
}

static uint32_t ring_offset(struct vtd_driver *driver, uint32_t reg)
{
	return (uint32_t)field_bits(VTD_PQH_PQH, vtd_driver_read(driver, reg, 8)) % RING_BYTES;
}

static void add_response(struct vtd_batch *batch, const struct ioasim_page_response *response)
{
	vtd_batch_add(batch,
		      field_prep(VTD_DESC_0_TYPE_LOW, VTD_DESC_PAGE_RESPONSE) |
			      field_prep(VTD_PGR_0_PP, response->has_pasid) |
			      field_prep(VTD_PGR_0_RC, response->code) |
			      field_prep(VTD_PGR_0_RID, response->requester_id) |
			      field_prep(VTD_DESC_0_PASID,
					 response->has_pasid ? response->pasid : 0),
		      field_prep(VTD_PGR_1_PRGI, response->group));
}

int vtd_driver_page_response(struct driver *opaque, const struct ioasim_page_response *response)
{
	struct vtd_driver *driver = vtd_driver(opaque);
	struct vtd_batch batch;

	if (!driver->prq)
		return -ENOTSUP;
	vtd_batch_init(&batch, driver);
	add_response(&batch, response);
	return vtd_batch_finish(&batch);
}

static void entry_decode(const uint64_t *entry, struct ioasim_page_request *request)
{
	bool exec = field_get(VTD_PRQ_0_EXR, entry[0]);

	request->requester_id = (uint32_t)field_get(VTD_PRQ_0_RID, entry[0]);
	request->has_pasid = field_get(VTD_PRQ_0_PP, entry[0]);
	request->pasid = request->has_pasid ? (uint32_t)field_get(VTD_PRQ_0_PASID, entry[0]) : 0;
	request->privileged = field_get(VTD_PRQ_0_PMR, entry[0]);
	request->address = field_bits(VTD_PRQ_1_ADDR, entry[1]);
	request->group = (uint16_t)field_get(VTD_PRQ_1_PRGI, entry[1]);
	request->last = field_get(VTD_PRQ_1_LPIG, entry[1]);
	request->access = (uint8_t)((field_get(VTD_PRQ_1_RDR, entry[1]) ? IOASIM_READ : 0u) |
				    (field_get(VTD_PRQ_1_WRR, entry[1]) ? IOASIM_WRITE : 0u) |
				    (exec ? IOASIM_EXEC : 0u));
}

/* The head moves only when the entry has been read. When the ring is empty the
 * status falls, so that the next request raises the event again (7.4.1.1). */
int vtd_page_request_next(struct driver *opaque, struct ioasim_page_request *request)
{
	struct vtd_driver *driver = vtd_driver(opaque);
	uint64_t entry[RING_WORDS];

	if (!driver->prq)
		return -EAGAIN;
	for (unsigned i = 0; i < RING_BYTES / VTD_PRQ_SIZE; i++) {
		uint32_t head = ring_offset(driver, VTD_PQH);

		if (head == ring_offset(driver, VTD_PQT))
			break;
		if (ioasim_memory_read(driver->memory, driver->prq + head, entry, sizeof(entry)))
			return -EIO;
		vtd_driver_write(driver, VTD_PQH, 8, (head + VTD_PRQ_SIZE) % RING_BYTES);
		if (field_get(VTD_PRQ_0_TYPE, entry[0]) == VTD_PRQ_TYPE_PAGE) {
			entry_decode(entry, request);
			return 0;
		}
	}
	status_clear(driver);
	return -EAGAIN;
}

/* Answers and drops what the ring holds of a route. *full: no room is left in it. */
static int route_answer(struct vtd_driver *driver, const struct vtd_attachment *attachment,
			bool *full)
{
	uint32_t tail = ring_offset(driver, VTD_PQT), head = ring_offset(driver, VTD_PQH);
	uint64_t entry[RING_WORDS];
	struct vtd_batch batch;

	*full = (tail + VTD_PRQ_SIZE) % RING_BYTES == head;
	vtd_batch_init(&batch, driver);
	for (uint32_t at = head; at != tail; at = (at + VTD_PRQ_SIZE) % RING_BYTES) {
		struct ioasim_page_request request;
		struct ioasim_page_response response;

		if (ioasim_memory_read(driver->memory, driver->prq + at, entry, sizeof(entry)))
			return -EIO;
		entry_decode(entry, &request);
		if (field_get(VTD_PRQ_0_TYPE, entry[0]) != VTD_PRQ_TYPE_PAGE ||
		    request.requester_id != attachment->device->source_id ||
		    request.pasid != attachment->pasid)
			continue;
		field_set(&entry[0], VTD_PRQ_0_TYPE, TYPE_DROPPED);
		if (ioasim_memory_write64(driver->memory, driver->prq + at, entry[0]))
			return -EIO;
		/* A stop marker is not answered. */
		if (!request.last || !(request.access & (IOASIM_READ | IOASIM_WRITE)))
			continue;
		response = (struct ioasim_page_response){
			.requester_id = request.requester_id,
			.has_pasid = request.has_pasid,
			.pasid = request.pasid,
			.group = request.group,
			.code = IOASIM_PAGE_INVALID,
		};
		add_response(&batch, &response);
	}
	return vtd_batch_finish(&batch);
}

/*
 * 7.10: a fence, the invalidations again, since requests that were on their way may
 * have filled caches, and a wait that drains. An overflow meanwhile may have ended
 * requests that the drain was to bring, so it is repeated; where the ring stays full
 * of others' requests nothing of this route can be on its way.
 */
int vtd_pages_drain(struct vtd_driver *driver, const struct vtd_attachment *attachment)
{
	struct vtd_batch batch;
	bool full = false;
	int error = 0;

	for (unsigned i = 0; i < DRAIN_LIMIT && !error; i++) {
		vtd_batch_init(&batch, driver);
		vtd_add_fence(&batch);
		vtd_add_route_tlb(&batch, attachment);
		vtd_add_device_tlb(&batch, attachment->device, attachment->pasid, &PAGE_RANGE_ALL);
		error = vtd_batch_finish_drained(&batch);
		if (!error)
			error = route_answer(driver, attachment, &full);
		if (error || full || !overflowed(driver))
			break;
		vtd_driver_write(driver, VTD_PRS, 4, FIELD_MASK(VTD_PRS_PRO));
	}
	return error;
}
