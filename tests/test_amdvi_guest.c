/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guest translation (2.2.6): GCR3 tables, guest page tables, and both over a host table.
 */
#include "amdvi_tables.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define R    IOASIM_READ
#define W    IOASIM_WRITE
#define X    IOASIM_EXEC
#define RW   (IOASIM_READ | IOASIM_WRITE)
#define RWX  (RW | X)
#define USER (EVENT_GN | EVENT_US)

#define GVA  UINT64_C(0x12345678a000)
#define DATA UINT64_C(0x7654321000)
#define GPAS UINT64_C(0x40000000) /* where guests see their tables, when nested */

enum { PAGE_FAULT = 2, PAGE_BUS_ERROR = 4 };

struct bench {
	struct amd_tables t;
	uint64_t host, gcr3, guest; /* roots, as SPAs */
	unsigned levels; /* of the guest table */
	bool nested;
};

struct shape {
	bool nested, caches, spa; /* spa: GCR3TRPMode off */
	unsigned glx, levels; /* levels 0: 4 */
	uint64_t w0; /* more bits of the entry's word 0 */
	uint64_t efr; /* 0: everything */
};

/* Maps every table that was made so far, at its GPA. */
static void map_tables(struct bench *b)
{
	if (b->nested)
		for (uint64_t page = 0x500000; page < b->t.next; page += 4096)
			amd_host_map(&b->t, b->host, 4, page + GPAS, 0, page | HOST_PAGE);
}

static void bench_open(struct bench *b, const struct shape *s)
{
	struct ioasim_unit_config config;
	uint64_t w[3];

	*b = (struct bench){.levels = s->levels ? s->levels : 4, .nested = s->nested};
	amd_config(&config, s->efr ? s->efr : AMD_FULL_EFR, AMD_FULL_EFR2);
	if (!s->caches)
		ioasim_unit_config_no_caches(&config);
	amd_tables_open_with(&b->t, &config);
	b->host = amd_page(&b->t);
	b->gcr3 = amd_page(&b->t);
	b->guest = amd_page(&b->t);
	w[0] = DTE_OK | DTE_GV | DTE_GLX(s->glx) | s->w0;
	w[0] |= s->nested ? DTE_MODE(4) | b->host : 0;
	w[1] = AMD_DOMAIN;
	w[2] = b->levels == 5 ? DTE_2_LEVEL5 : 0;
	b->t.guest = s->nested ? GPAS : 0;
	amd_dte_guest(&b->t, AMD_ID, w, b->gcr3 + (s->spa ? 0 : b->t.guest));
	amd_start(&b->t.rig, AMD_ON | AMD_GT_EN | (s->spa ? 0 : AMD_GCR3_EN));
}

static void bench_close(struct bench *b)
{
	amd_tables_close(&b->t);
}

/* The root of the guest table as the GCR3 entry holds it. */
static uint64_t cr3(const struct bench *b)
{
	return (b->guest + b->t.guest) | 1;
}

static void bind_pasid(struct bench *b, unsigned glx, uint32_t pasid, uint64_t entry)
{
	amd_gcr3_set(&b->t, b->gcr3, glx + 1, pasid, entry);
}

static struct ioasim_response ask(struct bench *b, uint64_t address, unsigned access)
{
	struct ioasim_request request = amd_request_pasid(address, access, AMD_PASID);

	return amd_ask(&b->t, &request);
}

/* AMD_PASID at GVA, one page; nested: its GPA is where DATA is. */
static uint64_t map_page(struct bench *b, unsigned glx, uint64_t leaf)
{
	uint64_t entry = amd_guest_map(&b->t, b->guest, b->levels, GVA, 0, leaf);

	bind_pasid(b, glx, AMD_PASID, cr3(b));
	if (b->nested)
		amd_host_map(&b->t, b->host, 4, leaf & 0xffffffffff000, 0, DATA | HOST_PAGE);
	map_tables(b);
	return entry;
}

/* ---- GCR3 tables ---------------------------------------------------------------------------- */

static void each_glx_reaches_its_pasids_and_no_others(void **state)
{
	static const uint32_t pasids[] = {0,       1,       0x1ff,   0x200,   0x12345,
					  0x3ffff, 0x40000, 0x7ffff, 0x80000, 0xfffff};

	(void)state;
	for (unsigned glx = 0; glx <= 2; glx++) {
		uint32_t reach = glx == 0 ? 0x200 : glx == 1 ? 0x40000 : 0x100000;

		for (unsigned caches = 0; caches < 2; caches++) {
			const struct shape shape = {.glx = glx, .caches = caches};
			struct bench b;

			bench_open(&b, &shape);
			amd_guest_map(&b.t, b.guest, 4, GVA, 0, DATA | GUEST_PAGE);
			for (size_t i = 0; i < COUNT(pasids); i++)
				if (pasids[i] < reach)
					bind_pasid(&b, glx, pasids[i], cr3(&b));
			for (size_t i = 0; i < 2 * COUNT(pasids); i++) {
				uint32_t pasid = pasids[i % COUNT(pasids)];
				struct ioasim_request request = amd_request_pasid(GVA, R, pasid);
				struct ioasim_response r = amd_ask(&b.t, &request);

				if (pasid < reach) {
					amd_expect_pa(&r, DATA, 12, RWX);
					continue;
				}
				amd_expect_event(&r, PAGE_FAULT, USER, GVA);
				assert_int_equal(r.fault.record[0] >> 32 & 0xffff, pasid & 0xffff);
				assert_int_equal(r.fault.record[0] >> 16 & 0xf, pasid >> 16);
			}
			bench_close(&b);
		}
	}
}

/* PASmax + 1 bits, whatever GLX reaches. */
static void a_pasid_wider_than_pasmax_is_a_page_fault(void **state)
{
	const struct shape shape = {
		.glx = 2, .efr = (AMD_FULL_EFR & ~(UINT64_C(0x1f) << 32)) | UINT64_C(15) << 32};
	struct bench b;
	struct ioasim_request request;
	struct ioasim_response r;

	(void)state;
	bench_open(&b, &shape);
	amd_guest_map(&b.t, b.guest, 4, GVA, 0, DATA | GUEST_PAGE);
	bind_pasid(&b, 2, 0xffff, cr3(&b));
	bind_pasid(&b, 2, 0x10000, cr3(&b));
	request = amd_request_pasid(GVA, R, 0xffff);
	r = amd_ask(&b.t, &request);
	amd_expect_pa(&r, DATA, 12, RWX);
	request.pasid = 0x10000;
	r = amd_ask(&b.t, &request);
	amd_expect_event(&r, PAGE_FAULT, USER, GVA);
	bench_close(&b);
}

static void each_level_of_the_gcr3_table_must_be_valid(void **state)
{
	(void)state;
	for (unsigned clear = 0; clear <= 2; clear++) {
		const struct shape shape = {.glx = 2, .caches = true};
		uint64_t table, entry = 0;
		struct bench b;
		struct ioasim_response r;

		bench_open(&b, &shape);
		map_page(&b, 2, DATA | GUEST_PAGE);
		table = b.gcr3;
		for (unsigned level = 2;; level--) {
			entry = table + (AMD_PASID >> 9 * level & 511) * 8;
			if (level == clear)
				break;
			table = amd_peek(&b.t.rig, entry) & 0xffffffffff000;
		}
		amd_poke(&b.t.rig, entry, amd_peek(&b.t.rig, entry) & ~UINT64_C(1));
		r = ask(&b, GVA, W);
		amd_expect_event(&r, PAGE_FAULT, USER | EVENT_RW, GVA);
		assert_int_equal(amd_refs(&r.cost, IOASIM_REF_PASID_TABLE), 3 - clear);
		/* What is not valid is not cached. */
		amd_poke(&b.t.rig, entry, amd_peek(&b.t.rig, entry) | 1);
		r = ask(&b, GVA, W);
		amd_expect_pa(&r, DATA, 12, RWX);
		bench_close(&b);
	}
}

/* GCR3TRPMode: the root, and the pointers below it, are GPAs; the guest CR3 always is. */
static void the_mode_says_whether_gcr3_tables_are_at_gpas(void **state)
{
	(void)state;
	for (unsigned spa = 0; spa < 2; spa++) {
		const struct shape shape = {.nested = true, .spa = spa};
		struct bench b;
		struct ioasim_response r;

		bench_open(&b, &shape);
		map_page(&b, 0, 0x123000 | GUEST_PAGE);
		r = ask(&b, GVA, R);
		amd_expect_pa(&r, DATA, 12, RWX);
		assert_int_equal(amd_refs(&r.cost, IOASIM_REF_STAGE2_FOR_PASID_TABLE), spa ? 0 : 4);
		assert_int_equal(amd_refs(&r.cost, IOASIM_REF_STAGE2_FOR_STAGE1), 16);
		bench_close(&b);
	}
}

static void a_gcr3_entry_that_cannot_be_read_is_told_by_its_address(void **state)
{
	const struct shape shape = {.nested = true};
	struct bench b;
	struct ioasim_response r;
	uint64_t entry;

	(void)state;
	bench_open(&b, &shape);
	map_page(&b, 0, 0x123000 | GUEST_PAGE);
	entry = b.gcr3 + 8 * AMD_PASID;
	assert_int_equal(ioasim_memory_abort(b.t.rig.memory, entry, entry + 7), 0);
	r = ask(&b, GVA, R);
	amd_expect_event(&r, PAGE_BUS_ERROR, EVENT_GN | EVENT_TYPE(2), entry & ~UINT64_C(15));
	bench_close(&b);
}

/* ---- Addresses ---------------------------------------------------------------------------------- */

/* Sign-extended for every PASID but 0, zero-extended for that. */
static void addresses_are_canonical_but_for_pasid_0(void **state)
{
	(void)state;
	for (unsigned levels = 4; levels <= 5; levels++) {
		unsigned width = 12 + 9 * levels;
		uint64_t top = UINT64_C(1) << (width - 1), above = ~((top << 1) - 1);
		const struct {
			uint64_t address;
			bool plain, zero; /* legal for any PASID, for PASID 0 */
		} rows[] = {
			{0x5000, true, true},
			{top - 0x1000, true, true},
			{top | 0x5000, false, true},
			{(top << 1) - 0x1000, false, true},
			{above | top | 0x5000, true, false},
			{~UINT64_C(0xfff), true, false},
			{above | 0x5000, false, false},
			{top << 1 | 0x5000, false, false},
			{UINT64_C(1) << 63 | 0x5000, false, false},
		};

		for (size_t i = 0; i < COUNT(rows); i++) {
			for (uint32_t pasid = 0; pasid < 2; pasid++) {
				const struct shape shape = {.levels = levels, .caches = true};
				struct ioasim_request request =
					amd_request_pasid(rows[i].address, R, pasid);
				struct bench b;
				struct ioasim_response r;

				bench_open(&b, &shape);
				amd_guest_map(&b.t, b.guest, levels, rows[i].address, 0,
					      DATA | GUEST_PAGE);
				bind_pasid(&b, 0, pasid, cr3(&b));
				for (unsigned round = 0; round < 2; round++) {
					r = amd_ask(&b.t, &request);
					if (pasid ? rows[i].plain : rows[i].zero)
						amd_expect_pa(&r, DATA, 12, RWX);
					else
						amd_expect_event(&r, PAGE_FAULT, USER,
								 rows[i].address);
				}
				bench_close(&b);
			}
		}
	}
}

static void giov_makes_requests_without_pasid_those_of_pasid_0(void **state)
{
	const struct shape shape = {.w0 = DTE_GIOV, .caches = true};
	struct ioasim_request request = amd_request(GVA, W);
	struct bench b;
	struct ioasim_response r;

	(void)state;
	bench_open(&b, &shape);
	amd_guest_map(&b.t, b.guest, 4, GVA, 0, DATA | GUEST_PAGE);
	bind_pasid(&b, 0, 0, cr3(&b));
	for (unsigned round = 0; round < 2; round++) {
		r = amd_ask(&b.t, &request);
		/* Execute is a right of requests with PASID. */
		amd_expect_pa(&r, DATA, 12, RW);
	}
	request.address += 0x1000;
	r = amd_ask(&b.t, &request);
	amd_expect_event(&r, PAGE_FAULT, EVENT_GN | EVENT_RW, GVA + 0x1000);
	request = amd_request_pasid(GVA, R, 0);
	r = amd_ask(&b.t, &request);
	amd_expect_pa(&r, DATA, 12, RWX);
	bench_close(&b);
}

/* ---- Entries -------------------------------------------------------------------------------------- */

static void pages_of_all_sizes_end_the_walk_at_their_level(void **state)
{
	(void)state;
	for (unsigned levels = 4; levels <= 5; levels++) {
		for (unsigned level = 0; level <= 2; level++) {
			const struct shape shape = {.levels = levels, .caches = true};
			uint64_t size_bits = (UINT64_C(1) << (12 + 9 * level)) - 1;
			uint64_t base = UINT64_C(0x8765400000000) & ~size_bits;
			struct bench b;
			struct ioasim_response r;

			bench_open(&b, &shape);
			amd_guest_map(&b.t, b.guest, levels, GVA, level, base | GUEST_PAGE);
			bind_pasid(&b, 0, AMD_PASID, cr3(&b));
			r = ask(&b, GVA | 0x123, R);
			amd_expect_pa(&r, base | ((GVA | 0x123) & size_bits), 12 + 9 * level, RWX);
			assert_int_equal(amd_refs(&r.cost, IOASIM_REF_STAGE1), levels - level);
			r = ask(&b, GVA ^ 0x1000, R);
			if (level)
				amd_expect_pa(&r, base | ((GVA ^ 0x1000) & size_bits),
					      12 + 9 * level, RWX);
			else
				amd_expect_event(&r, PAGE_FAULT, USER, GVA ^ 0x1000);
			bench_close(&b);
		}
	}
}

/* Reserved: PS above level 2, bits inside a large page but for PAT, NX without NXSup. */
static void each_reserved_bit_of_an_entry_is_refused(void **state)
{
	(void)state;
	for (unsigned nx = 0; nx < 2; nx++) {
		for (unsigned leaf_level = 0; leaf_level <= 2; leaf_level++) {
			const struct shape shape = {.levels = 5,
						    .efr = nx ? AMD_FULL_EFR
							      : AMD_FULL_EFR & ~UINT64_C(8)};
			struct bench b;

			bench_open(&b, &shape);
			amd_guest_map(&b.t, b.guest, 5, GVA, leaf_level,
				      UINT64_C(0x8765400000000) | GUEST_PAGE);
			bind_pasid(&b, 0, AMD_PASID, cr3(&b));
			for (unsigned level = leaf_level; level < 5; level++) {
				uint64_t entry = amd_guest_entry(&b.t, b.guest, 5, GVA, level);
				uint64_t word = amd_peek(&b.t.rig, entry);

				for (unsigned bit = 3; bit < 64; bit++) {
					uint64_t mask = UINT64_C(1) << bit;
					bool leaf = level == leaf_level;
					bool reserved = (bit == 63 && !nx) ||
							(bit == 7 && level > 2) ||
							(leaf && bit > 12 && bit < 12 + 9 * level);
					bool ignored = bit < 7 || (bit > 7 && bit < 12) ||
						       (bit > 51 && bit < 63) ||
						       (leaf && level && bit == 12) ||
						       (bit == 63 && nx);
					struct ioasim_response r;

					if (!reserved && !ignored)
						continue;
					amd_poke(&b.t.rig, entry, word | mask);
					r = ask(&b, GVA, R);
					if (reserved != (r.outcome != IOASIM_OK))
						fail_msg("leaf %u, level %u, bit %u: event %#x",
							 leaf_level, level, bit, r.fault.code);
					if (reserved)
						amd_expect_event(&r, PAGE_FAULT,
								 USER | EVENT_PR | EVENT_RZ, GVA);
				}
				amd_poke(&b.t.rig, entry, word);
			}
			bench_close(&b);
		}
	}
}

/* W, U and not NX, each of all levels together; `limited` lacks some. */
static void check_rights(unsigned limited, unsigned lacks, bool nested, bool caches)
{
	static const uint64_t bits[] = {GUEST_W, GUEST_U, GUEST_NX};
	const struct shape shape = {.nested = nested, .caches = caches};
	struct bench b;
	uint64_t entry;

	bench_open(&b, &shape);
	map_page(&b, 0, 0x123000 | GUEST_PAGE);
	entry = amd_guest_entry(&b.t, b.guest, 4, GVA, limited);
	for (unsigned i = 0; i < 3; i++)
		if (lacks & 1u << i)
			amd_poke(&b.t.rig, entry, amd_peek(&b.t.rig, entry) ^ bits[i]);
	for (unsigned n = 0; n < 2 * 8; n++) {
		unsigned access = n & 4 ? R | X : n % 4 ? n % 4 & RW : R;
		struct ioasim_request request = amd_request_pasid(GVA, access, AMD_PASID);
		unsigned granted = RWX;
		struct ioasim_response r;

		request.privileged = n & 8;
		granted &= ~(lacks & 1 ? W : 0u) & ~(lacks & 4 ? X : 0u);
		if ((lacks & 2) && !request.privileged)
			granted = 0;
		r = amd_ask(&b.t, &request);
		if ((access & granted) == access)
			amd_expect_pa(&r, nested ? DATA : 0x123000, 12, granted);
		else
			amd_expect_event(&r, PAGE_FAULT,
					 EVENT_GN | (request.privileged ? 0 : EVENT_US) | EVENT_PR |
						 EVENT_PE | (access & W ? EVENT_RW : 0) |
						 (access & X ? EVENT_NX : 0),
					 GVA);
	}
	bench_close(&b);
}

static void rights_of_all_levels_count_together(void **state)
{
	(void)state;
	for (unsigned limited = 0; limited < 4; limited++)
		for (unsigned lacks = 0; lacks < 8; lacks++)
			for (unsigned n = 0; n < 4; n++)
				check_rights(limited, lacks, n & 1, n & 2);
}

/* Without USSup entries tell users and supervisors not apart. */
static void without_ussup_the_user_bit_does_not_count(void **state)
{
	const struct shape shape = {.efr = AMD_FULL_EFR & ~(UINT64_C(1) << 37)};
	struct bench b;
	struct ioasim_response r;

	(void)state;
	bench_open(&b, &shape);
	map_page(&b, 0, DATA | (GUEST_PAGE & ~GUEST_U));
	r = ask(&b, GVA, W);
	amd_expect_pa(&r, DATA, 12, RWX);
	bench_close(&b);
}

/* ---- Flags ------------------------------------------------------------------------------------------ */

static void accessed_and_dirty_are_set_unless_control_says_not(void **state)
{
	enum { GD_OFF = 1, GA_OFF = 2 };

	(void)state;
	for (unsigned off = 0; off < 4; off++) {
		for (unsigned access = R; access <= W; access++) {
			const struct shape shape = {.caches = true};
			uint64_t a = off & GA_OFF ? 0 : GUEST_A;
			uint64_t d = off & GD_OFF || access == R ? 0 : GUEST_D;
			struct bench b;
			struct ioasim_response r;

			bench_open(&b, &shape);
			map_page(&b, 0, DATA | GUEST_P | GUEST_W | GUEST_U);
			for (unsigned level = 1; level < 4; level++) {
				uint64_t entry = amd_guest_entry(&b.t, b.guest, 4, GVA, level);

				amd_poke(&b.t.rig, entry, amd_peek(&b.t.rig, entry) & ~GUEST_A);
			}
			amd_write64(&b.t.rig, 0x18,
				    AMD_ON | AMD_GT_EN | AMD_GCR3_EN |
					    (off & GD_OFF ? UINT64_C(1) << 48 : 0) |
					    (off & GA_OFF ? UINT64_C(1) << 54 : 0));
			r = ask(&b, GVA, access);
			amd_expect_pa(&r, DATA, 12, RWX);
			for (unsigned level = 0; level < 4; level++) {
				uint64_t entry = amd_guest_entry(&b.t, b.guest, 4, GVA, level);

				assert_int_equal(amd_peek(&b.t.rig, entry) & (GUEST_A | GUEST_D),
						 a | (level ? 0 : d));
			}
			/* A page known from reading still becomes dirty. */
			r = ask(&b, GVA, W);
			amd_expect_pa(&r, DATA, 12, RWX);
			assert_int_equal(amd_peek(&b.t.rig,
						  amd_guest_entry(&b.t, b.guest, 4, GVA, 0)) &
						 GUEST_D,
					 off & GD_OFF ? 0 : GUEST_D);
			/* And then has no flag to set any more. */
			r = ask(&b, GVA, W);
			assert_int_equal(amd_refs_all(&r.cost), 0);
			bench_close(&b);
		}
	}
}

/* ---- Both stages ---------------------------------------------------------------------------------------- */

static void a_nested_page_is_the_smaller_of_both(void **state)
{
	(void)state;
	for (unsigned guest = 0; guest <= 2; guest++) {
		for (unsigned host = 0; host <= 2; host++) {
			const struct shape shape = {.nested = true, .caches = true};
			unsigned lg2 = 12 + 9 * (guest < host ? guest : host);
			uint64_t guest_bits = (UINT64_C(1) << (12 + 9 * guest)) - 1;
			uint64_t host_bits = (UINT64_C(1) << (12 + 9 * host)) - 1;
			uint64_t gpa = UINT64_C(0x3280000000), gva = GVA | 0x123, at, base;
			struct bench b;
			struct ioasim_response r;

			at = (gpa & ~guest_bits) | (gva & guest_bits);
			base = UINT64_C(0x7640000000) & ~host_bits;
			bench_open(&b, &shape);
			amd_guest_map(&b.t, b.guest, 4, GVA, guest,
				      (gpa & ~guest_bits) | GUEST_PAGE);
			bind_pasid(&b, 0, AMD_PASID, cr3(&b));
			amd_host_map(&b.t, b.host, 4, at, host, base | HOST_PAGE);
			map_tables(&b);
			for (unsigned round = 0; round < 2; round++) {
				r = ask(&b, gva, W);
				amd_expect_pa(&r, base | (at & host_bits), lg2, RWX);
			}
			bench_close(&b);
		}
	}
}

/* What the host table refuses is told with the DomainID and the address between the
 * stages; IR decides about reading tables, IW about setting flags in them. */
static void host_faults_of_a_nested_walk_name_the_gpa(void **state)
{
	enum { PAGE, LEAF_TABLE, ROOT, GCR3 };
	static const struct {
		unsigned what;
		uint64_t entry;
		unsigned access;
		uint64_t flags; /* ~0: no fault */
	} rows[] = {
		{PAGE, 0, R, 0},
		{PAGE, HOST_PR | HOST_IW, R, EVENT_PR | EVENT_PE},
		{PAGE, HOST_PR | HOST_IR, W, EVENT_RW | EVENT_PR | EVENT_PE},
		{PAGE, HOST_PAGE | UINT64_C(1) << 55, W, EVENT_RW | EVENT_PR | EVENT_RZ},
		{LEAF_TABLE, 0, W, EVENT_RW},
		{LEAF_TABLE, HOST_PR | HOST_IW, R, EVENT_PR | EVENT_PE},
		{LEAF_TABLE, HOST_PR | HOST_IR, R, ~UINT64_C(0)},
		{ROOT, 0, R, 0},
		{ROOT, HOST_PAGE | HOST_NEXT(2), R, EVENT_PR | EVENT_RZ},
		{GCR3, 0, R, 0},
		{GCR3, HOST_PR | HOST_IW, R, EVENT_PR | EVENT_PE},
		{GCR3, HOST_PR | HOST_IR, R, ~UINT64_C(0)},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct shape shape = {.nested = true};
		struct bench b;
		struct ioasim_response r;
		uint64_t leaf, gpa[4], entry;

		bench_open(&b, &shape);
		leaf = map_page(&b, 0, 0x123000 | GUEST_PAGE);
		gpa[PAGE] = 0x123000;
		gpa[LEAF_TABLE] = leaf + GPAS;
		gpa[ROOT] = b.guest + GPAS + (GVA >> 39 & 511) * 8;
		gpa[GCR3] = b.gcr3 + GPAS + 8 * AMD_PASID;
		entry = amd_host_entry(&b.t, b.host, 4, gpa[rows[i].what], 0);
		amd_poke(&b.t.rig, entry,
			 (amd_peek(&b.t.rig, entry) & 0xffffffffff000) | rows[i].entry);
		r = ask(&b, GVA, rows[i].access);
		if (rows[i].flags == ~UINT64_C(0)) {
			assert_int_equal(r.outcome, IOASIM_OK);
		} else {
			amd_expect_event(&r, PAGE_FAULT, rows[i].flags, gpa[rows[i].what]);
			assert_int_equal(r.fault.record[0] >> 32 & 0xffff, AMD_DOMAIN);
		}
		bench_close(&b);
	}
}

/* A cached translation tells whose right is missing as the walk would. */
static void a_missing_right_is_that_of_its_stage_cached_or_not(void **state)
{
	(void)state;
	for (unsigned caches = 0; caches < 2; caches++) {
		const struct shape shape = {.nested = true, .caches = caches};
		struct bench b;
		struct ioasim_response r;
		uint64_t leaf;

		bench_open(&b, &shape);
		leaf = map_page(&b, 0, 0x123000 | GUEST_PAGE);
		amd_host_map(&b.t, b.host, 4, 0x123000, 0, DATA | HOST_PR | HOST_IR);
		(void)ask(&b, GVA, R);
		r = ask(&b, GVA | 8, W);
		amd_expect_event(&r, PAGE_FAULT, EVENT_RW | EVENT_PR | EVENT_PE, 0x123008);
		amd_poke(&b.t.rig, leaf, 0x123000 | (GUEST_PAGE & ~GUEST_W));
		amd_invalidate_pages(&b.t, AMD_DOMAIN, AMD_PASID, PAGES_ALL | PAGES_GN | PAGES_PDE);
		(void)ask(&b, GVA, R);
		r = ask(&b, GVA | 8, W);
		amd_expect_event(&r, PAGE_FAULT, USER | EVENT_RW | EVENT_PR | EVENT_PE, GVA | 8);
		bench_close(&b);
	}
}

static void setting_flags_of_a_guest_table_needs_iw_and_makes_its_page_dirty(void **state)
{
	(void)state;
	for (unsigned writable = 0; writable < 2; writable++) {
		for (unsigned caches = 0; caches < 2; caches++) {
			const struct shape shape = {
				.nested = true, .caches = caches, .w0 = DTE_HAD(3)};
			struct bench b;
			struct ioasim_response r;
			uint64_t leaf, entry;

			bench_open(&b, &shape);
			leaf = map_page(&b, 0, 0x123000 | GUEST_P | GUEST_W | GUEST_U);
			entry = amd_host_entry(&b.t, b.host, 4, leaf + GPAS, 0);
			if (!writable)
				amd_poke(&b.t.rig, entry, amd_peek(&b.t.rig, entry) & ~HOST_IW);
			r = ask(&b, GVA, R);
			if (writable)
				amd_expect_pa(&r, DATA, 12, RWX);
			else
				amd_expect_event(&r, PAGE_FAULT, EVENT_PR | EVENT_PE, leaf + GPAS);
			assert_int_equal(amd_peek(&b.t.rig, entry) & HOST_D, writable ? HOST_D : 0);
			assert_int_equal(amd_peek(&b.t.rig, leaf) & GUEST_A,
					 writable ? GUEST_A : 0);
			/* Tables that were only read are not dirty. */
			entry = amd_host_entry(&b.t, b.host, 4, b.gcr3 + GPAS, 0);
			assert_int_equal(amd_peek(&b.t.rig, entry) & (HOST_A | HOST_D), HOST_A);
			bench_close(&b);
		}
	}
}

static void a_host_entry_that_cannot_be_read_is_told_by_its_address(void **state)
{
	(void)state;
	for (unsigned what = 0; what < 4; what++) {
		const struct shape shape = {.nested = true};
		struct bench b;
		struct ioasim_response r;
		uint64_t leaf, entry;

		bench_open(&b, &shape);
		leaf = map_page(&b, 0, 0x123000 | GUEST_PAGE);
		entry = what == 0   ? amd_host_entry(&b.t, b.host, 4, 0x123000, 0)
			: what == 1 ? amd_host_entry(&b.t, b.host, 4, leaf + GPAS, 0)
			: what == 2 ? amd_host_entry(&b.t, b.host, 4, b.gcr3 + GPAS, 0)
				    : leaf;
		assert_int_equal(ioasim_memory_abort(b.t.rig.memory, entry, entry + 7), 0);
		r = ask(&b, GVA, R);
		amd_expect_event(&r, PAGE_BUS_ERROR, (what == 3 ? EVENT_GN : 0) | EVENT_TYPE(2),
				 entry & ~UINT64_C(15));
		bench_close(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_glx_reaches_its_pasids_and_no_others),
		cmocka_unit_test(a_pasid_wider_than_pasmax_is_a_page_fault),
		cmocka_unit_test(each_level_of_the_gcr3_table_must_be_valid),
		cmocka_unit_test(the_mode_says_whether_gcr3_tables_are_at_gpas),
		cmocka_unit_test(a_gcr3_entry_that_cannot_be_read_is_told_by_its_address),
		cmocka_unit_test(addresses_are_canonical_but_for_pasid_0),
		cmocka_unit_test(giov_makes_requests_without_pasid_those_of_pasid_0),
		cmocka_unit_test(pages_of_all_sizes_end_the_walk_at_their_level),
		cmocka_unit_test(each_reserved_bit_of_an_entry_is_refused),
		cmocka_unit_test(rights_of_all_levels_count_together),
		cmocka_unit_test(without_ussup_the_user_bit_does_not_count),
		cmocka_unit_test(accessed_and_dirty_are_set_unless_control_says_not),
		cmocka_unit_test(a_nested_page_is_the_smaller_of_both),
		cmocka_unit_test(host_faults_of_a_nested_walk_name_the_gpa),
		cmocka_unit_test(a_missing_right_is_that_of_its_stage_cached_or_not),
		cmocka_unit_test(setting_flags_of_a_guest_table_needs_iw_and_makes_its_page_dirty),
		cmocka_unit_test(a_host_entry_that_cannot_be_read_is_told_by_its_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
