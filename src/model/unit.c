/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public face of a unit: what is the same on every architecture, and the way
 * to the table of the one that the unit belongs to.
 */
#include "model/arch.h"
#include "model/cache.h"
#include "model/watch.h"

#include <errno.h>
#include <string.h>

static const char *const cache_names[IOASIM_CACHES] = {
	[IOASIM_CACHE_DEVICE] = "device",           [IOASIM_CACHE_PASID] = "pasid",
	[IOASIM_CACHE_STAGE1_WALK] = "stage1_walk", [IOASIM_CACHE_STAGE2_WALK] = "stage2_walk",
	[IOASIM_CACHE_STAGE2_TLB] = "stage2_tlb",   [IOASIM_CACHE_IOTLB] = "iotlb",
};

static const char *const reference_names[IOASIM_REF_KINDS] = {
	[IOASIM_REF_DEVICE_TABLE] = "device_table",
	[IOASIM_REF_PASID_TABLE] = "pasid_table",
	[IOASIM_REF_STAGE1] = "stage1",
	[IOASIM_REF_STAGE2] = "stage2",
	[IOASIM_REF_STAGE2_FOR_STAGE1] = "stage2_for_stage1",
	[IOASIM_REF_STAGE2_FOR_PASID_TABLE] = "stage2_for_pasid_table",
};

/* ---- Configuration --------------------------------------------------------------- */

static const struct ioasim_arch *find(const char *name)
{
	return name ? arch_find(name) : NULL;
}

int ioasim_unit_config_init(struct ioasim_unit_config *config, const char *name)
{
	const struct ioasim_arch *arch = find(name);

	memset(config, 0, sizeof(*config));
	if (!arch)
		return -ENOENT;
	config->arch = arch->name;
	for (unsigned i = 0; i < IOASIM_CAPABILITIES && arch->capability[i].name; i++)
		config->capability[i] = arch->capability[i].value;
	for (unsigned i = 0; i < IOASIM_CACHES; i++)
		if (arch->cache[i].present)
			config->cache[i] = arch->cache[i].geometry;
	return 0;
}

const char *ioasim_arch_name(unsigned n)
{
	for (unsigned i = 0; ioasim_archs[i]; i++)
		if (i == n)
			return ioasim_archs[i]->name;
	return NULL;
}

const char *ioasim_capability_name(const char *name, unsigned n)
{
	const struct ioasim_arch *arch = find(name);

	if (!arch)
		return NULL;
	for (unsigned i = 0; i < IOASIM_CAPABILITIES && arch->capability[i].name; i++)
		if (i == n)
			return arch->capability[i].name;
	return NULL;
}

const char *ioasim_cache_name(unsigned n)
{
	return n < IOASIM_CACHES ? cache_names[n] : NULL;
}

int ioasim_unit_config_set(struct ioasim_unit_config *config, const char *name, uint64_t value)
{
	const char *have;

	for (unsigned i = 0; (have = ioasim_capability_name(config->arch, i)); i++) {
		if (strcmp(have, name) == 0) {
			config->capability[i] = value;
			return 0;
		}
	}
	return -ENOENT;
}

void ioasim_unit_config_no_caches(struct ioasim_unit_config *config)
{
	for (unsigned i = 0; i < IOASIM_CACHES; i++)
		config->cache[i].entries = 0;
}

/* ---- Creation, reset, destruction --------------------------------------------------- */

/* NULL, or what is wrong with a cache. */
static const char *geometry_check(const struct arch_cache *cache,
				  const struct ioasim_cache_geometry *geometry)
{
	if (geometry->policy > IOASIM_POLICY_RANDOM)
		return "a cache has a replacement policy that does not exist";
	if (geometry->entries == 0)
		return NULL;
	if (!cache->present)
		return "the architecture has no cache of a kind that the configuration gives "
		       "entries";
	if (geometry->entries > CACHE_ENTRIES_MAX)
		return "a cache has more than 2^31 entries";
	if (geometry->ways && geometry->entries % geometry->ways)
		return "the entries of a cache are not a multiple of its ways";
	return NULL;
}

void unit_init(struct ioasim_unit *unit, const struct ioasim_arch *arch,
	       const struct ioasim_unit_config *config, struct ioasim_memory *memory)
{
	unit->arch = arch;
	unit->memory = memory;
	unit->config = *config;
	unit->config.arch = arch->name;
	memset(&unit->counters, 0, sizeof(unit->counters));
	memset(unit->live_before, 0, sizeof(unit->live_before));
	unit->removals_told = 0;
}

int ioasim_unit_create(const struct ioasim_unit_config *config, struct ioasim_memory *memory,
		       struct ioasim_unit **unit, const char **why)
{
	const struct ioasim_arch *arch;
	const char *unused, *wrong = NULL;

	if (!why)
		why = &unused;
	*why = "a configuration, a memory and a place for the unit are needed";
	if (!config || !memory || !unit)
		return -EINVAL;
	*unit = NULL;
	*why = "there is no such architecture";
	arch = find(config->arch);
	if (!arch)
		return -ENOENT;
	for (unsigned i = 0; i < IOASIM_CACHES && !wrong; i++)
		wrong = geometry_check(&arch->cache[i], &config->cache[i]);
	*why = wrong;
	if (wrong)
		return -EINVAL;

	int error = arch->ops->create(config, memory, unit, why);

	if (error)
		*unit = NULL;
	if (error == -ENOMEM && !*why)
		*why = "there is not enough host memory";
	return error;
}

void ioasim_unit_destroy(struct ioasim_unit *unit)
{
	if (unit)
		unit->arch->ops->destroy(unit);
}

void ioasim_unit_reset(struct ioasim_unit *unit)
{
	unit->arch->ops->reset(unit);
	ioasim_unit_counters_reset(unit);
}

/* ---- Use ------------------------------------------------------------------------------ */

static bool mmio_aligned(uint32_t offset, unsigned size)
{
	return (size == 4 || size == 8) && offset % size == 0;
}

int ioasim_mmio_read(struct ioasim_unit *unit, uint32_t offset, unsigned size, uint64_t *value)
{
	int status = -EINVAL;

	if (mmio_aligned(offset, size))
		status = unit->arch->ops->mmio_read(unit, offset, size, value);
	if (__builtin_expect(unit->watch != NULL, 0))
		unit->watch->read(unit->watch->opaque, offset, size, status ? 0 : *value, status);
	return status;
}

int ioasim_mmio_write(struct ioasim_unit *unit, uint32_t offset, unsigned size, uint64_t value)
{
	int status = -EINVAL;

	if (mmio_aligned(offset, size))
		status = unit->arch->ops->mmio_write(unit, offset, size, value);
	if (__builtin_expect(unit->watch != NULL, 0))
		unit->watch->written(unit->watch->opaque, offset, size, value, status);
	return status;
}

void unit_watch(struct ioasim_unit *unit, const struct software_watch *watch)
{
	unit->watch = watch;
}

void ioasim_translate(struct ioasim_unit *unit, const struct ioasim_request *request,
		      struct ioasim_response *response)
{
	unit->arch->ops->translate(unit, request, response);
}

void ioasim_page_request(struct ioasim_unit *unit, const struct ioasim_page_request *request,
			 struct ioasim_page_request_result *result)
{
	unit->arch->ops->page_request(unit, request, result);
}

/* ---- Counting and names ----------------------------------------------------------------- */

const struct ioasim_counters *ioasim_unit_counters(const struct ioasim_unit *unit)
{
	return &unit->counters;
}

void ioasim_unit_counters_reset(struct ioasim_unit *unit)
{
	memset(&unit->counters, 0, sizeof(unit->counters));
	unit->removals_told = 0;
	for (unsigned i = 0; i < IOASIM_CACHES; i++)
		unit->live_before[i] = ioasim_unit_cache_live(unit, (enum ioasim_cache)i);
}

uint32_t ioasim_unit_cache_live(const struct ioasim_unit *unit, enum ioasim_cache cache)
{
	const struct cache *one = unit_cache(unit, cache);

	return one ? one->live : 0;
}

struct cache *unit_cache(const struct ioasim_unit *unit, enum ioasim_cache cache)
{
	if ((unsigned)cache >= IOASIM_CACHES || !unit->arch->cache[cache].present)
		return NULL;
	return unit->arch->ops->cache_of(unit, cache);
}

const char *ioasim_fault_name(const char *name, uint32_t code)
{
	const struct ioasim_arch *arch = find(name);

	return arch ? arch->fault_name(code) : NULL;
}

const char *ioasim_command_name(const char *name, unsigned type)
{
	const struct ioasim_arch *arch = find(name);

	return arch ? arch->command_name(type) : NULL;
}

const char *ioasim_reference_name(unsigned kind)
{
	return kind < IOASIM_REF_KINDS ? reference_names[kind] : NULL;
}
