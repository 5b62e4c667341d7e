/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver's instance: from reset to translating with every stream refused, and back
 * (6.3.9). Refused: units without AArch64 tables or with big-endian ones only, with
 * registers that are preset, and those on which every fault stalls.
 */
#include "smmuv3/driver.h"
#include "smmuv3/smmuv3.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* Reads of an acknowledgement before the unit counts as dead. */
#define ACK_LIMIT 1000

/* STEs of a part: 16 KiB. */
#define STREAM_PART_LG2 8
/* Level 1 tables of at most 1 MiB, linear tables of at most 4 MiB. */
#define STREAM_L1_LG2     17
#define STREAM_LINEAR_LG2 16

/* The three registers of a message stand alike. */
#define IRQ_CFG1 (SMMU_GERROR_IRQ_CFG1 - SMMU_GERROR_IRQ_CFG0)
#define IRQ_CFG2 (SMMU_GERROR_IRQ_CFG2 - SMMU_GERROR_IRQ_CFG0)

/* Interrupt messages go to a page of the driver's, a word each. */
#define MESSAGE_GERROR       4
#define MESSAGE_EVENT        8
#define MESSAGE_PAGE_REQUEST 12

uint64_t smmu_driver_read(struct smmu_driver *driver, uint32_t offset, unsigned size)
{
	uint64_t value = 0;
	int error = ioasim_mmio_read(driver->unit, offset, size, &value);

	assert(!error);
	(void)error;
	return value;
}

void smmu_driver_write(struct smmu_driver *driver, uint32_t offset, unsigned size, uint64_t value)
{
	int error = ioasim_mmio_write(driver->unit, offset, size, value);

	assert(!error);
	(void)error;
}

static int acknowledged_write(struct smmu_driver *driver, uint32_t offset, uint32_t ack,
			      uint32_t value)
{
	smmu_driver_write(driver, offset, 4, value);
	for (unsigned i = 0; i < ACK_LIMIT; i++)
		if (smmu_driver_read(driver, ack, 4) == value)
			return 0;
	return -EIO;
}

static int cr0_write(struct smmu_driver *driver, uint32_t value)
{
	driver->cr0 = value;
	return acknowledged_write(driver, SMMU_CR0, SMMU_CR0ACK, value);
}

static int cr0_add(struct smmu_driver *driver, uint64_t bit)
{
	return cr0_write(driver, driver->cr0 | (uint32_t)bit);
}

/* ---- What the unit has ------------------------------------------------------------------ */

static int granule_choose(struct smmu_driver *driver)
{
	const bool has[] = {
		field_get(SMMU_IDR5_GRAN4K, driver->idr5),
		field_get(SMMU_IDR5_GRAN16K, driver->idr5),
		field_get(SMMU_IDR5_GRAN64K, driver->idr5),
	};
	static const uint8_t lg2[] = {SMMU_4K_LG2, SMMU_16K_LG2, SMMU_64K_LG2};
	unsigned wanted = driver->config.granule_lg2;

	for (unsigned i = 0; i < 3; i++) {
		if (!has[i] || (wanted && wanted != lg2[i]))
			continue;
		driver->granule_lg2 = lg2[i];
		return 0;
	}
	return -ENOTSUP;
}

static uint8_t at_most(unsigned value, unsigned limit)
{
	return (uint8_t)(value < limit ? value : limit);
}

static void sizes_read(struct smmu_driver *driver)
{
	uint64_t oas = field_get(SMMU_IDR5_OAS, driver->idr5);
	unsigned ias = smmu_size_bits(oas);

	driver->pa_code = at_most((unsigned)oas, SMMU_OAS_48);
	driver->pa_bits = (uint8_t)smmu_size_bits(driver->pa_code);
	/* 3.4: 40 bits at least where AArch32 tables exist. */
	if (field_get(SMMU_IDR0_TTF, driver->idr0) == SMMU_TTF_BOTH && ias < 40)
		ias = 40;
	driver->ipa_bits = at_most(ias, SMMU_ADDRESS_BITS);
}

static int capabilities_read(struct smmu_driver *driver)
{
	uint64_t ttf, endian;

	driver->idr0 = (uint32_t)smmu_driver_read(driver, SMMU_IDR0, 4);
	driver->idr1 = (uint32_t)smmu_driver_read(driver, SMMU_IDR1, 4);
	driver->idr3 = (uint32_t)smmu_driver_read(driver, SMMU_IDR3, 4);
	driver->idr5 = (uint32_t)smmu_driver_read(driver, SMMU_IDR5, 4);
	driver->ats = field_get(SMMU_IDR0_ATS, driver->idr0);
	sizes_read(driver);

	ttf = field_get(SMMU_IDR0_TTF, driver->idr0);
	endian = field_get(SMMU_IDR0_TTENDIAN, driver->idr0);
	if ((ttf != SMMU_TTF_AARCH64 && ttf != SMMU_TTF_BOTH) || endian == SMMU_TTENDIAN_BIG ||
	    field_get(SMMU_IDR0_STALL_MODEL, driver->idr0) == SMMU_STALL_MODEL_STALL ||
	    field_get(SMMU_IDR1_TABLES_PRESET, driver->idr1) ||
	    field_get(SMMU_IDR1_QUEUES_PRESET, driver->idr1))
		return -ENOTSUP;
	return granule_choose(driver);
}

/* ---- From reset ---------------------------------------------------------------------------- */

static uint32_t tags(const struct smmu_driver *driver, unsigned high, unsigned low)
{
	return UINT32_C(1) << (field_get(high, low, driver->idr0) ? 16 : 8);
}

static int books_init(struct smmu_driver *driver, struct ioasim_memory *memory)
{
	const struct driver_config *config = &driver->config;
	uint64_t pool_last = config->pool_base + config->pool_size - 1;
	int error;

	LIST_INIT(&driver->domains);
	LIST_INIT(&driver->devices);
	spaces_init(&driver->spaces, config, &smmu_space_ops, &driver->pool, &driver->stats);
	driver->spaces.pa_bits = driver->pa_bits;
	error = pool_init(&driver->pool, memory, config->pool_base, config->pool_size);
	/* Tables that no descriptor can name. */
	if (!error && pool_last >> driver->pa_bits)
		error = -ENOTSUP;
	if (!error)
		error = ids_init(&driver->asids, SMMU_DRIVER_TAG_FIRST,
				 tags(driver, SMMU_IDR0_ASID16));
	if (!error)
		error = ids_init(&driver->vmids, SMMU_DRIVER_TAG_FIRST,
				 tags(driver, SMMU_IDR0_VMID16));
	return error;
}

static int stream_table_init(struct smmu_driver *driver)
{
	unsigned bits = (unsigned)field_get(SMMU_IDR1_SIDSIZE, driver->idr1);
	bool two_level = field_get(SMMU_IDR0_ST_LEVEL, driver->idr0) == SMMU_ST_LEVEL_TWO &&
			 bits > STREAM_PART_LG2;
	uint64_t base, config = 0;
	int error;

	bits = at_most(bits, two_level ? STREAM_PART_LG2 + STREAM_L1_LG2 : STREAM_LINEAR_LG2);
	error = smmu_index_init(driver, &driver->streams, bits, two_level ? STREAM_PART_LG2 : bits);
	if (error)
		return error;
	base = field_bits(SMMU_STRTAB_BASE_ADDR, driver->streams.base);
	field_set(&base, SMMU_STRTAB_BASE_RA, 1);
	field_set(&config, SMMU_STRTAB_BASE_CFG_LOG2SIZE, bits);
	field_set(&config, SMMU_STRTAB_BASE_CFG_SPLIT, two_level ? STREAM_PART_LG2 : 0);
	field_set(&config, SMMU_STRTAB_BASE_CFG_FMT,
		  two_level ? SMMU_FMT_TWO_LEVEL : SMMU_FMT_LINEAR);
	smmu_driver_write(driver, SMMU_STRTAB_BASE, 8, base);
	smmu_driver_write(driver, SMMU_STRTAB_BASE_CFG, 4, config);
	return 0;
}

/* Tables and queues are Normal memory; StreamIDs that the table lacks are events. */
static void controls_write(struct smmu_driver *driver)
{
	uint64_t cr1 = 0, cr2 = 0;

	field_set(&cr1, SMMU_CR1_QUEUE_IC, SMMU_CACHE_WB);
	field_set(&cr1, SMMU_CR1_QUEUE_OC, SMMU_CACHE_WB);
	field_set(&cr1, SMMU_CR1_QUEUE_SH, SMMU_SH_INNER);
	field_set(&cr1, SMMU_CR1_TABLE_IC, SMMU_CACHE_WB);
	field_set(&cr1, SMMU_CR1_TABLE_OC, SMMU_CACHE_WB);
	field_set(&cr1, SMMU_CR1_TABLE_SH, SMMU_SH_INNER);
	field_set(&cr2, SMMU_CR2_PTM, field_get(SMMU_IDR0_BTM, driver->idr0));
	field_set(&cr2, SMMU_CR2_RECINVSID, 1);
	smmu_driver_write(driver, SMMU_CR1, 4, cr1);
	smmu_driver_write(driver, SMMU_CR2, 4, cr2);
}

static void message_set(struct smmu_driver *driver, uint32_t config, unsigned message)
{
	smmu_driver_write(driver, config, 8, driver->messages + message);
	smmu_driver_write(driver, config + IRQ_CFG1, 4, message);
	smmu_driver_write(driver, config + IRQ_CFG2, 4, 0);
}

/* Without messages the interrupts are wires. */
static int interrupts_enable(struct smmu_driver *driver)
{
	uint64_t control =
		FIELD_MASK(SMMU_IRQ_CTRL_GERROR_IRQEN) | FIELD_MASK(SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	int error;

	if (driver->prq)
		control |= FIELD_MASK(SMMU_IRQ_CTRL_PRIQ_IRQEN);
	if (field_get(SMMU_IDR0_MSI, driver->idr0)) {
		error = pool_alloc(&driver->pool, &driver->messages);
		if (error) {
			driver->messages = 0;
			return error;
		}
		message_set(driver, SMMU_GERROR_IRQ_CFG0, MESSAGE_GERROR);
		message_set(driver, SMMU_EVENTQ_IRQ_CFG0, MESSAGE_EVENT);
		if (driver->prq)
			message_set(driver, SMMU_PRIQ_IRQ_CFG0, MESSAGE_PAGE_REQUEST);
	}
	return acknowledged_write(driver, SMMU_IRQ_CTRL, SMMU_IRQ_CTRLACK, (uint32_t)control);
}

static int queues_start(struct smmu_driver *driver)
{
	int error = smmu_driver_queue_init(driver);

	if (!error)
		error = cr0_add(driver, FIELD_MASK(SMMU_CR0_CMDQEN));
	if (!error)
		error = smmu_caches_empty(driver);
	if (!error)
		error = smmu_driver_events_init(driver);
	if (!error)
		error = cr0_add(driver, FIELD_MASK(SMMU_CR0_EVENTQEN));
	if (!error)
		error = smmu_pages_init(driver);
	if (!error && driver->prq)
		error = cr0_add(driver, FIELD_MASK(SMMU_CR0_PRIQEN));
	return error;
}

/* 7.5: an error of earlier days would stop the new queue. */
static void errors_acknowledge(struct smmu_driver *driver)
{
	smmu_driver_write(driver, SMMU_GERRORN, 4, smmu_driver_read(driver, SMMU_GERROR, 4));
}

static int unit_off(struct smmu_driver *driver)
{
	int error = cr0_write(driver, 0);

	if (!error)
		error = acknowledged_write(driver, SMMU_IRQ_CTRL, SMMU_IRQ_CTRLACK, 0);
	return error;
}

static int unit_start(struct smmu_driver *driver)
{
	int error = unit_off(driver);

	if (error)
		return error;
	errors_acknowledge(driver);
	controls_write(driver);
	error = stream_table_init(driver);
	if (!error)
		error = queues_start(driver);
	if (!error)
		error = interrupts_enable(driver);
	/* Translated transactions are held against the STE. */
	if (!error && driver->ats)
		error = cr0_add(driver, FIELD_MASK(SMMU_CR0_ATSCHK));
	if (!error)
		error = cr0_add(driver, FIELD_MASK(SMMU_CR0_SMMUEN));
	return error;
}

/* ---- And back ---------------------------------------------------------------------------------- */

static void memory_free(struct smmu_driver *driver)
{
	struct pool_list pages;

	pool_list_init(&pages);
	smmu_index_take(driver, &driver->streams, &pages);
	pool_list_free(&driver->pool, &pages);
	smmu_pages_fini(driver);
	smmu_driver_queue_fini(driver);
	smmu_driver_events_fini(driver);
	if (driver->messages)
		pool_free(&driver->pool, driver->messages);
	spaces_fini(&driver->spaces);
}

static void driver_destroy(struct driver *opaque)
{
	struct smmu_driver *driver = smmu_driver(opaque);

	if (!driver)
		return;
	while (!LIST_EMPTY(&driver->devices))
		smmu_device_destroy(driver, LIST_FIRST(&driver->devices));
	/* Nested domains stand before their parents: those were made earlier. */
	while (!LIST_EMPTY(&driver->domains))
		(void)smmu_domain_destroy(opaque,
					  (struct domain *)(void *)LIST_FIRST(&driver->domains));
	/* Nothing may be walked or written that is freed next. Nothing can be done about
	 * a unit that does not follow. */
	(void)unit_off(driver);
	memory_free(driver);
	pool_fini(&driver->pool);
	ids_fini(&driver->asids);
	ids_fini(&driver->vmids);
	free(driver);
}

static int driver_create(struct ioasim_unit *unit, struct ioasim_memory *memory,
			 const struct driver_config *config, struct driver **out)
{
	struct smmu_driver *driver = calloc(1, sizeof(*driver));
	int error;

	if (!driver)
		return -ENOMEM;
	driver->unit = unit;
	driver->memory = memory;
	driver->config = *config;
	error = capabilities_read(driver);
	if (!error)
		error = books_init(driver, memory);
	if (error) {
		pool_fini(&driver->pool);
		ids_fini(&driver->asids);
		ids_fini(&driver->vmids);
		free(driver);
		return error;
	}
	error = unit_start(driver);
	if (error) {
		driver_destroy((struct driver *)(void *)driver);
		return error;
	}
	*out = (struct driver *)(void *)driver;
	return 0;
}

const struct driver_ops smmu_driver_ops = {
	.create = driver_create,
	.destroy = driver_destroy,
	.device_add = smmu_device_add,
	.device_remove = smmu_device_remove,
	.domain_create = smmu_domain_create,
	.domain_destroy = smmu_domain_destroy,
	.attach = smmu_attach,
	.detach = smmu_detach,
	.map = space_driver_map,
	.unmap = space_driver_unmap,
	.lookup = space_driver_lookup,
	.dirty_enable = smmu_dirty_enable,
	.dirty_read = smmu_dirty_read,
	.invalidate = smmu_driver_invalidate,
	.user_commands = smmu_user_commands,
	.page_response = smmu_driver_page_response,
	.page_request_next = smmu_driver_page_request,
	.fault_next = smmu_driver_fault_next,
	.tick = space_driver_tick,
	.sync = space_driver_sync,
	.domain_tag = smmu_domain_tag,
	.unmaps_waiting = space_waiting,
	.stats = space_driver_stats,
};
