/* SPDX-License-Identifier: Apache-2.0 */
/* The mock IOMMU's tables of users, and its virtual ones with their queues. */
#include "mock_inside.h"

#include "host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* ---- Nested tables ------------------------------------------------------------------------- */

/* A structure of the mock driver's: longer ones are not known. */
static int take(void *to, size_t size, const unsigned char *data, uint32_t length)
{
	if (length != size)
		return -EINVAL;
	memcpy(to, data, size);
	return 0;
}

int mock_nested_create(struct iommufd_device *device, struct iommufd_domain *parent,
		       const struct iommufd_nested_config *config, struct iommufd_domain **made)
{
	struct mock_domain *domain;
	uint32_t word;
	int status;

	if (config->type != MOCK_HWPT_DATA ||
	    config->flags & ~(uint32_t)(IOASIM_IOMMUFD_HWPT_FAULT_ID | IOASIM_IOMMUFD_HWPT_PASID))
		return -EOPNOTSUPP;
	if (!mock_is_paging(parent))
		return -EINVAL;
	status = iommufd_nested_read(config, &word, sizeof(word));
	if (status)
		return status;
	domain = calloc(1, sizeof(*domain));
	if (!domain)
		return -ENOMEM;
	domain->base = (struct iommufd_domain){
		.backend = mock_device(device)->config.backend,
		.enforces = true,
	};
	domain->nested = true;
	domain->viommu = config->viommu;
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

static int invalidate_one(struct mock_domain *domain, const unsigned char *data, uint32_t length)
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

int mock_nested_invalidate(struct iommufd_domain *base, const struct iommufd_entries *entries,
			   uint32_t *done)
{
	struct mock_domain *domain = mock_domain(base);
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

/* ---- Virtual IOMMUs ------------------------------------------------------------------------ */

#define QUEUES     2
#define PAGE_BYTES (2 * IOMMUFD_PAGE)

struct mock_viommu {
	uint32_t *page; /* that a program can map; NULL: none was asked for */
	bool queue[QUEUES];
};

/* What VIOMMU_ALLOC carries; the mapping was added later. */
struct viommu_data {
	uint32_t in, out;
	uint64_t offset, length;
};

static bool viommu_offers(const struct iommufd_device *device, uint32_t type)
{
	(void)device;
	return type == MOCK_VIOMMU;
}

/* The word comes back, and in a page that can be mapped. */
static int data_answer(struct iommufd_viommu *viommu, struct viommu_data *data, bool map)
{
	struct mock_viommu *mock = viommu->opaque;
	int status;

	data->out = data->in;
	if (!map)
		return 0;
	mock->page = host_mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			       -1, 0);
	if (mock->page == MAP_FAILED) {
		mock->page = NULL;
		return -ENOMEM;
	}
	*mock->page = data->in;
	data->length = PAGE_BYTES;
	status = iommufd_mmap_announce(viommu, mock->page, PAGE_BYTES, &data->offset);
	if (status)
		(void)host_munmap(mock->page, PAGE_BYTES);
	return status;
}

static int data_take(struct iommufd_viommu *viommu, unsigned char *bytes, uint32_t length)
{
	const uint32_t least = offsetof(struct viommu_data, offset);
	struct viommu_data data = {0};
	int status;

	if (!length)
		return 0;
	if (length < least)
		return -EINVAL;
	for (uint32_t i = sizeof(data); i < length; i++)
		if (bytes[i])
			return -E2BIG;
	memcpy(&data, bytes, length < sizeof(data) ? length : sizeof(data));
	status = data_answer(viommu, &data, length >= sizeof(data));
	memcpy(bytes, &data, length < sizeof(data) ? least : sizeof(data));
	return status;
}

static int viommu_create(struct iommufd_viommu *viommu, struct iommufd_device *device, void *data,
			 uint32_t length)
{
	int status;

	(void)device;
	viommu->opaque = calloc(1, sizeof(struct mock_viommu));
	if (!viommu->opaque)
		return -ENOMEM;
	status = data_take(viommu, data, length);
	if (status)
		free(viommu->opaque);
	return status;
}

static void viommu_destroy(struct iommufd_viommu *viommu)
{
	struct mock_viommu *mock = viommu->opaque;

	if (mock->page)
		(void)host_munmap(mock->page, PAGE_BYTES);
	free(mock);
}

/* A command of the guest: a device's cache, or a word of it. */
struct cache_command {
	uint32_t flags; /* 1: all words */
	uint32_t vdevice, word;
};

static int cache_one(const struct iommufd_viommu *viommu, const struct cache_command *command)
{
	const struct iommufd_device *device;
	struct mock_device *mock;

	if (command->flags & ~1u)
		return -EOPNOTSUPP;
	if (command->word >= MOCK_CACHE_WORDS)
		return -EINVAL;
	device = iommufd_vdevice(viommu, command->vdevice);
	if (!device)
		return -EINVAL;
	mock = mock_device(device);
	for (unsigned i = 0; i < MOCK_CACHE_WORDS; i++)
		if (command->flags & 1 || i == command->word)
			mock->cache[i] = 0;
	return 0;
}

/* All entries are read before the first is done, as the kernel's mock does. */
static int entries_check(const struct iommufd_entries *entries)
{
	const uint32_t length = sizeof(struct cache_command);

	if (entries->type != MOCK_INVALIDATE_DATA || (entries->count && entries->length < length))
		return -EINVAL;
	for (uint32_t n = 0; n < entries->count; n++)
		for (uint32_t i = length; i < entries->length; i++)
			if (entries->data[(size_t)n * entries->length + i])
				return -E2BIG;
	return 0;
}

static int viommu_invalidate(struct iommufd_viommu *viommu, const struct iommufd_entries *entries,
			     uint32_t *done)
{
	int status = entries_check(entries);

	*done = 0;
	while (status == 0 && *done < entries->count) {
		struct cache_command command;

		memcpy(&command, entries->data + (size_t)*done * entries->length, sizeof(command));
		status = cache_one(viommu, &command);
		*done += status == 0;
	}
	return status;
}

/* ---- Queues of hardware ---------------------------------------------------------------------- */

static bool queue_offered(const struct iommufd_viommu *viommu, uint32_t type)
{
	(void)viommu;
	return type == MOCK_VIOMMU;
}

/* In order of their indices, each held by the next. */
static int queue_create(struct iommufd_viommu *viommu, uint32_t index, uint64_t pa, uint64_t length,
			void **queue)
{
	struct mock_viommu *mock = viommu->opaque;
	int status = 0;

	(void)pa;
	(void)length;
	if (index >= QUEUES)
		return -EINVAL;
	if (mock->queue[index])
		return -EEXIST;
	if (index && !mock->queue[index - 1])
		return -EIO;
	if (index)
		status = iommufd_hw_queue_hold(viommu, &mock->queue[index - 1]);
	mock->queue[index] = status == 0;
	*queue = &mock->queue[index];
	return status;
}

static void queue_destroy(struct iommufd_viommu *viommu, void *queue)
{
	struct mock_viommu *mock = viommu->opaque;
	bool *there = queue;

	*there = false;
	if (there != mock->queue)
		iommufd_hw_queue_release(viommu, there - 1);
}

const struct iommufd_viommu_ops mock_viommus = {
	.offers = viommu_offers,
	.create = viommu_create,
	.destroy = viommu_destroy,
	.invalidate = viommu_invalidate,
	.queue_offered = queue_offered,
	.queue_create = queue_create,
	.queue_destroy = queue_destroy,
};
