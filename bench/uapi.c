/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The uAPI's books when they are large: hardware IDs, IOASIDs, routes, areas of a map. A
 * measured operation changes them and is undone by the next one, so that every
 * repetition finds the same.
 */
#include "bench.h"

#include <ioasim/hwid.h>
#include <ioasim/system.h>

#include <errno.h>
#include <stdlib.h>

#define PAGE     UINT64_C(0x1000)
#define MILLION  1000000u
#define MEMORY   UINT64_C(0x40000000) /* of the process: one page */
#define FIRST    (UINT64_C(1) << 32) /* of the areas, two pages apart */
#define RID      0x28u
#define MEASURED 100000u
#define IOASIDS  MILLION

/* ---- Hardware IDs ------------------------------------------------------------------------ */

struct ids_state {
	struct ioasim_hwid_core *core;
	uint32_t set;
	uint64_t random;
};

static void ids_finish(void *state)
{
	ioasim_hwid_destroy(((struct ids_state *)state)->core);
	free(state);
}

/* A million live numbers of one set, each with a private number of its own. */
static void *ids_setup(const char **why)
{
	struct ids_state *ids = calloc(1, sizeof(*ids));
	uint32_t id;

	*why = "no million of hardware IDs";
	if (!ids)
		return NULL;
	ids->random = 1;
	ids->core = ioasim_hwid_create();
	if (!ids->core || ioasim_hwid_set_alloc(ids->core, 1, 0, IOASIM_HWID_SET_FD, &ids->set)) {
		ids_finish(ids);
		return NULL;
	}
	for (uint32_t i = 0; i < MILLION; i++) {
		if (ioasim_hwid_alloc(ids->core, ids->set, 1, IOASIM_PASID_MAX, NULL, &id) ||
		    ioasim_hwid_attach_spid(ids->core, id, i)) {
			ids_finish(ids);
			return NULL;
		}
	}
	return ids;
}

static uint32_t ids_any(struct ids_state *ids)
{
	return 1 + (uint32_t)(bench_random(&ids->random) >> 32) % MILLION;
}

/* Frees one number and takes the lowest free one, which is that. */
static bool ids_free_alloc(void *state, struct bench_sample *sample, const char **why)
{
	struct ids_state *ids = state;
	uint64_t start = bench_now_ns();
	uint32_t id, got;

	*why = "another number than the one that was freed";
	for (unsigned i = 0; i < MEASURED; i++) {
		id = ids_any(ids);
		if (ioasim_hwid_free(ids->core, ids->set, id) ||
		    ioasim_hwid_alloc(ids->core, ids->set, 1, IOASIM_PASID_MAX, NULL, &got) ||
		    got != id || ioasim_hwid_attach_spid(ids->core, id, id - 1))
			return false;
	}
	*sample = (struct bench_sample){MEASURED, bench_now_ns() - start};
	return true;
}

static bool ids_find(void *state, struct bench_sample *sample, const char **why)
{
	struct ids_state *ids = state;
	uint64_t start = bench_now_ns();
	uint32_t id, got;

	*why = "a private number leads elsewhere";
	for (unsigned i = 0; i < MEASURED; i++) {
		id = ids_any(ids);
		if (ioasim_hwid_find(ids->core, ids->set, id - 1, true, &got) || got != id ||
		    ioasim_hwid_put(ids->core, ids->set, id))
			return false;
	}
	*sample = (struct bench_sample){MEASURED, bench_now_ns() - start};
	return true;
}

/* ---- Systems ------------------------------------------------------------------------------- */

struct system_state {
	struct ioasim_system *system;
	int process, fd, device_fd;
	uint32_t ioasid;
	uint64_t random;
};

static void system_finish(void *state)
{
	ioasim_system_destroy(((struct system_state *)state)->system);
	free(state);
}

static int call(const struct system_state *s, int fd, uint32_t which, void *argument)
{
	return ioasim_ioctl(s->system, s->process, fd, which, argument);
}

static int alloc(const struct system_state *s)
{
	struct ioasim_ioasid_alloc argument = {.size = sizeof(argument)};

	return call(s, s->fd, IOASIM_IOASID_ALLOC, &argument);
}

static int map(const struct system_state *s, uint64_t n)
{
	struct ioasim_map_dma argument = {.size = sizeof(argument),
					  .ioasid = s->ioasid,
					  .prot = IOASIM_READ,
					  .iova = FIRST + n * 2 * PAGE,
					  .vaddr = MEMORY,
					  .length = PAGE};

	return call(s, s->fd, IOASIM_MAP_DMA, &argument);
}

static int unmap(const struct system_state *s, uint64_t n)
{
	struct ioasim_unmap_dma argument = {.size = sizeof(argument),
					    .ioasid = s->ioasid,
					    .iova = FIRST + n * 2 * PAGE,
					    .length = PAGE};

	return call(s, s->fd, IOASIM_UNMAP_DMA, &argument);
}

static bool system_begin(struct system_state *s)
{
	struct ioasim_system_config config;

	s->random = 1;
	if (ioasim_system_config_init(&config, "vtd") ||
	    ioasim_system_create(&config, &s->system, NULL))
		return false;
	s->process = ioasim_process_create(s->system);
	s->fd = ioasim_open(s->system, s->process, IOASIM_FD_IOASID);
	return s->fd >= 0 && !ioasim_process_mmap(s->system, s->process, MEMORY, PAGE, IOASIM_READ);
}

static int route(const struct system_state *s, uint32_t which, uint32_t vpasid)
{
	struct ioasim_device_attach argument = {.size = sizeof(argument),
						.ioasid_fd = s->fd,
						.ioasid = s->ioasid,
						.vpasid = vpasid};

	return call(s, s->device_fd, which, &argument);
}

/* A device of the descriptor. */
static bool device_bind(struct system_state *s)
{
	struct ioasim_device_config config = {.requester_id = RID,
					      .parent = IOASIM_NO_DEVICE,
					      .pf = IOASIM_NO_DEVICE,
					      .group = IOASIM_GROUP_OWN,
					      .pasid_bits = 20};
	struct ioasim_device_bind bind = {.size = sizeof(bind), .ioasid_fd = s->fd};
	int device = ioasim_device_add(s->system, &config);

	if (device < 0)
		return false;
	s->device_fd = ioasim_open_device(s->system, s->process, device);
	return s->device_fd >= 0 && !call(s, s->device_fd, IOASIM_DEVICE_BIND, &bind);
}

static void *areas_setup(bool attach, const char **why)
{
	struct system_state *s = calloc(1, sizeof(*s));
	bool good = s && system_begin(s);
	int ioasid;

	*why = "no million of areas";
	if (good) {
		ioasid = alloc(s);
		good = ioasid > 0;
		s->ioasid = (uint32_t)ioasid;
	}
	for (uint64_t n = 0; good && n < MILLION; n++)
		good = !map(s, n);
	if (good && attach)
		good = device_bind(s) && !route(s, IOASIM_DEVICE_ATTACH, IOASIM_NO_VPASID);
	if (good)
		return s;
	if (s)
		system_finish(s);
	return NULL;
}

static void *areas_alone(const char **why)
{
	return areas_setup(false, why);
}

static void *areas_attached(const char **why)
{
	return areas_setup(true, why);
}

static uint64_t area_any(struct system_state *s)
{
	return (bench_random(&s->random) >> 32) % MILLION;
}

static bool areas_change(void *state, struct bench_sample *sample, const char **why)
{
	struct system_state *s = state;
	uint64_t start = bench_now_ns();

	*why = "an area cannot be unmapped and mapped again";
	for (unsigned i = 0; i < MEASURED; i++) {
		uint64_t n = area_any(s);

		if (unmap(s, n) || map(s, n))
			return false;
	}
	*sample = (struct bench_sample){MEASURED, bench_now_ns() - start};
	return true;
}

/* What is mapped is found by trying to map it once more. */
static bool areas_find(void *state, struct bench_sample *sample, const char **why)
{
	struct system_state *s = state;
	uint64_t start = bench_now_ns();

	*why = "an area was not found";
	for (unsigned i = 0; i < MEASURED; i++)
		if (map(s, area_any(s)) != -EEXIST)
			return false;
	*sample = (struct bench_sample){MEASURED, bench_now_ns() - start};
	return true;
}

/* A device with a million routes to one space. */
static void *routes_setup(const char **why)
{
	struct system_state *s = calloc(1, sizeof(*s));
	bool good = s && system_begin(s) && device_bind(s);
	int ioasid;

	*why = "no million of routes";
	if (good) {
		ioasid = alloc(s);
		good = ioasid > 0;
		s->ioasid = (uint32_t)ioasid;
	}
	for (uint32_t n = 1; good && n <= MILLION; n++)
		good = !route(s, IOASIM_DEVICE_ATTACH, n);
	if (good)
		return s;
	if (s)
		system_finish(s);
	return NULL;
}

static bool routes_change(void *state, struct bench_sample *sample, const char **why)
{
	struct system_state *s = state;
	uint64_t start = bench_now_ns();

	*why = "a route cannot be detached and attached again";
	for (unsigned i = 0; i < MEASURED; i++) {
		uint32_t n = 1 + (uint32_t)(bench_random(&s->random) >> 32) % MILLION;

		if (route(s, IOASIM_DEVICE_DETACH, n) || route(s, IOASIM_DEVICE_ATTACH, n))
			return false;
	}
	*sample = (struct bench_sample){MEASURED, bench_now_ns() - start};
	return true;
}

static void *ioasids_setup(const char **why)
{
	struct system_state *s = calloc(1, sizeof(*s));
	bool good = s && system_begin(s);

	*why = "not as many IOASIDs";
	for (unsigned n = 0; good && n < IOASIDS; n++)
		good = alloc(s) > 0;
	if (good)
		return s;
	if (s)
		system_finish(s);
	return NULL;
}

static bool ioasids_change(void *state, struct bench_sample *sample, const char **why)
{
	struct system_state *s = state;
	uint64_t start = bench_now_ns();

	*why = "another number than the one that was freed";
	for (unsigned i = 0; i < MEASURED; i++) {
		uint32_t n = 1 + (uint32_t)(bench_random(&s->random) >> 32) % IOASIDS;
		struct ioasim_ioasid_id id = {.size = sizeof(id), .ioasid = n};

		if (call(s, s->fd, IOASIM_IOASID_FREE, &id) || alloc(s) != (int)n)
			return false;
	}
	*sample = (struct bench_sample){MEASURED, bench_now_ns() - start};
	return true;
}

const struct bench_case bench_uapi[] = {
	{"hwid, free + alloc + spid, 10^6 live", 0.2, ids_setup, ids_free_alloc, ids_finish},
	{"hwid, find by spid + put, 10^6 live", 0.5, ids_setup, ids_find, ids_finish},
	{"uapi, ioasid free + alloc, 10^6 live", 0.05, ioasids_setup, ioasids_change,
	 system_finish},
	{"uapi, detach + attach, 10^6 PASIDs", 0.03, routes_setup, routes_change, system_finish},
	{"uapi, look-up, 10^6 areas", 0.2, areas_alone, areas_find, system_finish},
	{"uapi, unmap + map, 10^6 areas", 0.07, areas_alone, areas_change, system_finish},
	{"uapi, unmap + map, 10^6 areas, attached", 0.05, areas_attached, areas_change,
	 system_finish},
	{NULL, 0, NULL, NULL, NULL},
};
