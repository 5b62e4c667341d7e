/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of a scenario that are a software mdev's driver's: pins and copies (U14), and what it
 * says when it is asked for pins. */
#include "scenario_run.h"

#include <ioasim/iommufd.h>
#include <stdlib.h>
#include <string.h>

#define PAGE UINT64_C(4096)

/* ---- Being asked ------------------------------------------------------------------------ */

static bool note(struct scn_run *run, const struct scn_asked *asked)
{
	struct scn_heard *h = &run->heard;
	void *items = h->asked;
	struct scn_asked *place;

	/* Who does not let go is asked again and again, and so are others of the IOAS. */
	for (uint32_t i = 0; i < h->n_asked; i++)
		if (h->asked[i].device == asked->device && h->asked[i].iova == asked->iova &&
		    h->asked[i].size == asked->size)
			return true;
	place = scn_grow(h, &items, h->n_asked, &h->room_asked, sizeof(*place));
	h->asked = items;
	if (!place)
		return false;
	*place = *asked;
	h->n_asked++;
	return true;
}

static bool overlaps(const struct scn_asked *a, const struct scn_asked *b)
{
	return a->device == b->device && a->iova <= b->iova + (b->size - 1) &&
	       b->iova <= a->iova + (a->size - 1);
}

static void kept_forget(struct scn_run *run, uint32_t index)
{
	run->kept[index] = run->kept[--run->n_kept];
}

bool scn_on_unmap(void *opaque, int number, uint64_t iova, uint64_t bytes)
{
	const struct scn_driver *driver = opaque;
	struct scn_run *run = driver->run;
	const struct scn_asked asked = {driver->device, iova, bytes};
	/* The IOAS is left, and all pins go whatever is said. */
	bool everything = iova == 0 && bytes == UINT64_MAX;
	bool go = true;

	(void)number;
	if (!note(run, &asked))
		return true;
	for (uint32_t i = run->n_kept; i-- > 0;) {
		if (!overlaps(&run->kept[i], &asked))
			continue;
		if (everything)
			kept_forget(run, i);
		else
			go = false;
	}
	return go;
}

/* ---- Pins --------------------------------------------------------------------------------- */

static bool keep(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	void *items = run->kept;
	struct scn_asked *place =
		scn_grow(&run->heard, &items, run->n_kept, &run->room_kept, sizeof(*place));

	run->kept = items;
	if (!place)
		return scn_trouble(done, "no memory for a pin");
	*place = (struct scn_asked){args->device, args->iova, args->size};
	run->n_kept++;
	return true;
}

void scn_run_pin(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	ioasim_pa_t *pages = calloc(args->size / PAGE + 1, sizeof(*pages));

	if (!pages) {
		scn_trouble(done, "no memory for a pin");
		return;
	}
	scn_result(done, ioasim_iommufd_pin(run->system, run->device[args->device], args->iova,
					    args->size, args->access == IOASIM_WRITE, pages));
	done->has_value = false;
	if (done->error || (args->keep && !keep(run, args, done))) {
		free(pages);
		return;
	}
	done->reached = (struct scn_reached){.pages = pages, .size = args->size};
}

void scn_run_unpin(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	scn_result(done, ioasim_iommufd_unpin(run->system, run->device[args->device], args->iova,
					      args->size));
	done->has_value = false;
	for (uint32_t i = run->n_kept; !done->error && i-- > 0;)
		if (run->kept[i].device == args->device && run->kept[i].iova == args->iova &&
		    run->kept[i].size == args->size) {
			kept_forget(run, i);
			return;
		}
}

/* ---- Copies ------------------------------------------------------------------------------- */

/* What is written differs from byte to byte, and from step to step. */
void scn_run_copy(struct scn_run *run, const struct scn_args *args, struct scn_done *done)
{
	bool write = args->access == IOASIM_WRITE;
	unsigned char *data = malloc(args->size + 1);

	if (!data) {
		scn_trouble(done, "no memory for a copy");
		return;
	}
	for (uint64_t i = 0; i < args->size; i++)
		data[i] = (unsigned char)(i + (i >> 8) + UINT64_C(37) * (run->logged + 1));
	scn_result(done, ioasim_iommufd_rw(run->system, run->device[args->device], args->iova, data,
					   args->size, write));
	done->has_value = false;
	if (done->error) {
		free(data);
		return;
	}
	done->reached = (struct scn_reached){.data = data, .size = args->size};
}

/* ---- What was reached ------------------------------------------------------------------------ */

static bool pages_are(const struct scn_run *run, const struct scn_reached *reached, int process,
		      uint64_t address)
{
	ioasim_pa_t pa;

	for (uint64_t at = 0; at < reached->size; at += PAGE)
		if (ioasim_process_page(run->system, process, address + at, &pa) ||
		    pa != reached->pages[at / PAGE])
			return false;
	return true;
}

static bool bytes_are(const struct scn_run *run, const struct scn_reached *reached, int process,
		      uint64_t address)
{
	unsigned char *found = malloc(reached->size);
	bool same = found &&
		    !ioasim_process_read(run->system, process, address, found, reached->size) &&
		    memcmp(found, reached->data, reached->size) == 0;

	free(found);
	return same;
}

bool scn_reached_is(const struct scn_run *run, const struct scn_reached *reached, int process,
		    uint64_t address)
{
	int number = run->process[process];

	return reached->pages ? pages_are(run, reached, number, address)
			      : bytes_are(run, reached, number, address);
}

void scn_reached_free(struct scn_reached *reached)
{
	free(reached->pages);
	free(reached->data);
	*reached = (struct scn_reached){0};
}
