/* SPDX-License-Identifier: Apache-2.0 */
#include "gen_tenants.h"

#include "gen_guest.h"

#include <errno.h>

/* Guests' addresses: below 4 GiB, buffers aligned to the largest page. */
#define RING_AT    UINT64_C(0xbbe00000)
#define MAILBOX_AT (RING_AT + GEN_PAGE)
#define BUFFERS_AT UINT64_C(0x40000000)

#define DESCRIPTOR       16
#define RING_DESCRIPTORS (GEN_PAGE / DESCRIPTOR)

struct tenant {
	struct gen_guest guest;
	uint64_t packets;
	uint64_t *frame; /* guest frame in which each buffer is; one is spare */
	uint64_t spare;
};

struct tenants {
	const struct gen_tenants_options *options;
	struct tenant *tenants;
	struct gen_zipf choice;
	uint64_t now, left; /* whose turn it is, and for how many packets yet */
	struct gen_actor actor;
};

/* ---- Guests ------------------------------------------------------------------------------------ */

/* Frames of data: ring, mailbox, and from the next multiple of a buffer's size buffers. */
static uint64_t frame_gpa(const struct gen_tenants_options *o, uint64_t frame)
{
	uint64_t first = o->buffer_bytes > GUEST_PAGE ? o->buffer_bytes : 2 * GUEST_PAGE;

	return GEN_GUEST_DATA + first + frame * o->buffer_bytes;
}

static void buffer_map(struct tenant *tenant, const struct gen_tenants_options *o, uint64_t i)
{
	gen_guest_map(&tenant->guest, &(struct gen_guest_map){
					      .va = BUFFERS_AT + i * o->buffer_bytes,
					      .gpa = frame_gpa(o, tenant->frame[i]),
					      .bytes = o->buffer_bytes,
					      .large = o->buffer_bytes % GUEST_BLOCK == 0,
				      });
}

/* Another frame behind the same address: what was cached of it must be gone. */
static void buffer_remap(struct tenant *tenant, const struct gen_tenants_options *o, uint64_t i)
{
	uint64_t spare = tenant->spare;

	gen_guest_unmap(&tenant->guest, BUFFERS_AT + i * o->buffer_bytes, o->buffer_bytes);
	tenant->spare = tenant->frame[i];
	tenant->frame[i] = spare;
	buffer_map(tenant, o, i);
}

/* ---- Packets ------------------------------------------------------------------------------------ */

static void dma(struct tenant *tenant, const struct gen_guest_map *place, unsigned access)
{
	gen_dma(tenant->guest.gen, &(struct gen_dma){
					   .rid = tenant->guest.rid,
					   .pasid = GEN_NO_PASID,
					   .iova = place->va,
					   .pa = tenant->guest.pa + place->gpa,
					   .length = place->bytes,
					   .access = access,
				   });
}

static void dma_ring(struct tenant *tenant, uint64_t bytes, unsigned access)
{
	uint64_t at = tenant->packets % RING_DESCRIPTORS * DESCRIPTOR;

	dma(tenant,
	    &(struct gen_guest_map){.va = RING_AT + at, .gpa = GEN_GUEST_DATA + at, .bytes = bytes},
	    access);
}

/* A buffer is used as often as packets fit, or as the options say, then the next one. */
static void packet(struct tenant *tenant, const struct gen_tenants_options *o)
{
	uint64_t use = tenant->packets % o->uses;
	uint64_t i = tenant->packets / o->uses % o->buffers;
	uint64_t at = use * o->packet % (o->buffer_bytes - o->packet + 1);

	dma_ring(tenant, DESCRIPTOR, IOASIM_READ);
	dma(tenant,
	    &(struct gen_guest_map){.va = BUFFERS_AT + i * o->buffer_bytes + at,
				    .gpa = frame_gpa(o, tenant->frame[i]) + at,
				    .bytes = o->packet},
	    IOASIM_WRITE);
	dma_ring(tenant, DESCRIPTOR, IOASIM_WRITE);
	dma(tenant,
	    &(struct gen_guest_map){.va = MAILBOX_AT, .gpa = GEN_GUEST_DATA + GEN_PAGE, .bytes = 8},
	    IOASIM_WRITE);
	tenant->packets++;
	if (o->remap && use == o->uses - 1)
		buffer_remap(tenant, o, i);
}

static void next_tenant(struct gen *gen, struct tenants *all)
{
	const struct gen_tenants_options *o = all->options;

	all->left = o->burst;
	if (o->order == GEN_TENANTS_RANDOM)
		all->now = gen_zipf_next(&all->choice, &gen->random);
	else
		all->now = (all->now + 1) % o->tenants;
}

static uint64_t arrive(struct gen *gen, void *opaque)
{
	struct tenants *all = opaque;
	const struct gen_tenants_options *o = all->options;

	if (!all->left)
		next_tenant(gen, all);
	all->left--;
	packet(&all->tenants[all->now], o);
	gen_count_unit(gen);
	return gen->now_ps + gen_wire_ps(o->packet + 24, o->gbps);
}

/* ---- Start ----------------------------------------------------------------------------------------- */

static void tenant_start(struct gen *gen, struct tenants *all, uint32_t number,
			 const struct guest_ops *ops)
{
	const struct gen_tenants_options *o = all->options;
	struct tenant *tenant = &all->tenants[number];

	gen_guest_start(&tenant->guest, gen,
			&(struct gen_guest_config){
				.ops = ops,
				.rid = GEN_TENANTS_RID + number,
				.data_bytes = frame_gpa(o, o->buffers + 1) - GEN_GUEST_DATA,
			});
	tenant->frame = gen_room(gen, o->buffers, sizeof(*tenant->frame));
	tenant->spare = o->buffers;
	if (gen->failed)
		return;
	gen_guest_map(&tenant->guest, &(struct gen_guest_map){.va = RING_AT,
							      .gpa = GEN_GUEST_DATA,
							      .bytes = 2 * GUEST_PAGE});
	for (uint64_t i = 0; i < o->buffers && !gen->failed; i++) {
		tenant->frame[i] = i;
		buffer_map(tenant, o, i);
	}
	gen_guest_bind(&tenant->guest);
}

static void clean(void *opaque)
{
	gen_zipf_fini(opaque);
}

void gen_tenants_start(struct gen *gen, const struct gen_tenants_options *options,
		       const struct guest_ops *ops)
{
	struct tenants *all = gen_room(gen, 1, sizeof(*all));

	if (!all)
		return;
	all->options = options;
	all->now = options->tenants - 1;
	all->tenants = gen_room(gen, options->tenants, sizeof(*all->tenants));
	if (gen_zipf_init(&all->choice, options->tenants, (unsigned)options->zipf))
		gen->failed = -ENOMEM;
	gen_at_end(gen, clean, &all->choice);
	for (uint32_t i = 0; i < options->tenants && !gen->failed; i++)
		tenant_start(gen, all, i, ops);
	all->actor = (struct gen_actor){.act = arrive, .opaque = all};
	gen_add(gen, &all->actor);
	gen_wake(gen, &all->actor, gen->now_ps);
}
