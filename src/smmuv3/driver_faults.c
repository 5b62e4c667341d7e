/* SPDX-License-Identifier: Apache-2.0 */
/* The event queue from the software's side (7.1 to 7.4). */
#include "smmuv3/driver.h"
#include "smmuv3/events.h"

#include "model/ring.h"

#include <errno.h>

/* 4 KiB of event records. */
#define EVENTS_LG2 7

int smmu_driver_events_init(struct smmu_driver *driver)
{
	unsigned most = (unsigned)field_get(SMMU_IDR1_EVENTQS, driver->idr1);
	uint64_t base;
	int error = pool_alloc(&driver->pool, &driver->events);

	if (error) {
		driver->events = 0;
		return error;
	}
	driver->events_lg2 = (uint8_t)(most < EVENTS_LG2 ? most : EVENTS_LG2);
	base = field_bits(SMMU_QUEUE_BASE_ADDR, driver->events);
	field_set(&base, SMMU_QUEUE_BASE_HINT, 1);
	field_set(&base, SMMU_QUEUE_BASE_LOG2SIZE, driver->events_lg2);
	smmu_driver_write(driver, SMMU_EVENTQ_BASE, 8, base);
	smmu_driver_write(driver, SMMU_EVENTQ_PROD, 4, 0);
	smmu_driver_write(driver, SMMU_EVENTQ_CONS, 4, 0);
	return 0;
}

void smmu_driver_events_fini(struct smmu_driver *driver)
{
	if (driver->events)
		pool_free(&driver->pool, driver->events);
	driver->events = 0;
}

/* ---- Records ------------------------------------------------------------------------- */

enum { HAS_SSV = 1, HAS_SSID = 2, HAS_ACCESS = 4, HAS_STAGE = 8, HAS_INPUT = 16 };

/* What a record tells of the transaction (7.3); 0: it is not about one. */
static unsigned tells(uint64_t number)
{
	switch (number) {
	case SMMU_F_UUT:
		return HAS_SSV | HAS_ACCESS | HAS_INPUT;
	case SMMU_F_BAD_ATS_TREQ:
		return HAS_SSV | HAS_INPUT;
	case SMMU_F_TRANSL_FORBIDDEN:
		return HAS_ACCESS | HAS_INPUT;
	case SMMU_C_BAD_SUBSTREAMID:
		return HAS_SSID;
	case SMMU_C_BAD_STREAMID:
	case SMMU_F_STE_FETCH:
	case SMMU_C_BAD_STE:
	case SMMU_F_STREAM_DISABLED:
	case SMMU_F_CD_FETCH:
	case SMMU_C_BAD_CD:
	case SMMU_F_TLB_CONFLICT:
	case SMMU_F_CFG_CONFLICT:
		return HAS_SSV;
	case SMMU_F_WALK_EABT:
	case SMMU_F_TRANSLATION:
	case SMMU_F_ADDR_SIZE:
	case SMMU_F_ACCESS:
	case SMMU_F_PERMISSION:
		return HAS_SSV | HAS_ACCESS | HAS_STAGE | HAS_INPUT;
	default:
		return 0;
	}
}

/* Without InD an instruction is a read, and so it is for the rights (7.3.13). */
static uint8_t access_of(const uint64_t *record)
{
	if (!field_get(SMMU_EVENT_1_RNW, record[1]))
		return IOASIM_WRITE;
	return field_get(SMMU_EVENT_1_IND, record[1]) ? IOASIM_READ | IOASIM_EXEC : IOASIM_READ;
}

/* What Linux passes on to a guest; stage 2 is the host's. */
static bool of_guest(const uint64_t *record)
{
	switch (field_get(SMMU_EVENT_0_NUMBER, record[0])) {
	case SMMU_C_BAD_STE:
	case SMMU_F_STREAM_DISABLED:
	case SMMU_C_BAD_SUBSTREAMID:
	case SMMU_C_BAD_CD:
		return true;
	case SMMU_F_TRANSLATION:
	case SMMU_F_ADDR_SIZE:
	case SMMU_F_ACCESS:
	case SMMU_F_PERMISSION:
		return !field_get(SMMU_EVENT_1_S2, record[1]);
	default:
		return false;
	}
}

static void record_decode(const uint64_t *record, unsigned has, struct driver_fault *fault)
{
	bool ssv = (has & HAS_SSID) || ((has & HAS_SSV) && field_get(SMMU_EVENT_0_SSV, record[0]));

	*fault = (struct driver_fault){
		.requester_id = (uint32_t)field_get(SMMU_EVENT_0_SID, record[0]),
		.has_pasid = ssv,
		.pasid = ssv ? (uint32_t)field_get(SMMU_EVENT_0_SSID, record[0]) : 0,
		.address = has & HAS_INPUT ? record[2] : 0,
		.code = (uint32_t)field_get(SMMU_EVENT_0_NUMBER, record[0]),
		.access = has & HAS_ACCESS ? access_of(record) : 0,
	};
	fault->of_guest = of_guest(record);
	for (unsigned i = 0; i < SMMU_EVENT_WORDS; i++)
		fault->record[i] = record[i];
	if (has & HAS_STAGE)
		fault->stage = field_get(SMMU_EVENT_1_S2, record[1]) ? 2 : 1;
}

/* ---- The queue ----------------------------------------------------------------------- */

static uint32_t pointer(struct smmu_driver *driver, uint32_t reg)
{
	return (uint32_t)smmu_driver_read(driver, reg, 4);
}

/* 7.4: a loss is told once, until it is acknowledged. */
static void overflow_acknowledge(struct smmu_driver *driver)
{
	uint64_t cons = pointer(driver, SMMU_EVENTQ_CONS);
	uint64_t overflow = field_get(SMMU_EVENTQ_PROD_OVFLG, pointer(driver, SMMU_EVENTQ_PROD));

	if (field_get(SMMU_EVENTQ_CONS_OVACKFLG, cons) == overflow)
		return;
	field_set(&cons, SMMU_EVENTQ_CONS_OVACKFLG, overflow);
	smmu_driver_write(driver, SMMU_EVENTQ_CONS, 4, cons);
}

/* CONS moves only when the record has been read. */
static int record_take(struct smmu_driver *driver, uint64_t record[SMMU_EVENT_WORDS])
{
	uint32_t prod = pointer(driver, SMMU_EVENTQ_PROD), cons = pointer(driver, SMMU_EVENTQ_CONS);
	uint64_t next = cons;

	if (ring_wrap_empty(cons, prod, driver->events_lg2))
		return -EAGAIN;
	if (ioasim_memory_read(driver->memory,
			       driver->events +
				       ring_wrap_index(cons, driver->events_lg2) * SMMU_EVENT_SIZE,
			       record, SMMU_EVENT_SIZE))
		return -EIO;
	field_set(&next, SMMU_EVENTQ_CONS_RD, ring_wrap_next(cons, driver->events_lg2));
	smmu_driver_write(driver, SMMU_EVENTQ_CONS, 4, next);
	return 0;
}

int smmu_driver_fault_next(struct driver *opaque, struct driver_fault *fault)
{
	struct smmu_driver *driver = smmu_driver(opaque);
	uint64_t record[SMMU_EVENT_WORDS];

	for (uint32_t i = 0; i <= UINT32_C(1) << driver->events_lg2; i++) {
		int error = record_take(driver, record);
		unsigned has;

		if (error == -EAGAIN)
			break;
		if (error)
			return error;
		has = tells(field_get(SMMU_EVENT_0_NUMBER, record[0]));
		if (has) {
			record_decode(record, has, fault);
			driver->stats.faults++;
			return 0;
		}
		driver->stats.other_records++;
	}
	overflow_acknowledge(driver);
	return -EAGAIN;
}
