/* SPDX-License-Identifier: Apache-2.0 */
/* The second book: pages that were written (U13), and whether a bitmap tells them. */
#include "iofd_caller.h"

#include <string.h>

static bool is_in(const struct shadow_written *written, int file, uint32_t hwpt, uint64_t first,
		  uint64_t last)
{
	return written->used && written->file == file && (!hwpt || written->hwpt == hwpt) &&
	       written->iova + (IOFD_PAGE - 1) >= first && written->iova <= last;
}

void shadow_write(struct shadow *s, int file, uint32_t hwpt, uint64_t iova)
{
	const uint64_t page = iova & ~(IOFD_PAGE - 1);
	struct shadow_written *empty = NULL;

	if (!s->file[file].object[hwpt].tracking)
		return;
	for (unsigned n = 0; n < SHADOW_WRITTEN; n++) {
		if (is_in(&s->written[n], file, hwpt, page, page))
			return;
		if (!s->written[n].used)
			empty = &s->written[n];
	}
	if (empty)
		*empty = (struct shadow_written){true, file, hwpt, page};
	else
		s->lost = "the book has no room for written pages";
}

void shadow_forget(struct shadow *s, int file, uint32_t ioas, uint32_t hwpt, uint64_t first,
		   uint64_t last)
{
	for (unsigned n = 0; n < SHADOW_WRITTEN; n++)
		if (is_in(&s->written[n], file, hwpt, first, last) &&
		    s->file[file].object[s->written[n].hwpt].ioas == ioas)
			s->written[n].used = false;
}

bool shadow_is_written(const struct shadow *s, int file, uint32_t hwpt, uint64_t first,
		       uint64_t last)
{
	for (unsigned n = 0; n < SHADOW_WRITTEN; n++)
		if (is_in(&s->written[n], file, hwpt, first, last))
			return true;
	return false;
}

/* ---- Bitmaps ----------------------------------------------------------------------------- */

/* The bitmap is empty before. */
void iofd_bitmap_clear(struct iofd_program *p)
{
	static const unsigned char none[IOFD_BITMAP_BYTES];

	for (unsigned n = 0; n < p->sides; n++)
		(void)ioasim_process_write(p->side[n].system, p->process, IOFD_BITMAP, none,
					   sizeof(none));
}

static bool told(const unsigned char *bits, uint64_t bit)
{
	return bit / 8 < IOFD_BITMAP_BYTES && bits[bit / 8] >> bit % 8 & 1;
}

/* Something of a mapping that the range meets was written: pages of tables can be as large as
 * that, and are told as a whole. */
static bool beside_written(struct shadow *s, int file, uint32_t hwpt, uint64_t first, uint64_t last)
{
	const uint32_t ioas = s->file[file].object[hwpt].ioas;

	while (first <= last) {
		const struct shadow_area *area = shadow_area_next(s, file, ioas, first);

		if (!area || area->first > last)
			return false;
		if (shadow_is_written(s, file, hwpt, area->first, area->last))
			return true;
		first = area->last + 1;
	}
	return false;
}

/* Every page that was written is told; and nothing where nobody wrote. */
void iofd_bitmap_judge(struct iofd_program *p, const struct iofd_made *made, int file)
{
	const struct ioasim_iommufd_get_dirty *arg = (const void *)made->before;
	const struct shadow_object *hwpt = &p->shadow.file[file].object[arg->hwpt_id];
	const uint64_t bits = arg->length / arg->page_size;
	unsigned char bitmap[IOFD_BITMAP_BYTES];

	if (arg->data != IOFD_BITMAP || bits > 8 * IOFD_BITMAP_BYTES)
		return;
	for (unsigned n = 0; n < p->sides; n++) {
		if (ioasim_process_read(p->side[n].system, p->process, IOFD_BITMAP, bitmap,
					sizeof(bitmap)))
			iofd_break(p, "the bitmap cannot be read");
		for (uint64_t bit = 0; bit < bits; bit++) {
			uint64_t first = arg->iova + bit * arg->page_size;
			bool was = shadow_is_written(&p->shadow, file, arg->hwpt_id, first,
						     first + (arg->page_size - 1));

			if (was && !told(bitmap, bit))
				iofd_break(p, "%#llx was written, and is not told on %s",
					   (unsigned long long)first, p->side[n].arch);
			if (!was && !hwpt->vague && told(bitmap, bit) &&
			    !beside_written(&p->shadow, file, arg->hwpt_id, first,
					    first + (arg->page_size - 1)))
				iofd_break(p, "%#llx is told, and was not written, on %s",
					   (unsigned long long)first, p->side[n].arch);
		}
	}
}

/* The range is one of whole mappings. */
static bool ends_whole(struct shadow *s, int file, uint32_t ioas, uint64_t iova, uint64_t length)
{
	const struct shadow_area *first = shadow_area_at(s, file, ioas, iova);
	const struct shadow_area *last = shadow_area_at(s, file, ioas, iova + (length - 1));

	return first && last && first->first == iova && last->last == iova + (length - 1);
}

void shadow_follow_dirty(struct shadow *s, int file, const struct iofd_made *made)
{
	const struct ioasim_iommufd_set_dirty *set = (const void *)made->before;
	const struct ioasim_iommufd_get_dirty *get = (const void *)made->before;
	bool sets = made->entry->request == IOASIM_IOMMUFD_HWPT_SET_DIRTY_TRACKING;
	struct shadow_object *hwpt = &s->file[file].object[set->hwpt_id];

	if (sets) {
		hwpt->tracking = set->flags & IOASIM_IOMMUFD_DIRTY_ENABLE;
		hwpt->vague = false;
		shadow_forget(s, file, hwpt->ioas, set->hwpt_id, 0, UINT64_MAX);
	} else if (!(get->flags & IOASIM_IOMMUFD_BITMAP_NO_CLEAR)) {
		shadow_forget(s, file, s->file[file].object[get->hwpt_id].ioas, get->hwpt_id,
			      get->iova, get->iova + (get->length - 1));
		/* A page of the table that reaches out of the range stays marked. */
		hwpt = &s->file[file].object[get->hwpt_id];
		hwpt->vague |= !ends_whole(s, file, hwpt->ioas, get->iova, get->length);
	}
}
