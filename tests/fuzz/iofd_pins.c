/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pins of the software mdev's driver (U14): what it has pinned stays where it is, and it lets
 * go of what is unmapped, or does not.
 */
#include "iofd_caller.h"

#include <errno.h>

static bool meets(const struct shadow_pin *pin, uint64_t first, uint64_t last)
{
	return pin->used && pin->first <= last && pin->last >= first;
}

static struct shadow_device *mdev_of(struct shadow *s)
{
	return &s->device[SHADOW_MDEV];
}

/* ---- The second book -------------------------------------------------------------------- */

bool shadow_is_held(const struct shadow *s, int file, uint32_t ioas, uint64_t first, uint64_t last)
{
	const struct shadow_device *mdev = &s->device[SHADOW_MDEV];

	for (unsigned n = 0; n < SHADOW_PINS; n++)
		if (mdev->ioas == ioas && mdev->file == file && meets(&s->pin[n], first, last))
			return true;
	return false;
}

/* The pages of all mappings that a pin goes over are held once more, or less. */
static void hold(struct shadow *s, const struct shadow_pin *pin, bool more)
{
	uint64_t at = pin->first;

	for (;;) {
		struct shadow_area *area =
			shadow_area_at(s, mdev_of(s)->file, mdev_of(s)->ioas, at);
		uint64_t last;

		if (!area) {
			s->lost = "something is pinned that is not mapped";
			return;
		}
		last = area->last < pin->last ? area->last : pin->last;
		shadow_hold(s, area, at, last, more);
		if (last == pin->last)
			return;
		at = last + 1;
	}
}

void shadow_pins_end(struct shadow *s, int file, uint32_t ioas, uint64_t first, uint64_t last)
{
	if (mdev_of(s)->ioas != ioas || mdev_of(s)->file != file)
		return;
	for (unsigned n = 0; n < SHADOW_PINS; n++)
		if (meets(&s->pin[n], first, last)) {
			hold(s, &s->pin[n], false);
			s->pin[n].used = false;
		}
}

/* Whether the pages can be pinned: all of them are mapped with the right, and are there. */
static bool can_hold(struct shadow *s, const struct shadow_pin *pin, bool write)
{
	uint64_t at = pin->first;

	if (!mdev_of(s)->ioas || at % IOFD_PAGE || pin->last < at)
		return false;
	for (;;) {
		const struct shadow_area *area =
			shadow_area_at(s, mdev_of(s)->file, mdev_of(s)->ioas, at);
		uint64_t last;

		if (!area || !(area->access & (write ? IOASIM_WRITE : IOASIM_READ)))
			return false;
		last = area->last < pin->last ? area->last : pin->last;
		if (!shadow_can_pin(s, area->pages, area->start + (at - area->first),
				    last - at + 1))
			return false;
		if (last == pin->last)
			return true;
		at = last + 1;
	}
}

/* ---- Steps -------------------------------------------------------------------------------- */

static bool let_go(void *opaque, int device, uint64_t iova, uint64_t bytes)
{
	const struct shadow *s = opaque;

	(void)device;
	(void)iova;
	(void)bytes;
	return !s->stubborn;
}

static void set_stubborn(struct iofd_program *p, bool stubborn)
{
	p->shadow.stubborn = stubborn;
	for (unsigned n = 0; n < p->sides; n++)
		(void)ioasim_iommufd_on_unmap(p->side[n].system, SHADOW_MDEV, let_go, &p->shadow);
	iofd_tell(p, "the mdev lets go: %d\n", !stubborn);
}

static void unpin(struct iofd_program *p)
{
	struct shadow_pin *pin = &p->shadow.pin[iofd_byte(p) % SHADOW_PINS], asked;
	bool known;

	for (unsigned n = 0; n < SHADOW_PINS && !pin->used; n++)
		pin = &p->shadow.pin[n];
	asked = *pin;
	if (iofd_chance(p, 0x20))
		asked.last += IOFD_PAGE;
	known = asked.used && asked.last == pin->last && mdev_of(&p->shadow)->ioas;
	for (unsigned n = 0; n < p->sides; n++)
		if ((ioasim_iommufd_unpin(p->side[n].system, SHADOW_MDEV, asked.first,
					  asked.last - asked.first + 1) == 0) != known)
			iofd_break(p, "unpinning %#llx does not as it should",
				   (unsigned long long)asked.first);
	iofd_tell(p, "unpin %#llx to %#llx\n", (unsigned long long)asked.first,
		  (unsigned long long)asked.last);
	if (!known)
		return;
	hold(&p->shadow, pin, false);
	pin->used = false;
}

static void pin(struct iofd_program *p)
{
	const struct shadow_device *mdev = mdev_of(&p->shadow);
	uint64_t first = iofd_iova(p);
	const struct shadow_area *area =
		mdev->ioas ? shadow_area_next(&p->shadow, mdev->file, mdev->ioas, first) : NULL;
	bool write = iofd_chance(p, 0x80), good;
	struct shadow_pin *empty = NULL;
	struct shadow_pin made;

	if (area && area->first > first && iofd_chance(p, 0xe0))
		first = area->first;
	made = (struct shadow_pin){true, first, first + (1 + iofd_byte(p) % 3) * IOFD_PAGE - 1};
	good = can_hold(&p->shadow, &made, write);

	for (unsigned n = 0; n < SHADOW_PINS; n++) {
		if (!p->shadow.pin[n].used)
			empty = &p->shadow.pin[n];
		else if (p->shadow.pin[n].first == first)
			return; /* so that it is known which one is unpinned */
	}
	if (!empty)
		return;
	for (unsigned n = 0; n < p->sides; n++) {
		int error = ioasim_iommufd_pin(p->side[n].system, SHADOW_MDEV, first,
					       made.last - first + 1, write, NULL);

		if (!error != good)
			iofd_break(p, "pinning %#llx gives %d on %s", (unsigned long long)first,
				   error, p->side[n].arch);
	}
	iofd_tell(p, "pin %#llx to %#llx: %d\n", (unsigned long long)first,
		  (unsigned long long)made.last, good);
	if (!good)
		return;
	*empty = made;
	hold(&p->shadow, empty, true);
}

void iofd_step_pin(struct iofd_program *p)
{
	uint8_t byte = iofd_byte(p);

	if (byte < 0x40)
		set_stubborn(p, byte % 4 != 0);
	else if (byte < 0x68)
		unpin(p);
	else
		pin(p);
}
