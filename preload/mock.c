/* SPDX-License-Identifier: Apache-2.0 */
#include "mock.h"

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
	LIST_HEAD(, domain) domains;
};

struct domain {
	struct iommufd_domain base;
	bool nested;
	union {
		struct {
			LIST_ENTRY(domain) link;
			struct space *space; /* NULL: in none */
			uint64_t *entry; /* by IOVA; memory that the host gives as it is touched */
			bool tracks;
		};
		uint32_t word[MOCK_TLB_WORDS];
	};
};

static struct space *space_of(struct iommufd_space *space)
{
	return (struct space *)space;
}

static struct domain *domain_of(struct iommufd_domain *domain)
{
	return (struct domain *)domain;
}

static const struct domain *domain_of_const(const struct iommufd_domain *domain)
{
	return (const struct domain *)domain;
}

static struct mock_device *device_of(const struct iommufd_device *device)
{
	return iommufd_device_config(device)->opaque;
}

/* ---- Entries ---------------------------------------------------------------------------- */

/* Huge pages where table and addresses allow them. */
static void show(struct domain *domain, const struct interval *map)
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
static void hide(struct domain *domain, uint64_t first, uint64_t last)
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
	struct domain *domain;
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
	struct domain *domain;

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
	const struct mock_device *mock = device_of(device);
	uint32_t can = IOASIM_IOMMUFD_HWPT_NEST_PARENT | IOASIM_IOMMUFD_HWPT_DIRTY |
		       (mock->flags & MOCK_PASID ? IOASIM_IOMMUFD_HWPT_PASID : 0u);
	struct domain *domain;

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
	struct domain *domain = domain_of(base);

	if (!domain->nested)
		host_munmap(domain->entry, ENTRIES * sizeof(*domain->entry));
	free(domain);
}

static int domain_enter(struct iommufd_domain *base, struct iommufd_space *into)
{
	struct domain *domain = domain_of(base);
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
	struct domain *domain = domain_of(base);
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
	domain_of(domain)->tracks = enable;
	return 0;
}

/* Tells whether any 2 KiB of the page at `iova` is dirty. */
static bool page_dirty(struct domain *domain, uint64_t iova, uint64_t size, bool clear)
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
	struct domain *domain = domain_of(base);

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

/* ---- Nested tables ------------------------------------------------------------------------- */

/* A structure of the mock driver's: longer ones are not known. */
static int take(void *to, size_t size, const unsigned char *data, uint32_t length)
{
	if (length != size)
		return -EINVAL;
	memcpy(to, data, size);
	return 0;
}

static int nested_create(struct iommufd_device *device, struct iommufd_domain *parent,
			 const struct iommufd_nested_config *config, struct iommufd_domain **made)
{
	struct domain *domain;
	uint32_t word;
	int status;

	if (config->type != MOCK_HWPT_DATA ||
	    config->flags & ~(uint32_t)IOASIM_IOMMUFD_HWPT_FAULT_ID)
		return -EOPNOTSUPP;
	if (!mock_is_paging(parent))
		return -EINVAL;
	status = take(&word, sizeof(word), config->data, config->length);
	if (status)
		return status;
	domain = calloc(1, sizeof(*domain));
	if (!domain)
		return -ENOMEM;
	domain->base = (struct iommufd_domain){
		.backend = device_of(device)->config.backend,
		.enforces = true,
	};
	domain->nested = true;
	for (unsigned i = 0; i < MOCK_TLB_WORDS; i++)
		domain->word[i] = word;
	*made = &domain->base;
	return 0;
}

/* An entry of an invalidation. */
struct invalidation {
	uint32_t flags; /* 1: all words */
	uint32_t word;
};

static int invalidate_one(struct domain *domain, const unsigned char *data, uint32_t length)
{
	struct invalidation entry;
	int status = take(&entry, sizeof(entry), data, length);

	if (status)
		return status;
	if (entry.flags & ~1u)
		return -EOPNOTSUPP;
	if (entry.word >= MOCK_TLB_WORDS)
		return -EINVAL;
	for (unsigned i = 0; i < MOCK_TLB_WORDS; i++)
		if (entry.flags & 1 || i == entry.word)
			domain->word[i] = 0;
	return 0;
}

static int nested_invalidate(struct iommufd_domain *base, const struct iommufd_entries *entries,
			     uint32_t *done)
{
	struct domain *domain = domain_of(base);
	int status = 0;

	*done = 0;
	if (entries->type != MOCK_INVALIDATE_DATA)
		return -EINVAL;
	while (*done < entries->count) {
		status = invalidate_one(domain, entries->data + (size_t)*done * entries->length,
					entries->length);
		if (status)
			break;
		(*done)++;
	}
	return status;
}

/* ---- Devices ---------------------------------------------------------------------------------- */

static int attach(struct iommufd_device *device, uint32_t pasid, struct iommufd_domain *domain,
		  bool replace)
{
	(void)device;
	(void)pasid;
	(void)domain;
	(void)replace;
	return 0; /* mock devices do no DMA: what they would walk is asked by mock_lookup() */
}

static void detach(struct iommufd_device *device, uint32_t pasid)
{
	(void)device;
	(void)pasid;
}

static int fits(const struct iommufd_device *device, const struct iommufd_domain *domain)
{
	return domain->dirty && device_of(device)->flags & MOCK_NO_DIRTY ? -EINVAL : 0;
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
	.nested_create = nested_create,
	.nested_invalidate = nested_invalidate,
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
}

bool mock_is_paging(const struct iommufd_domain *domain)
{
	return domain->backend->ops == &ops && !domain_of_const(domain)->nested;
}

bool mock_is_nested(const struct iommufd_domain *domain)
{
	return domain->backend->ops == &ops && domain_of_const(domain)->nested;
}

static uint64_t *entry_of(const struct iommufd_domain *domain, uint64_t iova)
{
	const struct domain *mock = domain_of_const(domain);

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
	return domain_of_const(domain)->tracks;
}

uint32_t mock_tlb_word(const struct iommufd_domain *domain, unsigned word)
{
	return domain_of_const(domain)->word[word];
}
