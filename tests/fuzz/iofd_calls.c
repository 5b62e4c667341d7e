/* SPDX-License-Identifier: Apache-2.0 */
/* A call: chosen, made on all sides, judged by the book, and followed by it. */
#include "iofd_expect.h"

#include <errno.h>
#include <string.h>

/* ---- Choosing ------------------------------------------------------------------------------ */

/* Against each other; 2 is what others have. Calls that the others live on are made more
 * often. */
static const struct {
	uint32_t request;
	uint8_t weight;
} weights[] = {
	{IOASIM_IOMMUFD_IOAS_MAP, 14},
	{IOASIM_IOMMUFD_IOAS_UNMAP, 9},
	{IOASIM_IOMMUFD_IOAS_COPY, 8},
	{IOASIM_VFIO_IOMMU_MAP_DMA, 6},
	{IOASIM_VFIO_IOMMU_UNMAP_DMA, 5},
	{IOASIM_IOMMUFD_IOAS_ALLOW_IOVAS, 3},
	{IOASIM_IOMMUFD_HWPT_ALLOC, 11},
	{IOASIM_IOMMUFD_HWPT_INVALIDATE, 6},
	{IOASIM_VFIO_BIND_IOMMUFD, 8},
	{IOASIM_VFIO_ATTACH_IOMMUFD_PT, 18},
	{IOASIM_VFIO_DETACH_IOMMUFD_PT, 4},
	{IOASIM_IOMMUFD_DESTROY, 4},
	{IOASIM_IOMMUFD_VIOMMU_ALLOC, 5},
	{IOASIM_IOMMUFD_VDEVICE_ALLOC, 5},
	{IOASIM_IOMMUFD_VFIO_IOAS, 3},
	{IOASIM_IOMMUFD_HWPT_SET_DIRTY_TRACKING, 5},
	{IOASIM_IOMMUFD_HWPT_GET_DIRTY_BITMAP, 6},
	{IOASIM_IOMMUFD_IOAS_IOVA_RANGES, 3},
};

static unsigned weight_of(const struct iofd_call_entry *entry)
{
	for (unsigned n = 0; n < sizeof(weights) / sizeof(weights[0]); n++)
		if (weights[n].request == entry->request)
			return weights[n].weight;
	return 2;
}

static const struct iofd_call_entry *choose(struct iofd_program *p)
{
	uint64_t at = fuzz_word(&p->bytes, 2);
	unsigned all = 0;

	for (unsigned n = 0; iofd_call_table(n); n++)
		all += weight_of(iofd_call_table(n));
	at %= all;
	for (unsigned n = 0;; n++) {
		unsigned weight = weight_of(iofd_call_table(n));

		if (at < weight)
			return iofd_call_table(n);
		at -= weight;
	}
}

/* Objects that a call is about. */
static const struct {
	uint32_t request;
	unsigned kinds; /* one of these has to be there */
	bool compat; /* an IOAS for VFIO */
	bool dirty; /* a page table for it */
} needs[] = {
	{IOASIM_IOMMUFD_IOAS_ALLOW_IOVAS, 1u << SHADOW_IOAS, false, false},
	{IOASIM_IOMMUFD_IOAS_COPY, 1u << SHADOW_IOAS, false, false},
	{IOASIM_IOMMUFD_IOAS_IOVA_RANGES, 1u << SHADOW_IOAS, false, false},
	{IOASIM_IOMMUFD_IOAS_MAP, 1u << SHADOW_IOAS, false, false},
	{IOASIM_IOMMUFD_IOAS_MAP_FILE, 1u << SHADOW_IOAS, false, false},
	{IOASIM_IOMMUFD_IOAS_UNMAP, 1u << SHADOW_IOAS, false, false},
	{IOASIM_IOMMUFD_VFIO_IOAS, 1u << SHADOW_IOAS, false, false},
	{IOASIM_IOMMUFD_HWPT_ALLOC, 1u << SHADOW_DEVICE, false, false},
	{IOASIM_IOMMUFD_GET_HW_INFO, 1u << SHADOW_DEVICE, false, false},
	{IOASIM_IOMMUFD_HWPT_SET_DIRTY_TRACKING, 0, false, true},
	{IOASIM_IOMMUFD_HWPT_GET_DIRTY_BITMAP, 0, false, true},
	{IOASIM_IOMMUFD_HWPT_INVALIDATE, 1u << SHADOW_NESTED | 1u << SHADOW_VIOMMU, false, false},
	{IOASIM_IOMMUFD_VIOMMU_ALLOC, 1u << SHADOW_HWPT, false, false},
	{IOASIM_IOMMUFD_VDEVICE_ALLOC, 1u << SHADOW_VIOMMU, false, false},
	{IOASIM_IOMMUFD_VEVENTQ_ALLOC, 1u << SHADOW_VIOMMU, false, false},
	{IOASIM_VFIO_SET_IOMMU, SHADOW_ANY, true, false},
	{IOASIM_VFIO_IOMMU_GET_INFO, SHADOW_ANY, true, false},
	{IOASIM_VFIO_IOMMU_MAP_DMA, SHADOW_ANY, true, false},
	{IOASIM_VFIO_IOMMU_UNMAP_DMA, SHADOW_ANY, true, false},
	{IOASIM_VFIO_ATTACH_IOMMUFD_PT, 1u << SHADOW_IOAS | 1u << SHADOW_HWPT, false, false},
};

static bool has_dirty(const struct shadow_file *file)
{
	for (uint32_t id = 1; id < SHADOW_IDS; id++)
		if (file->object[id].flags & IOASIM_IOMMUFD_HWPT_DIRTY)
			return true;
	return false;
}

/* The call can do something on the file. */
static bool sensible(const struct iofd_call_entry *entry, const struct shadow_file *file)
{
	for (unsigned n = 0; n < sizeof(needs) / sizeof(needs[0]); n++) {
		if (needs[n].request != entry->request)
			continue;
		if (needs[n].dirty)
			return has_dirty(file);
		if (needs[n].compat)
			return file->compat != 0;
		for (uint32_t id = 1; id < SHADOW_IDS; id++)
			if (file->object[id].kind && needs[n].kinds >> file->object[id].kind & 1)
				return true;
		return false;
	}
	return true;
}

/* ---- Telling ------------------------------------------------------------------------------------ */

static void tell(struct iofd_program *p, const struct iofd_made *made)
{
	const struct iofd_call_entry *entry = made->entry;
	uint64_t value = 0;

	iofd_tell(p, "fd %d %s {", made->fd, entry->name);
	if (!entry->structure) {
		memcpy(&value, made->argument, sizeof(value));
		iofd_tell(p, "%llu", (unsigned long long)value);
	}
	if (made->size != entry->size)
		iofd_tell(p, "size %u ", made->size);
	for (const struct iofd_member *m = entry->members; m && m->name; m++) {
		value = 0;
		memcpy(&value, made->argument + m->offset, m->bytes);
		if (value)
			iofd_tell(p, " %s %#llx", m->name, (unsigned long long)value);
	}
	iofd_tell(p, made->null ? " } NULL" : " }");
}

/* ---- Results --------------------------------------------------------------------------------------- */

static bool named_by(const struct iofd_check *check, int error)
{
	for (; check && check->rule; check++)
		if (check->error == error)
			return true;
	return false;
}

/* What the dispatcher itself says, or the call by its checks. */
static bool allowed(const struct iofd_call_entry *entry, int error)
{
	static const int always[] = {0, ENOMEM, EINVAL, E2BIG, EFAULT, ENOTTY, EBADF, ENOSPC};

	for (unsigned i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (error == always[i])
			return true;
	return named_by(entry->checks, error) || error == entry->unknown_error ||
	       /* Who maps is checked as IOAS_MAP is. */
	       ((strstr(entry->name, "MAP") || strstr(entry->name, "COPY")) &&
		named_by(iofd_map_checks, error));
}

static void judge_result(struct iofd_program *p, const struct iofd_made *made, int result,
			 struct shadow_answer answer)
{
	int error = result < 0 ? -result : 0;

	if (!allowed(made->entry, error))
		iofd_break(p, "%s returns -%s, which no check names", made->entry->name,
			   strerrorname_np(error));
	if (error != answer.error && error != answer.other && answer.other >= 0)
		iofd_break(p, "%s returns %s, but by the rules %s", made->entry->name,
			   error ? strerrorname_np(error) : "0",
			   answer.error ? strerrorname_np(answer.error) : "0");
	if (result > 0 && made->entry->request != IOASIM_VFIO_CHECK_EXTENSION)
		iofd_break(p, "%s returns %d", made->entry->name, result);
}

/* Bytes that were unmapped; ranges; an IOVA that was chosen. */
static void judge_filled(struct iofd_program *p, const struct iofd_made *made, int number)
{
	const struct ioasim_iommufd_iova_ranges *ranges = (const void *)made->argument;
	const struct ioasim_iommufd_map *map = (const void *)made->argument;
	const struct ioasim_iommufd_map *asked = (const void *)made->before;
	struct on on = {.s = &p->shadow, .number = number, .file = &p->shadow.file[number]};
	struct shadow_range usable[EXPECT_USABLE], told[EXPECT_USABLE];
	unsigned count;

	if (made->entry->request == IOASIM_IOMMUFD_IOAS_IOVA_RANGES) {
		count = expect_usable(&on, ranges->ioas_id, usable, EXPECT_USABLE);
		if (ranges->num_iovas != count || count > EXPECT_USABLE ||
		    (made->size == made->entry->size &&
		     ranges->out_iova_alignment !=
			     shadow_alignment(&p->shadow, number, ranges->ioas_id)))
			iofd_break(p, "IOAS_IOVA_RANGES tells %u ranges, there are %u",
				   ranges->num_iovas, count);
		if (ioasim_process_read(p->side[0].system, p->process, ranges->ranges, told,
					count * sizeof(told[0])) ||
		    memcmp(told, usable, count * sizeof(told[0])))
			iofd_break(p, "IOAS_IOVA_RANGES tells other ranges");
	}
	if (made->entry->request == IOASIM_IOMMUFD_IOAS_MAP &&
	    !(asked->flags & IOASIM_IOMMUFD_MAP_FIXED_IOVA)) {
		const struct shadow_object *ioas = &on.file->object[map->ioas_id];
		bool inside = !ioas->allowed;
		uint64_t last = map->iova + (map->length - 1);

		/* Ranges that touch are one. */
		for (unsigned n = 0; n < ioas->allowed; n++)
			inside |= ioas->range[n].first <= map->iova &&
				  ioas->range[n].last >= map->iova;
		if (!inside || map->user_va % IOFD_PAGE & ~map->iova || last < map->iova)
			iofd_break(p, "IOAS_MAP chooses %#llx", (unsigned long long)map->iova);
	}
}

static uint64_t bytes_in(struct iofd_program *p, int file, uint32_t ioas, uint64_t first,
			 uint64_t last)
{
	const struct shadow_area *area = shadow_area_next(&p->shadow, file, ioas, first);
	uint64_t bytes = 0;

	for (; area && area->first <= last;
	     area = shadow_area_next(&p->shadow, file, ioas, area->last + 1)) {
		bytes += (area->last < last ? area->last : last) -
			 (area->first > first ? area->first : first) + 1;
		if (area->last == UINT64_MAX)
			break;
	}
	return bytes;
}

/* Before the book follows. */
static void judge_unmapped(struct iofd_program *p, const struct iofd_made *made, int number)
{
	const struct ioasim_iommufd_unmap *own = (const void *)made->before;
	const struct ioasim_vfio_unmap *vfio = (const void *)made->before;
	bool everything = vfio->flags & IOASIM_VFIO_UNMAP_FLAG_ALL;
	uint64_t expected, told;

	if (made->entry->request == IOASIM_IOMMUFD_IOAS_UNMAP) {
		bool all = !own->iova && own->length == UINT64_MAX;

		told = ((const struct ioasim_iommufd_unmap *)(const void *)made->argument)->length;
		expected = bytes_in(p, number, own->ioas_id, own->iova,
				    all ? UINT64_MAX : own->iova + (own->length - 1));
	} else if (made->entry->request == IOASIM_VFIO_IOMMU_UNMAP_DMA) {
		told = ((const struct ioasim_vfio_unmap *)(const void *)made->argument)->size;
		expected = bytes_in(p, number, p->shadow.file[number].compat, vfio->iova,
				    everything ? UINT64_MAX : vfio->iova + (vfio->size - 1));
	} else {
		return;
	}
	if (told != expected)
		iofd_break(p, "%s tells %#llx bytes, not %#llx", made->entry->name,
			   (unsigned long long)told, (unsigned long long)expected);
}

/* ---- All sides ----------------------------------------------------------------------------------------- */

/* What is filled in is the same everywhere. */
static bool fills_alike(const struct iofd_call_entry *entry)
{
	return entry->request != IOASIM_IOMMUFD_IOAS_IOVA_RANGES &&
	       entry->request != IOASIM_IOMMUFD_GET_HW_INFO &&
	       entry->request != IOASIM_VFIO_IOMMU_GET_INFO;
}

static int side_call(struct iofd_program *p, const struct iofd_made *made, unsigned n,
		     unsigned char *argument)
{
	struct ioasim_system *system = p->side[n].system;
	void *given = argument;
	uint64_t number, before = iofd_books(system);
	int result;

	if (!made->entry->structure) {
		memcpy(&number, argument, sizeof(number));
		given = (void *)(uintptr_t)number;
	} else if (made->null) {
		given = NULL;
	}
	result = ioasim_iommufd_ioctl(system, p->process, made->fd, made->entry->request, given);
	if (result < 0 && before != iofd_books(system))
		iofd_break(p, "%s failed on %s and has changed something (S17)", made->entry->name,
			   p->side[n].arch);
	return result;
}

static int call(struct iofd_program *p, struct iofd_made *made)
{
	_Alignas(8) unsigned char argument[IOFD_ARGUMENT];
	int result = side_call(p, made, 0, made->argument);

	for (unsigned n = 1; n < p->sides; n++) {
		int other;

		memcpy(argument, made->before, sizeof(argument));
		other = side_call(p, made, n, argument);
		if (other != result)
			iofd_break(p, "%s returns %d on %s, %d on %s", made->entry->name, result,
				   p->side[0].arch, other, p->side[n].arch);
		else if (fills_alike(made->entry) &&
			 memcmp(argument, made->argument, sizeof(argument)))
			iofd_break(p, "%s fills in something else on %s than on %s",
				   made->entry->name, p->side[0].arch, p->side[n].arch);
	}
	return result;
}

/* The file that a call was about. */
static int number_of(const struct iofd_program *p, const struct iofd_made *made)
{
	const struct shadow_fd *fd = &p->shadow.fd[made->fd];

	return fd->kind == SHADOW_FD_DEVICE ? p->shadow.device[fd->device].file : fd->file;
}

int iofd_make(struct iofd_program *p, struct iofd_made *made)
{
	struct shadow_answer answer;
	int result;

	if (made->entry->structure)
		memcpy(made->argument, &made->size, sizeof(made->size));
	memcpy(made->before, made->argument, sizeof(made->before));
	tell(p, made);
	if (made->entry->request == IOASIM_IOMMUFD_HWPT_GET_DIRTY_BITMAP)
		iofd_bitmap_clear(p);
	answer = shadow_expect(&p->shadow, made);
	result = call(p, made);
	iofd_tell(p, " = %s\n", result < 0 ? strerrorname_np(-result) : result ? "1" : "0");
	iofd_stats_count(p->stats, made->entry, result, answer.outside);
	judge_result(p, made, result, answer);
	if (result < 0 || p->broken[0])
		return result;
	if (made->entry->where != IOFD_ON_DEVICE)
		judge_unmapped(p, made, number_of(p, made));
	if (made->entry->where != IOFD_ON_DEVICE)
		judge_filled(p, made, number_of(p, made));
	if (made->entry->request == IOASIM_IOMMUFD_HWPT_GET_DIRTY_BITMAP)
		iofd_bitmap_judge(p, made, number_of(p, made));
	shadow_follow(&p->shadow, made);
	if (p->shadow.lost)
		iofd_break(p, "%s: %s", made->entry->name, p->shadow.lost);
	return result;
}

/* A call, and the descriptor to make it on; the file that this is about. */
static struct shadow_file *choose_place(struct iofd_program *p, struct iofd_made *made)
{
	int number;

	made->entry = choose(p);
	if (made->entry->where == IOFD_ON_DEVICE)
		made->fd = iofd_device_fd(p, made->entry->request != IOASIM_VFIO_BIND_IOMMUFD);
	else
		made->fd = iofd_fd(p, SHADOW_FD_IOMMUFD);
	number = made->fd >= 0 && made->fd < SHADOW_FDS ? number_of(p, made) : -1;
	return &p->shadow.file[number < 0 ? 0 : number];
}

void iofd_step_call(struct iofd_program *p)
{
	struct iofd_made made = {0};
	struct shadow_file *file = NULL;

	for (unsigned tries = 0; tries < 6; tries++) {
		file = choose_place(p, &made);
		if (sensible(made.entry, file))
			break;
	}
	made.size = made.entry->structure ? made.entry->size : 0;
	iofd_recipe(p, &made, file);
	iofd_mutate(p, &made);
	if (iofd_chance(p, 0x04))
		made.fd = iofd_byte(p) - 4;
	if (iofd_alike(p) && !iofd_make_alike(p, &made))
		return;
	(void)iofd_make(p, &made);
}
