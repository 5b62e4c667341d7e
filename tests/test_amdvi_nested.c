/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guest tables whose places the host table does not grant (2.2.6): beyond its range, and
 * behind a pointer that only grants writing.
 */
#include "amdvi_tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define GVA  UINT64_C(0x12345678a000)
#define DATA UINT64_C(0x7654321000)
#define FAR  (UINT64_C(1) << 39) /* beyond a host table of three levels */

enum { PAGE_FAULT = 2 };

/* Guest of four levels over host of three; the GCR3 table at an SPA. */
struct bench {
	struct amd_tables t;
	uint64_t host, gcr3, guest;
};

static void bench_open(struct bench *b, bool caches)
{
	uint64_t w[3] = {DTE_OK | DTE_GV | DTE_MODE(3), AMD_DOMAIN, 0};

	amd_tables_open(&b->t, caches);
	b->host = amd_page(&b->t);
	b->gcr3 = amd_page(&b->t);
	b->guest = amd_page(&b->t);
	w[0] |= b->host;
	amd_dte_guest(&b->t, AMD_ID, w, b->gcr3);
	amd_guest_map(&b->t, b->guest, 4, GVA, 0, 0x123000 | GUEST_PAGE);
	amd_gcr3_set(&b->t, b->gcr3, 1, AMD_PASID, b->guest | 1);
	for (uint64_t page = b->guest; page < b->guest + 0x10000; page += 4096)
		amd_host_map(&b->t, b->host, 3, page, 0, page | HOST_PAGE);
	amd_host_map(&b->t, b->host, 3, 0x123000, 0, DATA | HOST_PAGE);
	amd_start(&b->t.rig, AMD_ON | AMD_GT_EN);
}

static struct ioasim_response ask(struct bench *b)
{
	struct ioasim_request request = amd_request_pasid(GVA, IOASIM_READ, AMD_PASID);

	return amd_ask(&b->t, &request);
}

/* Whichever pointer leads there, its lower bits would name a page that is mapped. */
static void a_table_beyond_the_hosts_range_is_a_page_fault(void **state)
{
	(void)state;
	for (unsigned level = 0; level <= 4; level++) {
		struct bench b;
		struct ioasim_response r;
		uint64_t entry, address;

		bench_open(&b, false);
		entry = level < 4 ? amd_guest_entry(&b.t, b.guest, 4, GVA, level)
				  : b.gcr3 + 8 * AMD_PASID;
		address = amd_peek(&b.t.rig, entry) & UINT64_C(0xffffffffff000);
		amd_poke(&b.t.rig, entry, amd_peek(&b.t.rig, entry) | FAR);
		r = ask(&b);
		if (level)
			address += 8 * (GVA >> (12 + 9 * (level - 1)) & 511);
		amd_expect_event(&r, PAGE_FAULT, 0, address | FAR);
		amd_tables_close(&b.t);
	}
}

/* A write of the device made the cache know the pointer, with the right to write alone;
 * the entry below is not present, but the pointer is what stops the walk. */
static void a_cached_pointer_without_ir_stops_reading_tables(void **state)
{
	(void)state;
	for (unsigned caches = 0; caches < 2; caches++) {
		struct ioasim_request write = amd_request(0, IOASIM_WRITE);
		uint64_t pointer, leaf;
		struct bench b;
		struct ioasim_response r;

		bench_open(&b, caches);
		leaf = amd_guest_entry(&b.t, b.guest, 4, GVA, 0);
		pointer = amd_host_entry(&b.t, b.host, 3, b.guest, 1);
		amd_poke(&b.t.rig, pointer, amd_peek(&b.t.rig, pointer) & ~HOST_IR);
		amd_host_map(&b.t, b.host, 3, b.guest, 0, 0);
		write.address = leaf & ~UINT64_C(0xfff);
		r = amd_ask(&b.t, &write);
		amd_expect_pa(&r, write.address, 12, IOASIM_WRITE);
		r = ask(&b);
		amd_expect_event(&r, PAGE_FAULT, EVENT_PR | EVENT_PE,
				 b.guest + 8 * (GVA >> 39 & 511));
		amd_tables_close(&b.t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_beyond_the_hosts_range_is_a_page_fault),
		cmocka_unit_test(a_cached_pointer_without_ir_stops_reading_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
