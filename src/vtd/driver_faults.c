/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fault records from the software's side (7.2.1, 11.4.7): the unit fills its registers in
 * a circle, and so they are read.
 */
#include "vtd/driver.h"
#include "vtd/reasons.h"

#include <errno.h>

static uint32_t records(const struct vtd_driver *driver)
{
	return (uint32_t)field_get(VTD_CAP_NFR, driver->cap) + 1;
}

static uint32_t record_offset(const struct vtd_driver *driver, uint32_t index)
{
	/* FRO counts 16 bytes, which is a record's size. */
	return ((uint32_t)field_get(VTD_CAP_FRO, driver->cap) + index) * VTD_FRCD_SIZE;
}

/* Takes a record out: F is written back once all of it has been read. */
static bool record_take(struct vtd_driver *driver, uint32_t index, uint64_t record[2])
{
	uint32_t offset = record_offset(driver, index);

	record[1] = vtd_driver_read(driver, offset + 8, 8);
	if (!field_get(VTD_FRCD_1_F, record[1]))
		return false;
	record[0] = vtd_driver_read(driver, offset, 8);
	vtd_driver_write(driver, offset + 8, 8, FIELD_MASK(VTD_FRCD_1_F));
	driver->fault_index = (index + 1) % records(driver);
	return true;
}

/* The record that was written first. Who lost count is told by FRI. */
static bool next_take(struct vtd_driver *driver, uint64_t record[2])
{
	uint64_t status;

	if (record_take(driver, driver->fault_index, record))
		return true;
	status = vtd_driver_read(driver, VTD_FSTS, 4);
	return field_get(VTD_FSTS_PPF, status) &&
	       record_take(driver, (uint32_t)field_get(VTD_FSTS_FRI, status) % records(driver),
			   record);
}

static unsigned request_type(const uint64_t record[2])
{
	return (unsigned)(field_prep(1, 1, field_get(VTD_FRCD_1_T1, record[1])) |
			  field_prep(0, 0, field_get(VTD_FRCD_1_T2, record[1])));
}

static uint8_t access_of(const uint64_t record[2])
{
	switch (request_type(record)) {
	case VTD_FRCD_WRITE:
		return IOASIM_WRITE;
	case VTD_FRCD_ATOMIC:
		return IOASIM_READ | IOASIM_WRITE;
	default:
		return field_get(VTD_FRCD_1_EXE, record[1]) ? IOASIM_READ | IOASIM_EXEC
							    : IOASIM_READ;
	}
}

/* Missing rights (SGN.6, SGN.7) can be those of either stage. */
static uint8_t stage_of(uint64_t reason)
{
	switch (reason) {
	case VTD_FAULT_SFS_1:
	case VTD_FAULT_SFS_2:
	case VTD_FAULT_SFS_3:
	case VTD_FAULT_SFS_4:
	case VTD_FAULT_SFS_9:
	case VTD_FAULT_SFS_10:
	case VTD_FAULT_SGN_1:
	case VTD_FAULT_SGN_2:
		return 1;
	case VTD_FAULT_LGN_1:
	case VTD_FAULT_LGN_2:
	case VTD_FAULT_LGN_3:
	case VTD_FAULT_LSS_1:
	case VTD_FAULT_LSS_2:
	case VTD_FAULT_SFS_5:
	case VTD_FAULT_SFS_6:
	case VTD_FAULT_SFS_7:
	case VTD_FAULT_SFS_8:
	case VTD_FAULT_SSS_1:
	case VTD_FAULT_SSS_2:
	case VTD_FAULT_SSS_3:
	case VTD_FAULT_SSS_4:
	case VTD_FAULT_SSS_5:
	case VTD_FAULT_SSS_6:
	case VTD_FAULT_SGN_5:
		return 2;
	default:
		return 0;
	}
}

static void record_decode(const uint64_t record[2], struct driver_fault *fault)
{
	bool pasid = field_get(VTD_FRCD_1_PP, record[1]);

	*fault = (struct driver_fault){
		.requester_id = (uint32_t)field_get(VTD_FRCD_1_SID, record[1]),
		.has_pasid = pasid,
		.pasid = pasid ? (uint32_t)field_get(VTD_FRCD_1_PV, record[1]) : 0,
		.address = field_bits(VTD_FRCD_0_FI, record[0]),
		.code = (uint32_t)field_get(VTD_FRCD_1_FR, record[1]),
		.access = access_of(record),
		.stage = stage_of(field_get(VTD_FRCD_1_FR, record[1])),
	};
}

int vtd_fault_next(struct driver *opaque, struct driver_fault *fault)
{
	struct vtd_driver *driver = vtd_driver(opaque);
	uint64_t record[2];

	for (uint32_t i = 0; i < records(driver) && next_take(driver, record); i++) {
		if (request_type(record) == VTD_FRCD_PAGE) {
			driver->stats.other_records++;
			continue;
		}
		record_decode(record, fault);
		driver->stats.faults++;
		return 0;
	}
	/* 7.2.1: with PFO nothing is recorded. */
	vtd_driver_write(driver, VTD_FSTS, 4, FIELD_MASK(VTD_FSTS_PFO));
	return -EAGAIN;
}
