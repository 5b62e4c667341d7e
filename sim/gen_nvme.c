/* SPDX-License-Identifier: Apache-2.0 */
#include "gen_nvme.h"

#include "gen_dma.h"
#include "number.h"

#include <errno.h>
#include <string.h>

/* NVM Express base specification: entries of the queues, and of PRP lists. */
#define SUBMISSION 64
#define COMPLETION 16
#define PRP        8

/* Lists of up to so many entries come out of a pool of 256 bytes each (Linux). */
#define SMALL_LIST 256

/* Blocks on the drive. */
#define SECTOR 512

/* A command's place, with the memory that belongs to it for good. */
struct slot {
	struct queue *queue;
	uint64_t iova, bytes;
	uint64_t *pa; /* of each segment */
	uint64_t list; /* offset of its PRP list in the pool */
	bool read;
};

struct queue {
	struct drive *drive;
	unsigned cpu;
	struct gen_buffer submissions, completions;
	uint64_t submitted, completed;
	struct slot *slots;
	struct slot **finished; /* completed, and not yet seen by the driver */
	uint64_t n_finished;
	struct gen_actor interrupt;
};

struct drive {
	const struct gen_nvme_options *options;
	struct gen_nvme_mix mix;
	struct gen_dma_api api;
	struct gen_buffer lists; /* pool of PRP lists */
	struct queue *queues;
	struct slot **waiting; /* that the drive works on */
	uint64_t n_waiting;
	uint64_t free_ps; /* when it can take the next one */
	struct gen_actor service;
};

/* ---- The mix of sizes ------------------------------------------------------------------------ */

/* "SIZE[:WEIGHT]" */
static int block_parse(char *text, struct gen_nvme_mix *mix)
{
	uint64_t weight = 1, bytes, sum = mix->count ? mix->below[mix->count - 1] : 0;
	char *colon = strchr(text, ':');

	if (colon)
		*colon++ = '\0';
	if (mix->count == GEN_NVME_BLOCKS || parse_size(text, &bytes) ||
	    (colon && parse_number(colon, &weight)) || !bytes || bytes % SECTOR ||
	    bytes > GEN_NVME_BLOCK_MAX || !weight || weight > UINT32_MAX)
		return -EINVAL;
	mix->bytes[mix->count] = bytes;
	mix->below[mix->count++] = sum + weight;
	return 0;
}

int gen_nvme_mix_parse(const char *text, struct gen_nvme_mix *mix)
{
	char copy[256], *rest = copy, *part;
	int status = 0;

	*mix = (struct gen_nvme_mix){0};
	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, text);
	while (status == 0 && (part = strsep(&rest, ",")))
		status = block_parse(part, mix);
	return status;
}

static uint64_t mix_draw(struct gen *gen, const struct gen_nvme_mix *mix)
{
	uint64_t drawn = gen_random_below(&gen->random, mix->below[mix->count - 1]);
	unsigned i = 0;

	while (drawn >= mix->below[i])
		i++;
	return mix->bytes[i];
}

static uint64_t mix_largest(const struct gen_nvme_mix *mix)
{
	uint64_t largest = 0;

	for (unsigned i = 0; i < mix->count; i++)
		if (mix->bytes[i] > largest)
			largest = mix->bytes[i];
	return largest;
}

/* ---- The driver ------------------------------------------------------------------------------- */

static uint64_t segments(const struct drive *drive, uint64_t bytes)
{
	return (bytes + drive->options->segment - 1) / drive->options->segment;
}

static uint64_t segment_bytes(const struct drive *drive, const struct slot *slot, uint64_t i)
{
	uint64_t left = slot->bytes - i * drive->options->segment;

	return left < drive->options->segment ? left : drive->options->segment;
}

/* One range of addresses; each segment of memory is mapped into it. */
static void data_map(struct gen *gen, struct slot *slot)
{
	struct drive *drive = slot->queue->drive;
	uint64_t segment = drive->options->segment;
	unsigned order = gen_frame_order(segment);

	slot->iova = gen_dma_range(&drive->api, slot->queue->cpu, slot->bytes);
	for (uint64_t i = 0; i < segments(drive, slot->bytes) && !gen->failed; i++) {
		uint64_t length = segment_bytes(drive, slot, i);

		slot->pa[i] = gen_frame(gen, order);
		gen_map(gen, &(struct gen_map){
				     .domain = drive->api.domain,
				     .access = slot->read ? IOASIM_WRITE : IOASIM_READ,
				     .iova = slot->iova + i * segment,
				     .pa = slot->pa[i],
				     .length = (length + GEN_PAGE - 1) & ~(GEN_PAGE - 1),
			     });
	}
}

static void data_unmap(struct gen *gen, struct slot *slot)
{
	struct drive *drive = slot->queue->drive;

	gen_dma_range_put(&drive->api, slot->queue->cpu, slot->iova, slot->bytes);
	for (uint64_t i = 0; i < segments(drive, slot->bytes); i++)
		gen_frame_put(gen, gen_frame_order(drive->options->segment), slot->pa[i]);
}

/* Two pages are told in the command itself, more in a list of all but the first. */
static uint64_t list_bytes(uint64_t bytes)
{
	uint64_t pages = (bytes + GEN_PAGE - 1) / GEN_PAGE;

	return pages > 2 ? (pages - 1) * PRP : 0;
}

/* The driver submits; the drive fetches the command and its list. */
static void submit(struct gen *gen, struct slot *slot)
{
	struct queue *queue = slot->queue;
	struct drive *drive = queue->drive;
	uint64_t list;

	slot->read = gen_random_below(&gen->random, 100) < drive->options->reads;
	slot->bytes = mix_draw(gen, &drive->mix);
	data_map(gen, slot);
	gen_dma_ring(&drive->api, &queue->submissions,
		     &(struct gen_ring_part){drive->options->depth + 1, SUBMISSION,
					     queue->submitted++, 1},
		     IOASIM_READ);
	list = list_bytes(slot->bytes);
	if (list)
		gen_dma_access(&drive->api, &drive->lists, slot->list, list, IOASIM_READ);
	drive->waiting[drive->n_waiting++] = slot;
	gen_wake(gen, &drive->service, gen->now_ps > drive->free_ps ? gen->now_ps : drive->free_ps);
}

/* What has been completed is unmapped, and as much is submitted anew. */
static uint64_t interrupt(struct gen *gen, void *opaque)
{
	struct queue *queue = opaque;
	uint64_t count = queue->n_finished;

	queue->n_finished = 0;
	for (uint64_t i = 0; i < count; i++)
		data_unmap(gen, queue->finished[i]);
	for (uint64_t i = 0; i < count; i++)
		submit(gen, queue->finished[i]);
	return GEN_NEVER;
}

/* ---- The drive --------------------------------------------------------------------------------- */

static uint64_t service_ps(const struct drive *drive, uint64_t bytes)
{
	uint64_t command = gen_interval_ps(1, drive->options->iops);
	uint64_t data = gen_wire_ps(bytes, drive->options->gbps);

	return command > data ? command : data;
}

static void data_move(struct drive *drive, const struct slot *slot)
{
	for (uint64_t i = 0; i < segments(drive, slot->bytes); i++) {
		const struct gen_buffer segment = {.iova = slot->iova + i * drive->options->segment,
						   .pa = slot->pa[i]};

		gen_dma_access(&drive->api, &segment, 0, segment_bytes(drive, slot, i),
			       slot->read ? IOASIM_WRITE : IOASIM_READ);
	}
}

/* Commands are done in any order. */
static uint64_t serve(struct gen *gen, void *opaque)
{
	struct drive *drive = opaque;
	struct queue *queue;
	struct slot *slot;
	uint64_t i;

	if (!drive->n_waiting)
		return GEN_NEVER;
	i = gen_random_below(&gen->random, drive->n_waiting);
	slot = drive->waiting[i];
	queue = slot->queue;
	drive->waiting[i] = drive->waiting[--drive->n_waiting];
	data_move(drive, slot);
	gen_dma_ring(&drive->api, &queue->completions,
		     &(struct gen_ring_part){drive->options->depth + 1, COMPLETION,
					     queue->completed++, 1},
		     IOASIM_WRITE);
	gen_count_unit(gen);
	queue->finished[queue->n_finished++] = slot;
	gen_wake(gen, &queue->interrupt, gen->now_ps + drive->options->cpu_ns * GEN_PS_NS);
	drive->free_ps = gen->now_ps + service_ps(drive, slot->bytes);
	return drive->free_ps;
}

/* ---- Start --------------------------------------------------------------------------------------- */

static uint64_t first_submit(struct gen *gen, void *opaque)
{
	struct queue *queue = opaque;

	for (uint64_t i = 0; i < queue->drive->options->depth && !gen->failed; i++)
		submit(gen, &queue->slots[i]);
	queue->interrupt.act = interrupt;
	return GEN_NEVER;
}

static void queue_start(struct gen *gen, struct queue *queue)
{
	const struct drive *drive = queue->drive;
	uint64_t depth = drive->options->depth, most = mix_largest(&drive->mix);
	uint64_t list = list_bytes(most) <= SMALL_LIST ? SMALL_LIST : GEN_PAGE;
	/* One entry of a ring stays free. */
	uint64_t entries = depth + 1;
	struct gen_dma_api *api = &queue->drive->api;

	queue->submissions = gen_dma_coherent(api, entries * SUBMISSION);
	queue->completions = gen_dma_coherent(api, entries * COMPLETION);
	queue->slots = gen_room(gen, depth, sizeof(*queue->slots));
	queue->finished = gen_room(gen, depth, sizeof(struct slot *));
	for (uint64_t i = 0; i < depth && !gen->failed; i++) {
		queue->slots[i] = (struct slot){
			.queue = queue,
			.pa = gen_room(gen, segments(drive, most), sizeof(uint64_t)),
			.list = (queue->cpu * depth + i) * list,
		};
	}
	queue->interrupt = (struct gen_actor){.act = first_submit, .opaque = queue};
	gen_add(gen, &queue->interrupt);
	gen_wake(gen, &queue->interrupt, gen->now_ps);
}

void gen_nvme_start(struct gen *gen, const struct gen_nvme_options *options,
		    const struct gen_nvme_mix *mix)
{
	struct drive *drive = gen_room(gen, 1, sizeof(*drive));
	uint64_t slots = options->queues * options->depth;
	uint64_t list;

	if (!drive)
		return;
	drive->options = options;
	drive->mix = *mix;
	drive->queues = gen_room(gen, options->queues, sizeof(*drive->queues));
	drive->waiting = gen_room(gen, slots, sizeof(struct slot *));
	gen_dma_start(&drive->api, gen,
		      &(struct gen_dma_config){
			      .rid = GEN_NVME_RID,
			      .cpus = (unsigned)options->queues,
			      .address_bits = (unsigned)options->address_bits,
			      .lazy = options->lazy,
			      .no_caches = options->no_caches,
		      });
	list = list_bytes(mix_largest(mix));
	if (list && !gen->failed)
		drive->lists = gen_dma_coherent(
			&drive->api, slots * (list <= SMALL_LIST ? SMALL_LIST : GEN_PAGE));
	drive->service = (struct gen_actor){.act = serve, .opaque = drive};
	gen_add(gen, &drive->service);
	for (unsigned i = 0; i < options->queues && !gen->failed; i++) {
		drive->queues[i].drive = drive;
		drive->queues[i].cpu = i;
		queue_start(gen, &drive->queues[i]);
	}
}
