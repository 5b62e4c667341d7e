/* SPDX-License-Identifier: Apache-2.0 */
#include "vtd_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define QUEUE_BYTES 4096

static void on_interrupt(void *opaque, uint64_t address, uint32_t data)
{
	struct rig *rig = opaque;
	unsigned n = rig->messages++;

	assert_true(n < RIG_LOG);
	rig->message[n].address = address;
	rig->message[n].data = data;
}

static void on_command(void *opaque, const uint64_t *words, unsigned count)
{
	struct rig *rig = opaque;
	unsigned n = rig->commands++;

	if (n < RIG_LOG)
		memcpy(rig->command[n], words, count * sizeof(*words));
}

static void on_atc(void *opaque, const struct ioasim_atc_invalidation *what)
{
	struct rig *rig = opaque;
	unsigned n = rig->atcs++;

	assert_true(n < RIG_LOG);
	rig->atc[n] = *what;
}

static void on_response(void *opaque, const struct ioasim_page_response *response)
{
	struct rig *rig = opaque;
	unsigned n = rig->responses++;

	assert_true(n < RIG_LOG);
	rig->response[n] = *response;
}

static void on_stored(void *opaque, ioasim_pa_t address, const void *data, unsigned length)
{
	struct rig *rig = opaque;
	unsigned n = rig->stores++;

	if (n >= RIG_LOG)
		return;
	assert_true(length <= sizeof(rig->stored[n].data));
	rig->stored[n] = (struct rig_stored){.address = address, .length = length};
	memcpy(rig->stored[n].data, data, length);
}

static void on_fault(void *opaque, uint32_t requester_id, const struct ioasim_fault *fault)
{
	struct rig *rig = opaque;
	unsigned n = rig->faults++;

	(void)requester_id;
	if (n < RIG_LOG)
		rig->fault[n] = *fault;
}

void rig_config(struct ioasim_unit_config *config, uint64_t cap, uint64_t ecap)
{
	assert_int_equal(ioasim_unit_config_init(config, "vtd"), 0);
	assert_int_equal(ioasim_unit_config_set(config, "cap", cap), 0);
	assert_int_equal(ioasim_unit_config_set(config, "ecap", ecap), 0);
}

void rig_open_with(struct rig *rig, struct ioasim_unit_config *config)
{
	const char *why = "";

	memset(rig, 0, sizeof(*rig));
	rig->memory = ioasim_memory_create();
	assert_non_null(rig->memory);
	assert_int_equal(ioasim_memory_add_ram(rig->memory, 0, RIG_RAM), 0);
	config->callbacks = (struct ioasim_unit_callbacks){
		.interrupt = on_interrupt,
		.command = on_command,
		.atc_invalidate = on_atc,
		.page_response = on_response,
		.stored = on_stored,
		.fault = on_fault,
	};
	config->opaque = rig;
	if (ioasim_unit_create(config, rig->memory, &rig->unit, &why))
		fail_msg("no unit: %s", why);
}

void rig_open(struct rig *rig, uint64_t cap, uint64_t ecap)
{
	struct ioasim_unit_config config;

	rig_config(&config, cap, ecap);
	rig_open_with(rig, &config);
}

void rig_close(struct rig *rig)
{
	ioasim_unit_destroy(rig->unit);
	ioasim_memory_destroy(rig->memory);
}

void rig_forget(struct rig *rig)
{
	rig->messages = rig->commands = rig->atcs = 0;
	rig->responses = rig->stores = rig->faults = 0;
}

void rig_write32(struct rig *rig, uint32_t offset, uint32_t value)
{
	assert_int_equal(ioasim_mmio_write(rig->unit, offset, 4, value), 0);
}

void rig_write64(struct rig *rig, uint32_t offset, uint64_t value)
{
	assert_int_equal(ioasim_mmio_write(rig->unit, offset, 8, value), 0);
}

uint32_t rig_read32(struct rig *rig, uint32_t offset)
{
	uint64_t value = 0;

	assert_int_equal(ioasim_mmio_read(rig->unit, offset, 4, &value), 0);
	return (uint32_t)value;
}

uint64_t rig_read64(struct rig *rig, uint32_t offset)
{
	uint64_t value = 0;

	assert_int_equal(ioasim_mmio_read(rig->unit, offset, 8, &value), 0);
	return value;
}

void rig_poke(struct rig *rig, uint64_t address, uint64_t word)
{
	assert_int_equal(ioasim_memory_write64(rig->memory, address, word), 0);
}

uint64_t rig_peek(struct rig *rig, uint64_t address)
{
	uint64_t word = 0;

	assert_int_equal(ioasim_memory_read64(rig->memory, address, &word), 0);
	return word;
}

void rig_command(struct rig *rig, unsigned bit, bool on)
{
	uint32_t status = rig_read32(rig, 0x1c) & 0x96ffffff;
	uint32_t mask = UINT32_C(1) << bit;

	rig_write32(rig, 0x18, on ? status | mask : status & ~mask);
}

void rig_root(struct rig *rig, uint64_t rtaddr)
{
	rig_write64(rig, 0x20, rtaddr);
	rig_command(rig, 30, true);
}

void rig_queue(struct rig *rig, bool wide)
{
	rig->wide = wide;
	rig->tail = 0;
	rig_write64(rig, 0x88, 0);
	rig_write64(rig, 0x90, RIG_QUEUE | (wide ? 0x800 : 0));
	rig_command(rig, 26, true);
	assert_true(rig_read32(rig, 0x1c) & (1u << 26));
}

void rig_put(struct rig *rig, const uint64_t words[4])
{
	unsigned count = rig->wide ? 4 : 2;

	for (unsigned i = 0; i < count; i++)
		rig_poke(rig, RIG_QUEUE + rig->tail + 8 * i, words[i]);
	rig->tail = (rig->tail + 8 * count) % QUEUE_BYTES;
}

void rig_submit4(struct rig *rig, const uint64_t words[4])
{
	rig_put(rig, words);
	rig_write32(rig, 0x88, rig->tail);
}

void rig_submit(struct rig *rig, uint64_t w0, uint64_t w1)
{
	const uint64_t words[4] = {w0, w1, 0, 0};

	rig_submit4(rig, words);
}
