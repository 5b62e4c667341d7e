/* SPDX-License-Identifier: Apache-2.0 */
/* The event log from the software's side (2.5). */
#include "amdvi/driver.h"
#include "amdvi/events.h"

#include "model/ring.h"

#include <errno.h>

#define RING_BYTES ((uint32_t)AMDVI_ENTRY_SIZE << AMDVI_DRIVER_LOG_LG2)
#define RING_WORDS (AMDVI_ENTRY_SIZE / sizeof(uint64_t))

int amdvi_driver_events_init(struct amdvi_driver *driver)
{
	int error = amdvi_driver_ring(driver, AMDVI_EVENT_BASE, &driver->events);

	if (error)
		return error;
	amdvi_driver_write(driver, AMDVI_EVENT_HEAD, 4, 0);
	amdvi_driver_write(driver, AMDVI_EVENT_TAIL, 4, 0);
	amdvi_driver_control(driver, AMDVI_CONTROL_EVENT_LOG_EN, 1);
	return 0;
}

static uint32_t ring_offset(struct amdvi_driver *driver, uint32_t reg)
{
	return (uint32_t)field_bits(AMDVI_RING_POINTER, amdvi_driver_read(driver, reg, 4)) %
	       RING_BYTES;
}

/* Commands and page requests have events of their own, which no DMA caused. */
static bool of_dma(const uint64_t *entry)
{
	switch (field_get(AMDVI_EVENT_0_CODE, entry[0])) {
	case AMDVI_ILLEGAL_DEV_TABLE_ENTRY:
	case AMDVI_IO_PAGE_FAULT:
	case AMDVI_DEV_TAB_HARDWARE_ERROR:
	case AMDVI_PAGE_TAB_HARDWARE_ERROR:
	case AMDVI_INVALID_DEVICE_REQUEST:
		return true;
	default:
		return false;
	}
}

static uint8_t access_of(const uint64_t *entry, bool guest)
{
	/* INVALID_DEVICE_REQUEST has its type there. */
	if (field_get(AMDVI_EVENT_0_CODE, entry[0]) == AMDVI_INVALID_DEVICE_REQUEST)
		return 0;
	if (field_get(AMDVI_EVENT_0_RW, entry[0]))
		return IOASIM_WRITE;
	return guest && field_get(AMDVI_EVENT_0_NX, entry[0]) ? IOASIM_READ | IOASIM_EXEC
							      : IOASIM_READ;
}

/* GN is the guest part, GCR3 table included; without, the host part, to which an entry
 * that blocks belongs too (docs/choices.md). */
static uint8_t stage_of(const uint64_t *entry, bool guest)
{
	switch (field_get(AMDVI_EVENT_0_CODE, entry[0])) {
	case AMDVI_IO_PAGE_FAULT:
	case AMDVI_PAGE_TAB_HARDWARE_ERROR:
		return guest ? 1 : 2;
	default:
		return 0;
	}
}

static uint64_t address_of(const uint64_t *entry)
{
	switch (field_get(AMDVI_EVENT_0_CODE, entry[0])) {
	case AMDVI_IO_PAGE_FAULT:
	case AMDVI_INVALID_DEVICE_REQUEST:
		return field_bits(AMDVI_EVENT_1_ADDRESS, entry[1]);
	case AMDVI_ILLEGAL_DEV_TABLE_ENTRY:
		return field_bits(AMDVI_EVENT_1_DVA, entry[1]);
	default:
		return field_bits(AMDVI_EVENT_1_SPA, entry[1]);
	}
}

static void entry_decode(const uint64_t *entry, struct driver_fault *fault)
{
	bool guest = field_get(AMDVI_EVENT_0_GN, entry[0]);
	uint64_t pasid = field_prep(15, 0, field_get(AMDVI_EVENT_0_PASID_15_0, entry[0])) |
			 field_prep(19, 16, field_get(AMDVI_EVENT_0_PASID_19_16, entry[0]));

	/* PASID 0 is what requests without PASID go through (GIoV). */
	*fault = (struct driver_fault){
		.requester_id = (uint32_t)field_get(AMDVI_EVENT_0_DEVICE_ID, entry[0]),
		.has_pasid = guest && pasid != AMDVI_DRIVER_RID_PASID,
		.pasid = guest ? (uint32_t)pasid : 0,
		.address = address_of(entry),
		.code = (uint32_t)field_get(AMDVI_EVENT_0_CODE, entry[0]),
		.access = access_of(entry, guest),
		.stage = stage_of(entry, guest),
	};
}

int amdvi_driver_fault_next(struct driver *opaque, struct driver_fault *fault)
{
	struct amdvi_driver *driver = amdvi_driver(opaque);
	static const uint64_t cleared[RING_WORDS];
	uint64_t entry[RING_WORDS];

	for (unsigned i = 0; i < RING_BYTES / AMDVI_ENTRY_SIZE; i++) {
		uint32_t head = ring_offset(driver, AMDVI_EVENT_HEAD);

		if (head == ring_offset(driver, AMDVI_EVENT_TAIL))
			break;
		/* Cleared as entries of the PPR log are. */
		if (ioasim_memory_read(driver->memory, driver->events + head, entry,
				       sizeof(entry)) ||
		    ioasim_memory_write(driver->memory, driver->events + head, cleared,
					sizeof(cleared)))
			return -EIO;
		amdvi_driver_write(driver, AMDVI_EVENT_HEAD, 4,
				   ring_next(head, AMDVI_ENTRY_SIZE, RING_BYTES));
		if (of_dma(entry)) {
			entry_decode(entry, fault);
			driver->stats.faults++;
			return 0;
		}
		driver->stats.other_records++;
	}
	amdvi_driver_log_rearm(driver, FIELD_MASK(AMDVI_CONTROL_EVENT_LOG_EN),
			       FIELD_MASK(AMDVI_STATUS_EVENT_LOG_INT),
			       FIELD_MASK(AMDVI_STATUS_EVENT_OVERFLOW));
	return -EAGAIN;
}
