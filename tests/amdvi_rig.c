/* SPDX-License-Identifier: Apache-2.0 */
#include "amdvi_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define RING_BYTES 4096

static void on_interrupt(void *opaque, uint64_t address, uint32_t data)
{
	struct amd_rig *rig = opaque;
	unsigned n = rig->messages++;

	assert_true(n < AMD_RIG_LOG);
	rig->message[n].address = address;
	rig->message[n].data = data;
}

static void on_command(void *opaque, const uint64_t *words, unsigned count)
{
	struct amd_rig *rig = opaque;
	unsigned n = rig->commands++;

	assert_int_equal(count, 2);
	if (n < AMD_RIG_LOG)
		memcpy(rig->command[n], words, 2 * sizeof(*words));
}

static void on_atc(void *opaque, const struct ioasim_atc_invalidation *what)
{
	struct amd_rig *rig = opaque;
	unsigned n = rig->atcs++;

	assert_true(n < AMD_RIG_LOG);
	rig->atc[n] = *what;
}

static void on_response(void *opaque, const struct ioasim_page_response *response)
{
	struct amd_rig *rig = opaque;
	unsigned n = rig->responses++;

	assert_true(n < AMD_RIG_LOG);
	rig->response[n] = *response;
}

static void on_stored(void *opaque, ioasim_pa_t address, const void *data, unsigned length)
{
	struct amd_rig *rig = opaque;
	unsigned n = rig->stores++;

	if (n >= AMD_RIG_LOG)
		return;
	assert_true(length <= sizeof(rig->stored[n].data));
	rig->stored[n] = (struct amd_stored){.address = address, .length = length};
	memcpy(rig->stored[n].data, data, length);
}

static void on_fault(void *opaque, uint32_t requester_id, const struct ioasim_fault *fault)
{
	struct amd_rig *rig = opaque;
	unsigned n = rig->faults++;

	(void)requester_id;
	if (n < AMD_RIG_LOG)
		rig->fault[n] = *fault;
}

void amd_config(struct ioasim_unit_config *config, uint64_t efr, uint64_t efr2)
{
	assert_int_equal(ioasim_unit_config_init(config, "amdvi"), 0);
	assert_int_equal(ioasim_unit_config_set(config, "efr", efr), 0);
	assert_int_equal(ioasim_unit_config_set(config, "efr2", efr2), 0);
}

void amd_open_with(struct amd_rig *rig, struct ioasim_unit_config *config)
{
	const char *why = "";

	memset(rig, 0, sizeof(*rig));
	rig->memory = ioasim_memory_create();
	assert_non_null(rig->memory);
	assert_int_equal(ioasim_memory_add_ram(rig->memory, 0, AMD_RAM), 0);
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

void amd_open(struct amd_rig *rig, uint64_t efr, uint64_t efr2)
{
	struct ioasim_unit_config config;

	amd_config(&config, efr, efr2);
	amd_open_with(rig, &config);
}

void amd_close(struct amd_rig *rig)
{
	ioasim_unit_destroy(rig->unit);
	ioasim_memory_destroy(rig->memory);
}

void amd_forget(struct amd_rig *rig)
{
	rig->messages = rig->commands = rig->atcs = 0;
	rig->responses = rig->stores = rig->faults = 0;
}

void amd_write32(struct amd_rig *rig, uint32_t offset, uint32_t value)
{
	assert_int_equal(ioasim_mmio_write(rig->unit, offset, 4, value), 0);
}

void amd_write64(struct amd_rig *rig, uint32_t offset, uint64_t value)
{
	assert_int_equal(ioasim_mmio_write(rig->unit, offset, 8, value), 0);
}

uint32_t amd_read32(struct amd_rig *rig, uint32_t offset)
{
	uint64_t value = 0;

	assert_int_equal(ioasim_mmio_read(rig->unit, offset, 4, &value), 0);
	return (uint32_t)value;
}

uint64_t amd_read64(struct amd_rig *rig, uint32_t offset)
{
	uint64_t value = 0;

	assert_int_equal(ioasim_mmio_read(rig->unit, offset, 8, &value), 0);
	return value;
}

void amd_poke(struct amd_rig *rig, uint64_t address, uint64_t word)
{
	assert_int_equal(ioasim_memory_write64(rig->memory, address, word), 0);
}

uint64_t amd_peek(struct amd_rig *rig, uint64_t address)
{
	uint64_t word = 0;

	assert_int_equal(ioasim_memory_read64(rig->memory, address, &word), 0);
	return word;
}

void amd_start(struct amd_rig *rig, uint64_t control)
{
	const uint64_t entries_256 = UINT64_C(8) << 56;

	rig->tail = 0;
	amd_write64(rig, 0x00, AMD_DEVTAB | 0x1ff);
	amd_write64(rig, 0x08, AMD_CMD | entries_256);
	amd_write64(rig, 0x10, AMD_EVENTS | entries_256);
	amd_write64(rig, 0x38, AMD_PPR | entries_256);
	amd_write64(rig, 0x18, control);
}

void amd_device(struct amd_rig *rig, uint16_t id, uint64_t w0, uint64_t w1)
{
	amd_poke(rig, AMD_DEVTAB + 32 * (uint64_t)id, w0);
	amd_poke(rig, AMD_DEVTAB + 32 * (uint64_t)id + 8, w1);
}

void amd_put(struct amd_rig *rig, uint64_t w0, uint64_t w1)
{
	amd_poke(rig, AMD_CMD + rig->tail, w0);
	amd_poke(rig, AMD_CMD + rig->tail + 8, w1);
	rig->tail = (rig->tail + 16) % RING_BYTES;
}

void amd_submit(struct amd_rig *rig, uint64_t w0, uint64_t w1)
{
	amd_put(rig, w0, w1);
	amd_write32(rig, 0x2008, rig->tail);
}

struct ioasim_response amd_dma(struct amd_rig *rig, uint16_t id, uint64_t address, uint8_t access)
{
	const struct ioasim_request request = {
		.requester_id = id,
		.address = address,
		.length = 4,
		.access = access,
	};
	struct ioasim_response response;

	ioasim_translate(rig->unit, &request, &response);
	return response;
}
