/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command queue of SMMUv3: the ring (3.5, 7.1), what is illegal (4.1.3), how CMD_SYNC
 * completes (4.7.3), names and counts. What commands reach is in test_smmuv3_commands.c.
 */
#include "smmu_tables.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define CMDQ_BASE 0x90u
#define CMDQ_PROD 0x98u
#define CMDQ_CONS 0x9cu
#define GERROR    0x60u
#define GERRORN   0x64u

#define ILL 1u
#define ABT 2u

#define SYNC     UINT64_C(0x46)
#define NSNH_ALL UINT64_C(0x30)
#define NUM(n)   ((uint64_t)(n) << 12)
#define SCALE(n) ((uint64_t)(n) << 20)
#define TTL(n)   ((uint64_t)(n) << 8)
#define TG(n)    ((uint64_t)(n) << 10)
#define SSEC     BIT(10)
#define RESP(n)  ((uint64_t)(n) << 12)
#define CS(n)    ((uint64_t)(n) << 12)

static void open_with(struct srig *rig, const char *name, uint64_t value)
{
	struct ioasim_unit_config config;

	srig_config(&config);
	if (name)
		assert_int_equal(ioasim_unit_config_set(&config, name, value), 0);
	srig_open(rig, &config);
	srig_queues(rig);
}

/* Puts commands into the ring without telling the unit. */
static void put(struct srig *rig, unsigned index, uint64_t w0, uint64_t w1)
{
	srig_poke(rig, SRIG_CMDQ + index % 256 * 16, w0);
	srig_poke(rig, SRIG_CMDQ + index % 256 * 16 + 8, w1);
}

static unsigned error_of(struct srig *rig)
{
	return srig_read32(rig, CMDQ_CONS) >> 24;
}

static bool stopped(struct srig *rig)
{
	return (srig_read32(rig, GERROR) ^ srig_read32(rig, GERRORN)) & 1;
}

/* ---- The ring ----------------------------------------------------------------------------------- */

static void runs_to_the_producer_and_turns_the_wrap_bit(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	/* Three turns of 2^2 entries, one to four commands at once. */
	srig_cr0(&rig, 0, CR0_CMDQEN);
	srig_write64(&rig, CMDQ_BASE, SRIG_CMDQ | 2);
	srig_cr0(&rig, CR0_CMDQEN, 0);
	for (unsigned done = 0, batch = 1; done < 24; done += batch, batch = batch % 4 + 1) {
		for (unsigned i = done; i < done + batch; i++) {
			srig_poke(&rig, SRIG_CMDQ + i % 4 * 16, SYNC | (uint64_t)i << 32);
			srig_poke(&rig, SRIG_CMDQ + i % 4 * 16 + 8, 0);
		}
		srig_forget(&rig);
		srig_write32(&rig, CMDQ_PROD, (done + batch) % 8);
		assert_int_equal(srig_read32(&rig, CMDQ_CONS), (done + batch) % 8);
		assert_int_equal(rig.commands, batch);
		for (unsigned i = 0; i < batch; i++)
			assert_int_equal(rig.command[i][0] >> 32, done + i);
	}
	srig_close(&rig);
}

/* 6.3.26: one entry, whose only index bit is the wrap bit, aligned to 32 bytes. */
static void a_ring_may_have_one_entry(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	srig_cr0(&rig, 0, CR0_CMDQEN);
	srig_write64(&rig, CMDQ_BASE, SRIG_CMDQ | 0);
	srig_poke(&rig, SRIG_CMDQ, SYNC);
	srig_poke(&rig, SRIG_CMDQ + 16, 0xff);
	srig_cr0(&rig, CR0_CMDQEN, 0);
	for (uint32_t i = 1; i < 6; i++) {
		srig_write32(&rig, CMDQ_PROD, i % 2);
		assert_int_equal(srig_read32(&rig, CMDQ_CONS), i % 2);
		assert_int_equal(rig.commands, i);
	}
	srig_close(&rig);
}

/* 6.3.26: bits of ADDR below the size of the ring do not count. */
static void the_base_is_aligned_to_the_size(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	srig_cr0(&rig, 0, CR0_CMDQEN);
	srig_write64(&rig, CMDQ_BASE, (SRIG_CMDQ + 0xfe0) | 8);
	srig_cr0(&rig, CR0_CMDQEN, 0);
	srig_command(&rig, SYNC, 0);
	assert_int_equal(rig.commands, 1);
	srig_close(&rig);
}

static void nothing_runs_while_the_queue_is_disabled(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	srig_cr0(&rig, 0, CR0_CMDQEN);
	put(&rig, 0, SYNC, 0);
	put(&rig, 1, SYNC, 0);
	srig_write32(&rig, CMDQ_PROD, 2);
	assert_int_equal(rig.commands, 0);
	assert_int_equal(srig_read32(&rig, CMDQ_CONS), 0);
	srig_cr0(&rig, CR0_CMDQEN, 0);
	assert_int_equal(rig.commands, 2);
	assert_int_equal(srig_read32(&rig, CMDQ_CONS), 2);
	srig_close(&rig);
}

/* 7.1: RD stays at the command, later ones have no effect, GERRORN restarts. */
static void an_error_stops_the_queue_until_it_is_acknowledged(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	put(&rig, 0, SYNC, 0);
	put(&rig, 1, 0xff, 0);
	put(&rig, 2, SYNC, 0);
	srig_write32(&rig, CMDQ_PROD, 3);
	assert_int_equal(srig_read32(&rig, CMDQ_CONS), ILL << 24 | 1);
	assert_int_equal(srig_read32(&rig, GERROR), 1);
	assert_int_equal(rig.commands, 1);
	/* Neither more commands nor the enable bit restart it. */
	put(&rig, 3, SYNC, 0);
	srig_write32(&rig, CMDQ_PROD, 4);
	srig_cr0(&rig, 0, CR0_CMDQEN);
	srig_cr0(&rig, CR0_CMDQEN, 0);
	assert_int_equal(rig.commands, 1);
	assert_int_equal(srig_read32(&rig, CMDQ_CONS) & 0xfffff, 1);
	/* Nor does its repair. */
	put(&rig, 1, SYNC, 0);
	srig_write32(&rig, CMDQ_PROD, 4);
	assert_int_equal(rig.commands, 1);
	put(&rig, 1, 0xff, 0);
	/* Acknowledged without repair: fetched again, and in error again. */
	srig_write32(&rig, GERRORN, 1);
	assert_int_equal(srig_read32(&rig, GERROR), 0);
	assert_true(stopped(&rig));
	assert_int_equal(rig.commands, 1);
	put(&rig, 1, SYNC, 0);
	srig_write32(&rig, GERRORN, 0);
	assert_false(stopped(&rig));
	assert_int_equal(rig.commands, 4);
	/* ERR means nothing then; it stays. */
	assert_int_equal(srig_read32(&rig, CMDQ_CONS), ILL << 24 | 4);
	srig_close(&rig);
}

/* 7.1: PROD may go back to CONS while the error is active. */
static void commands_can_be_taken_back_after_an_error(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	put(&rig, 0, 0xff, 0);
	put(&rig, 1, SYNC, 0);
	srig_write32(&rig, CMDQ_PROD, 2);
	assert_true(stopped(&rig));
	srig_write32(&rig, CMDQ_PROD, 0);
	srig_write32(&rig, GERRORN, 1);
	assert_false(stopped(&rig));
	assert_int_equal(rig.commands, 0);
	put(&rig, 0, SYNC, 0);
	srig_write32(&rig, CMDQ_PROD, 1);
	assert_int_equal(rig.commands, 1);
	srig_close(&rig);
}

static void an_abort_on_the_fetch_is_an_error(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	put(&rig, 0, SYNC, 0);
	put(&rig, 1, SYNC, 0);
	assert_int_equal(ioasim_memory_abort(rig.memory, SRIG_CMDQ + 24, SRIG_CMDQ + 24), 0);
	srig_write32(&rig, CMDQ_PROD, 2);
	assert_int_equal(srig_read32(&rig, CMDQ_CONS), ABT << 24 | 1);
	assert_true(stopped(&rig));
	assert_int_equal(rig.commands, 1);
	ioasim_memory_clear_aborts(rig.memory);
	srig_write32(&rig, GERRORN, 1);
	assert_int_equal(srig_read32(&rig, CMDQ_CONS) & 0xfffff, 2);
	assert_int_equal(rig.commands, 2);
	srig_close(&rig);
}

/* ---- What is illegal ---------------------------------------------------------------------------- */

/* Units that lack something: bits of IDR0 or IDR3 that are cleared and set. */
enum kind { FULL, NO_S1, NO_S2, NO_HYP, NO_ATS, NO_PRI, NO_STALL, NO_RIL, KINDS };

static void config_of(enum kind kind, struct ioasim_unit_config *config)
{
	static const struct {
		uint32_t idr0_clear, idr0_set, idr3_clear;
	} changes[KINDS] = {
		[NO_S1] = {0x202, 0, 0},    [NO_S2] = {0x201, 0, 0},
		[NO_HYP] = {0x200, 0, 0},   [NO_ATS] = {0x810400, 0, 0},
		[NO_PRI] = {0x10000, 0, 0}, [NO_STALL] = {0, 0x1000000, 0},
		[NO_RIL] = {0, 0, 0x400},
	};

	srig_config(config);
	ioasim_unit_config_set(config, "idr0",
			       (SRIG_IDR0 & ~changes[kind].idr0_clear) | changes[kind].idr0_set);
	ioasim_unit_config_set(config, "idr3", SRIG_IDR3 & ~changes[kind].idr3_clear);
}

static const struct {
	enum kind kind;
	uint64_t w0, w1;
	bool legal;
} legality[] = {
	/* 4.1.3: opcodes that this queue has not */
	{FULL, 0x00, 0, false},
	{FULL, 0x07, 0, false}, /* CFGI_VMS_PIDM without MPAM */
	{FULL, 0x08, 0, false},
	{FULL, 0x0f, 0, false},
	{FULL, 0x14, 0, false},
	{FULL, 0x18, 0, false}, /* EL3 */
	{FULL, 0x1a, 0, false},
	{FULL, 0x24, 0, false},
	{FULL, 0x29, 0, false},
	{FULL, 0x31, 0, false},
	{FULL, 0x42, 0, false},
	{FULL, 0x47, 0, false},
	{FULL, 0x50, 0, false}, /* secure */
	{FULL, 0x60, 0, false},
	{FULL, 0x70, 0, false}, /* DPT */
	{FULL, 0x73, 0, false},
	{FULL, 0x80, 0, false}, /* of implementations */
	{FULL, 0xff, 0, false},
	/* The others, with nothing but the opcode */
	{FULL, 0x01, 0, true},
	{FULL, 0x02, 0, true},
	{FULL, 0x03, 0, true},
	{FULL, 0x04, 0, true},
	{FULL, 0x05, 0, true},
	{FULL, 0x06, 0, true},
	{FULL, 0x10, 0, true},
	{FULL, 0x11, 0, true},
	{FULL, 0x12, 0, true},
	{FULL, 0x13, 0, true},
	{FULL, 0x20, 0, true},
	{FULL, 0x21, 0, true},
	{FULL, 0x22, 0, true},
	{FULL, 0x23, 0, true},
	{FULL, 0x28, 0, true},
	{FULL, 0x2a, 0, true},
	{FULL, 0x30, 0, true},
	{FULL, 0x40, 0, true},
	{FULL, 0x41, 0, true},
	{FULL, 0x44, 0, true},
	{FULL, 0x45, 0, true},
	{FULL, 0x46, 0, true},
	/* 4.1.6: SSec where there is one */
	{FULL, 0x01 | SSEC, 0, false},
	{FULL, 0x02 | SSEC, 0, false},
	{FULL, 0x03 | SSEC, 0, false},
	{FULL, 0x04 | SSEC, 31, false},
	{FULL, 0x05 | SSEC, 0, false},
	{FULL, 0x06 | SSEC, 0, false},
	{FULL, 0x44 | SSEC, 0, false},
	{FULL, 0x45 | SSEC, 0, false},
	/* 4.3, 4.4: stages */
	{NO_S1, 0x05, 0, false},
	{NO_S1, 0x06, 0, false},
	{NO_S1, 0x10, 0, false},
	{NO_S1, 0x11, 0, false},
	{NO_S1, 0x12, 0, false},
	{NO_S1, 0x13, 0, false},
	{NO_S1, 0x20, 0, false},
	{NO_S1, 0x21, 0, false},
	{NO_S1, 0x22, 0, false},
	{NO_S1, 0x23, 0, false},
	{NO_S1, 0x28, 0, true},
	{NO_S1, 0x2a, 0, true},
	{NO_S1, 0x30, 0, true},
	{NO_S2, 0x10, 0, true},
	{NO_S2, 0x28, 0, false},
	{NO_S2, 0x2a, 0, false},
	{NO_S2, 0x30, 0, true},
	{NO_HYP, 0x20, 0, false},
	{NO_HYP, 0x21, 0, false},
	{NO_HYP, 0x22, 0, false},
	{NO_HYP, 0x23, 0, false},
	/* 4.5 to 4.7 */
	{NO_ATS, 0x40, 0, false},
	{NO_ATS, 0x41, 0, false},
	{NO_PRI, 0x40, 0, true},
	{NO_PRI, 0x41, 0, false},
	{FULL, 0x41, RESP(2), true},
	{FULL, 0x41, RESP(3), false},
	{FULL, 0x40, 52, true},
	{FULL, 0x40, 53, false},
	{NO_STALL, 0x44, 0, false},
	{NO_STALL, 0x45, 0, false},
	{FULL, SYNC | CS(1), 0, true},
	{FULL, SYNC | CS(2), 0, true},
	{FULL, SYNC | CS(3), 0, false},
	/* 4.4.1.1: TG without NUM, SCALE and TTL */
	{FULL, 0x12, TG(1), false},
	{FULL, 0x13, TG(2), false},
	{FULL, 0x22, TG(3), false},
	{FULL, 0x23, TG(1), false},
	{FULL, 0x2a, TG(1), false},
	{FULL, 0x12, TG(1) | TTL(1), true},
	{FULL, 0x12 | NUM(1), TG(1), true},
	{FULL, 0x12 | SCALE(1), TG(1), true},
	{FULL, 0x12, TG(2) | TTL(1), false}, /* level 1 of 16KB: as TTL 0 */
	{FULL, 0x12 | NUM(1), TG(2) | TTL(1), true},
	{FULL, 0x12, TTL(2), true}, /* TG 0: TTL is not looked at */
	{NO_RIL, 0x12, TG(1), true}, /* reserved fields are ignored */
	/* 4.1.5: reserved bits are ignored */
	{FULL, NSNH_ALL | BITS(63, 12), BITS(63, 0), true},
};

static void illegal_commands_are_told_and_legal_ones_are_done(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(legality); i++) {
		struct ioasim_unit_config config;
		struct srig rig;

		config_of(legality[i].kind, &config);
		srig_open(&rig, &config);
		srig_queues(&rig);
		put(&rig, 0, legality[i].w0, legality[i].w1);
		srig_write32(&rig, CMDQ_PROD, 1);
		if (legality[i].legal == stopped(&rig) ||
		    (stopped(&rig) && error_of(&rig) != ILL) || rig.commands != legality[i].legal)
			fail_msg("row %zu: %#" PRIx64 " %#" PRIx64 ": CONS %#x, %u commands", i,
				 legality[i].w0, legality[i].w1, srig_read32(&rig, CMDQ_CONS),
				 rig.commands);
		srig_close(&rig);
	}
}

/* ---- CMD_SYNC (4.7.3) -------------------------------------------------------------------------------------- */

#define MESSAGE UINT64_C(0x180000)

static void sync_sends_a_message_if_it_asks_for_one(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	srig_command(&rig, SYNC | CS(0) | UINT64_C(0x11223344) << 32, MESSAGE);
	srig_command(&rig, SYNC | CS(2) | UINT64_C(0x11223344) << 32, MESSAGE);
	srig_command(&rig, SYNC | CS(1) | UINT64_C(0x11223344) << 32, 0);
	assert_int_equal(rig.messages, 0);
	assert_int_equal(srig_peek(&rig, MESSAGE), 0);
	/* IRQ_CTRL has no part in it; bits 1:0 and 63:52 are not of the address. */
	srig_command(&rig, SYNC | CS(1) | UINT64_C(0x11223344) << 32, MESSAGE | 3 | BITS(63, 52));
	assert_int_equal(rig.messages, 1);
	assert_int_equal(rig.message[0].address, MESSAGE);
	assert_int_equal(rig.message[0].data, 0x11223344);
	assert_int_equal(srig_peek(&rig, MESSAGE), 0x11223344);
	assert_int_equal(rig.stores, 1);
	assert_int_equal(rig.store[0].address, MESSAGE);
	assert_int_equal(rig.store[0].length, 4);
	assert_int_equal(ioasim_unit_counters(rig.unit)->waits, 4);
	assert_int_equal(ioasim_unit_counters(rig.unit)->interrupts, 1);
	srig_close(&rig);
}

/* Linux aims the message at the command itself. */
static void a_message_can_overwrite_its_own_command(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	srig_command(&rig, SYNC | CS(1), SRIG_CMDQ);
	assert_int_equal(srig_peek(&rig, SRIG_CMDQ), 0);
	assert_false(stopped(&rig));
	srig_close(&rig);
}

static void without_msi_no_message_is_sent(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, "idr0", SRIG_IDR0 & ~0x2000u);
	srig_command(&rig, SYNC | CS(1) | UINT64_C(5) << 32, MESSAGE);
	assert_int_equal(rig.messages, 0);
	assert_int_equal(srig_peek(&rig, MESSAGE), 0);
	srig_close(&rig);
}

/* 7.5: MSI_CMDQ_ABT_ERR; the SYNC is consumed all the same. */
static void a_refused_message_is_a_global_error(void **state)
{
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	assert_int_equal(ioasim_memory_abort(rig.memory, MESSAGE, MESSAGE + 3), 0);
	srig_command(&rig, SYNC | CS(1), MESSAGE);
	assert_int_equal(srig_read32(&rig, GERROR), 0x10);
	assert_int_equal(rig.messages, 0);
	/* The queue goes on, and sends again. */
	srig_command(&rig, SYNC | CS(1), MESSAGE + 8);
	assert_int_equal(rig.messages, 1);
	srig_close(&rig);
}

/* ---- Names and counts -------------------------------------------------------------------------------------- */

static const struct {
	uint64_t w0, w1;
	const char *name;
} commands[] = {
	{0x01, 0, "prefetch-config"}, {0x02, 0, "prefetch-addr"}, {0x03, 0, "cfgi-ste"},
	{0x04, 30, "cfgi-ste-range"}, {0x04, 31, "cfgi-all"},     {0x05, 0, "cfgi-cd"},
	{0x06, 0, "cfgi-cd-all"},     {0x10, 0, "tlbi-nh-all"},   {0x11, 0, "tlbi-nh-asid"},
	{0x12, 0, "tlbi-nh-va"},      {0x13, 0, "tlbi-nh-vaa"},   {0x20, 0, "tlbi-el2-all"},
	{0x21, 0, "tlbi-el2-asid"},   {0x22, 0, "tlbi-el2-va"},   {0x23, 0, "tlbi-el2-vaa"},
	{0x28, 0, "tlbi-s12-vmall"},  {0x2a, 0, "tlbi-s2-ipa"},   {0x30, 0, "tlbi-nsnh-all"},
	{0x40, 0, "atc-inv"},         {0x41, 0, "pri-resp"},      {0x44, 0, "resume"},
	{0x45, 0, "stall-term"},      {0x46, 0, "sync"},
};

static void each_command_is_counted_under_its_name(void **state)
{
	const struct ioasim_counters *c;
	struct srig rig;

	(void)state;
	open_with(&rig, NULL, 0);
	c = ioasim_unit_counters(rig.unit);
	for (size_t i = 0; i < COUNT(commands); i++) {
		ioasim_unit_counters_reset(rig.unit);
		srig_forget(&rig);
		srig_command(&rig, commands[i].w0, commands[i].w1);
		assert_int_equal(rig.commands, 1);
		assert_int_equal(rig.command[0][0], commands[i].w0);
		assert_int_equal(rig.command[0][1], commands[i].w1);
		assert_int_equal(c->command_fetches, 1);
		for (unsigned type = 0; type < IOASIM_COMMAND_TYPES; type++) {
			const char *name = ioasim_command_name("smmuv3", type);

			if (c->commands[type] != (name && strcmp(name, commands[i].name) == 0))
				fail_msg("%s counts as type %u, %s", commands[i].name, type,
					 name ? name : "no name");
		}
	}
	srig_close(&rig);
}

/* Any words: the queue goes on or stops with an error, and nothing else happens. */
static void random_commands_do_no_harm(void **state)
{
	uint64_t seed = stab_seed();
	struct stab t;

	(void)state;
	stab_open(&t, true);
	stab_build(&t, STAB_NESTED);
	stab_start(&t);
	for (unsigned i = 0; i < 20000; i++) {
		uint64_t w0 = stab_random(&seed), w1 = stab_random(&seed);
		uint32_t index = srig_read32(&t.rig, CMDQ_CONS) & 0x1ff;

		/* Mostly opcodes that exist. */
		if (i % 8)
			w0 = (w0 & ~UINT64_C(0xff)) | commands[i % COUNT(commands)].w0;
		put(&t.rig, index, w0, w1);
		srig_write32(&t.rig, CMDQ_PROD, (index + 1) & 0x1ff);
		if (stopped(&t.rig)) {
			assert_int_equal(error_of(&t.rig), ILL);
			put(&t.rig, index, SYNC, 0);
			srig_write32(&t.rig, GERRORN, srig_read32(&t.rig, GERROR));
		}
		assert_int_equal(srig_read32(&t.rig, CMDQ_CONS) & 0x1ff, (index + 1) & 0x1ff);
		if (i % 64 == 0)
			assert_int_equal(stab_read(&t, STAB_IOVA).outcome, IOASIM_OK);
	}
	stab_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_to_the_producer_and_turns_the_wrap_bit),
		cmocka_unit_test(a_ring_may_have_one_entry),
		cmocka_unit_test(the_base_is_aligned_to_the_size),
		cmocka_unit_test(nothing_runs_while_the_queue_is_disabled),
		cmocka_unit_test(an_error_stops_the_queue_until_it_is_acknowledged),
		cmocka_unit_test(commands_can_be_taken_back_after_an_error),
		cmocka_unit_test(an_abort_on_the_fetch_is_an_error),
		cmocka_unit_test(illegal_commands_are_told_and_legal_ones_are_done),
		cmocka_unit_test(sync_sends_a_message_if_it_asks_for_one),
		cmocka_unit_test(a_message_can_overwrite_its_own_command),
		cmocka_unit_test(without_msi_no_message_is_sent),
		cmocka_unit_test(a_refused_message_is_a_global_error),
		cmocka_unit_test(each_command_is_counted_under_its_name),
		cmocka_unit_test(random_commands_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
