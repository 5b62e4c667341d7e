/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The modelled machine: memory, one unit, the architecture's driver, and the books of
 * the kernel around them. What unit and driver can do is tried out once, with a device
 * of no one, instead of being read from the architecture's registers.
 */
#include "model/guest.h"
#include "model/uapi/aspace.h"
#include "model/uapi/checker.h"
#include "model/uapi/device.h"
#include "model/uapi/dma.h"
#include "model/uapi/faults.h"
#include "model/uapi/frames.h"
#include "model/uapi/host_pages.h"
#include "model/uapi/iommufd_file.h"
#include "model/uapi/process.h"

#include <errno.h>
#include <stdlib.h>

/* Windows of memory: tables and rings of the driver, then user memory. */
#define KERNEL_BASE UINT64_C(0x100000000)
#define KERNEL_MOST UINT64_C(0x100000000)
#define USER_BASE   UINT64_C(0x200000000)
/* The kernel's window above a real process's addresses. */
#define KERNEL_ABOVE HOST_PAGES_END

/* If nothing else is asked for. */
#define KERNEL_SIZE UINT64_C(0x40000000)
#define USER_SIZE   UINT64_C(0x400000000)

/* Event numbers that are in use at once. */
#define EVENTS (1u << 16)

/* ---- What unit and driver can do ------------------------------------------------------ */

/* A requester that stands for all devices while this is found out. */
#define PROBE_RID 0

static bool domain_probe(struct ioasim_system *system, const struct domain_config *config)
{
	struct domain *domain;

	if (system->ops->domain_create(system->driver, config, &domain))
		return false;
	(void)system->ops->domain_destroy(system->driver, domain);
	return true;
}

/* Tables that a first mapping of this size needs; a leaf of its own needs fewer. */
static uint64_t tables_for(struct ioasim_system *system, uint64_t size)
{
	struct domain_config config = {.kind = DOMAIN_KERNEL};
	uint64_t before = system->ops->stats(system->driver)->tables_made;
	struct domain *domain;

	if (system->ops->domain_create(system->driver, &config, &domain))
		return UINT64_MAX;
	if (system->ops->map(system->driver, domain, 0, 0, size, IOASIM_READ))
		before = 0;
	before = system->ops->stats(system->driver)->tables_made - before;
	(void)system->ops->domain_destroy(system->driver, domain);
	return before;
}

static void pages_probe(struct ioasim_system *system)
{
	uint64_t smallest = tables_for(system, PAGE_SIZE), largest = smallest;

	system->offer.page_sizes = PAGE_SIZE;
	for (uint64_t size = PAGE_SIZE << 9; size <= UINT64_C(1) << 30; size <<= 9) {
		uint64_t tables = tables_for(system, size);

		if (tables < largest) {
			system->offer.page_sizes |= size;
			largest = tables;
		}
	}
}

/* The widest table of a kind, by a page at its end; 0: there is none. -ENOMEM. */
static int width_probe(struct ioasim_system *system, enum domain_kind kind, unsigned *bits)
{
	struct domain_config config = {.kind = kind};
	struct domain *domain;
	uint64_t unmapped;
	int error = system->ops->domain_create(system->driver, &config, &domain);

	*bits = 0;
	if (error)
		return error == -ENOMEM ? error : 0;
	for (*bits = IOVA_BITS; *bits > PAGE_LG2; --*bits) {
		uint64_t page = (UINT64_C(1) << *bits) - PAGE_SIZE;

		error = system->ops->map(system->driver, domain, page, 0, PAGE_SIZE, IOASIM_READ);
		if (!error)
			(void)system->ops->unmap(system->driver, domain, page, PAGE_SIZE,
						 &unmapped);
		if (!error || error == -ENOMEM)
			break;
	}
	(void)system->ops->domain_destroy(system->driver, domain);
	return error == -ENOMEM ? error : 0;
}

static void nesting_probe(struct ioasim_system *system)
{
	struct domain_config config = {.kind = DOMAIN_NEST_PARENT};
	struct offer *offer = &system->offer;
	uint32_t wide = 1u << IOASIM_FORMAT_VTD_5;
	struct domain *parent;

	if (system->ops->domain_create(system->driver, &config, &parent))
		return;
	offer->nest_parent = true;
	config.dirty = true;
	offer->dirty_parent = domain_probe(system, &config);
	config = (struct domain_config){.kind = DOMAIN_NESTED, .parent = parent};
	offer->user = domain_probe(system, &config);
	config.address_bits = USER_BITS_5_LEVEL;
	if (offer->user)
		offer->formats = system->arch->uapi.formats &
				 (domain_probe(system, &config) ? UINT32_MAX : ~wide);
	/* No table begins at 0, so that the root has to be another page. */
	config = (struct domain_config){
		.kind = DOMAIN_NESTED_PASID, .parent = parent, .root = PAGE_SIZE};
	offer->pasid_table = domain_probe(system, &config);
	if (offer->pasid_table)
		offer->formats = system->arch->uapi.formats;
	(void)system->ops->domain_destroy(system->driver, parent);
}

static bool route_probe(struct ioasim_system *system, const struct domain_config *config,
			uint32_t pasid)
{
	struct domain *domain;
	bool good;

	if (system->ops->domain_create(system->driver, config, &domain))
		return false;
	good = !system->ops->attach(system->driver, PROBE_RID, pasid, domain);
	if (good)
		(void)system->ops->detach(system->driver, PROBE_RID, pasid);
	(void)system->ops->domain_destroy(system->driver, domain);
	return good;
}

/* T10: a parent of nested tables on the default route, a kernel table beside it. */
static bool beside_probe(struct ioasim_system *system)
{
	struct domain_config config = {.kind = DOMAIN_NEST_PARENT};
	const struct domain_config kernel = {.kind = DOMAIN_KERNEL};
	struct domain *parent;
	bool good = false;

	if (system->ops->domain_create(system->driver, &config, &parent))
		return false;
	if (!system->ops->attach(system->driver, PROBE_RID, DRIVER_NO_PASID, parent)) {
		good = route_probe(system, &kernel, 1);
		(void)system->ops->detach(system->driver, PROBE_RID, DRIVER_NO_PASID);
	}
	(void)system->ops->domain_destroy(system->driver, parent);
	return good;
}

/* What a page for writing alone becomes in a table, of a route with this PASID. */
static bool write_reads(struct ioasim_system *system, enum domain_kind kind, uint32_t pasid)
{
	const struct driver_ops *ops = system->ops;
	struct domain_config config = {.kind = kind};
	struct domain *domain;
	unsigned access = 0;
	ioasim_pa_t pa;

	if (ops->domain_create(system->driver, &config, &domain))
		return false;
	if (!ops->attach(system->driver, PROBE_RID, pasid, domain)) {
		if (!ops->map(system->driver, domain, 0, 0, PAGE_SIZE, IOASIM_WRITE))
			(void)ops->lookup(system->driver, domain, 0, &pa, &access);
		(void)ops->detach(system->driver, PROBE_RID, pasid);
	}
	(void)ops->domain_destroy(system->driver, domain);
	return access & IOASIM_READ;
}

static void formats_probe(struct ioasim_system *system)
{
	struct offer *offer = &system->offer;

	offer->write_reads = write_reads(system, DOMAIN_KERNEL, DRIVER_NO_PASID);
	offer->write_reads_pasid = offer->pasid_bits && write_reads(system, DOMAIN_KERNEL, 1);
	offer->write_reads_parent = write_reads(system, DOMAIN_NEST_PARENT, DRIVER_NO_PASID);
}

static void routes_probe(struct ioasim_system *system)
{
	const struct domain_config kernel = {.kind = DOMAIN_KERNEL}, sva = {.kind = DOMAIN_SVA},
				   dirty = {.kind = DOMAIN_KERNEL, .dirty = true};
	struct offer *offer = &system->offer;

	for (unsigned bits = PASID_BITS; bits && !offer->pasid_bits; bits--)
		if (route_probe(system, &kernel, (UINT32_C(1) << bits) - 1))
			offer->pasid_bits = bits;
	offer->sva = offer->pasid_bits && route_probe(system, &sva, 1);
	offer->dirty = route_probe(system, &dirty, DRIVER_NO_PASID);
	offer->dirty_pasid = offer->dirty && offer->pasid_bits && route_probe(system, &dirty, 1);
}

static int offer_probe(struct ioasim_system *system)
{
	struct driver_device probe = {.requester_id = PROBE_RID, .pasid_bits = PASID_BITS};
	int error = system->ops->device_add(system->driver, &probe);

	if (error)
		return error;
	routes_probe(system);
	pages_probe(system);
	error = width_probe(system, DOMAIN_KERNEL, &system->offer.kernel_bits);
	if (!error)
		error = width_probe(system, DOMAIN_NEST_PARENT, &system->offer.parent_bits);
	if (error)
		return error;
	nesting_probe(system);
	system->offer.parent_beside_pasid = beside_probe(system);
	formats_probe(system);
	return system->ops->device_remove(system->driver, PROBE_RID);
}

/* ---- Building -------------------------------------------------------------------------- */

int ioasim_system_config_init(struct ioasim_system_config *config, const char *arch)
{
	*config = (struct ioasim_system_config){0};
	return ioasim_unit_config_init(&config->unit, arch);
}

/* H: told to whoever watches. */
static void command_seen(void *opaque, const uint64_t *words, unsigned count)
{
	struct ioasim_system *system = opaque;

	if (system->command)
		system->command(system->opaque, system->arch->command_class(words, count), words,
				count);
}

static ioasim_pa_t kernel_base(const struct ioasim_system *system)
{
	return system->config.host ? KERNEL_ABOVE : KERNEL_BASE;
}

static int user_memory_create(struct ioasim_system *system, uint64_t size)
{
	int error;

	if (system->config.host)
		return host_pages_init(system);
	error = ioasim_memory_add_ram(system->memory, USER_BASE, size);
	return error ? error : frames_init(&system->frames, USER_BASE, size);
}

static int machine_create(struct ioasim_system *system, const char **why)
{
	struct ioasim_system_config *config = &system->config;
	uint64_t user = config->user_memory ? config->user_memory : USER_SIZE;
	uint64_t kernel;
	int error;

	if (!config->kernel_memory)
		config->kernel_memory = KERNEL_SIZE;
	kernel = config->kernel_memory;
	*why = "memory is of whole pages of 4 KiB, the kernel's at most 4 GiB";
	if (user % PAGE_SIZE || kernel % PAGE_SIZE || kernel > KERNEL_MOST)
		return -EINVAL;

	*why = "there is not enough host memory";
	system->memory = ioasim_memory_create();
	if (!system->memory)
		return -ENOMEM;
	error = ioasim_memory_add_ram(system->memory, kernel_base(system), kernel);
	if (!error)
		error = user_memory_create(system, user);
	if (error)
		return error;
	config->unit.opaque = system;
	config->unit.callbacks = (struct ioasim_unit_callbacks){
		.command = command_seen,
		.atc_invalidate = dma_atc_invalidate,
		.page_response = dma_page_response,
	};
	return ioasim_unit_create(&config->unit, system->memory, &system->unit, why);
}

static int kernel_create(struct ioasim_system *system, const char **why)
{
	const struct ioasim_system_config *config = &system->config;
	struct driver_config driver = {
		.policy = config->lazy ? DRIVER_LAZY : DRIVER_STRICT,
		.lazy_deadline_ns = config->lazy_deadline_ns,
		.lazy_threshold = config->lazy_threshold,
		.pool_base = kernel_base(system),
		.pool_size = config->kernel_memory,
		.stage1 = system->arch->uapi.kernel_stage1,
	};
	struct domain_config host = {.kind = DOMAIN_KERNEL};
	int error;

	*why = "the unit lacks what the kernel's driver needs";
	error = system->ops->create(system->unit, system->memory, &driver, &system->driver);
	if (!error)
		error = system->ops->domain_create(system->driver, &host, &system->host);
	return error ? error : offer_probe(system);
}

static int books_create(struct ioasim_system *system, const char **why)
{
	int error;

	*why = "the hardware IDs have a capacity of 1 to 2^20";
	system->hwids = ioasim_hwid_create();
	if (!system->hwids)
		return -ENOMEM;
	if (system->config.pasid_capacity) {
		error = ioasim_hwid_capacity(system->hwids, system->config.pasid_capacity);
		if (error)
			return error;
	}
	error = checker_init(system);
	if (!error)
		error = ioasim_hwid_set_alloc(system->hwids, 0, 0, IOASIM_HWID_SET_NONE,
					      &system->host_set);
	return error ? error : ids_init(&system->events, 1, EVENTS);
}

int ioasim_system_create(const struct ioasim_system_config *config, struct ioasim_system **out,
			 const char **why)
{
	const char *unused;
	struct ioasim_system *system = calloc(1, sizeof(*system));
	int error;

	*out = NULL;
	if (!why)
		why = &unused;
	*why = "there is not enough host memory";
	if (!system)
		return -ENOMEM;
	system->config = *config;
	system->arch = config->unit.arch ? arch_find(config->unit.arch) : NULL;
	LIST_INIT(&system->groups);
	LIST_INIT(&system->containers);
	LIST_INIT(&system->kvms);
	LIST_INIT(&system->faults);
	*why = "there is no such architecture";
	error = system->arch ? 0 : -EINVAL;
	if (!error) {
		system->ops = system->arch->driver;
		error = machine_create(system, why);
	}
	if (!error)
		error = kernel_create(system, why);
	if (!error)
		error = books_create(system, why);
	if (error) {
		ioasim_system_destroy(system);
		return error;
	}
	system->iommus = (struct iommufd_backend){
		.ops = &iommufd_tables,
		.opaque = system,
		.viommu_only = system->arch->guest->pasid_words != 0,
	};
	*why = NULL;
	*out = system;
	return 0;
}

/* Processes exit one after the other, which closes all descriptors. */
static void everything_close(struct ioasim_system *system)
{
	for (unsigned i = 0; i < system->processes; i++)
		(void)ioasim_process_exit(system, (int)i);
	faults_destroy(system);
	/* mdevs stand behind their parents. */
	for (unsigned i = system->devices; i--;)
		device_destroy(system->device[i]);
	/* The driver still tells devices that their routes end. */
	system->devices = 0;
	for (unsigned i = 0; i < system->processes; i++)
		process_destroy(system->process[i]);
	free(system->device);
	free(system->process);
}

void ioasim_system_destroy(struct ioasim_system *system)
{
	if (!system)
		return;
	everything_close(system);
	if (system->driver)
		system->ops->destroy(system->driver);
	ioasim_unit_destroy(system->unit);
	ids_fini(&system->events);
	ioasim_hwid_destroy(system->hwids);
	interval_fini(&system->vpasids);
	interval_fini(&system->pasids);
	frames_fini(&system->frames);
	host_pages_fini(system);
	checker_fini(system);
	ioasim_memory_destroy(system->memory);
	free(system);
}

/* ---- Use --------------------------------------------------------------------------------- */

const struct ioasim_unit *ioasim_system_unit(const struct ioasim_system *system)
{
	return system->unit;
}

void ioasim_system_time(struct ioasim_system *system, uint64_t now_ns)
{
	system->now_ns = now_ns;
	/* What goes wrong with the queue shows at the next call that needs it. */
	(void)system->ops->tick(system->driver, now_ns);
}

void ioasim_system_watch(struct ioasim_system *system,
			 void (*command)(void *opaque, enum ioasim_command_class class,
					 const uint64_t *words, unsigned count),
			 void *opaque)
{
	system->command = command;
	system->opaque = opaque;
}
