/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver's instance: from reset to translating with every device blocked, and
 * back. Units without queued invalidation are refused.
 */
#include "vtd/driver.h"
#include "vtd/vtd.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* Reads of GSTS before the unit counts as dead. */
#define STATUS_LIMIT 1000

/* The message of the driver's interrupts: fixed delivery to processor 0. */
#define MESSAGE_ADDRESS      UINT32_C(0xfee00000)
#define MESSAGE_FAULT        0x30
#define MESSAGE_PAGE_REQUEST 0x31

uint64_t vtd_driver_read(struct vtd_driver *driver, uint32_t offset, unsigned size)
{
	uint64_t value = 0;
	int error = ioasim_mmio_read(driver->unit, offset, size, &value);

	assert(!error);
	(void)error;
	return value;
}

void vtd_driver_write(struct vtd_driver *driver, uint32_t offset, unsigned size, uint64_t value)
{
	int error = ioasim_mmio_write(driver->unit, offset, size, value);

	assert(!error);
	(void)error;
}

/* 11.4.4: the bits of GSTS that are levels are written back with every command,
 * one-shot bits are not. */
static void command_write(struct vtd_driver *driver, unsigned high, unsigned low, bool on)
{
	uint64_t one_shot =
		FIELD_MASK(VTD_GSTS_RTPS) | FIELD_MASK(VTD_GSTS_WBFS) | FIELD_MASK(VTD_GSTS_IRTPS);
	uint64_t command = vtd_driver_read(driver, VTD_GSTS, 4) & ~one_shot;

	field_set(&command, high, low, on);
	vtd_driver_write(driver, VTD_GCMD, 4, command);
}

static int status_wait(struct vtd_driver *driver, unsigned high, unsigned low, bool on)
{
	for (unsigned i = 0; i < STATUS_LIMIT; i++)
		if (field_get(high, low, vtd_driver_read(driver, VTD_GSTS, 4)) == on)
			return 0;
	return -EIO;
}

/* The status bits stand where the command bits do. */
static int global_command(struct vtd_driver *driver, unsigned high, unsigned low, bool on)
{
	command_write(driver, high, low, on);
	return status_wait(driver, high, low, on);
}

int vtd_driver_write_buffer(struct vtd_driver *driver)
{
	if (!field_get(VTD_CAP_RWBF, driver->cap))
		return 0;
	command_write(driver, VTD_GCMD_WBF, true);
	return status_wait(driver, VTD_GSTS_WBFS, false); /* 1 while the flush goes on */
}

static int capabilities_read(struct vtd_driver *driver)
{
	driver->cap = vtd_driver_read(driver, VTD_CAP, 8);
	driver->ecap = vtd_driver_read(driver, VTD_ECAP, 8);
	driver->mgaw = (unsigned)field_get(VTD_CAP_MGAW, driver->cap) + 1;
	/* No register tells the host's address width; MGAW is at least that. */
	driver->haw = driver->mgaw < IOASIM_PA_BITS ? driver->mgaw : IOASIM_PA_BITS;
	driver->scalable = field_get(VTD_ECAP_SMTS, driver->ecap) && !driver->config.legacy;
	if (!field_get(VTD_ECAP_QI, driver->ecap))
		return -ENOTSUP;
	return 0;
}

static int books_init(struct vtd_driver *driver, struct ioasim_memory *memory)
{
	unsigned did_bits = 4 + 2 * (unsigned)field_get(VTD_CAP_ND, driver->cap);
	const struct driver_config *config = &driver->config;
	int error;

	LIST_INIT(&driver->domains);
	LIST_INIT(&driver->devices);
	spaces_init(&driver->spaces, config, &vtd_space_ops, &driver->pool, &driver->stats);
	driver->spaces.pa_bits = driver->haw;
	error = pool_init(&driver->pool, memory, config->pool_base, config->pool_size);
	if (error)
		return error;
	driver->levels_largest = 5;
	while (driver->levels_largest > 2 && !vtd_driver_levels(driver, driver->levels_largest))
		driver->levels_largest--;
	return ids_init(&driver->dids, VTD_DRIVER_DID_FIRST,
			UINT32_C(1) << (did_bits < 16 ? did_bits : 16));
}

static int root_set(struct vtd_driver *driver)
{
	uint64_t rtaddr;
	int error = pool_alloc(&driver->pool, &driver->root);

	if (error)
		return error;
	rtaddr = driver->root;
	field_set(&rtaddr, VTD_RTADDR_TTM, driver->scalable ? 1 : 0);
	vtd_driver_write(driver, VTD_RTADDR, 8, rtaddr);
	error = global_command(driver, VTD_GCMD_SRTP, true);
	if (error || field_get(VTD_CAP_ESRTPS, driver->cap))
		return error;
	return vtd_caches_empty(driver);
}

static void event_enable(struct vtd_driver *driver, uint32_t control, uint32_t message)
{
	vtd_driver_write(driver, control + VTD_EVENT_DATA, 4, message);
	vtd_driver_write(driver, control + VTD_EVENT_ADDR, 4, MESSAGE_ADDRESS);
	vtd_driver_write(driver, control + VTD_EVENT_UADDR, 4, 0);
	vtd_driver_write(driver, control + VTD_EVENT_CTL, 4, 0);
}

static int unit_start(struct vtd_driver *driver)
{
	int error = vtd_queue_init(driver);

	if (!error)
		error = global_command(driver, VTD_GCMD_QIE, true);
	if (!error)
		error = root_set(driver);
	if (!error)
		error = vtd_pages_init(driver);
	if (error)
		return error;
	event_enable(driver, VTD_FECTL, MESSAGE_FAULT);
	if (driver->prq)
		event_enable(driver, VTD_PECTL, MESSAGE_PAGE_REQUEST);
	error = global_command(driver, VTD_GCMD_TE, true);
	if (!error &&
	    (field_get(VTD_CAP_PLMR, driver->cap) || field_get(VTD_CAP_PHMR, driver->cap)))
		vtd_driver_write(driver, VTD_PMEN, 4, 0);
	return error;
}

/* TE first: nothing may walk what is freed next. Nothing can be done about a unit
 * that does not follow. */
static void unit_stop(struct vtd_driver *driver)
{
	(void)global_command(driver, VTD_GCMD_TE, false);
	(void)global_command(driver, VTD_GCMD_QIE, false);
	if (driver->prq)
		vtd_pages_fini(driver);
	vtd_queue_fini(driver);
}

static void pages_free(struct vtd_driver *driver)
{
	uint64_t entry[2];

	for (unsigned bus = 0; driver->root && bus < VTD_BUSES; bus++) {
		if (ioasim_memory_read(driver->memory, driver->root + bus * VTD_ROOT_SIZE, entry,
				       sizeof(entry)))
			break;
		for (unsigned i = 0; i < 2; i++) {
			uint64_t table = field_bits(VTD_ROOT_CTP, entry[i]);

			if (field_get(VTD_ROOT_P, entry[i]) &&
			    pool_owned(&driver->pool, table, VTD_OWNER_CONTEXT))
				pool_free(&driver->pool, table);
		}
	}
	if (driver->root)
		pool_free(&driver->pool, driver->root);
	spaces_fini(&driver->spaces);
}

static void driver_destroy(struct driver *opaque)
{
	struct vtd_driver *driver = vtd_driver(opaque);

	if (!driver)
		return;
	while (!LIST_EMPTY(&driver->devices))
		vtd_device_destroy(driver, LIST_FIRST(&driver->devices));
	/* Nested domains stand before their parents: those were made earlier. */
	while (!LIST_EMPTY(&driver->domains))
		(void)vtd_domain_destroy(opaque,
					 (struct domain *)(void *)LIST_FIRST(&driver->domains));
	unit_stop(driver);
	pages_free(driver);
	for (unsigned bus = 0; bus < VTD_BUSES; bus++)
		free(driver->bus[bus]);
	pool_fini(&driver->pool);
	ids_fini(&driver->dids);
	free(driver);
}

static int driver_create(struct ioasim_unit *unit, struct ioasim_memory *memory,
			 const struct driver_config *config, struct driver **out)
{
	struct vtd_driver *driver = calloc(1, sizeof(*driver));
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
		ids_fini(&driver->dids);
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

const struct driver_ops vtd_driver_ops = {
	.create = driver_create,
	.destroy = driver_destroy,
	.device_add = vtd_device_add,
	.device_remove = vtd_device_remove,
	.domain_create = vtd_domain_create,
	.domain_destroy = vtd_domain_destroy,
	.attach = vtd_attach,
	.detach = vtd_detach,
	.map = space_driver_map,
	.unmap = space_driver_unmap,
	.lookup = space_driver_lookup,
	.invalidate = vtd_invalidate,
	.dirty_enable = vtd_dirty_enable,
	.dirty_read = space_driver_dirty_read,
	.page_response = vtd_driver_page_response,
	.page_request_next = vtd_page_request_next,
	.fault_next = vtd_fault_next,
	.tick = space_driver_tick,
	.sync = space_driver_sync,
	.domain_tag = vtd_domain_tag,
	.unmaps_waiting = space_waiting,
	.stats = space_driver_stats,
};
