/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An IOAS of an iommufd with a thousand, ten thousand and a hundred thousand areas: what a
 * call costs has to grow as their logarithm. An operation is undone by the next one, so
 * that every repetition finds the same.
 */
#include "bench.h"

#include <ioasim/iommufd.h>

#include <errno.h>
#include <stdlib.h>

#define PAGE     UINT64_C(0x1000)
#define MEMORY   UINT64_C(0x40000000) /* of the process: two pages */
#define RID      0x28u
#define MEASURED 20000u
#define FLAGS    (IOASIM_IOMMUFD_MAP_READABLE | IOASIM_IOMMUFD_MAP_WRITEABLE)

struct areas {
	struct ioasim_system *system;
	int process, fd;
	uint32_t ioas, count;
	uint64_t random;
};

static void areas_finish(void *state)
{
	ioasim_system_destroy(((struct areas *)state)->system);
	free(state);
}

static int call(const struct areas *areas, int fd, uint32_t request, void *argument)
{
	return ioasim_iommufd_ioctl(areas->system, areas->process, fd, request, argument);
}

static int map(const struct areas *areas, uint32_t flags, uint64_t length, uint64_t *iova)
{
	struct ioasim_iommufd_map argument = {.size = sizeof(argument),
					      .flags = FLAGS | flags,
					      .ioas_id = areas->ioas,
					      .user_va = MEMORY,
					      .length = length,
					      .iova = *iova};
	int error = call(areas, areas->fd, IOASIM_IOMMUFD_IOAS_MAP, &argument);

	*iova = argument.iova;
	return error;
}

static int unmap(const struct areas *areas, uint64_t iova, uint64_t length)
{
	struct ioasim_iommufd_unmap argument = {
		.size = sizeof(argument), .ioas_id = areas->ioas, .iova = iova, .length = length};

	return call(areas, areas->fd, IOASIM_IOMMUFD_IOAS_UNMAP, &argument);
}

/* A device that walks the IOAS's page table. */
static bool device_attach(const struct areas *areas)
{
	struct ioasim_device_config config = {.requester_id = RID,
					      .parent = IOASIM_NO_DEVICE,
					      .pf = IOASIM_NO_DEVICE,
					      .group = IOASIM_GROUP_OWN};
	struct ioasim_vfio_bind bind = {.argsz = sizeof(bind), .iommufd = areas->fd};
	struct ioasim_vfio_attach attach = {.argsz = sizeof(attach), .pt_id = areas->ioas};
	int device = ioasim_device_add(areas->system, &config), fd;

	if (device < 0)
		return false;
	fd = ioasim_open_device(areas->system, areas->process, device);
	return fd >= 0 && !call(areas, fd, IOASIM_VFIO_BIND_IOMMUFD, &bind) &&
	       !call(areas, fd, IOASIM_VFIO_ATTACH_IOMMUFD_PT, &attach);
}

static bool areas_begin(struct areas *areas)
{
	struct ioasim_iommufd_ioas_alloc alloc = {.size = sizeof(alloc)};
	struct ioasim_system_config config;

	areas->random = 1;
	if (ioasim_system_config_init(&config, "vtd") ||
	    ioasim_system_create(&config, &areas->system, NULL))
		return false;
	areas->process = ioasim_process_create(areas->system);
	areas->fd = ioasim_iommufd_open(areas->system, areas->process);
	if (areas->fd < 0 || ioasim_process_mmap(areas->system, areas->process, MEMORY, 2 * PAGE,
						 IOASIM_READ | IOASIM_WRITE))
		return false;
	if (call(areas, areas->fd, IOASIM_IOMMUFD_IOAS_ALLOC, &alloc))
		return false;
	areas->ioas = alloc.out_ioas_id;
	return device_attach(areas);
}

/* Areas of one page from page 1 on, without holes: where they are chosen lowest first. */
static void *areas_setup(uint32_t count, const char **why)
{
	struct areas *areas = calloc(1, sizeof(*areas));
	bool good = areas && areas_begin(areas);

	*why = "the areas are not mapped one behind the other";
	for (uint64_t n = 1; good && n <= count; n++) {
		uint64_t iova = 0;

		good = !map(areas, 0, PAGE, &iova) && iova == n * PAGE;
	}
	if (good) {
		areas->count = count;
		return areas;
	}
	if (areas)
		areas_finish(areas);
	return NULL;
}

static void *thousand(const char **why)
{
	return areas_setup(1000, why);
}

static void *ten_thousand(const char **why)
{
	return areas_setup(10000, why);
}

static void *hundred_thousand(const char **why)
{
	return areas_setup(100000, why);
}

/* Not the last one, behind which there is room for all. */
static uint64_t any(struct areas *areas)
{
	return (1 + (bench_random(&areas->random) >> 32) % (areas->count - 1)) * PAGE;
}

static bool fixed_change(void *state, struct bench_sample *sample, const char **why)
{
	struct areas *areas = state;
	uint64_t start = bench_now_ns();

	*why = "an area cannot be unmapped and mapped again";
	for (unsigned i = 0; i < MEASURED; i++) {
		uint64_t iova = any(areas);

		if (unmap(areas, iova, PAGE) ||
		    map(areas, IOASIM_IOMMUFD_MAP_FIXED_IOVA, PAGE, &iova))
			return false;
	}
	*sample = (struct bench_sample){MEASURED, bench_now_ns() - start};
	return true;
}

/* The hole is found again, wherever it is. In between a larger area is mapped, which does
 * not fit into it. */
static bool chosen_change(void *state, struct bench_sample *sample, const char **why)
{
	struct areas *areas = state;
	uint64_t start = bench_now_ns();

	*why = "an area was not mapped where the hole is";
	for (unsigned i = 0; i < MEASURED; i++) {
		uint64_t hole = any(areas), iova = 0, large = 0;

		if (unmap(areas, hole, PAGE) || map(areas, 0, 2 * PAGE, &large) || large <= hole ||
		    map(areas, 0, PAGE, &iova) || iova != hole || unmap(areas, large, 2 * PAGE))
			return false;
	}
	*sample = (struct bench_sample){MEASURED, bench_now_ns() - start};
	return true;
}

/* What is mapped is found by trying to map it once more. */
static bool find(void *state, struct bench_sample *sample, const char **why)
{
	struct areas *areas = state;
	uint64_t start = bench_now_ns();

	*why = "an area was not found";
	for (unsigned i = 0; i < MEASURED; i++) {
		uint64_t iova = any(areas);

		if (map(areas, IOASIM_IOMMUFD_MAP_FIXED_IOVA, PAGE, &iova) != -EEXIST)
			return false;
	}
	*sample = (struct bench_sample){MEASURED, bench_now_ns() - start};
	return true;
}

const struct bench_case bench_iommufd[] = {
	{"iommufd, look-up, 10^3 areas", 0, thousand, find, areas_finish},
	{"iommufd, look-up, 10^4 areas", 0, ten_thousand, find, areas_finish},
	{"iommufd, look-up, 10^5 areas", 0.2, hundred_thousand, find, areas_finish},
	{"iommufd, unmap + map, 10^3 areas", 0, thousand, fixed_change, areas_finish},
	{"iommufd, unmap + map, 10^4 areas", 0, ten_thousand, fixed_change, areas_finish},
	{"iommufd, unmap + map, 10^5 areas", 0.05, hundred_thousand, fixed_change, areas_finish},
	{"iommufd, the same, IOVA chosen, 10^3 areas", 0, thousand, chosen_change, areas_finish},
	{"iommufd, the same, IOVA chosen, 10^4 areas", 0, ten_thousand, chosen_change,
	 areas_finish},
	{"iommufd, the same, IOVA chosen, 10^5 areas", 0.03, hundred_thousand, chosen_change,
	 areas_finish},
	{NULL, 0, NULL, NULL, NULL},
};
