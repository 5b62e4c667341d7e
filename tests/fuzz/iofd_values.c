/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, ranges and descriptors out of a step's bytes, mostly of what there is. */
#include "iofd_caller.h"

#include <errno.h>
#include <string.h>

uint8_t iofd_byte(struct iofd_program *p)
{
	return fuzz_byte(&p->bytes);
}

bool iofd_chance(struct iofd_program *p, uint8_t of_256)
{
	return fuzz_byte(&p->bytes) < of_256;
}

/* One of the kinds, by chance; a number of nothing if there is none. */
uint32_t iofd_id(struct iofd_program *p, const struct shadow_file *file, unsigned kinds)
{
	uint8_t byte = iofd_byte(p);
	unsigned count = 0;

	for (unsigned pass = 0; file && pass < 2; pass++) {
		unsigned nth = count ? byte % count : 0;

		for (uint32_t n = 1; n < SHADOW_IDS; n++) {
			enum shadow_kind kind = file->object[n].kind;

			if (kind == SHADOW_NOTHING || !(kinds >> kind & 1))
				continue;
			if (!pass)
				count++;
			else if (nth-- == 0)
				return n;
		}
	}
	return byte % 32;
}

int iofd_fd(struct iofd_program *p, enum shadow_fd_kind kind)
{
	uint8_t byte = iofd_byte(p);
	unsigned count = 0;

	for (unsigned pass = 0; pass < 2; pass++) {
		unsigned nth = count ? byte % count : 0;

		for (int n = 0; n < SHADOW_FDS; n++) {
			if (p->shadow.fd[n].kind != kind)
				continue;
			if (!pass)
				count++;
			else if (nth-- == 0)
				return n;
		}
	}
	return byte % 4 ? -1 : 900;
}

/* A device's descriptor, rather of one that is bound, or that is not. */
int iofd_device_fd(struct iofd_program *p, bool bound)
{
	uint8_t byte = iofd_byte(p);

	for (int n = 0; n < SHADOW_FDS; n++) {
		int at = (n + byte) % SHADOW_FDS;
		const struct shadow_fd *fd = &p->shadow.fd[at];

		if (fd->kind == SHADOW_FD_DEVICE &&
		    (p->shadow.device[fd->device].file >= 0) == bound)
			return at;
	}
	return iofd_fd(p, SHADOW_FD_DEVICE);
}

uint64_t iofd_address(struct iofd_program *p)
{
	static const uint64_t odd[] = {0,
				       1,
				       IOFD_READ_ONLY,
				       IOFD_READ_ONLY + IOFD_PAGE,
				       IOFD_MEMORY + IOFD_SIZE - 4,
				       UINT64_MAX,
				       UINT64_MAX - (IOFD_PAGE - 1),
				       UINT64_C(1) << 47};
	uint8_t byte = iofd_byte(p);

	if (byte >= 0xf0)
		return odd[byte % 8];
	return IOFD_MEMORY + (byte % IOFD_PAGES) * IOFD_PAGE + (byte >= 0xe8 ? 8u : 0u);
}

uint64_t iofd_length(struct iofd_program *p)
{
	static const uint64_t some[] = {IOFD_PAGE,
					2 * IOFD_PAGE,
					4 * IOFD_PAGE,
					3 * IOFD_PAGE,
					IOFD_PAGE,
					16 * IOFD_PAGE,
					2 * IOFD_PAGE,
					IOFD_SIZE,
					1,
					0,
					2048,
					4095,
					UINT64_MAX,
					UINT64_MAX - 4095,
					UINT64_C(1) << 32,
					24};
	uint8_t byte = iofd_byte(p);

	return some[byte < 0xe0 ? byte % 8 : byte % 16];
}

uint64_t iofd_iova(struct iofd_program *p)
{
	static const uint64_t odd[] = {UINT64_MAX, UINT64_MAX - 4095, 0xfee00000,
				       0xfedff000, UINT64_C(1) << 48, 1,
				       0xfff,      UINT64_C(1) << 47};
	uint8_t byte = iofd_byte(p);

	return byte >= 0xf0 ? odd[byte % 8] : byte % 24 * IOFD_PAGE;
}

/* ---- Members that are changed --------------------------------------------------------------- */

static uint64_t odd_value(struct iofd_program *p, const struct iofd_member *member)
{
	uint8_t byte = iofd_byte(p);

	switch (byte % 8) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX;
	case 2:
		return iofd_byte(p) % 24;
	case 3:
		return UINT64_C(1) << iofd_byte(p) % 64;
	case 4:
		return member->bytes == 8 ? iofd_address(p) : iofd_byte(p);
	case 5:
		return member->bytes == 8 ? iofd_iova(p) : iofd_byte(p) % 8;
	case 6:
		return member->bytes == 8 ? iofd_length(p) : member->known;
	default:
		return member->bytes == 8 ? IOFD_DATA + iofd_byte(p) % 64 * 16u : 1;
	}
}

static void change(struct iofd_program *p, struct iofd_made *made)
{
	const struct iofd_member *members = made->entry->members;
	uint64_t value = 0;
	unsigned count = 0, which;

	while (members[count].name)
		count++;
	which = iofd_byte(p) % count;
	memcpy(&value, made->argument + members[which].offset, members[which].bytes);
	/* One bit beside, or something else. */
	value = iofd_chance(p, 0x40) ? value ^ UINT64_C(1) << iofd_byte(p) % 16
				     : odd_value(p, &members[which]);
	memcpy(made->argument + members[which].offset, &value, members[which].bytes);
}

static void size_change(struct iofd_program *p, struct iofd_made *made)
{
	const struct iofd_call_entry *entry = made->entry;

	switch (iofd_byte(p) % 6) {
	case 0:
		made->size = entry->minimum;
		break;
	case 1:
		made->size = entry->minimum - 1u;
		break;
	case 2:
		made->size = entry->size + 8u;
		break;
	case 3:
		made->size = 200;
		made->argument[199] = 1;
		break;
	case 4:
		made->size = iofd_byte(p);
		break;
	default:
		made->null = true;
	}
}

void iofd_mutate(struct iofd_program *p, struct iofd_made *made)
{
	uint8_t byte = iofd_byte(p);

	if (!made->entry->structure || byte < 0xb0)
		return;
	if (byte >= 0xf8)
		size_change(p, made);
	else
		change(p, made);
	if (byte >= 0xf0)
		change(p, made);
}

/* ---- What all architectures have ------------------------------------------------------------- */

/* Far away everywhere, or within what all have, below the ranges that some reserve. */
static uint64_t common(uint64_t iova)
{
	return iova >> 52 ? iova : iova & 0x7ffffff;
}

static uint64_t common_length(uint64_t length)
{
	return length >> 52 ? length : length & 0x3ffffff;
}

static bool offered_alike(const struct iofd_program *p, uint32_t flags)
{
	bool parent = flags & IOASIM_IOMMUFD_HWPT_NEST_PARENT;
	bool pasid = flags & IOASIM_IOMMUFD_HWPT_PASID;

	for (unsigned n = 1; n < p->sides; n++) {
		const struct offer *a = &p->side[0].system->offer, *b = &p->side[n].system->offer;

		if (parent && pasid && a->parent_beside_pasid != b->parent_beside_pasid)
			return false;
		if (flags & IOASIM_IOMMUFD_HWPT_DIRTY &&
		    (a->dirty != b->dirty || a->dirty_parent != b->dirty_parent ||
		     a->dirty_pasid != b->dirty_pasid))
			return false;
	}
	return true;
}

bool iofd_make_alike(struct iofd_program *p, struct iofd_made *made)
{
	struct ioasim_iommufd_map *map = (void *)made->argument;
	struct ioasim_iommufd_copy *copy = (void *)made->argument;
	struct ioasim_vfio_map *vfio = (void *)made->argument;
	struct ioasim_iommufd_hwpt_alloc *hwpt = (void *)made->argument;
	struct ioasim_iommufd_viommu_alloc *viommu = (void *)made->argument;
	struct ioasim_iommufd_hw_info *info = (void *)made->argument;
	struct ioasim_iommufd_iova_ranges *ranges = (void *)made->argument;
	struct ioasim_iommufd_allow_iovas *allow = (void *)made->argument;

	switch (made->entry->request) {
	case IOASIM_IOMMUFD_IOAS_MAP:
		map->iova = common(map->iova);
		map->length = common_length(map->length);
		return true;
	case IOASIM_IOMMUFD_IOAS_COPY:
		copy->dst_iova = common(copy->dst_iova);
		return true;
	case IOASIM_VFIO_IOMMU_MAP_DMA:
		vfio->iova = common(vfio->iova);
		vfio->size = common_length(vfio->size);
		return true;
	case IOASIM_IOMMUFD_IOAS_ALLOW_IOVAS:
		/* Elsewhere in these pages is what each architecture has, or tells. */
		if (allow->ranges / IOFD_PAGE == IOFD_SCRATCH / IOFD_PAGE ||
		    (allow->ranges / IOFD_PAGE == IOFD_DATA / IOFD_PAGE &&
		     allow->ranges % IOFD_PAGE < IOFD_RANGES))
			allow->ranges = IOFD_DATA + IOFD_RANGES;
		return true;
	case IOASIM_IOMMUFD_IOAS_IOVA_RANGES:
		/* Ranges end where the architecture's tables do, and have its holes. */
		ranges->num_iovas = ranges->num_iovas % 2 ? 16 : 0;
		ranges->ranges = IOFD_SCRATCH;
		return true;
	case IOASIM_IOMMUFD_HWPT_ALLOC:
		return offered_alike(p, hwpt->flags) && !hwpt->data_type && !hwpt->data_len;
	case IOASIM_IOMMUFD_VIOMMU_ALLOC:
		viommu->type = 0;
		return true;
	case IOASIM_IOMMUFD_GET_HW_INFO:
		info->data = IOFD_SCRATCH;
		info->data_len %= IOFD_PAGE;
		info->flags &= ~(uint32_t)IOASIM_IOMMUFD_HW_INFO_INPUT_TYPE;
		return true;
	default:
		return true;
	}
}
