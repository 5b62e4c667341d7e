/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and unpacking blocks on a thread of its own, a few ahead of the reader.
 * The records come out of the payload on the reader's thread, so that they are in
 * its cache.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "dmat_source.h"

#define SLOTS 4

/* One block. The thread fills it while it is free, the reader uses it while full. */
struct slot {
	int status; /* of dmat_source_next() */
	struct dmat_header header;
	struct bytes payload;
	struct trace_error error;
};

struct dmat_ahead {
	struct dmat_source *source;
	pthread_t thread;
	pthread_mutex_t lock; /* guards filled, used, stopping */
	pthread_cond_t changed;
	uint64_t filled, used; /* slots, counted since the beginning; used <= filled */
	bool stopping;
	bool holding; /* the reader still looks into slot `used` */
	struct slot slots[SLOTS];
};

static bool wait_free(struct dmat_ahead *ahead)
{
	bool go_on;

	pthread_mutex_lock(&ahead->lock);
	while (!ahead->stopping && ahead->filled - ahead->used == SLOTS)
		pthread_cond_wait(&ahead->changed, &ahead->lock);
	go_on = !ahead->stopping;
	pthread_mutex_unlock(&ahead->lock);
	return go_on;
}

static void *run(void *opaque)
{
	struct dmat_ahead *ahead = opaque;
	int status = 1;

	while (status == 1 && wait_free(ahead)) {
		struct slot *slot = &ahead->slots[ahead->filled % SLOTS];

		status = slot->status = dmat_source_next(ahead->source, &slot->header,
							 &slot->payload, &slot->error);
		pthread_mutex_lock(&ahead->lock);
		ahead->filled++;
		pthread_cond_signal(&ahead->changed);
		pthread_mutex_unlock(&ahead->lock);
	}
	return NULL;
}

int dmat_ahead_start(struct dmat_source *source, struct dmat_ahead **out)
{
	struct dmat_ahead *ahead = calloc(1, sizeof(*ahead));
	int status;

	if (!ahead)
		return -ENOMEM;
	ahead->source = source;
	pthread_mutex_init(&ahead->lock, NULL);
	pthread_cond_init(&ahead->changed, NULL);
	status = pthread_create(&ahead->thread, NULL, run, ahead);
	if (status) {
		pthread_cond_destroy(&ahead->changed);
		pthread_mutex_destroy(&ahead->lock);
		free(ahead);
		return -status;
	}
	*out = ahead;
	return 0;
}

/* A slot with the end or an error is never given back: it is the answer for ever. */
int dmat_ahead_next(struct dmat_ahead *ahead, struct dmat_header *header,
		    const struct bytes **payload, struct trace_error *error)
{
	struct slot *slot;

	pthread_mutex_lock(&ahead->lock);
	if (ahead->holding) {
		ahead->used++;
		ahead->holding = false;
		pthread_cond_signal(&ahead->changed);
	}
	while (ahead->filled == ahead->used)
		pthread_cond_wait(&ahead->changed, &ahead->lock);
	slot = &ahead->slots[ahead->used % SLOTS];
	ahead->holding = slot->status == 1;
	pthread_mutex_unlock(&ahead->lock);
	*header = slot->header;
	*payload = &slot->payload;
	if (slot->status < 0)
		*error = slot->error;
	return slot->status;
}

void dmat_ahead_stop(struct dmat_ahead *ahead)
{
	if (!ahead)
		return;
	pthread_mutex_lock(&ahead->lock);
	ahead->stopping = true;
	pthread_cond_signal(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
	pthread_join(ahead->thread, NULL);
	for (unsigned i = 0; i < SLOTS; i++)
		bytes_fini(&ahead->slots[i].payload);
	pthread_cond_destroy(&ahead->changed);
	pthread_mutex_destroy(&ahead->lock);
	free(ahead);
}
