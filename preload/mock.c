/* SPDX-License-Identifier: Apache-2.0 */
#include "mock_inside.h"

#include "host.h"

#include "model/interval.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ENTRIES ((MOCK_APERTURE_LAST + 1) >> MOCK_PAGE_LG2)

/* An entry of a table: an address of 2 KiB, and below it what is known of the page. */
enum entry_bits {
	ENTRY_PRESENT = 1,
	ENTRY_HUGE = 2,
	ENTRY_DIRTY = 4,
	ENTRY_BITS = 7,
};

struct space {
	struct iommufd_space base;
	struct interval_map maps; /* value: address on the bus; access: 1 if `large` */
	LIST_HEAD(, mock_domain) domains;
};

static struct space *space_of(struct iommufd_space *space)
{
	return (struct space *)space;
}

/* ---- Entries ---------------------------------------------------------------------------- */

/* Huge pages where table and addresses allow them. */
static void show(struct mock_domain *domain, const struct interval *map)
{
	const bool huge = domain->base.page_sizes & MOCK_HUGE_PAGE && map->access;
	uint64_t iova = map->first, pa = map->value;

	while (iova < map->last) {
		bool large = huge && !((iova | pa) & (MOCK_HUGE_PAGE - 1)) &&
			     map->last - iova >= MOCK_HUGE_PAGE - 1;
		uint64_t end = iova + (large ? MOCK_HUGE_PAGE : MOCK_PAGE);

		for (; iova < end; iova += MOCK_PAGE, pa += MOCK_PAGE)
			domain->entry[iova >> MOCK_PAGE_LG2] =
				pa | ENTRY_PRESENT | (large ? ENTRY_HUGE : 0);
	}
}

/* Of a huge page that loses a part, the rest is small: it was mapped without `large`, or
 * goes whole. */
static void hide(struct mock_domain *domain, uint64_t first, uint64_t last)
{
	for (uint64_t iova = first; iova < last; iova += MOCK_PAGE)
		domain->entry[iova >> MOCK_PAGE_LG2] = 0;
}

/* ---- Spaces ------------------------------------------------------------------------------ */

static int space_create(struct iommufd_backend *backend, struct iommufd_space **made)
{
	struct space *space = calloc(1, sizeof(*space));

	if (!space)
		return -ENOMEM;
	space->base.backend = backend;
	LIST_INIT(&space->domains);
	*made = &space->base;
	return 0;
}

static void space_destroy(struct iommufd_space *base)
{
	struct space *space = space_of(base);

	interval_fini(&space->maps);
	free(space);
}

/* Takes [first, last] out of the map at `place`, which has some of it. */
static int cut(struct space *space, struct interval *map, const struct interval_place *place,
	       uint64_t first, uint64_t last)
{
	const struct interval whole = *map;
	struct interval right = whole;
	int status = 0;

	right.first = last + 1;
	right.value += right.first - whole.first;
	if (whole.first < first)
		map->last = first - 1;
	else
		interval_remove(&space->maps, place);
	if (whole.last > last)
		status = interval_insert(&space->maps, &right);
	if (status && whole.first < first)
		interval_find(&space->maps, 0, whole.first, &(struct interval_place){0})->last =
			whole.last;
	else if (status)
		(void)!interval_insert(&space->maps, &whole); /* in the room just left */
	return status;
}

static int space_unmap(struct iommufd_space *base, uint64_t first, uint64_t last)
{
	struct space *space = space_of(base);
	struct interval_place place;
	struct interval *map;
	struct mock_domain *domain;
	int status = 0;

	while (!status && (map = interval_find(&space->maps, 0, first, &place)) &&
	       map->first <= last)
		status = cut(space, map, &place, first, last);
	if (status)
		return status;
	LIST_FOREACH (domain, &space->domains, link)
		hide(domain, first, last);
	return 0;
}

static int space_map(struct iommufd_space *base, uint64_t iova, const struct iommufd_run *runs,
		     unsigned count, unsigned access, bool large)
{
	struct space *space = space_of(base);
	const uint64_t first = iova;
	struct mock_domain *domain;

	(void)access; /* a mock entry has no rights */
	for (unsigned i = 0; i < count; i++) {
		const struct interval map = {
			.first = iova,
			.last = iova + (runs[i].bytes - 1),
			.value = runs[i].pa,
			.access = large,
		};
		int status = interval_insert(&space->maps, &map);

		if (status) {
			if (iova != first)
				(void)!space_unmap(base, first, iova - 1);
			return status;
		}
		LIST_FOREACH (domain, &space->domains, link)
			show(domain, &map);
		iova += runs[i].bytes;
	}
	return 0;
}

/* ---- Page tables --------------------------------------------------------------------------- */

static int domain_create(struct iommufd_device *device, uint32_t flags,
			 struct iommufd_domain **made)
{
	const struct mock_device *mock = mock_device(device);
	uint32_t can = IOASIM_IOMMUFD_HWPT_NEST_PARENT | IOASIM_IOMMUFD_HWPT_DIRTY |
		       (mock->flags & MOCK_PASID ? IOASIM_IOMMUFD_HWPT_PASID : 0u);
	struct mock_domain *domain;

	if (flags & ~can || (flags & IOASIM_IOMMUFD_HWPT_DIRTY && mock->flags & MOCK_NO_DIRTY))
		return -EOPNOTSUPP;
	domain = calloc(1, sizeof(*domain));
	if (!domain)
		return -ENOMEM;
	domain->entry = host_mmap(NULL, ENTRIES * sizeof(*domain->entry), PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (domain->entry == MAP_FAILED) {
		free(domain);
		return -ENOMEM;
	}
	domain->base = (struct iommufd_domain){
		.backend = mock->config.backend,
		.aperture_first = MOCK_APERTURE_FIRST,
		.aperture_last = MOCK_APERTURE_LAST,
		.page_sizes = MOCK_PAGE | (mock->flags & MOCK_HUGE ? MOCK_HUGE_PAGE : 0),
		.dirty = flags & IOASIM_IOMMUFD_HWPT_DIRTY,
		.enforces = true,
	};
	*made = &domain->base;
	return 0;
}

static void domain_destroy(struct iommufd_domain *base)
{
	struct mock_domain *domain = mock_domain(base);

	if (!domain->nested)
		host_munmap(domain->entry, ENTRIES * sizeof(*domain->entry));
	free(domain);
}

static int domain_enter(struct iommufd_domain *base, struct iommufd_space *into)
{
	struct mock_domain *domain = mock_domain(base);
	struct space *space = space_of(into);
	struct interval_place place;

	for (struct interval *map = interval_find(&space->maps, 0, 0, &place); map;
	     map = interval_next(&space->maps, &place))
		show(domain, map);
	domain->space = space;
	LIST_INSERT_HEAD(&space->domains, domain, link);
	return 0;
}

static void domain_leave(struct iommufd_domain *base)
{
	struct mock_domain *domain = mock_domain(base);
	struct interval_place place;

	for (struct interval *map = interval_find(&domain->space->maps, 0, 0, &place); map;
	     map = interval_next(&domain->space->maps, &place))
		hide(domain, map->first, map->last);
	LIST_REMOVE(domain, link);
	domain->space = NULL;
}

/* ---- Dirty pages --------------------------------------------------------------------------- */

static int dirty_enable(struct iommufd_domain *domain, bool enable)
{
	mock_domain(domain)->tracks = enable;
	return 0;
}

/* Tells whether any 2 KiB of the page at `iova` is dirty. */
static bool page_dirty(struct mock_domain *domain, uint64_t iova, uint64_t size, bool clear)
{
	bool dirty = false;

	for (uint64_t at = iova; at < iova + size; at += MOCK_PAGE) {
		uint64_t *entry = &domain->entry[at >> MOCK_PAGE_LG2];

		dirty |= (*entry & ENTRY_DIRTY) != 0;
		if (clear)
			*entry &= ~(uint64_t)ENTRY_DIRTY;
	}
	return dirty;
}

static int dirty_read(struct iommufd_domain *base, uint64_t first, uint64_t last, bool clear,
		      void (*dirty)(void *to, uint64_t first, uint64_t last), void *to)
{
	struct mock_domain *domain = mock_domain(base);

	if (!domain->tracks)
		return -EINVAL;
	for (uint64_t iova = first & ~(MOCK_PAGE - 1); iova <= last;) {
		bool huge = domain->entry[iova >> MOCK_PAGE_LG2] & ENTRY_HUGE;
		uint64_t size = huge ? MOCK_HUGE_PAGE : MOCK_PAGE;
		uint64_t head = iova & ~(size - 1);

		if (page_dirty(domain, head, size, clear))
			dirty(to, head, head + (size - 1));
		iova = head + size;
	}
	return 0;
}

/* ---- Devices ---------------------------------------------------------------------------------- */

/* Where a device's requests go: mock devices do none, but it can be asked. */
static struct mock_route *route_find(const struct mock_device *mock, uint32_t pasid)
{
	struct mock_route *route;

	LIST_FOREACH (route, &mock->routes, link)
		if (route->pasid == pasid)
			return route;
	return NULL;
}

static int route_set(struct mock_device *mock, uint32_t pasid, struct iommufd_domain *domain)
{
	struct mock_route *route = route_find(mock, pasid);

	if (!route) {
		route = calloc(1, sizeof(*route));
		if (!route)
			return -ENOMEM;
		route->pasid = pasid;
		LIST_INSERT_HEAD(&mock->routes, route, link);
	}
	route->domain = domain;
	return 0;
}

/* Every second attach of this PASID fails, so that a replacement does. */
static int fail_second(struct mock_device *mock, uint32_t pasid)
{
	if (pasid != MOCK_PASID_FAILING)
		return 0;
	mock->failing = !mock->failing;
	return mock->failing ? 0 : -ENOMEM;
}

static int attach(struct iommufd_device *device, uint32_t pasid, struct iommufd_domain *domain,
		  bool replace)
{
	struct mock_device *mock = mock_device(device);
	const struct mock_domain *now = mock_domain(domain);
	int status = fail_second(mock, pasid);

	(void)replace;
	if (status == 0)
		status = route_set(mock, pasid, domain);
	if (status == 0 && pasid == IOMMUFD_NO_PASID)
		mock->viommu = now->nested ? now->viommu : NULL;
	return status;
}

static void detach(struct iommufd_device *device, uint32_t pasid)
{
	struct mock_device *mock = mock_device(device);
	struct mock_route *route = route_find(mock, pasid);

	if (pasid == IOMMUFD_NO_PASID)
		mock->viommu = NULL;
	if (pasid == MOCK_PASID_FAILING)
		mock->failing = false;
	LIST_REMOVE(route, link);
	free(route);
}

static int fits(const struct iommufd_device *device, const struct iommufd_domain *domain)
{
	return domain->dirty && mock_device(device)->flags & MOCK_NO_DIRTY ? -EINVAL : 0;
}

static int hw_info(const struct iommufd_device *device, void *data, uint32_t room, uint32_t *type,
		   uint32_t *length)
{
	const uint32_t info[2] = {0, MOCK_HW_INFO_VALUE}; /* flags, a register */

	(void)device;
	if (*type && *type != MOCK_HW_INFO_TYPE)
		return -EOPNOTSUPP;
	*type = MOCK_HW_INFO_TYPE;
	*length = sizeof(info);
	memcpy(data, info, room < sizeof(info) ? room : sizeof(info));
	return 0;
}

static void respond(struct iommufd_backend *backend, void *mark, uint32_t code)
{
	(void)backend;
	(void)mark;
	(void)code; /* nobody waits for it */
}

static const struct iommufd_backend_ops ops = {
	.space_create = space_create,
	.space_destroy = space_destroy,
	.space_map = space_map,
	.space_unmap = space_unmap,
	.domain_create = domain_create,
	.domain_destroy = domain_destroy,
	.domain_enter = domain_enter,
	.domain_leave = domain_leave,
	.dirty_enable = dirty_enable,
	.dirty_read = dirty_read,
	.nested_create = mock_nested_create,
	.nested_invalidate = mock_nested_invalidate,
	.viommu = &mock_viommus,
	.attach = attach,
	.detach = detach,
	.fits = fits,
	.hw_info = hw_info,
	.respond = respond,
};

/* ---- For the test operations -------------------------------------------------------------------- */

void mock_device_init(struct mock_device *device, uint32_t flags)
{
	static struct iommufd_backend backend = {.ops = &ops};

	*device = (struct mock_device){
		.config =
			{
				.backend = &backend,
				.opaque = device,
				.group = device,
				.pasid_bits = flags & MOCK_PASID ? MOCK_PASID_BITS : 0,
				.capabilities =
					flags & MOCK_NO_DIRTY ? 0u : IOASIM_IOMMUFD_CAP_DIRTY,
			},
		.flags = flags,
	};
	LIST_INIT(&device->routes);
	for (unsigned i = 0; i < MOCK_CACHE_WORDS; i++)
		device->cache[i] = MOCK_CACHE_VALUE;
}

const struct iommufd_domain *mock_route(const struct mock_device *device, uint32_t pasid)
{
	const struct mock_route *route = route_find(device, pasid);

	return route ? route->domain : NULL;
}

bool mock_is_paging(const struct iommufd_domain *domain)
{
	return domain->backend->ops == &ops && !mock_domain_const(domain)->nested;
}

bool mock_is_nested(const struct iommufd_domain *domain)
{
	return domain->backend->ops == &ops && mock_domain_const(domain)->nested;
}

static uint64_t *entry_of(const struct iommufd_domain *domain, uint64_t iova)
{
	const struct mock_domain *mock = mock_domain_const(domain);

	return iova <= MOCK_APERTURE_LAST && mock->entry[iova >> MOCK_PAGE_LG2] & ENTRY_PRESENT
		       ? &mock->entry[iova >> MOCK_PAGE_LG2]
		       : NULL;
}

bool mock_lookup(const struct iommufd_domain *domain, uint64_t iova, uint64_t *pa)
{
	const uint64_t *entry = entry_of(domain, iova);

	if (!entry)
		return false;
	*pa = *entry & ~(uint64_t)ENTRY_BITS;
	return true;
}

bool mock_write(struct iommufd_domain *domain, uint64_t iova)
{
	uint64_t *entry = entry_of(domain, iova);

	if (entry)
		*entry |= ENTRY_DIRTY;
	return entry != NULL;
}

bool mock_tracks(const struct iommufd_domain *domain)
{
	return mock_domain_const(domain)->tracks;
}

uint32_t mock_tlb_word(const struct iommufd_domain *domain, unsigned word)
{
	return mock_domain_const(domain)->word[word];
}
