/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts of SMMUv3 (3.18): which edges send a message, what sends none, and messages
 * that memory refuses (7.5). CMD_SYNC is in test_smmuv3_queue.c.
 */
#include "smmu_rig.h"

#include <inttypes.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define GERROR  0x60u
#define GERRORN 0x64u

#define GERROR_IRQEN 1u
#define PRIQ_IRQEN   2u
#define EVENTQ_IRQEN 4u

#define EVENTQ_PROD 0x100a8u
#define EVENTQ_CONS 0x100acu
#define PRIQ_PROD   0x100c8u
#define PRIQ_CONS   0x100ccu
#define OVERFLOW    0x80000000u

/* Where the message of each source goes, and what it is. */
#define EVENT_ADDRESS UINT64_C(0x180000)
#define PAGE_ADDRESS  UINT64_C(0x180100)
#define ERROR_ADDRESS UINT64_C(0x180200)
#define EVENT_DATA    0xe1e2e3e4u
#define PAGE_DATA     0xb1b2b3b4u
#define ERROR_DATA    0x91929394u

/* Queues of 2^event_lg2 events and 2^page_lg2 page requests; every ordinary request is a
 * C_BAD_STREAMID. Messages are set up, nothing is enabled. */
static void open_with(struct srig *rig, struct ioasim_unit_config *config, unsigned event_lg2,
		      unsigned page_lg2)
{
	srig_open(rig, config);
	srig_queues(rig);
	srig_cr0(rig, 0, CR0_EVENTQEN);
	srig_write64(rig, 0xa0, SRIG_EVENTQ | event_lg2);
	srig_write64(rig, 0xc0, SRIG_PRIQ | page_lg2);
	srig_cr0(rig, CR0_EVENTQEN | CR0_PRIQEN, 0);
	srig_write64(rig, 0x68, ERROR_ADDRESS);
	srig_write32(rig, 0x70, ERROR_DATA);
	srig_write64(rig, 0xb0, EVENT_ADDRESS);
	srig_write32(rig, 0xb8, EVENT_DATA);
	srig_write64(rig, 0xd0, PAGE_ADDRESS);
	srig_write32(rig, 0xd8, PAGE_DATA);
	srig_start(rig, 0x200000, 0, CR2_RECINVSID);
}

static void open_plain(struct srig *rig, uint32_t enabled)
{
	struct ioasim_unit_config config;

	srig_config(&config);
	open_with(rig, &config, 2, 2);
	srig_write32(rig, 0x50, enabled);
}

static void event(struct srig *rig)
{
	struct ioasim_request request = {.requester_id = 1, .length = 1, .access = IOASIM_READ};
	struct ioasim_response r;

	ioasim_translate(rig->unit, &request, &r);
}

static void page(struct srig *rig, bool last)
{
	struct ioasim_page_request request = {
		.requester_id = 1, .access = IOASIM_READ, .last = last};
	struct ioasim_page_request_result result;

	ioasim_page_request(rig->unit, &request, &result);
}

/* An illegal command. */
static void command_error(struct srig *rig)
{
	srig_poke(rig, SRIG_CMDQ, 0xff);
	srig_write32(rig, 0x98, 1);
}

/* As many messages since the last question, all alike. */
static void expect(struct srig *rig, unsigned count, uint64_t address, uint32_t data)
{
	if (rig->messages != count)
		fail_msg("%u messages instead of %u", rig->messages, count);
	for (unsigned i = 0; i < count; i++)
		if (rig->message[i].address != address || rig->message[i].data != data)
			fail_msg("message %#x to %#" PRIx64, rig->message[i].data,
				 rig->message[i].address);
	if (count)
		assert_int_equal(srig_peek(rig, address) & 0xffffffff, data);
	srig_forget(rig);
}

/* ---- Event queue -------------------------------------------------------------------------- */

static void a_message_tells_that_the_event_queue_is_no_longer_empty(void **state)
{
	struct srig rig;

	(void)state;
	open_plain(&rig, EVENTQ_IRQEN);
	event(&rig);
	expect(&rig, 1, EVENT_ADDRESS, EVENT_DATA);
	event(&rig);
	event(&rig);
	expect(&rig, 0, 0, 0);
	/* One is left: no edge. */
	srig_write32(&rig, EVENTQ_CONS, 2);
	event(&rig);
	expect(&rig, 0, 0, 0);
	srig_write32(&rig, EVENTQ_CONS, 4);
	expect(&rig, 0, 0, 0);
	event(&rig);
	expect(&rig, 1, EVENT_ADDRESS, EVENT_DATA);
	srig_close(&rig);
}

/* Nothing is kept pending: an edge while the source is off is lost. */
static void what_happened_before_the_enable_is_not_told(void **state)
{
	struct srig rig;

	(void)state;
	open_plain(&rig, 0);
	event(&rig);
	page(&rig, true);
	command_error(&rig);
	srig_write32(&rig, 0x50, GERROR_IRQEN | PRIQ_IRQEN | EVENTQ_IRQEN);
	expect(&rig, 0, 0, 0);
	event(&rig);
	page(&rig, true);
	expect(&rig, 0, 0, 0);
	srig_close(&rig);
}

/* 3.18.2: a source without an address sends nothing; each has its own enable. */
static void a_source_needs_its_enable_and_an_address(void **state)
{
	struct srig rig;

	(void)state;
	open_plain(&rig, GERROR_IRQEN | PRIQ_IRQEN);
	event(&rig);
	expect(&rig, 0, 0, 0);
	srig_write32(&rig, EVENTQ_CONS, 1);
	srig_write64(&rig, 0xb0, 0);
	srig_write32(&rig, 0x50, EVENTQ_IRQEN);
	event(&rig);
	expect(&rig, 0, 0, 0);
	assert_int_equal(srig_peek(&rig, 0), 0);
	srig_close(&rig);
}

static void a_unit_without_msi_sends_none(void **state)
{
	struct ioasim_unit_config config;
	struct srig rig;

	(void)state;
	srig_config(&config);
	ioasim_unit_config_set(&config, "idr0", SRIG_IDR0 & ~0x2000u);
	open_with(&rig, &config, 2, 2);
	srig_write32(&rig, 0x50, GERROR_IRQEN | PRIQ_IRQEN | EVENTQ_IRQEN);
	event(&rig);
	page(&rig, true);
	command_error(&rig);
	expect(&rig, 0, 0, 0);
	srig_close(&rig);
}

/* 7.2.2: a record whose write aborts leaves the queue empty. */
static void an_aborted_record_is_no_edge_of_the_queue(void **state)
{
	struct srig rig;

	(void)state;
	open_plain(&rig, EVENTQ_IRQEN | GERROR_IRQEN);
	ioasim_memory_abort(rig.memory, SRIG_EVENTQ, SRIG_EVENTQ);
	event(&rig);
	expect(&rig, 1, ERROR_ADDRESS, ERROR_DATA);
	srig_close(&rig);
}

/* ---- PRI queue -------------------------------------------------------------------------------- */

static void a_message_tells_that_the_pri_queue_is_no_longer_empty(void **state)
{
	struct srig rig;

	(void)state;
	open_plain(&rig, PRIQ_IRQEN);
	page(&rig, false);
	expect(&rig, 1, PAGE_ADDRESS, PAGE_DATA);
	page(&rig, true);
	page(&rig, false);
	page(&rig, true);
	/* Overflow is no edge of this kind. */
	page(&rig, true);
	assert_int_equal(srig_read32(&rig, PRIQ_PROD), 4 | OVERFLOW);
	expect(&rig, 0, 0, 0);
	srig_write32(&rig, PRIQ_CONS, 4 | OVERFLOW);
	page(&rig, false);
	expect(&rig, 1, PAGE_ADDRESS, PAGE_DATA);
	srig_close(&rig);
}

/* 6.3.36, LO = 1: entries with Last, also those that overflow has lost. */
static void last_only_tells_of_each_group(void **state)
{
	struct srig rig;

	(void)state;
	open_plain(&rig, 0);
	srig_write32(&rig, 0xdc, 0x80000000);
	srig_write32(&rig, 0x50, PRIQ_IRQEN);
	page(&rig, false);
	expect(&rig, 0, 0, 0);
	page(&rig, true);
	page(&rig, true);
	expect(&rig, 2, PAGE_ADDRESS, PAGE_DATA);
	page(&rig, false);
	page(&rig, false);
	assert_int_equal(srig_read32(&rig, PRIQ_PROD), 4 | OVERFLOW);
	expect(&rig, 0, 0, 0);
	page(&rig, true);
	expect(&rig, 1, PAGE_ADDRESS, PAGE_DATA);
	/* Lost for another reason. */
	srig_cr0(&rig, 0, CR0_PRIQEN);
	page(&rig, true);
	expect(&rig, 0, 0, 0);
	srig_close(&rig);
}

/* ---- Global errors ------------------------------------------------------------------------------ */

static void a_message_tells_that_an_error_has_become_active(void **state)
{
	struct srig rig;

	(void)state;
	open_plain(&rig, GERROR_IRQEN);
	command_error(&rig);
	expect(&rig, 1, ERROR_ADDRESS, ERROR_DATA);
	/* Of the same kind while it is active: none. */
	srig_write32(&rig, GERRORN, 1); /* the command is in error again */
	expect(&rig, 1, ERROR_ADDRESS, ERROR_DATA);
	ioasim_memory_abort(rig.memory, SRIG_EVENTQ, SRIG_EVENTQ);
	event(&rig);
	expect(&rig, 1, ERROR_ADDRESS, ERROR_DATA);
	event(&rig);
	expect(&rig, 0, 0, 0);
	assert_int_equal(srig_read32(&rig, GERROR) ^ srig_read32(&rig, GERRORN), 5);
	srig_close(&rig);
}

/* Bits 4 to 7: the message is lost, nothing else; a GERROR message tells of it. */
static void a_refused_message_is_an_error_of_its_source(void **state)
{
	struct srig rig;

	(void)state;
	open_plain(&rig, GERROR_IRQEN | PRIQ_IRQEN | EVENTQ_IRQEN);
	ioasim_memory_abort(rig.memory, EVENT_ADDRESS, PAGE_ADDRESS + 3);
	event(&rig);
	assert_int_equal(srig_read32(&rig, GERROR), 0x20);
	expect(&rig, 1, ERROR_ADDRESS, ERROR_DATA);
	assert_int_equal(srig_read32(&rig, EVENTQ_PROD), 1);
	page(&rig, true);
	assert_int_equal(srig_read32(&rig, GERROR), 0x60);
	expect(&rig, 1, ERROR_ADDRESS, ERROR_DATA);
	assert_int_equal(srig_read32(&rig, PRIQ_PROD), 1);
	/* Again, while it is active: nothing new. */
	srig_write32(&rig, EVENTQ_CONS, 1);
	event(&rig);
	assert_int_equal(srig_read32(&rig, GERROR), 0x60);
	expect(&rig, 0, 0, 0);
	/* Later ones are sent. */
	ioasim_memory_clear_aborts(rig.memory);
	srig_write32(&rig, EVENTQ_CONS, 2);
	event(&rig);
	expect(&rig, 1, EVENT_ADDRESS, EVENT_DATA);
	srig_close(&rig);
}

/* Memory that refuses the first write and takes the second. */
static int refuse_once(void *opaque, uint64_t offset, const void *data, size_t length)
{
	unsigned *writes = opaque;

	(void)offset;
	(void)data;
	(void)length;
	return (*writes)++ ? 0 : -EIO;
}

static int read_nothing(void *opaque, uint64_t offset, void *data, size_t length)
{
	(void)opaque;
	(void)offset;
	memset(data, 0, length);
	return 0;
}

/* 7.5.1: the refused message of an error is not followed by another. */
static void an_error_message_is_tried_once(void **state)
{
	static const struct ioasim_memory_ops ops = {.read = read_nothing, .write = refuse_once};
	unsigned writes = 0;
	struct srig rig;

	(void)state;
	open_plain(&rig, 0);
	assert_int_equal(ioasim_memory_add_callback(rig.memory, SRIG_RAM, 0x1000, &ops, &writes),
			 0);
	srig_write64(&rig, 0x68, SRIG_RAM);
	srig_write32(&rig, 0x50, GERROR_IRQEN);
	command_error(&rig);
	assert_int_equal(srig_read32(&rig, GERROR), 0x81);
	assert_int_equal(writes, 1);
	expect(&rig, 0, 0, 0);
	srig_close(&rig);
}

/* 7.5.1: the error of an error's message sends none. */
static void a_refused_error_message_is_told_by_gerror_alone(void **state)
{
	struct srig rig;

	(void)state;
	open_plain(&rig, GERROR_IRQEN | EVENTQ_IRQEN);
	ioasim_memory_abort(rig.memory, EVENT_ADDRESS, ERROR_ADDRESS + 3);
	event(&rig);
	assert_int_equal(srig_read32(&rig, GERROR), 0xa0);
	expect(&rig, 0, 0, 0);
	ioasim_memory_clear_aborts(rig.memory);
	command_error(&rig);
	assert_int_equal(srig_read32(&rig, GERROR), 0xa1);
	expect(&rig, 1, ERROR_ADDRESS, ERROR_DATA);
	srig_close(&rig);
}

/* A doorbell that is no memory: for the callback, not an error. */
static void a_message_to_no_memory_is_for_the_callback(void **state)
{
	struct srig rig;

	(void)state;
	open_plain(&rig, 0);
	srig_write64(&rig, 0xb0, SRIG_RAM + 0x40);
	srig_write32(&rig, 0x50, EVENTQ_IRQEN);
	event(&rig);
	assert_int_equal(rig.messages, 1);
	assert_int_equal(rig.message[0].address, SRIG_RAM + 0x40);
	assert_int_equal(rig.message[0].data, EVENT_DATA);
	assert_int_equal(rig.stores, 1); /* the record */
	assert_int_equal(srig_read32(&rig, GERROR), 0);
	assert_int_equal(ioasim_unit_counters(rig.unit)->interrupts, 1);
	srig_close(&rig);
}

/* 6.3.20: the address goes up to the output size. */
static void the_address_is_cut_to_the_output_size(void **state)
{
	struct ioasim_unit_config config;
	struct srig rig;

	(void)state;
	srig_config(&config);
	ioasim_unit_config_set(&config, "idr5", SRIG_IDR5 & ~7u); /* 32 bits */
	open_with(&rig, &config, 2, 2);
	srig_write64(&rig, 0xb0, EVENT_ADDRESS | UINT64_C(1) << 32);
	srig_write32(&rig, 0x50, EVENTQ_IRQEN);
	event(&rig);
	expect(&rig, 1, EVENT_ADDRESS, EVENT_DATA);
	srig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_tells_that_the_event_queue_is_no_longer_empty),
		cmocka_unit_test(what_happened_before_the_enable_is_not_told),
		cmocka_unit_test(a_source_needs_its_enable_and_an_address),
		cmocka_unit_test(a_unit_without_msi_sends_none),
		cmocka_unit_test(an_aborted_record_is_no_edge_of_the_queue),
		cmocka_unit_test(a_message_tells_that_the_pri_queue_is_no_longer_empty),
		cmocka_unit_test(last_only_tells_of_each_group),
		cmocka_unit_test(a_message_tells_that_an_error_has_become_active),
		cmocka_unit_test(a_refused_message_is_an_error_of_its_source),
		cmocka_unit_test(a_refused_error_message_is_told_by_gerror_alone),
		cmocka_unit_test(an_error_message_is_tried_once),
		cmocka_unit_test(a_message_to_no_memory_is_for_the_callback),
		cmocka_unit_test(the_address_is_cut_to_the_output_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
