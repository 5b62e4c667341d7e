/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest's CD table over a parent: what its devices reach, which words of its STE are
 * taken, what a change of the parent or of the guest is told to the unit.
 */
#include "driver_words_smmu.h"

#define GUEST_PASID 3u

/* ---- What devices reach ---------------------------------------------------------------- */

static void a_users_cd_table_is_walked_over_its_parent(void **state)
{
	static struct rig rig;
	struct domain *parent, *nested, *second;
	const struct driver_ops *ops;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	ops = rig.ops;
	assert_int_equal(ioasim_memory_add_ram(rig.memory, GUEST_RAM, 16 * M), 0);
	rig_device(&rig, RID);
	rig_device(&rig, RID2);
	parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 0);
	nested = rig_nested(&rig, parent, GUEST_CD, 0, 2); /* 4 CDs, linear */
	second = rig_nested(&rig, parent, GUEST_CD, 0, 2);
	/* H8: a guest's ASIDs count under the parent's VMID. */
	assert_int_equal(ops->domain_tag(nested), ops->domain_tag(parent));
	rig_map(&rig, parent, 0, GUEST_RAM, 16 * M, RW);
	guest_map(&rig, IOVA, 4 * M);
	guest_cd(&rig, 0, 5);
	guest_cd(&rig, GUEST_PASID, 5);
	rig_attach(&rig, RID, NONE, nested);
	rig_attach(&rig, RID2, NONE, second);
	/* N5: without PASID, entry 0. */
	assert_reaches(&rig, RID, NONE, IOVA + 9, RW, GUEST_RAM + 4 * M + 9);
	assert_reaches(&rig, RID2, NONE, IOVA + 9, RW, GUEST_RAM + 4 * M + 9);
	assert_reaches(&rig, RID, GUEST_PASID, IOVA + 9, RW, GUEST_RAM + 4 * M + 9);
	assert_faults(&rig, RID, 2, IOVA, RW, BAD_CD);

	/* The user's own changes: a page, then a CD. */
	guest_unmap(&rig, IOVA);
	assert_int_equal(rig_invalidate(&rig, nested, NONE, IOVA, IOVA + 4095, true), 0);
	assert_faults(&rig, RID, NONE, IOVA, IOASIM_READ, TRANSLATION);
	assert_faults(&rig, RID, GUEST_PASID, IOVA, IOASIM_READ, TRANSLATION);
	guest_map(&rig, IOVA, 4 * M);
	assert_reaches(&rig, RID, NONE, IOVA, RW, GUEST_RAM + 4 * M);
	guest_poke(&rig, GUEST_CD + GUEST_PASID * 64, 0);
	assert_int_equal(rig_invalidate(&rig, nested, GUEST_PASID, 0, UINT64_MAX, false), 0);
	assert_faults(&rig, RID, GUEST_PASID, IOVA, RW, BAD_CD);
	guest_cd(&rig, 2, 6);
	assert_int_equal(rig_invalidate(&rig, nested, NONE, 0, UINT64_MAX, false), 0);
	assert_reaches(&rig, RID, 2, IOVA, RW, GUEST_RAM + 4 * M);
	assert_reaches(&rig, RID, NONE, IOVA, RW, GUEST_RAM + 4 * M);

	/* H5: a change of the parent reaches what is nested. */
	rig_unmap(&rig, parent, 4 * M, 4096);
	assert_int_equal(rig_dma(&rig, RID, NONE, IOVA, IOASIM_READ).outcome, IOASIM_FAULT);
	assert_int_equal(rig_dma(&rig, RID2, NONE, IOVA, IOASIM_READ).outcome, IOASIM_FAULT);
	assert_int_equal(ops->domain_destroy(rig.driver, parent), -EBUSY);

	/* Flow 2: down to the parent and up again on the same route. */
	rig_map(&rig, parent, 4 * M, GUEST_RAM + 8 * M, 4096, RW);
	rig_attach(&rig, RID, NONE, parent);
	assert_reaches(&rig, RID, NONE, 4 * M, RW, GUEST_RAM + 8 * M);
	rig_attach(&rig, RID, NONE, nested);
	assert_reaches(&rig, RID, NONE, IOVA, RW, GUEST_RAM + 8 * M);
	rig_detach(&rig, RID, NONE);
	assert_faults(&rig, RID, NONE, IOVA, IOASIM_READ, SILENT);
	assert_reaches(&rig, RID2, NONE, IOVA, RW, GUEST_RAM + 8 * M);
	rig_end(&rig);
}

/* V = 0 and Config 0 abort, Config 4 leaves stage 2 alone. */
static void a_users_bypass_keeps_stage_2(void **state)
{
	static const struct {
		uint64_t word0;
		unsigned outcome;
	} rows[] = {{0, IOASIM_FAULT}, {1, IOASIM_FAULT}, {9, IOASIM_OK}, {8, IOASIM_FAULT}};
	static struct rig rig;
	struct domain *parent, *nested;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	rig_device(&rig, RID);
	parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 0);
	rig_map(&rig, parent, IOVA, TARGET, 4096, RW);
	for (size_t i = 0; i < 4; i++) {
		struct domain_config config = {
			.kind = DOMAIN_NESTED_PASID,
			.parent = parent,
			.arch_data = {rows[i].word0},
		};

		assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), 0);
		rig_attach(&rig, RID, NONE, nested);
		assert_int_equal(rig_dma(&rig, RID, NONE, IOVA, RW).outcome, rows[i].outcome);
		assert_int_equal(rig_dma(&rig, RID, NONE, IOVA + 4096, RW).outcome, IOASIM_FAULT);
		/* ATS is the user's choice, and he did not ask for it. */
		assert_int_not_equal(
			rig_ask(&rig, RID, NONE, IOVA, RW, IOASIM_TRANSLATION_REQUEST).outcome,
			IOASIM_OK);
		rig_detach(&rig, RID, NONE);
		assert_int_equal(rig.ops->domain_destroy(rig.driver, nested), 0);
	}
	rig_end(&rig);
}

struct word_row {
	const char *name;
	uint64_t root, word0, word1;
	int error;
};

#define CONFIG_S1 UINT64_C(0xb)
#define CDMAX(n)  ((uint64_t)(n) << 59)
#define FMT(n)    ((uint64_t)(n) << 4)

/* 5.2: bits of the STE. Fact sheet 16: what a user may set. */
static const struct word_row word_rows[] = {
	{"stage 1", GUEST_CD, CONFIG_S1, 0, 0},
	{"all that may be set", GUEST_CD, CONFIG_S1 | FMT(2) | CDMAX(20), 0x180000fe, 0},
	{"the pointer twice", GUEST_CD, CONFIG_S1 | GUEST_CD, 0, 0},
	{"two pointers", GUEST_CD, CONFIG_S1 | 0x20000, 0, -EINVAL},
	{"stage 2", GUEST_CD, 0xd, 0, -EINVAL},
	{"nested", GUEST_CD, 0xf, 0, -EINVAL},
	{"reserved Config", GUEST_CD, 0x3, 0, -EINVAL},
	{"S1Fmt 3", GUEST_CD, CONFIG_S1 | FMT(3), 0, -EINVAL},
	{"more CDs than SubstreamIDs", GUEST_CD, CONFIG_S1 | CDMAX(21), 0, -EINVAL},
	{"word 0, bit 52", GUEST_CD, CONFIG_S1 | UINT64_C(1) << 52, 0, -EINVAL},
	{"EATS 2", GUEST_CD, CONFIG_S1, 2 << 28, -EINVAL},
	{"MEV", GUEST_CD, CONFIG_S1, 1 << 19, -EINVAL},
	{"STRW", GUEST_CD, CONFIG_S1, UINT64_C(2) << 30, -EINVAL},
	{"SHCFG", GUEST_CD, CONFIG_S1, UINT64_C(1) << 44, -EINVAL},
	{"PRIVCFG", GUEST_CD, CONFIG_S1, UINT64_C(3) << 48, -EINVAL},
	{"CD off its alignment", 0x10020, CONFIG_S1, 0, -EINVAL},
	{"table off its alignment", 0x10040, CONFIG_S1 | CDMAX(2), 0, -EINVAL},
	{"table on its alignment", 0x10100, CONFIG_S1 | CDMAX(2), 0, 0},
	/* 2^(20 - 10) descriptors of 8 bytes. */
	{"level 1 off its alignment", 0x11000, CONFIG_S1 | FMT(2) | CDMAX(20), 0, -EINVAL},
	{"level 1 on its alignment", 0x12000, CONFIG_S1 | FMT(2) | CDMAX(20), 0, 0},
	{"beyond the IPA size", UINT64_C(1) << 48, CONFIG_S1, 0, -EINVAL},
};

static void a_users_words_are_checked(void **state)
{
	static struct rig rig;
	struct domain *parent, *kernel, *nested;
	struct domain_config config = {.kind = DOMAIN_NESTED_PASID};
	int failed = 0;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 0);
	kernel = rig_domain(&rig, DOMAIN_KERNEL, 0);
	for (size_t i = 0; i < sizeof(word_rows) / sizeof(word_rows[0]); i++) {
		const struct word_row *row = &word_rows[i];
		int error;

		config = (struct domain_config){
			.kind = DOMAIN_NESTED_PASID,
			.parent = parent,
			.root = row->root,
			.arch_data = {row->word0, row->word1},
		};
		error = rig.ops->domain_create(rig.driver, &config, &nested);
		if (error != row->error) {
			print_message("%s: %d, expected %d\n", row->name, error, row->error);
			failed++;
		}
	}
	assert_int_equal(failed, 0);
	config.arch_data[2] = 1;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), -EINVAL);
	config.arch_data[2] = 0;
	config.root = GUEST_CD;
	config.parent = kernel;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), -EINVAL);
	config.parent = NULL;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), -EINVAL);
	config.parent = parent;
	config.kind = DOMAIN_NESTED;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &nested), -ENOTSUP);
	assert_int_equal(rig_invalidate(&rig, parent, NONE, 0, 4095, true), -EINVAL);
	rig_end(&rig);
}

/* ---- What the unit is told ---------------------------------------------------------- */

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
	unsigned at;

	(void)state;
	rig_begin(&rig, true, DRIVER_STRICT);
	ats_device(&rig, RID, 4);
	parent = rig_domain(&rig, DOMAIN_NEST_PARENT, 0);
	nested = rig_nested(&rig, parent, GUEST_CD, 0, 4);
	at = rig.events;
	assert_int_equal(rig_invalidate(&rig, nested, NONE, 0, UINT64_MAX, false), 0);
	assert_int_equal(rig.events, at); /* no routes */
	rig_attach(&rig, RID, NONE, nested);
	/* The host does not know the ASID: NH_VAA. */
	at = rig.events;
	assert_int_equal(rig_invalidate(&rig, nested, 3, IOVA, IOVA + 8 * K - 1, true), 0);
	ASSERT_COMMANDS(&rig, at, {0x13 | VMID(1), IOVA | LEAF},
			{0x13 | VMID(1), (IOVA + 4 * K) | LEAF}, SYNC,
			{0x40 | SSV | SSID(3) | SID, IOVA | 1}, SYNC);
	at = rig.events;
	assert_int_equal(rig_invalidate(&rig, nested, NONE, IOVA, IOVA + 4 * K - 1, false), 0);
	ASSERT_COMMANDS(&rig, at, {0x13 | VMID(1), IOVA}, SYNC, {0x40 | SID, IOVA}, SYNC);
	at = rig.events;
	assert_int_equal(rig_invalidate(&rig, nested, NONE, 0, 8 * M, true), 0);
	ASSERT_COMMANDS(&rig, at, {0x10 | VMID(1), 0}, SYNC, {0x40 | SID, 12}, SYNC);
	/* Everything: the CD too. */
	at = rig.events;
	assert_int_equal(rig_invalidate(&rig, nested, 3, 0, UINT64_MAX, false), 0);
	ASSERT_COMMANDS(&rig, at, CFGI_L1CD(3), SYNC, {0x10 | VMID(1), 0}, SYNC,
			{0x40 | SSV | SSID(3) | SID, SIZE_ALL}, SYNC);
	at = rig.events;
	assert_int_equal(rig_invalidate(&rig, nested, NONE, 0, UINT64_MAX, false), 0);
	ASSERT_COMMANDS(&rig, at, {0x06 | SID, 0}, SYNC, {0x10 | VMID(1), 0}, SYNC, ATC_ALL(SID),
			SYNC);
	assert_int_equal(rig_invalidate(&rig, nested, 1 << 20, 0, 4095, false), -EINVAL);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_users_cd_table_is_walked_over_its_parent),
		cmocka_unit_test(a_users_bypass_keeps_stage_2),
		cmocka_unit_test(a_users_words_are_checked),
		cmocka_unit_test(a_parents_change_reaches_what_is_nested),
		cmocka_unit_test(a_guests_asids_go_with_its_cd_table),
		cmocka_unit_test(a_users_change_is_told_under_the_parents_vmid),
		cmocka_unit_test(a_guest_gives_its_own_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
