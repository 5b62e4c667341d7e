/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an IOAS gives to a software mdev: mappings name addresses of a process, which are
 * the page that the process has there, or as long as it is pinned the one that it had when
 * it was. What a mapping gave is remembered when it goes, as of other spaces.
 */
#include "model/uapi/checker_inside.h"
#include "model/uapi/iommufd_mdev.h"
#include "model/uapi/memory_file.h"
#include "model/uapi/process.h"

/* ---- Where an address leads -------------------------------------------------------------- */

/* What names pages: a process's addresses, or offsets in a file. */
static const struct interval_map *areas_of(const struct iommufd_shown *shown)
{
	const struct process *process = shown->source->user;
	const struct memory_file *file = shown->source->file;

	return file ? &file->runs : &process->areas;
}

/* The page, and in *bytes how far it goes on like this; false: the process has none. */
static bool page_of(const struct ioasim_system *system, const struct iommufd_shown *shown,
		    ioasim_pa_t *pa, uint64_t *bytes)
{
	struct interval_place place;
	const struct interval *area;
	bool has;

	*bytes = shown->bytes;
	*pa = shown->pinned ? shown->pa : shown->address;
	if (shown->pinned || system->real)
		return true;
	area = interval_find(areas_of(shown), 0, shown->address, &place);
	if (!area)
		return false;
	has = area->first <= shown->address;
	if ((has ? area->last + 1 : area->first) - shown->address < *bytes)
		*bytes = (has ? area->last + 1 : area->first) - shown->address;
	*pa = area->value + (shown->address - area->first);
	return has;
}

/* ---- Books --------------------------------------------------------------------------------- */

static void mapping_toggle(struct checker *checker, struct iommufd_mdev *mdev, uint64_t iova,
			   const struct iommufd_shown *shown)
{
	const uint64_t words[] = {
		checker_space_number(checker, &mdev->judged), iova,           shown->last,
		(uint64_t)(uintptr_t)areas_of(shown),         shown->address, shown->access,
	};

	checker_toggle(checker, words, sizeof(words) / sizeof(words[0]));
}

static void part_ends(struct checker_case *c, struct iommufd_mdev *mdev, uint64_t iova,
		      const struct iommufd_shown *shown, uint64_t *bytes)
{
	struct past_entry ended = {
		.space = checker_space_number(c->checker, &mdev->judged),
		.first = iova,
		.at = c->system->calls,
		.time_ns = c->system->now_ns,
		.access = (uint8_t)shown->access,
	};

	if (!page_of(c->system, shown, &ended.value, bytes))
		return;
	ended.last = iova + (*bytes - 1);
	if (past_add(&c->checker->past, &ended))
		c->checker->deaf = true;
}

void checker_access_changed(struct iommufd_mdev *mdev, uint64_t iova, uint64_t bytes, bool mapped)
{
	struct checker_case c = checker_call_case(mdev->device->system);
	uint64_t last = iova + (bytes - 1), next = iova;
	struct iommufd_shown shown;

	for (uint64_t at = iova; c.checker; at += bytes) {
		if (iommufd_access_shown(mdev->access, at, &shown))
			return;
		bytes = shown.last - at + 1;
		if (at == next) {
			mapping_toggle(c.checker, mdev, at, &shown);
			next = shown.last + 1;
		}
		if (!mapped)
			part_ends(&c, mdev, at, &shown, &bytes);
		if (last - at < bytes)
			return;
	}
}

/* ---- The judgement --------------------------------------------------------------------------- */

static bool gave(const struct past_entry *past, uint64_t address, const struct checker_case *c)
{
	return past && past->value + (address - past->first) == c->result->pa &&
	       checker_allows(past->access, c->dma->access, false);
}

/* Of the IOAS, or of the process's own memory. */
static const struct past_entry *stale_of(const struct checker_case *c,
					 const struct iommufd_mdev *mdev,
					 const struct iommufd_shown *shown)
{
	const struct past *past = &c->checker->past;
	const struct past_entry *found;

	if (mdev->judged.number) {
		found = past_find(past, mdev->judged.number, c->dma->address);
		if (gave(found, c->dma->address, c))
			return found;
	}
	if (!shown || c->system->real || shown->source->file)
		return NULL;
	found = past_find(past, ((const struct process *)shown->source->user)->judged.number,
			  shown->address);
	return gave(found, shown->address, c) ? found : NULL;
}

void checker_judge_access(struct checker_case *c, const struct iommufd_mdev *mdev)
{
	struct iommufd_shown shown;
	bool mapped = !iommufd_access_shown(mdev->access, c->dma->address, &shown);
	const struct past_entry *stale;
	uint64_t bytes;
	ioasim_pa_t pa;
	bool right = mapped && page_of(c->system, &shown, &pa, &bytes) && pa == c->result->pa;

	if (right && checker_allows(shown.access, c->dma->access, false))
		return;
	stale = stale_of(c, mdev, mapped ? &shown : NULL);
	if (stale)
		checker_report_stale(c, stale);
	else if (right)
		checker_report(c, 2, 0, "the map does not give this right");
	else if (!checker_judge_foreign(c))
		checker_report(c, 2, 0, "the map never gave this page for the address");
}
