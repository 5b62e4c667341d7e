/* SPDX-License-Identifier: Apache-2.0 */
#include "gen_nic.h"

#include "gen_dma.h"

#define ETHERNET_HEADER 14
/* Header, check sequence, preamble and gap of a packet on the wire. */
#define WIRE_OVERHEAD 38

/* Ethernet, IPv4 and TCP headers with time stamps. */
#define ACKNOWLEDGEMENT 66

/* What a send maps: the head where it has segments, and fragments of up to 32 KiB, as
 * Linux allocates them for sockets. */
#define FRAGMENT      32768
#define FRAGMENTS_MAX 4

struct packet {
	unsigned fragments;
	struct gen_buffer fragment[FRAGMENTS_MAX];
	uint64_t length[FRAGMENTS_MAX];
};

/* Entries of a ring by counters that only grow: cleaned <= done <= posted. */
struct ring {
	struct gen_buffer descriptors, completions;
	uint64_t cleaned, done, posted;
};

struct queue {
	struct nic *nic;
	unsigned cpu;
	struct ring receive, send;
	struct gen_buffer *buffers; /* of the receive ring */
	struct packet *packets; /* of the send ring */
	struct gen_actor poll;
};

struct nic {
	const struct gen_nic_options *options;
	struct gen_dma_api api;
	struct queue *queues;
	struct gen_actor arrivals, sends;
	uint64_t arrival_ps, send_ps; /* between two */
};

/* ---- The card ------------------------------------------------------------------------------ */

/* Descriptors are read several at a time, as they are first needed. */
static void fetch(struct nic *nic, const struct ring *ring)
{
	const struct gen_nic_options *o = nic->options;
	uint64_t count = ring->posted - ring->done;

	if (ring->done % o->fetch)
		return;
	if (count > o->fetch)
		count = o->fetch;
	gen_dma_ring(&nic->api, &ring->descriptors,
		     &(struct gen_ring_part){o->ring, o->descriptor, ring->done, count},
		     IOASIM_READ);
}

/* A completion of its own, or the descriptor written back. */
static void complete(struct nic *nic, struct ring *ring)
{
	const struct gen_nic_options *o = nic->options;
	uint64_t entry = o->completion ? o->completion : o->descriptor;

	gen_dma_ring(&nic->api, o->completion ? &ring->completions : &ring->descriptors,
		     &(struct gen_ring_part){o->ring, entry, ring->done, 1}, IOASIM_WRITE);
	ring->done++;
}

static struct queue *any_queue(struct gen *gen, struct nic *nic)
{
	return &nic->queues[gen_random_below(&gen->random, nic->options->queues)];
}

static uint64_t next_packet(struct gen *gen, const struct nic *nic, uint64_t mean_ps)
{
	if (nic->options->arrival == GEN_NIC_POISSON)
		return gen->now_ps + gen_random_interval(&gen->random, mean_ps);
	return gen->now_ps + mean_ps;
}

static void wake_poll(struct gen *gen, struct queue *queue)
{
	gen_wake(gen, &queue->poll, gen->now_ps + queue->nic->options->coalesce_ns * GEN_PS_NS);
}

/* A packet from the wire. Where no buffer waits for it, it is lost. */
static uint64_t arrive(struct gen *gen, void *opaque)
{
	struct nic *nic = opaque;
	struct queue *queue = any_queue(gen, nic);
	struct ring *ring = &queue->receive;

	if (ring->done < ring->posted) {
		fetch(nic, ring);
		gen_dma_access(&nic->api, &queue->buffers[ring->done % nic->options->ring], 0,
			       nic->options->mtu + ETHERNET_HEADER, IOASIM_WRITE);
		complete(nic, ring);
		gen_count_unit(gen);
		wake_poll(gen, queue);
	}
	return next_packet(gen, nic, nic->arrival_ps);
}

static void transmit(struct gen *gen, struct queue *queue)
{
	struct nic *nic = queue->nic;
	struct ring *ring = &queue->send;
	const struct packet *packet = &queue->packets[ring->done % nic->options->ring];

	fetch(nic, ring);
	for (unsigned i = 0; i < packet->fragments; i++)
		gen_dma_access(&nic->api, &packet->fragment[i], 0, packet->length[i], IOASIM_READ);
	complete(nic, ring);
	gen_count_unit(gen);
	wake_poll(gen, queue);
}

/* ---- The driver ----------------------------------------------------------------------------- */

static void fragment_add(struct queue *queue, struct packet *packet, unsigned cpu, uint64_t bytes)
{
	unsigned i = packet->fragments++;

	packet->length[i] = bytes;
	packet->fragment[i] = gen_dma_map(&queue->nic->api, cpu, bytes, IOASIM_READ);
}

static struct packet *post(struct queue *queue)
{
	struct packet *packet = &queue->packets[queue->send.posted++ % queue->nic->options->ring];

	packet->fragments = 0;
	return packet;
}

/* The stack acknowledges what it has received; the card sends it at once. */
static void acknowledge(struct gen *gen, struct queue *queue)
{
	struct ring *ring = &queue->send;

	if (ring->posted - ring->cleaned == queue->nic->options->ring)
		return;
	fragment_add(queue, post(queue), queue->cpu, ACKNOWLEDGEMENT);
	transmit(gen, queue);
}

/* A packet of the stack into the ring; the card takes the oldest where more wait than
 * should. A full ring stops the stack. */
static uint64_t send_one(struct gen *gen, void *opaque)
{
	struct nic *nic = opaque;
	const struct gen_nic_options *o = nic->options;
	struct queue *queue = any_queue(gen, nic);
	struct ring *ring = &queue->send;
	unsigned cpu =
		o->any_cpu ? (unsigned)gen_random_below(&gen->random, o->queues) : queue->cpu;

	if (ring->posted - ring->cleaned < o->ring) {
		struct packet *packet = post(queue);
		uint64_t left = o->send_size;

		if (left > o->mtu)
			fragment_add(queue, packet, cpu, ETHERNET_HEADER + 40);
		else
			left += ETHERNET_HEADER;
		for (uint64_t part; left; left -= part) {
			part = left < FRAGMENT ? left : FRAGMENT;
			fragment_add(queue, packet, cpu, part);
		}
	}
	if (ring->posted - ring->done > o->send_depth)
		transmit(gen, queue);
	return next_packet(gen, nic, nic->send_ps);
}

static void buffer_fill(struct queue *queue)
{
	const struct gen_nic_options *o = queue->nic->options;

	queue->buffers[queue->receive.posted++ % o->ring] =
		gen_dma_map(&queue->nic->api, queue->cpu, o->mtu + ETHERNET_HEADER, IOASIM_WRITE);
}

static void clean_receive(struct gen *gen, struct queue *queue)
{
	struct ring *ring = &queue->receive;
	struct gen_buffer *buffer = &queue->buffers[ring->cleaned % queue->nic->options->ring];

	ring->cleaned++;
	if (queue->nic->options->buffers == GEN_NIC_POOL) {
		ring->posted++;
	} else {
		gen_dma_unmap(&queue->nic->api, queue->cpu, buffer);
		buffer_fill(queue);
	}
	if (queue->nic->options->acks && ring->cleaned % queue->nic->options->acks == 0)
		acknowledge(gen, queue);
}

static void clean_send(struct queue *queue)
{
	struct ring *ring = &queue->send;
	const struct packet *packet = &queue->packets[ring->cleaned % queue->nic->options->ring];

	for (unsigned i = 0; i < packet->fragments; i++)
		gen_dma_unmap(&queue->nic->api, queue->cpu, &packet->fragment[i]);
	ring->cleaned++;
}

/* One packet of each kind, and again until nothing is left to be cleaned. */
static uint64_t poll_queue(struct gen *gen, void *opaque)
{
	struct queue *queue = opaque;

	if (queue->receive.cleaned < queue->receive.done)
		clean_receive(gen, queue);
	if (queue->send.cleaned < queue->send.done)
		clean_send(queue);
	if (queue->receive.cleaned == queue->receive.done &&
	    queue->send.cleaned == queue->send.done)
		return GEN_NEVER;
	return gen->now_ps + queue->nic->options->cpu_ns * GEN_PS_NS;
}

/* ---- Start ------------------------------------------------------------------------------------ */

static void ring_start(struct nic *nic, struct ring *ring)
{
	const struct gen_nic_options *o = nic->options;

	ring->descriptors = gen_dma_coherent(&nic->api, o->ring * o->descriptor);
	if (o->completion)
		ring->completions = gen_dma_coherent(&nic->api, o->ring * o->completion);
}

static void queue_start(struct gen *gen, struct queue *queue)
{
	const struct gen_nic_options *o = queue->nic->options;

	if (o->direction != GEN_NIC_SEND) {
		ring_start(queue->nic, &queue->receive);
		queue->buffers = gen_room(gen, o->ring, sizeof(*queue->buffers));
		for (uint64_t i = 0; i < o->ring && !gen->failed; i++)
			buffer_fill(queue);
	}
	if (o->direction != GEN_NIC_RECEIVE || o->acks) {
		ring_start(queue->nic, &queue->send);
		queue->packets = gen_room(gen, o->ring, sizeof(*queue->packets));
	}
	queue->poll = (struct gen_actor){.act = poll_queue, .opaque = queue};
	gen_add(gen, &queue->poll);
}

static uint64_t wire_ps(const struct gen_nic_options *o, uint64_t bytes)
{
	uint64_t packets = (bytes + o->mtu - 1) / o->mtu;

	return gen_wire_ps(bytes + packets * WIRE_OVERHEAD, o->gbps);
}

void gen_nic_start(struct gen *gen, const struct gen_nic_options *options)
{
	struct nic *nic = gen_room(gen, 1, sizeof(*nic));

	if (!nic)
		return;
	nic->options = options;
	nic->arrival_ps = wire_ps(options, options->mtu);
	nic->send_ps = wire_ps(options, options->send_size);
	nic->queues = gen_room(gen, options->queues, sizeof(*nic->queues));
	gen_dma_start(&nic->api, gen,
		      &(struct gen_dma_config){
			      .rid = GEN_NIC_RID,
			      .cpus = (unsigned)options->queues,
			      .address_bits = (unsigned)options->address_bits,
			      .lazy = options->lazy,
			      .no_caches = options->no_caches,
		      });
	for (unsigned i = 0; i < options->queues && !gen->failed; i++) {
		nic->queues[i].nic = nic;
		nic->queues[i].cpu = i;
		queue_start(gen, &nic->queues[i]);
	}
	nic->arrivals = (struct gen_actor){.act = arrive, .opaque = nic};
	nic->sends = (struct gen_actor){.act = send_one, .opaque = nic};
	gen_add(gen, &nic->arrivals);
	gen_add(gen, &nic->sends);
	if (options->direction != GEN_NIC_SEND)
		gen_wake(gen, &nic->arrivals, gen->now_ps);
	if (options->direction != GEN_NIC_RECEIVE)
		gen_wake(gen, &nic->sends, gen->now_ps);
}
