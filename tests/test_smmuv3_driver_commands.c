/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the SMMUv3 driver tells the command queue, word for word: each operation, the
 * CMD_SYNCs between, ranges in every form, what a nested parent and a user's change
 * need. The words are written from the layouts of chapter 4.
 */
#include "driver_rig_smmu.h"

#define RID    0x0110u
#define RID2   0x80ffu
#define RW     (IOASIM_READ | IOASIM_WRITE)
#define NONE   RIG_NO_PASID
#define K      UINT64_C(1024)
#define G      (UINT64_C(1) << 30)
#define M      (UINT64_C(1) << 20)
#define IOVA   (5 * G)
#define TARGET (9 * G)

/* Word 0: opcode, SSV, SSID, SID; VMID, ASID. */
#define SID      ((uint64_t)RID << 32)
#define SID2     ((uint64_t)RID2 << 32)
#define SSV      (UINT64_C(1) << 11)
#define SSID(n)  ((uint64_t)(n) << 12)
#define VMID(n)  ((uint64_t)(n) << 32)
#define ASID(n)  ((uint64_t)(n) << 48)
#define NUM(n)   ((uint64_t)(n) << 12)
#define SCALE(n) ((uint64_t)(n) << 20)
/* Word 1. */
#define LEAF      UINT64_C(1)
#define TTL(n)    ((uint64_t)(n) << 8)
#define TG(n)     ((uint64_t)(n) << 10)
#define RANGE_ALL UINT64_C(31)
#define SIZE_ALL  UINT64_C(52)

#define SYNC            \
	{               \
		0x46, 0 \
	}
#define CFGI_ALL                \
	{                       \
		0x04, RANGE_ALL \
	}
#define CFGI_STE(sid)              \
	{                          \
		0x03 | (sid), LEAF \
	}
#define CFGI_L1STD(sid)         \
	{                       \
		0x03 | (sid), 0 \
	}
#define CFGI_CD(ssid)                         \
	{                                     \
		0x05 | SID | SSID(ssid), LEAF \
	}
#define CFGI_L1CD(ssid)                    \
	{                                  \
		0x05 | SID | SSID(ssid), 0 \
	}
#define ATC_ALL(sid)                   \
	{                              \
		0x40 | (sid), SIZE_ALL \
	}

struct command {
	uint64_t word0, word1;
};

#define ASSERT_COMMANDS(rig, from, ...)                                                       \
	do {                                                                                  \
		static const struct command list_[] = {__VA_ARGS__};                          \
		commands_check(rig, from, list_, sizeof(list_) / sizeof(list_[0]), __LINE__); \
	} while (0)

static void commands_print(const struct rig *rig, unsigned from, const struct command *expected,
			   unsigned count)
{
	for (unsigned i = from, at = 0; i < rig->events || at < count; i++) {
		const struct rig_event *event = &rig->event[i];

		if (i < rig->events && event->kind != RIG_COMMAND)
			continue;
		if (i < rig->events)
			print_message("%016" PRIx64 " %016" PRIx64, event->words[0],
				      event->words[1]);
		if (at < count)
			print_message("   expected %016" PRIx64 " %016" PRIx64, expected[at].word0,
				      expected[at].word1);
		print_message("\n");
		at++;
	}
}

/* The commands from event `from` on are these and no others. */
static void commands_check(const struct rig *rig, unsigned from, const struct command *expected,
			   unsigned count, int line)
{
	unsigned at = 0;
	bool good = true;

	for (unsigned i = from; i < rig->events; i++) {
		const struct rig_event *event = &rig->event[i];

		if (event->kind != RIG_COMMAND)
			continue;
		good &= at < count && event->words[0] == expected[at].word0 &&
			event->words[1] == expected[at].word1;
		at++;
	}
	if (good && at == count)
		return;
	commands_print(rig, from, expected, count);
	fail_msg("line %d: %u commands, %u expected", line, at, count);
}

/* A device for which nothing needs a device TLB. */
static void plain_device(struct rig *rig, uint32_t rid, unsigned pasid_bits)
{
	struct driver_device device = {.requester_id = rid, .pasid_bits = pasid_bits};

	assert_int_equal(rig->ops->device_add(rig->driver, &device), 0);
}

static void ats_device(struct rig *rig, uint32_t rid, unsigned pasid_bits)
{
	struct driver_device device = {.requester_id = rid, .pasid_bits = pasid_bits, .ats = true};

	assert_int_equal(rig->ops->device_add(rig->driver, &device), 0);
}

/* ---- Set-up and devices --------------------------------------------------------------- */

/* 6.3.9, practice of drivers: configuration, then TLBs, each complete. */
static void set_up_empties_every_cache(void **state)
{
	static struct rig rig;

	(void)state;
	rig_prepare(&rig);
	rig_start(&rig);
	ASSERT_COMMANDS(&rig, 0, CFGI_ALL, SYNC, {0x30, 0}, SYNC);
	assert_int_equal(rig.ops->stats(rig.driver)->commands, 4);
	assert_int_equal(rig.ops->stats(rig.driver)->waits, 2);
	rig_end(&rig);

	rig_prepare(&rig);
	rig_set(&rig, "idr0", RIG_IDR0 | RIG_HYP);
	rig_start(&rig);
	ASSERT_COMMANDS(&rig, 0, CFGI_ALL, SYNC, {0x20, 0}, SYNC, {0x30, 0}, SYNC);
	rig_end(&rig);
}

/* A part of the stream table: its descriptor was invalid and may be cached. Then the
 * STE, and what the device may still hold. */
static void a_device_is_made_known(void **state)
{
	static struct rig rig;
	unsigned at;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	at = rig.events;
	ats_device(&rig, RID, 0);
	ASSERT_COMMANDS(&rig, at, CFGI_L1STD(SID), SYNC, CFGI_STE(SID), SYNC, ATC_ALL(SID), SYNC);
	at = rig.events;
	plain_device(&rig, RID ^ 1, 0);
	ASSERT_COMMANDS(&rig, at, CFGI_STE(SID ^ VMID(1)), SYNC);
	at = rig.events;
	assert_int_equal(rig.ops->device_remove(rig.driver, RID), 0);
	ASSERT_COMMANDS(&rig, at, CFGI_STE(SID), SYNC, ATC_ALL(SID), SYNC);
	rig_end(&rig);
}

/* ---- Routes ------------------------------------------------------------------------------ */

/* Flow 1: attach `cfg`, `sync`; detach `cfg`, `sync`, `tlb`, `sync`, `atc`, `sync`. Words
 * that the old entry does not use are stored first. */
static void a_stage_1_route_comes_and_goes(void **state)
{
	static struct rig rig;
	struct domain *domain;
	unsigned at;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	ats_device(&rig, RID, 0);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	assert_int_equal(rig.ops->domain_tag(domain), 1); /* VMID 0, ASID 1 */
	at = rig.events;
	rig_attach(&rig, RID, NONE, domain);
	ASSERT_COMMANDS(&rig, at, CFGI_CD(0), SYNC, CFGI_CD(0), SYNC, CFGI_STE(SID), SYNC,
			CFGI_STE(SID), SYNC);
	at = rig.events;
	rig_map(&rig, domain, IOVA, TARGET, 4096, RW);
	rig_attach(&rig, RID, NONE, domain); /* nothing new */
	assert_int_equal(rig.events, at);
	rig_detach(&rig, RID, NONE);
	/* The STE in two steps: the word that aborts, and what is unused then. */
	ASSERT_COMMANDS(&rig, at, CFGI_STE(SID), SYNC, CFGI_STE(SID), SYNC, CFGI_CD(0), SYNC,
			CFGI_CD(0), SYNC, {0x11 | ASID(1), 0}, SYNC, ATC_ALL(SID), SYNC);
	rig_end(&rig);
}

static void a_stage_2_route_comes_and_goes(void **state)
{
	static struct rig rig;
	struct domain *domain, *other;
	unsigned at;

	(void)state;
	rig_begin(&rig, false, DRIVER_STRICT);
	ats_device(&rig, RID, 0);
	plain_device(&rig, RID2, 0);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	other = rig_domain(&rig, DOMAIN_KERNEL, 0);
	assert_int_equal(rig.ops->domain_tag(domain), 0x10000); /* VMID 1 */
	assert_int_equal(rig.ops->domain_tag(other), 0x20000);
	at = rig.events;
	rig_attach(&rig, RID, NONE, domain);
	rig_attach(&rig, RID2, NONE, domain);
	ASSERT_COMMANDS(&rig, at, CFGI_STE(SID), SYNC, CFGI_STE(SID), SYNC, CFGI_STE(SID2), SYNC,
			CFGI_STE(SID2), SYNC);
	/* From one table to another: more than a word changes, so that the STE is not
	 * valid in between. The tag stays, since another device uses it. */
	at = rig.events;
	rig_attach(&rig, RID, NONE, other);
	ASSERT_COMMANDS(&rig, at, CFGI_STE(SID), SYNC, CFGI_STE(SID), SYNC, CFGI_STE(SID), SYNC,
			ATC_ALL(SID), SYNC);
	at = rig.events;
	rig_detach(&rig, RID2, NONE);
	ASSERT_COMMANDS(&rig, at, CFGI_STE(SID2), SYNC, CFGI_STE(SID2), SYNC, {0x28 | VMID(1), 0},
			SYNC);
	rig_end(&rig);
}

/* H3, H4: a CD of the host's table. The STE changes with the first and the last one. */
static void a_pasid_route_comes_and_goes(void **state)
{
	static struct rig rig;
	struct domain *rid, *domain;
	unsigned at;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	ats_device(&rig, RID, 20);
	rid = rig_domain(&rig, DOMAIN_KERNEL, 0);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	at = rig.events;
	rig_attach(&rig, RID, NONE, rid);
	ASSERT_COMMANDS(&rig, at, CFGI_L1CD(0), SYNC, CFGI_CD(0), SYNC, CFGI_CD(0), SYNC,
			CFGI_STE(SID), SYNC, CFGI_STE(SID), SYNC);
	at = rig.events;
	rig_attach(&rig, RID, 7, domain);
	ASSERT_COMMANDS(&rig, at, CFGI_CD(7), SYNC, CFGI_CD(7), SYNC);
	at = rig.events;
	rig_attach(&rig, RID, 1024, domain); /* in the next part of the table */
	ASSERT_COMMANDS(&rig, at, CFGI_L1CD(1024), SYNC, CFGI_CD(1024), SYNC, CFGI_CD(1024), SYNC);
	/* Without PASID: S1DSS, one word, and CD 0. */
	at = rig.events;
	rig_detach(&rig, RID, NONE);
	ASSERT_COMMANDS(&rig, at, CFGI_STE(SID), SYNC, CFGI_CD(0), SYNC, CFGI_CD(0), SYNC,
			{0x11 | ASID(1), 0}, SYNC, ATC_ALL(SID), SYNC);
	at = rig.events;
	rig_detach(&rig, RID, 7);
	ASSERT_COMMANDS(&rig, at, CFGI_CD(7), SYNC, CFGI_CD(7), SYNC,
			{0x40 | SSV | SSID(7) | SID, SIZE_ALL}, SYNC);
	at = rig.events;
	rig_detach(&rig, RID, 1024);
	ASSERT_COMMANDS(&rig, at, CFGI_CD(1024), SYNC, CFGI_CD(1024), SYNC, CFGI_STE(SID), SYNC,
			CFGI_STE(SID), SYNC, {0x11 | ASID(2), 0}, SYNC,
			{0x40 | SSV | SSID(1024) | SID, SIZE_ALL}, SYNC);
	rig_end(&rig);
}

/* ---- Ranges ------------------------------------------------------------------------------- */

struct range_row {
	const char *name;
	bool stage1, large;
	unsigned granule_lg2;
	uint64_t iova, size;
	unsigned count;
	struct command command[4];
};

#define VA(n)  (0x12 | ASID(1) | (n))
#define IPA(n) (0x2a | VMID(1) | (n))

/*
 * 4.4.1.1: (NUM + 1) * 2^SCALE granules from the address on. TG 1, 2, 3 are 4, 16, 64
 * KiB; TTL 3 is the last level. A range of leaves is told by what bits its length has.
 */
static const struct range_row range_rows[] = {
	{"one page", true, false, 12, IOVA, 4 * K, 1, {{VA(0), IOVA | TG(1) | TTL(3) | LEAF}}},
	{"two pages",
	 true,
	 false,
	 12,
	 IOVA,
	 8 * K,
	 1,
	 {{VA(SCALE(1)), IOVA | TG(1) | TTL(3) | LEAF}}},
	{"five pages",
	 true,
	 false,
	 12,
	 IOVA + 4 * K,
	 20 * K,
	 1,
	 {{VA(NUM(4)), (IOVA + 4 * K) | TG(1) | TTL(3) | LEAF}}},
	{"31 pages",
	 true,
	 false,
	 12,
	 IOVA,
	 31 * 4 * K,
	 1,
	 {{VA(NUM(30)), IOVA | TG(1) | TTL(3) | LEAF}}},
	{"33 pages",
	 true,
	 false,
	 12,
	 IOVA,
	 33 * 4 * K,
	 2,
	 {{VA(0), IOVA | TG(1) | TTL(3) | LEAF},
	  {VA(SCALE(5)), (IOVA + 4 * K) | TG(1) | TTL(3) | LEAF}}},
	{"511 pages",
	 true,
	 false,
	 12,
	 IOVA + 4 * K,
	 511 * 4 * K,
	 2,
	 {{VA(NUM(30)), (IOVA + 4 * K) | TG(1) | TTL(3) | LEAF},
	  {VA(NUM(14) | SCALE(5)), (IOVA + 32 * 4 * K) | TG(1) | TTL(3) | LEAF}}},
	/* A table goes: entries of any level, tables too. */
	{"a table", true, false, 12, IOVA, 2 * M, 1, {{VA(SCALE(9)), IOVA | TG(1)}}},
	{"a block", true, true, 12, IOVA, 2 * M, 1, {{VA(SCALE(9)), IOVA | TG(1) | TTL(2) | LEAF}}},
	{"three blocks",
	 true,
	 true,
	 12,
	 IOVA,
	 6 * M,
	 1,
	 {{VA(NUM(2) | SCALE(9)), IOVA | TG(1) | TTL(2) | LEAF}}},
	{"a contiguous run",
	 true,
	 true,
	 12,
	 IOVA,
	 64 * K,
	 1,
	 {{VA(SCALE(4)), IOVA | TG(1) | TTL(3) | LEAF}}},
	{"a gigabyte", true, true, 12, IOVA, G, 1, {{VA(SCALE(18)), IOVA | TG(1) | TTL(1) | LEAF}}},
	/* 2 MiB and a page: of several levels. */
	{"several sizes",
	 true,
	 true,
	 12,
	 IOVA,
	 2 * M + 4 * K,
	 2,
	 {{VA(0), IOVA | LEAF}, {VA(SCALE(9)), (IOVA + 4 * K) | TG(1) | LEAF}}},
	{"16 KiB", true, false, 14, IOVA, 48 * K, 1, {{VA(NUM(2)), IOVA | TG(2) | TTL(3) | LEAF}}},
	{"32 MiB",
	 true,
	 true,
	 14,
	 IOVA,
	 32 * M,
	 1,
	 {{VA(SCALE(11)), IOVA | TG(2) | TTL(2) | LEAF}}},
	{"64 KiB", true, false, 16, IOVA, 64 * K, 1, {{VA(0), IOVA | TG(3) | TTL(3) | LEAF}}},
	{"512 MiB",
	 true,
	 true,
	 16,
	 IOVA,
	 512 * M,
	 1,
	 {{VA(SCALE(13)), IOVA | TG(3) | TTL(2) | LEAF}}},
	{"stage 2",
	 false,
	 false,
	 12,
	 IOVA,
	 12 * K,
	 1,
	 {{IPA(NUM(2)), IOVA | TG(1) | TTL(3) | LEAF}}},
	{"stage 2, 512 MiB",
	 false,
	 true,
	 16,
	 IOVA,
	 512 * M,
	 1,
	 {{IPA(SCALE(13)), IOVA | TG(3) | TTL(2) | LEAF}}},
};

static void a_range_takes_the_fewest_commands(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(range_rows) / sizeof(range_rows[0]); i++) {
		const struct range_row *row = &range_rows[i];
		struct command expected[5];
		static struct rig rig;
		struct domain *domain;
		unsigned at;

		print_message("%s\n", row->name);
		rig_prepare(&rig);
		rig.config.stage1 = row->stage1;
		rig.config.no_large_pages = !row->large;
		rig.config.granule_lg2 = row->granule_lg2;
		rig_start(&rig);
		plain_device(&rig, RID, 0);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_attach(&rig, RID, NONE, domain);
		/* Something beside it, so that no table above the range goes. */
		rig_map(&rig, domain, IOVA + 2 * G, TARGET, 64 * K, RW);
		rig_map(&rig, domain, row->iova, TARGET + row->iova % G, row->size, RW);
		at = rig.events;
		rig_unmap(&rig, domain, row->iova, row->size);
		memcpy(expected, row->command, sizeof(row->command));
		expected[row->count] = (struct command)SYNC;
		commands_check(&rig, at, expected, row->count + 1, (int)i);
		rig_end(&rig);
	}
}

/* Without IDR3.RIL: no TG, TTL, NUM, SCALE; a command per leaf, or the whole tag. */
static void without_ranges_each_page_is_told(void **state)
{
	static struct rig rig;
	struct domain *domain;
	unsigned at;

	(void)state;
	rig_prepare(&rig);
	rig_set(&rig, "idr3", RIG_IDR3 & ~RIG_RIL);
	rig.config.stage1 = true;
	rig_start(&rig);
	plain_device(&rig, RID, 0);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_attach(&rig, RID, NONE, domain);
	rig_map(&rig, domain, IOVA, TARGET, 12 * K, RW);
	at = rig.events;
	rig_unmap(&rig, domain, IOVA, 12 * K);
	ASSERT_COMMANDS(&rig, at, {VA(0), IOVA | LEAF}, {VA(0), (IOVA + 4 * K) | LEAF},
			{VA(0), (IOVA + 8 * K) | LEAF}, SYNC);
	rig_map(&rig, domain, IOVA, TARGET, 4 * M, RW);
	at = rig.events;
	rig_unmap(&rig, domain, IOVA, 4 * M);
	ASSERT_COMMANDS(&rig, at, {VA(0), IOVA | LEAF}, {VA(0), (IOVA + 2 * M) | LEAF}, SYNC);
	/* A table and a page: 513 pages. */
	rig_map(&rig, domain, IOVA, TARGET + 4 * K, 2 * M + 4 * K, RW);
	at = rig.events;
	rig_unmap(&rig, domain, IOVA, 2 * M + 4 * K);
	ASSERT_COMMANDS(&rig, at, {0x11 | ASID(1), 0}, SYNC);
	/* A table of pages: 512, which the ring of 256 takes in turns. */
	rig_map(&rig, domain, IOVA, TARGET + 4 * K, 2 * M, RW);
	at = rig.events;
	rig_unmap(&rig, domain, IOVA, 2 * M);
	assert_int_equal(rig.events, at + 513);
	for (unsigned i = 0; i < 512; i++) {
		assert_int_equal(rig.event[at + i].words[0], VA(0));
		assert_int_equal(rig.event[at + i].words[1], IOVA + i * 4 * K);
	}
	rig_end(&rig);
}

/* 4.5.1: the power of two pages that holds the range, behind the TLB, by PASID. */
static void device_tlbs_come_after_the_tlb(void **state)
{
	static struct rig rig;
	struct domain *domain;
	unsigned at;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	ats_device(&rig, RID, 4);
	ats_device(&rig, RID2, 0);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_attach(&rig, RID2, NONE, domain);
	rig_attach(&rig, RID, 5, domain);
	rig_attach(&rig, RID, NONE, domain);
	rig_map(&rig, domain, IOVA + 4 * K, TARGET, 12 * K, RW);
	at = rig.events;
	rig_unmap(&rig, domain, IOVA + 4 * K, 12 * K);
	ASSERT_COMMANDS(&rig, at, {VA(NUM(2)), (IOVA + 4 * K) | TG(1) | TTL(3) | LEAF}, SYNC,
			{0x40 | SID, IOVA | 2}, {0x40 | SSV | SSID(5) | SID, IOVA | 2},
			{0x40 | SID2, IOVA | 2}, SYNC);
	rig_end(&rig);
}

/* ---- Nested ---------------------------------------------------------------------------------- */

#define GUEST_CD UINT64_C(0x10000)

/* H5: the parent's change; all that was combined with a guest's stage 1 and all that
 * guests' devices hold. */
static void a_parents_change_reaches_what_is_nested(void **state)
{
	static struct rig rig;
	struct domain *parent, *nested;
	unsigned at;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	ats_device(&rig, RID, 4);
	parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 0);
	nested = rig_nested(&rig, parent, GUEST_CD, 0, 0);
	rig_map(&rig, parent, 0, TARGET, 64 * K, RW);
	at = rig.events;
	rig_attach(&rig, RID, NONE, nested);
	ASSERT_COMMANDS(&rig, at, CFGI_STE(SID), SYNC, CFGI_STE(SID), SYNC);
	at = rig.events;
	/* A part of the contiguous run, which is told as a whole; leaves of two sizes
	 * changed, so no level is. */
	rig_unmap(&rig, parent, 0, 4 * K);
	ASSERT_COMMANDS(&rig, at, {IPA(SCALE(4)), TG(1) | LEAF}, SYNC, {0x10 | VMID(1), 0}, SYNC,
			ATC_ALL(SID), SYNC);
	at = rig.events;
	rig_detach(&rig, RID, NONE);
	ASSERT_COMMANDS(&rig, at, CFGI_STE(SID), SYNC, CFGI_STE(SID), SYNC, {0x28 | VMID(1), 0},
			SYNC, ATC_ALL(SID), SYNC);
	/* Nobody has routes: nothing is cached. */
	at = rig.events;
	rig_unmap(&rig, parent, 4 * K, 4 * K);
	assert_int_equal(rig.events, at);
	rig_end(&rig);
}

/* Two guests' tables over one parent, and the parent itself. */
static void a_guests_asids_go_with_its_cd_table(void **state)
{
	static struct rig rig;
	struct domain *parent, *nested;
	unsigned at;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	plain_device(&rig, RID, 0);
	plain_device(&rig, RID2, 0);
	parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 0);
	nested = rig_nested(&rig, parent, GUEST_CD, 0, 0);
	rig_attach(&rig, RID2, NONE, parent);
	rig_attach(&rig, RID, NONE, nested);
	at = rig.events;
	rig_detach(&rig, RID, NONE);
	ASSERT_COMMANDS(&rig, at, CFGI_STE(SID), SYNC, CFGI_STE(SID), SYNC, {0x10 | VMID(1), 0},
			SYNC);
	/* Flow 2: onto the parent on the same device, and back. */
	rig_attach(&rig, RID, NONE, parent);
	at = rig.events;
	rig_attach(&rig, RID, NONE, nested);
	ASSERT_COMMANDS(&rig, at, CFGI_STE(SID), SYNC, CFGI_STE(SID), SYNC);
	rig_end(&rig);
}

/* H6. */
static void a_users_change_is_told_under_the_parents_vmid(void **state)
{
	static struct rig rig;
	struct domain *parent, *nested;
	const struct driver_ops *ops;
	unsigned at;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	ops = rig.ops;
	ats_device(&rig, RID, 4);
	parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 0);
	nested = rig_nested(&rig, parent, GUEST_CD, 0, 4);
	at = rig.events;
	assert_int_equal(ops->invalidate(rig.driver, nested, NONE, 0, UINT64_MAX, false), 0);
	assert_int_equal(rig.events, at); /* no routes */
	rig_attach(&rig, RID, NONE, nested);
	/* The host does not know the ASID: NH_VAA. */
	at = rig.events;
	assert_int_equal(ops->invalidate(rig.driver, nested, 3, IOVA, IOVA + 8 * K - 1, true), 0);
	ASSERT_COMMANDS(&rig, at, {0x13 | VMID(1), IOVA | LEAF},
			{0x13 | VMID(1), (IOVA + 4 * K) | LEAF}, SYNC,
			{0x40 | SSV | SSID(3) | SID, IOVA | 1}, SYNC);
	at = rig.events;
	assert_int_equal(ops->invalidate(rig.driver, nested, NONE, IOVA, IOVA + 4 * K - 1, false),
			 0);
	ASSERT_COMMANDS(&rig, at, {0x13 | VMID(1), IOVA}, SYNC, {0x40 | SID, IOVA}, SYNC);
	at = rig.events;
	assert_int_equal(ops->invalidate(rig.driver, nested, NONE, 0, 8 * M, true), 0);
	ASSERT_COMMANDS(&rig, at, {0x10 | VMID(1), 0}, SYNC, {0x40 | SID, 12}, SYNC);
	/* Everything: the CD too. */
	at = rig.events;
	assert_int_equal(ops->invalidate(rig.driver, nested, 3, 0, UINT64_MAX, false), 0);
	ASSERT_COMMANDS(&rig, at, CFGI_L1CD(3), SYNC, {0x10 | VMID(1), 0}, SYNC,
			{0x40 | SSV | SSID(3) | SID, SIZE_ALL}, SYNC);
	at = rig.events;
	assert_int_equal(ops->invalidate(rig.driver, nested, NONE, 0, UINT64_MAX, false), 0);
	ASSERT_COMMANDS(&rig, at, {0x06 | SID, 0}, SYNC, {0x10 | VMID(1), 0}, SYNC, ATC_ALL(SID),
			SYNC);
	assert_int_equal(ops->invalidate(rig.driver, nested, 1 << 20, 0, 4095, false), -EINVAL);
	rig_end(&rig);
}

struct user_row {
	const char *name;
	struct command given, done;
	int error;
};

/* H6: a guest's own words; its VMID and what is reserved do not count. */
static const struct user_row user_rows[] = {
	{"NSNH_ALL", {0x30 | VMID(9), 0}, {0x10 | VMID(1), 0}, 0},
	{"NH_ALL", {0x10 | VMID(9), 0}, {0x10 | VMID(1), 0}, 0},
	{"NH_ASID", {0x11 | VMID(9) | ASID(7), 0}, {0x11 | VMID(1) | ASID(7), 0}, 0},
	{"NH_VA",
	 {0x12 | VMID(9) | ASID(7), IOVA | LEAF | 0xf0},
	 {0x12 | VMID(1) | ASID(7), IOVA | LEAF},
	 0},
	{"NH_VA, range",
	 {0x12 | ASID(7) | NUM(3) | SCALE(2), IOVA | TG(2) | TTL(2)},
	 {0x12 | VMID(1) | ASID(7) | NUM(3) | SCALE(2), IOVA | TG(2) | TTL(2)},
	 0},
	{"NH_VAA", {0x13 | ASID(7), IOVA}, {0x13 | VMID(1), IOVA}, 0},
	/* 4.4.1.1: reserved, and stops the queue. */
	{"a granule without a range", {0x12, IOVA | TG(1)}, {0, 0}, -EINVAL},
	{"16 KiB, level 1, no range", {0x12, IOVA | TG(2) | TTL(1)}, {0, 0}, -EINVAL},
	{"CFGI_CD", {0x05 | SID | SSID(3) | 1 << 10, LEAF}, CFGI_CD(3), 0},
	{"CFGI_CD, leaf 0", {0x05 | SID | SSID(3), 0}, CFGI_L1CD(3), 0},
	{"CFGI_CD_ALL", {0x06 | SID, 0}, {0x06 | SID, 0}, 0},
	{"CFGI_CD of another", {0x05 | SID2, 0}, {0, 0}, -EINVAL},
	{"CFGI_CD_ALL of nobody", {0x06 | UINT64_C(0x42) << 32, 0}, {0, 0}, -EINVAL},
	{"ATC_INV",
	 {0x40 | SSV | SSID(3) | SID, (IOVA + 4 * K) | 2},
	 {0x40 | SSV | SSID(3) | SID, IOVA | 2},
	 0},
	{"ATC_INV, all PASIDs", {0x40 | 1 << 9 | SSV | SID, SIZE_ALL}, ATC_ALL(SID), 0},
	{"ATC_INV, too large", {0x40 | SID, 53}, {0, 0}, -EINVAL},
	{"ATC_INV of another", {0x40 | SID2, SIZE_ALL}, {0, 0}, -EINVAL},
	{"CFGI_STE", {0x03 | SID, LEAF}, {0, 0}, -EINVAL},
	{"CFGI_ALL", {0x04, RANGE_ALL}, {0, 0}, -EINVAL},
	{"S12_VMALL", {0x28 | VMID(1), 0}, {0, 0}, -EINVAL},
	{"S2_IPA", {0x2a | VMID(1), IOVA}, {0, 0}, -EINVAL},
	{"EL2_ALL", {0x20, 0}, {0, 0}, -EINVAL},
	{"PRI_RESP", {0x41 | SID, 0}, {0, 0}, -EINVAL},
	{"SYNC", SYNC, {0, 0}, -EINVAL},
	{"nothing", {0, 0}, {0, 0}, -EINVAL},
};

static void a_guest_gives_its_own_commands(void **state)
{
	static struct rig rig;
	struct domain *parent, *nested, *kernel;
	uint64_t words[6] = {0x10, 0, 0x11 | ASID(7), 0, 0x28, 0};
	unsigned done;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	ats_device(&rig, RID, 4);
	ats_device(&rig, RID2, 4);
	parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 0);
	nested = rig_nested(&rig, parent, GUEST_CD, 0, 4);
	kernel = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_attach(&rig, RID, NONE, nested);
	rig_attach(&rig, RID2, NONE, kernel);
	for (size_t i = 0; i < sizeof(user_rows) / sizeof(user_rows[0]); i++) {
		const struct user_row *row = &user_rows[i];
		uint64_t given[2] = {row->given.word0, row->given.word1};
		struct command expected[2] = {row->done, SYNC};

		print_message("%s\n", row->name);
		rig.events = 0;
		assert_int_equal(rig.ops->user_commands(rig.driver, parent, given, 1, &done),
				 row->error);
		assert_int_equal(done, row->error ? 0 : 1);
		commands_check(&rig, 0, expected, row->error ? 0 : 2, (int)i);
	}
	/* What comes before a bad one is done. */
	rig.events = 0;
	assert_int_equal(rig.ops->user_commands(rig.driver, parent, words, 3, &done), -EINVAL);
	assert_int_equal(done, 2);
	ASSERT_COMMANDS(&rig, 0, {0x10 | VMID(1), 0}, {0x11 | VMID(1) | ASID(7), 0}, SYNC);
	assert_int_equal(rig.ops->user_commands(rig.driver, parent, words, 0, &done), 0);
	assert_int_equal(rig.ops->user_commands(rig.driver, kernel, words, 1, &done), -EINVAL);
	rig_end(&rig);

	/* Without RIL ranges are reserved; without ATS there is nothing to be emptied. */
	rig_prepare(&rig);
	rig_set(&rig, "idr3", RIG_IDR3 & ~RIG_RIL);
	rig_start(&rig);
	plain_device(&rig, RID, 4);
	parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 0);
	nested = rig_nested(&rig, parent, GUEST_CD, 0, 4);
	rig_attach(&rig, RID, NONE, nested);
	words[0] = 0x12 | ASID(7) | NUM(3);
	words[1] = IOVA | TG(1);
	words[2] = 0x40 | SID;
	words[3] = SIZE_ALL;
	rig.events = 0;
	assert_int_equal(rig.ops->user_commands(rig.driver, parent, words, 2, &done), 0);
	assert_int_equal(done, 2);
	ASSERT_COMMANDS(&rig, 0, {0x12 | VMID(1) | ASID(7), IOVA}, SYNC);
	rig_end(&rig);
}

/* ---- Strict and lazy ----------------------------------------------------------------------- */

static void a_lazy_flush_is_one_command(void **state)
{
	static struct rig rig;
	struct domain *domain;
	unsigned at;

	(void)state;
	for (unsigned stage = 1; stage <= 2; stage++) {
		struct command expected[] = {
			{stage == 1 ? 0x11 | ASID(1) : 0x28 | VMID(1), 0},
			SYNC,
			ATC_ALL(SID),
			SYNC,
		};

		rig_begin(&rig, stage == 1, DRIVER_LAZY);
		ats_device(&rig, RID, 0);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_attach(&rig, RID, NONE, domain);
		rig_map(&rig, domain, IOVA, TARGET, 64 * K, RW);
		assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET);
		at = rig.events;
		rig_unmap(&rig, domain, IOVA, 8 * K);
		rig_unmap(&rig, domain, IOVA + 32 * K, 4 * K);
		assert_int_equal(rig.events, at);
		assert_int_equal(rig.ops->tick(rig.driver, 9999999), 0);
		assert_int_equal(rig.events, at);
		assert_int_equal(rig.ops->tick(rig.driver, 10000000), 0);
		commands_check(&rig, at, expected, 4, __LINE__);
		assert_int_equal(rig_dma(&rig, RID, NONE, IOVA, RW).outcome, IOASIM_FAULT);
		assert_reaches(&rig, RID, NONE, IOVA + 8 * K, RW, TARGET + 8 * K);
		rig_end(&rig);
	}
}

static void lazy_leaves_a_window_that_strict_does_not(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned mode = 0; mode < 4; mode++) {
		bool lazy = mode & 1;
		struct domain *domain;

		rig_begin(&rig, mode / 2, lazy ? DRIVER_LAZY : DRIVER_STRICT);
		ats_device(&rig, RID, 0);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_attach(&rig, RID, NONE, domain);
		rig_map(&rig, domain, IOVA, TARGET, 4 * K, RW);
		assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET);
		rig_unmap(&rig, domain, IOVA, 4 * K);
		assert_int_equal(rig_dma(&rig, RID, NONE, IOVA, RW).outcome,
				 lazy ? IOASIM_OK : IOASIM_FAULT);
		assert_int_equal(rig.ops->sync(rig.driver), 0);
		assert_int_equal(rig_dma(&rig, RID, NONE, IOVA, RW).outcome, IOASIM_FAULT);
		/* A route that ends leaves nothing to be flushed. */
		rig_map(&rig, domain, IOVA, TARGET, 4 * K, RW);
		rig_unmap(&rig, domain, IOVA, 4 * K);
		rig_detach(&rig, RID, NONE);
		assert_int_equal(rig.ops->sync(rig.driver), 0);
		assert_int_equal(rig.ops->stats(rig.driver)->flushes, lazy ? 1 : 0);
		rig_end(&rig);
	}
}

/* ---- The ring --------------------------------------------------------------------------------- */

/* 4.7.3: a message of 0 to the command's own slot; the event; or CONS alone. */
static void a_sync_reports_as_the_unit_can(void **state)
{
	static struct rig rig;
	ioasim_pa_t queue;
	uint64_t word0;

	(void)state;
	rig_prepare(&rig);
	rig_set(&rig, "idr0", RIG_IDR0 | RIG_MSI);
	rig_start(&rig);
	queue = rig_inside(&rig)->queue;
	/* CS 1, MSH 3, MSIAttr 0xf. */
	assert_int_equal(rig.event[1].words[0], 0x46 | 1 << 12 | 3 << 22 | 0xf << 24);
	assert_int_equal(rig.event[1].words[1], queue + 16);
	assert_int_equal(rig.event[3].words[1], queue + 3 * 16);
	assert_int_equal(ioasim_memory_read64(rig.memory, queue + 3 * 16, &word0), 0);
	assert_int_equal(word0 & UINT32_MAX, 0);
	rig_end(&rig);

	rig_prepare(&rig);
	rig_set(&rig, "idr0", RIG_IDR0 | RIG_SEV);
	rig_start(&rig);
	assert_int_equal(rig.event[1].words[0], 0x46 | 2 << 12);
	assert_int_equal(rig.event[1].words[1], 0);
	rig_end(&rig);

	/* Messages that are not coherent with the driver's polling are of no use. */
	rig_prepare(&rig);
	rig_set(&rig, "idr0", (RIG_IDR0 | RIG_MSI) & ~UINT64_C(0x10));
	rig_start(&rig);
	assert_int_equal(rig.event[1].words[0], 0x46);
	rig_end(&rig);
}

/* 3.5.1: a queue of one entry is legal; full and empty alternate. */
static void a_ring_of_any_size_works(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned lg2 = 0; lg2 <= 8; lg2++) {
		struct domain *domain;

		rig_prepare(&rig);
		rig_set(&rig, "idr0", RIG_IDR0 | (lg2 & 1 ? RIG_MSI : 0));
		rig_set(&rig, "idr1", (RIG_IDR1 & ~UINT64_C(0x3e00000)) | (uint64_t)lg2 << 21);
		rig.config.stage1 = true;
		rig_start(&rig);
		ats_device(&rig, RID, 4);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		for (uint32_t pasid = 1; pasid < 16; pasid++)
			rig_attach(&rig, RID, pasid, domain);
		for (unsigned i = 0; i < 100; i++) {
			rig_map(&rig, domain, IOVA, TARGET + i * 4096, 4096, RW);
			assert_reaches(&rig, RID, 9, IOVA, RW, TARGET + i * 4096);
			rig_unmap(&rig, domain, IOVA, 4096);
			assert_int_equal(rig_dma(&rig, RID, 9, IOVA, RW).outcome, IOASIM_FAULT);
		}
		rig_end(&rig);
	}
}

static void a_queue_that_stops_is_an_error_and_nothing_is_used_again(void **state)
{
	static struct rig rig;
	struct domain *domain;
	uint64_t unmapped;
	uint32_t used;

	(void)state;
	for (unsigned mode = 0; mode < 2; mode++) {
		rig_prepare(&rig);
		rig_set(&rig, "idr0", RIG_IDR0 | (mode ? RIG_MSI : 0));
		rig.config.stage1 = true;
		rig_start(&rig);
		ats_device(&rig, RID, 20);
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_attach(&rig, RID, 4, domain);
		rig_map(&rig, domain, IOVA, TARGET, 4096, RW);
		used = rig_pages_used(&rig);
		/* CERROR_ABT: the ring cannot be read. */
		assert_int_equal(ioasim_memory_abort(rig.memory, rig_inside(&rig)->queue,
						     rig_inside(&rig)->queue + 4095),
				 0);
		assert_int_equal(rig.ops->unmap(rig.driver, domain, IOVA, 2 * M, &unmapped), -EIO);
		assert_int_equal(unmapped, 4096);
		assert_int_equal(rig_pages_used(&rig), used);
		assert_int_equal(rig.ops->detach(rig.driver, RID, 4), -EIO);
		assert_int_equal(rig.ops->domain_destroy(rig.driver, domain), 0);
		assert_int_equal(rig_pages_used(&rig), used);
		rig_end(&rig);
	}
}

/* ---- Page requests --------------------------------------------------------------------------- */

static bool page_ask(struct rig *rig, uint32_t pasid, uint64_t address, uint16_t group)
{
	struct ioasim_page_request request = {
		.requester_id = RID,
		.pasid = pasid == NONE ? 0 : pasid,
		.has_pasid = pasid != NONE,
		.address = address,
		.group = group,
		.access = IOASIM_READ,
		.last = true,
	};
	struct ioasim_page_request_result result;

	ioasim_page_request(rig->unit, &request, &result);
	return result.queued;
}

static void page_requests_come_through_the_ring(void **state)
{
	static struct rig rig;
	struct ioasim_page_request request;
	struct ioasim_page_response response = {.requester_id = RID, .has_pasid = true};
	/* Resp 2 success, 1 invalid, 0 failure. */
	static const struct {
		uint8_t code;
		uint64_t resp;
	} codes[] = {{0, 2}, {1, 1}, {15, 0}};
	struct domain *domain;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	rig_device(&rig, RID);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_attach(&rig, RID, 9, domain);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	/* Twice round the ring of 256. */
	for (unsigned i = 0; i < 600; i++) {
		assert_true(page_ask(&rig, i & 1 ? 9 : NONE, IOVA + i * 4096, (uint16_t)(i % 512)));
		assert_int_equal(rig.ops->page_request_next(rig.driver, &request), 0);
		assert_int_equal(request.requester_id, RID);
		assert_int_equal(request.has_pasid, i & 1);
		assert_int_equal(request.pasid, i & 1 ? 9 : 0);
		assert_int_equal(request.address, IOVA + i * 4096);
		assert_int_equal(request.group, i % 512);
		assert_int_equal(request.access, IOASIM_READ);
		assert_true(request.last);
	}
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	response.pasid = 9;
	response.group = 0x155;
	for (unsigned i = 0; i < 3; i++) {
		struct command expected[] = {
			{0x41 | SSV | SSID(9) | SID, 0x155 | codes[i].resp << 12}, SYNC};

		rig.events = 0;
		response.code = codes[i].code;
		assert_int_equal(rig.ops->page_response(rig.driver, &response), 0);
		commands_check(&rig, 0, expected, 2, __LINE__);
		assert_int_equal(rig.event[rig_find(&rig, 0, RIG_RESPONSE, 0)].response.code,
				 codes[i].code);
	}
	response.has_pasid = false;
	response.code = 0;
	rig.events = 0;
	assert_int_equal(rig.ops->page_response(rig.driver, &response), 0);
	ASSERT_COMMANDS(&rig, 0, {0x41 | SID, 0x155 | 2 << 12}, SYNC);
	rig_end(&rig);
}

/* 8.2: nothing is stored until the overflow is acknowledged, when all was taken. */
static void an_overflow_is_acknowledged_when_the_ring_is_empty(void **state)
{
	static struct rig rig;
	struct ioasim_page_request request;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	rig_device(&rig, RID);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 256; i++)
			assert_true(page_ask(&rig, NONE, i * 4096, (uint16_t)i));
		assert_false(page_ask(&rig, NONE, 0, 300));
		for (unsigned i = 0; i < 256; i++) {
			assert_int_equal(rig.ops->page_request_next(rig.driver, &request), 0);
			assert_int_equal(request.group, i);
			assert_false(page_ask(&rig, NONE, 0, 301));
		}
		assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	}
	rig_end(&rig);
}

/* T15: what was stored of a route is answered Invalid when it ends, once; others stay. */
static void a_route_that_ends_answers_what_waits(void **state)
{
	static struct rig rig;
	struct ioasim_page_request request;
	struct domain *domain;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	rig_device(&rig, RID);
	domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	rig_attach(&rig, RID, 9, domain);
	rig_attach(&rig, RID, 10, domain);
	rig_attach(&rig, RID, NONE, domain);
	page_ask(&rig, 9, IOVA, 1);
	page_ask(&rig, 10, IOVA, 2);
	page_ask(&rig, NONE, IOVA, 3);
	page_ask(&rig, 9, IOVA, 4);
	rig.events = 0;
	rig_detach(&rig, RID, 9);
	ASSERT_COMMANDS(&rig, 0, CFGI_CD(9), SYNC, CFGI_CD(9), SYNC,
			{0x40 | SSV | SSID(9) | SID, SIZE_ALL}, SYNC,
			{0x41 | SSV | SSID(9) | SID, 1 | 1 << 12},
			{0x41 | SSV | SSID(9) | SID, 4 | 1 << 12}, SYNC);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), 0);
	assert_int_equal(request.group, 2);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), 0);
	assert_int_equal(request.group, 3);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	/* Requests without PASID are a route of their own. */
	page_ask(&rig, NONE, IOVA, 5);
	page_ask(&rig, 10, IOVA, 6);
	rig.events = 0;
	rig_detach(&rig, RID, NONE);
	assert_int_equal(rig_count(&rig, RIG_RESPONSE, 0), 1);
	assert_int_equal(rig.event[rig_find(&rig, 0, RIG_RESPONSE, 0)].response.group, 5);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), 0);
	assert_int_equal(request.group, 6);
	rig_end(&rig);
}

static void without_page_requests_there_is_no_response(void **state)
{
	static struct rig rig;
	struct ioasim_page_request request;
	struct ioasim_page_response response = {.requester_id = RID};

	(void)state;
	rig_prepare(&rig);
	rig_set(&rig, "idr0", RIG_IDR0 & ~UINT64_C(0x10000));
	rig_start(&rig);
	rig_device(&rig, RID);
	assert_int_equal(rig.ops->page_request_next(rig.driver, &request), -EAGAIN);
	assert_int_equal(rig.ops->page_response(rig.driver, &response), -ENOTSUP);
	rig_end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_up_empties_every_cache),
		cmocka_unit_test(a_device_is_made_known),
		cmocka_unit_test(a_stage_1_route_comes_and_goes),
		cmocka_unit_test(a_stage_2_route_comes_and_goes),
		cmocka_unit_test(a_pasid_route_comes_and_goes),
		cmocka_unit_test(a_range_takes_the_fewest_commands),
		cmocka_unit_test(without_ranges_each_page_is_told),
		cmocka_unit_test(device_tlbs_come_after_the_tlb),
		cmocka_unit_test(a_parents_change_reaches_what_is_nested),
		cmocka_unit_test(a_guests_asids_go_with_its_cd_table),
		cmocka_unit_test(a_users_change_is_told_under_the_parents_vmid),
		cmocka_unit_test(a_guest_gives_its_own_commands),
		cmocka_unit_test(a_lazy_flush_is_one_command),
		cmocka_unit_test(lazy_leaves_a_window_that_strict_does_not),
		cmocka_unit_test(a_sync_reports_as_the_unit_can),
		cmocka_unit_test(a_ring_of_any_size_works),
		cmocka_unit_test(a_queue_that_stops_is_an_error_and_nothing_is_used_again),
		cmocka_unit_test(page_requests_come_through_the_ring),
		cmocka_unit_test(an_overflow_is_acknowledged_when_the_ring_is_empty),
		cmocka_unit_test(a_route_that_ends_answers_what_waits),
		cmocka_unit_test(without_page_requests_there_is_no_response),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
