/* SPDX-License-Identifier: Apache-2.0 */
#include "smmu_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define CMDQ_LG2   8u
#define EVENTQ_LG2 7u

static void on_fault(void *opaque, uint32_t requester_id, const struct ioasim_fault *fault)
{
	struct srig *rig = opaque;

	(void)requester_id;
	rig->fault[rig->faults++ % SRIG_LOG] = *fault;
}

static void on_invalidated(void *opaque, const struct ioasim_invalidation *what)
{
	struct srig *rig = opaque;

	rig->reach[rig->reaches++ % SRIG_LOG] = *what;
}

static void on_atc(void *opaque, const struct ioasim_atc_invalidation *what)
{
	struct srig *rig = opaque;

	rig->atc[rig->atcs++ % SRIG_LOG] = *what;
}

static void on_response(void *opaque, const struct ioasim_page_response *response)
{
	struct srig *rig = opaque;

	rig->response[rig->responses++ % SRIG_LOG] = *response;
}

static void on_interrupt(void *opaque, uint64_t address, uint32_t data)
{
	struct srig *rig = opaque;

	rig->message[rig->messages++ % SRIG_LOG] = (struct srig_message){address, data};
}

static void on_resumed(void *opaque, uint16_t tag, const struct ioasim_response *response)
{
	struct srig *rig = opaque;

	rig->end[rig->ends++ % SRIG_LOG] = (struct srig_end){tag, *response};
}

static void on_command(void *opaque, const uint64_t *words, unsigned count)
{
	struct srig *rig = opaque;

	assert_int_equal(count, 2);
	memcpy(rig->command[rig->commands++ % SRIG_LOG], words, 16);
}

static void on_stored(void *opaque, ioasim_pa_t address, const void *data, unsigned length)
{
	struct srig *rig = opaque;
	struct srig_store *store = &rig->store[rig->stores++ % SRIG_LOG];

	*store = (struct srig_store){.address = address, .length = length};
	memcpy(store->word, data, length < sizeof(store->word) ? length : sizeof(store->word));
}

void srig_config(struct ioasim_unit_config *config)
{
	assert_int_equal(ioasim_unit_config_init(config, "smmuv3"), 0);
	assert_int_equal(ioasim_unit_config_set(config, "idr0", SRIG_IDR0), 0);
	assert_int_equal(ioasim_unit_config_set(config, "idr1", SRIG_IDR1), 0);
	assert_int_equal(ioasim_unit_config_set(config, "idr3", SRIG_IDR3), 0);
	assert_int_equal(ioasim_unit_config_set(config, "idr5", SRIG_IDR5), 0);
}

void srig_open(struct srig *rig, struct ioasim_unit_config *config)
{
	const char *why = "";

	memset(rig, 0, sizeof(*rig));
	rig->memory = ioasim_memory_create();
	assert_non_null(rig->memory);
	assert_int_equal(ioasim_memory_add_ram(rig->memory, 0, SRIG_RAM), 0);
	config->callbacks = (struct ioasim_unit_callbacks){
		.fault = on_fault,
		.invalidated = on_invalidated,
		.atc_invalidate = on_atc,
		.page_response = on_response,
		.interrupt = on_interrupt,
		.resumed = on_resumed,
		.command = on_command,
		.stored = on_stored,
	};
	config->opaque = rig;
	if (ioasim_unit_create(config, rig->memory, &rig->unit, &why))
		fail_msg("no unit: %s", why);
}

void srig_close(struct srig *rig)
{
	ioasim_unit_destroy(rig->unit);
	ioasim_memory_destroy(rig->memory);
}

void srig_forget(struct srig *rig)
{
	rig->faults = rig->reaches = rig->atcs = rig->responses = 0;
	rig->messages = rig->ends = rig->commands = rig->stores = 0;
}

void srig_write32(struct srig *rig, uint32_t offset, uint32_t value)
{
	assert_int_equal(ioasim_mmio_write(rig->unit, offset, 4, value), 0);
}

void srig_write64(struct srig *rig, uint32_t offset, uint64_t value)
{
	assert_int_equal(ioasim_mmio_write(rig->unit, offset, 8, value), 0);
}

uint32_t srig_read32(struct srig *rig, uint32_t offset)
{
	uint64_t value = 0;

	assert_int_equal(ioasim_mmio_read(rig->unit, offset, 4, &value), 0);
	return (uint32_t)value;
}

void srig_poke(struct srig *rig, uint64_t address, uint64_t word)
{
	assert_int_equal(ioasim_memory_write64(rig->memory, address, word), 0);
}

uint64_t srig_peek(struct srig *rig, uint64_t address)
{
	uint64_t word = 0;

	assert_int_equal(ioasim_memory_read64(rig->memory, address, &word), 0);
	return word;
}

void srig_cr0(struct srig *rig, uint32_t set, uint32_t clear)
{
	rig->cr0 = (rig->cr0 & ~clear) | set;
	srig_write32(rig, 0x20, rig->cr0);
	assert_int_equal(srig_read32(rig, 0x24), rig->cr0);
}

void srig_queues(struct srig *rig)
{
	srig_write64(rig, 0x90, SRIG_CMDQ | CMDQ_LG2);
	srig_write32(rig, 0x98, 0);
	srig_write32(rig, 0x9c, 0);
	srig_write64(rig, 0xa0, SRIG_EVENTQ | EVENTQ_LG2);
	srig_write32(rig, 0x100a8, 0);
	srig_write32(rig, 0x100ac, 0);
	rig->produced = rig->consumed = 0;
	srig_cr0(rig, CR0_CMDQEN | CR0_EVENTQEN, 0);
}

void srig_start(struct srig *rig, uint64_t strtab, uint32_t strtab_cfg, uint32_t cr2)
{
	srig_write32(rig, 0x2c, cr2);
	srig_write64(rig, 0x80, strtab);
	srig_write32(rig, 0x88, strtab_cfg);
	srig_cr0(rig, CR0_SMMUEN, 0);
}

void srig_command(struct srig *rig, uint64_t w0, uint64_t w1)
{
	uint64_t slot = SRIG_CMDQ + rig->produced % (1u << CMDQ_LG2) * 16;

	srig_poke(rig, slot, w0);
	srig_poke(rig, slot + 8, w1);
	rig->produced = (rig->produced + 1) % (2u << CMDQ_LG2);
	srig_write32(rig, 0x98, rig->produced);
	assert_int_equal(srig_read32(rig, 0x9c), rig->produced);
}

bool srig_event(struct srig *rig, uint64_t record[4])
{
	uint64_t slot = SRIG_EVENTQ + rig->consumed % (1u << EVENTQ_LG2) * 32;

	if (srig_read32(rig, 0x100a8) % (2u << EVENTQ_LG2) == rig->consumed)
		return false;
	for (unsigned i = 0; i < 4; i++)
		record[i] = srig_peek(rig, slot + i * 8);
	rig->consumed = (rig->consumed + 1) % (2u << EVENTQ_LG2);
	srig_write32(rig, 0x100ac, rig->consumed);
	return true;
}
