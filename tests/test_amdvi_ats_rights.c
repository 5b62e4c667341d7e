/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translation requests that find no right to read or write (48882, 2.1.3.2): the event is
 * that of the stage that lacks them, by a walk and by what was cached of it alike.
 */
#include "amdvi_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define DEVICE 0x18
#define HOST   UINT64_C(0x300000) /* four levels, top first */
#define GUEST  UINT64_C(0x310000)
#define GCR3   UINT64_C(0x320000)
#define GPA    UINT64_C(0x5000) /* where the guest puts page 0 */

/* PR, IR, IW; with the level of the next table. */
#define HOST_TABLE(pa, next) ((pa) | UINT64_C(0x6000000000000001) | (uint64_t)(next) << 9)
/* P, RW, US, A, and D of a leaf. */
#define GUEST_TABLE(pa) ((pa) | 0x27)
#define GUEST_PAGE(pa)  ((pa) | 0x67)

/* GPAs below 2 MiB are themselves, the tables' too; the guest puts page 0 at GPA. */
static void tables_make(struct amd_rig *rig, uint64_t guest_page, uint64_t host_page)
{
	for (unsigned level = 3; level > 0; level--) {
		uint64_t step = UINT64_C(0x1000) * (3 - level);

		amd_poke(rig, HOST + step, HOST_TABLE(HOST + step + 0x1000, level));
		amd_poke(rig, GUEST + step, GUEST_TABLE(GUEST + step + 0x1000));
	}
	/* 2 MiB pages above the first: the guest's tables. */
	amd_poke(rig, HOST + 0x2000 + 8, HOST_TABLE(UINT64_C(0x200000), 0));
	amd_poke(rig, HOST + 0x3000 + 8 * (GPA >> 12), host_page);
	amd_poke(rig, GUEST + 0x3000, guest_page);
	amd_poke(rig, GCR3, GUEST | 1);
}

static struct ioasim_response ask(struct amd_rig *rig)
{
	const struct ioasim_request request = {
		.requester_id = DEVICE,
		.address = 0x234,
		.length = 1,
		.access = IOASIM_READ,
		.kind = IOASIM_TRANSLATION_REQUEST,
	};
	struct ioasim_response response;

	ioasim_translate(rig->unit, &request, &response);
	return response;
}

/* V, TV, mode 4, IR, IW, GV, GIOV; domain 7, I, and the root of the GCR3 table. */
static void device_make(struct amd_rig *rig)
{
	uint64_t w0 = HOST | 3 | UINT64_C(4) << 9 | UINT64_C(3) << 61 | UINT64_C(3) << 54;
	uint64_t w1 = 7 | UINT64_C(1) << 32;

	w0 |= (GCR3 >> 12 & 7) << 58;
	w1 |= (GCR3 >> 15 & 0xffff) << 16;
	amd_device(rig, DEVICE, w0, w1);
}

static void the_stage_that_lacks_the_rights_is_told(void **state)
{
	static const struct {
		uint64_t guest, host;
		bool cached; /* each stage alone would grant something, maybe to a supervisor */
		uint64_t record0, record1; /* 2.5.3 */
	} rows[] = {
		/* The guest grants reading, the host's page writing alone: the host lacks what
		 * the guest grants. Domain, GPA; PR, PE, TR, and RW is 0 in a request to read. */
		{GUEST_PAGE(GPA) & ~UINT64_C(2), HOST_TABLE(GPA, 0) & ~(UINT64_C(1) << 61), true,
		 UINT64_C(0x2150000700000018), GPA | 0x234},
		/* The host's page can neither be read nor written. */
		{GUEST_PAGE(GPA), GPA | 1, false, UINT64_C(0x2150000700000018), GPA | 0x234},
		/* The guest's page is a supervisor's: GN, the PASID 0 in place of the domain. */
		{GUEST_PAGE(GPA) & ~UINT64_C(4), HOST_TABLE(GPA, 0), true,
		 UINT64_C(0x2151000000000018), 0x234},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct amd_rig rig;

		amd_open(&rig, AMD_FULL_EFR, AMD_FULL_EFR2);
		tables_make(&rig, rows[i].guest, rows[i].host);
		device_make(&rig);
		amd_start(&rig, AMD_ON | AMD_GT_EN);
		/* A walk, then the IOTLB. */
		for (unsigned n = 0; n < 2; n++) {
			struct ioasim_response response = ask(&rig);

			assert_int_equal(response.outcome, IOASIM_ATS_EMPTY);
			assert_int_equal(response.fault.code, 2);
			assert_false(response.fault.recorded);
			assert_int_equal(response.fault.record[0], rows[i].record0);
			assert_int_equal(response.fault.record[1], rows[i].record1);
			assert_int_equal(response.cost.hits >> IOASIM_CACHE_IOTLB & 1,
					 n && rows[i].cached);
		}
		amd_close(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_stage_that_lacks_the_rights_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
