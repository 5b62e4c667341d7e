/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver's instance: from reset to translating with every device blocked, in the
 * order in which Linux enables a unit, and back.
 */
#include "amdvi/driver.h"
#include "amdvi/amdvi.h"
#include "amdvi/arch.h"

#include "model/range.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define RING_LG2 (AMDVI_DRIVER_LOG_LG2 + 4) /* bytes */

/* A device table of all ids, without segments. */
#define DEVTAB_BYTES (AMDVI_DTE_SIZE << AMDVI_DEVICE_ID_BITS)
#define DEVTAB_PAGES ((uint32_t)(DEVTAB_BYTES / POOL_PAGE_SIZE))

/* The message of the driver's interrupts: fixed delivery to processor 0. */
#define MESSAGE_ADDRESS UINT32_C(0xfee00000)
#define MESSAGE_DATA    0x30

/* ---- Registers -------------------------------------------------------------------- */

uint64_t amdvi_driver_read(struct amdvi_driver *driver, uint32_t offset, unsigned size)
{
	uint64_t value = 0;
	int error = ioasim_mmio_read(driver->unit, offset, size, &value);

	assert(!error);
	(void)error;
	return value;
}

void amdvi_driver_write(struct amdvi_driver *driver, uint32_t offset, unsigned size, uint64_t value)
{
	int error = ioasim_mmio_write(driver->unit, offset, size, value);

	assert(!error);
	(void)error;
}

void amdvi_driver_control(struct amdvi_driver *driver, unsigned high, unsigned low, uint64_t value)
{
	uint64_t control = amdvi_driver_read(driver, AMDVI_CONTROL, 8);

	field_set(&control, high, low, value);
	amdvi_driver_write(driver, AMDVI_CONTROL, 8, control);
}

int amdvi_driver_ring(struct amdvi_driver *driver, uint32_t base_register, ioasim_pa_t *ring)
{
	uint64_t base;
	int error = pool_alloc_block(&driver->pool, RING_LG2 - POOL_PAGE_LG2, ring);

	if (error) {
		*ring = 0;
		return error;
	}
	base = field_bits(AMDVI_RING_BASE, *ring);
	field_set(&base, AMDVI_RING_LEN, AMDVI_DRIVER_LOG_LG2);
	amdvi_driver_write(driver, base_register, 8, base);
	return 0;
}

void amdvi_driver_ring_free(struct amdvi_driver *driver, ioasim_pa_t *ring)
{
	if (*ring)
		pool_free(&driver->pool, *ring);
	*ring = 0;
}

void amdvi_driver_log_rearm(struct amdvi_driver *driver, uint64_t enable, uint64_t interrupt,
			    uint64_t overflow)
{
	uint64_t control = amdvi_driver_read(driver, AMDVI_CONTROL, 8);
	bool stopped = amdvi_driver_read(driver, AMDVI_STATUS, 4) & overflow;

	if (stopped)
		amdvi_driver_write(driver, AMDVI_CONTROL, 8, control & ~enable);
	amdvi_driver_write(driver, AMDVI_STATUS, 4, interrupt | (stopped ? overflow : 0));
	if (stopped)
		amdvi_driver_write(driver, AMDVI_CONTROL, 8, control);
}

/* ---- Books ------------------------------------------------------------------------- */

/*
 * The capability block stands in the configuration space of a PCI function, which a
 * unit does not have: it would say what the unit was made of.
 */
static void capability_block_read(struct amdvi_driver *driver)
{
	const uint64_t *capability = driver->unit->config.capability;

	driver->iotlb = capability[AMDVI_CAPABILITY_IOTLB];
	driver->np_cache = capability[AMDVI_CAPABILITY_NPCACHE];
	driver->spaces.pa_bits = (unsigned)capability[AMDVI_CAPABILITY_PA_BITS];
}

/*
 * Requests without PASID cannot be kept from GPA = SPA beside a GCR3 table unless they
 * go through its entry 0: without GIoSup guest tables are of no use.
 */
static int features_read(struct amdvi_driver *driver)
{
	uint64_t efr = amdvi_driver_read(driver, AMDVI_EFR, 8);
	uint64_t hats = field_get(AMDVI_EFR_HATS, efr);

	driver->efr = efr;
	driver->efr2 = amdvi_driver_read(driver, AMDVI_EFR2, 8);
	driver->host_levels = hats == AMDVI_HATS_NONE ? 0 : (unsigned)hats + 4;
	if (field_get(AMDVI_EFR_GT_SUP, efr) && field_get(AMDVI_EFR_GIO_SUP, efr))
		driver->guest_levels = field_get(AMDVI_EFR_GATS, efr) == AMDVI_GATS_4_LEVEL ? 4 : 5;
	return driver->host_levels || driver->guest_levels ? 0 : -ENOTSUP;
}

static int books_init(struct amdvi_driver *driver)
{
	const struct driver_config *config = &driver->config;
	int error;

	LIST_INIT(&driver->domains);
	LIST_INIT(&driver->endpoints);
	spaces_init(&driver->spaces, config, &amdvi_space_ops, &driver->pool, &driver->stats);
	capability_block_read(driver);
	error = features_read(driver);
	if (!error)
		error = pool_init(&driver->pool, driver->memory, config->pool_base,
				  config->pool_size);
	if (!error)
		error = ids_init(&driver->ids, AMDVI_DRIVER_ID_FIRST, AMDVI_DRIVER_IDS);
	return error;
}

/* ---- Set-up --------------------------------------------------------------------------- */

/* V=0 would let requests pass: every id is blocked from the start (2.2.2.1). */
static int devtab_init(struct amdvi_driver *driver)
{
	uint64_t page[POOL_PAGE_SIZE / sizeof(uint64_t)];
	int error = pool_alloc_run(&driver->pool, DEVTAB_PAGES, &driver->devtab);
	uint64_t base;

	if (error) {
		driver->devtab = 0;
		return error;
	}
	for (unsigned i = 0; i < AMDVI_DTES_PER_4K; i++)
		amdvi_dte_blocked(&page[i * AMDVI_DTE_WORDS]);
	for (uint32_t i = 0; i < DEVTAB_PAGES && !error; i++)
		error = ioasim_memory_write(driver->memory, driver->devtab + i * POOL_PAGE_SIZE,
					    page, sizeof(page));
	base = field_bits(AMDVI_DEV_TAB_BASE_ADDR, driver->devtab);
	field_set(&base, AMDVI_DEV_TAB_SIZE, DEVTAB_PAGES - 1);
	amdvi_driver_write(driver, AMDVI_DEV_TAB_BASE, 8, base);
	return error ? -EIO : 0;
}

static void flags_init(struct amdvi_driver *driver)
{
	amdvi_driver_control(driver, AMDVI_CONTROL_HT_TUN_EN, 0);
	amdvi_driver_control(driver, AMDVI_CONTROL_PASS_PW, 0);
	amdvi_driver_control(driver, AMDVI_CONTROL_RES_PASS_PW, 0);
	amdvi_driver_control(driver, AMDVI_CONTROL_ISOC, 0);
	amdvi_driver_control(driver, AMDVI_CONTROL_COHERENT, 1);
	amdvi_driver_control(driver, AMDVI_CONTROL_INV_TIME_OUT, AMDVI_INV_TIME_OUT_1S);
	if (field_get(AMDVI_EFR_GT_SUP, driver->efr))
		amdvi_driver_control(driver, AMDVI_CONTROL_GT_EN, 1);
	/* The driver's own GCR3 tables stand under Mode 0, where GPA and SPA are one. */
	if (field_get(AMDVI_EFR2_GCR3_TRP_MODE, driver->efr2))
		amdvi_driver_control(driver, AMDVI_CONTROL_GCR3_TRP_MODE, 1);
}

/* One message for all causes, where software can set it without a PCI function. */
static void interrupts_init(struct amdvi_driver *driver)
{
	uint64_t header;

	amdvi_driver_control(driver, AMDVI_CONTROL_EVENT_INT_EN, 1);
	if (driver->ppr)
		amdvi_driver_control(driver, AMDVI_CONTROL_PPR_INT_EN, 1);
	if (!field_get(AMDVI_EFR_MSI_CAP_MMIO_SUP, driver->efr))
		return;
	amdvi_driver_write(driver, AMDVI_MSI_ADDR_LO, 4, MESSAGE_ADDRESS);
	amdvi_driver_write(driver, AMDVI_MSI_ADDR_HI, 4, 0);
	amdvi_driver_write(driver, AMDVI_MSI_DATA, 4, MESSAGE_DATA);
	header = amdvi_driver_read(driver, AMDVI_MSI_CAP, 4);
	field_set(&header, AMDVI_MSI_CAP_MSI_EN, 1);
	amdvi_driver_write(driver, AMDVI_MSI_CAP, 4, header);
}

static int unit_start(struct amdvi_driver *driver)
{
	int error = devtab_init(driver);

	if (!error)
		error = amdvi_driver_queue_init(driver);
	if (!error)
		error = amdvi_driver_events_init(driver);
	if (error)
		return error;
	flags_init(driver);
	error = amdvi_driver_pages_init(driver);
	if (error)
		return error;
	interrupts_init(driver);
	amdvi_driver_control(driver, AMDVI_CONTROL_IOMMU_EN, 1);
	return amdvi_caches_empty(driver);
}

/* ---- The contract ------------------------------------------------------------------------- */

/* The unit first: nothing may walk what is freed next. */
static void driver_destroy(struct driver *opaque)
{
	struct amdvi_driver *driver = amdvi_driver(opaque);

	if (!driver)
		return;
	while (!LIST_EMPTY(&driver->endpoints))
		amdvi_endpoint_destroy(driver, LIST_FIRST(&driver->endpoints));
	/* Nested domains stand before their parents: those were made earlier. */
	while (!LIST_EMPTY(&driver->domains))
		(void)amdvi_domain_destroy(opaque,
					   (struct domain *)(void *)LIST_FIRST(&driver->domains));
	amdvi_driver_write(driver, AMDVI_CONTROL, 8, 0);
	amdvi_driver_ring_free(driver, &driver->ppr);
	amdvi_driver_ring_free(driver, &driver->events);
	amdvi_driver_queue_fini(driver);
	if (driver->devtab)
		pool_free_run(&driver->pool, driver->devtab, DEVTAB_PAGES);
	spaces_fini(&driver->spaces);
	for (unsigned bus = 0; bus < AMDVI_BUSES; bus++)
		free(driver->bus[bus]);
	pool_fini(&driver->pool);
	ids_fini(&driver->ids);
	free(driver);
}

static int driver_create(struct ioasim_unit *unit, struct ioasim_memory *memory,
			 const struct driver_config *config, struct driver **out)
{
	struct amdvi_driver *driver = calloc(1, sizeof(*driver));
	int error;

	if (!driver)
		return -ENOMEM;
	driver->unit = unit;
	driver->memory = memory;
	driver->config = *config;
	error = books_init(driver);
	if (error) {
		pool_fini(&driver->pool);
		ids_fini(&driver->ids);
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

const struct driver_ops amdvi_driver_ops = {
	.create = driver_create,
	.destroy = driver_destroy,
	.device_add = amdvi_endpoint_add,
	.device_remove = amdvi_endpoint_remove,
	.domain_create = amdvi_domain_create,
	.domain_destroy = amdvi_domain_destroy,
	.attach = amdvi_attach,
	.detach = amdvi_detach,
	.map = space_driver_map,
	.unmap = space_driver_unmap,
	.lookup = space_driver_lookup,
	.dirty_enable = amdvi_dirty_enable,
	.dirty_read = space_driver_dirty_read,
	.invalidate = amdvi_domain_invalidate,
	.page_response = amdvi_driver_page_response,
	.page_request_next = amdvi_driver_page_request_next,
	.fault_next = amdvi_driver_fault_next,
	.tick = space_driver_tick,
	.sync = space_driver_sync,
	.domain_tag = amdvi_domain_tag,
	.unmaps_waiting = space_waiting,
	.stats = space_driver_stats,
};
